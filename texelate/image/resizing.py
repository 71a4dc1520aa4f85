"""Resizing and flipping: each axis is a short weighted sum of places known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..nn.windows import Table, per_axis, taken, weighted
from ..operands import ArrayLike, as_float, value
from ..traceback import public


def image_axes(x: Value, name: str) -> tuple[int, int]:
    """The axes of height and width. ShapeError unless it is one image or several."""
    if x.aval.ndim not in (3, 4):
        raise ShapeError(f"{name} takes images [H,W,C] or [N,H,W,C], got {x.aval}")
    return x.aval.ndim - 3, x.aval.ndim - 2


def _triangle(t: Table) -> Table:
    return np.asarray(np.maximum(1 - np.abs(t), 0))


def _cubic(t: Table) -> Table:
    """Keys' cubic convolution with a = -1/2 (IEEE ASSP 29, 1981)."""
    t = np.abs(t)
    near, far = (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t < 1, near, np.where(t < 2, far, 0))


_KERNELS: dict[str, tuple[Callable[[Table], Table], int]] = {
    "bilinear": (_triangle, 1),
    "bicubic": (_cubic, 2),
}


@public
def resize(
    x: ArrayLike,
    size: Sequence[int],
    method: str = "bilinear",
    *,
    align_corners: bool = False,
    half_pixel_centers: bool = True,
    antialias: bool = False,
) -> Any:
    """Images in another ``size`` (height, width): float32, or of their own dtype by "nearest".

    ``method`` is "bilinear", "nearest", "bicubic" or "area" (the mean of what a pixel covers).
    Pixels are squares whose centres are at halves; ``half_pixel_centers=False`` takes their
    corners for centres (TensorFlow.js's default), ``align_corners=True`` lays the corner pixels of
    both images on each other. ``antialias`` widens the kernel when an image shrinks. Raises
    ArgumentError for other methods and for both conventions at once.

    >>> import texelate.numpy as tnp
    >>> resize(tnp.asarray([[[0.0], [2.0]]]), (1, 4))[0, :, 0]
    Array([0. , 0.5, 1.5, 2. ], dtype=float32)
    """
    got = value(x)
    axes, target = image_axes(got, "resize"), per_axis(tuple(size), 2, "size")
    if align_corners and half_pixel_centers and method != "area":
        half_pixel_centers = False
    if 0 in [got.aval.shape[a] for a in axes]:
        raise ShapeError(f"resize: there are no pixels in {got.aval}")
    for axis, new in zip(axes, target):
        got = resized_along(got, axis, new, method, align_corners, half_pixel_centers, antialias)
    return got


def resized_along(
    x: Value, axis: int, new: int, method: str, align: bool, half: bool, antialias: bool
) -> Any:
    """One axis with ``new`` elements; float32 unless "nearest"."""
    old = x.aval.shape[axis]
    if method == "nearest":
        return _nearest(x, axis, old, new, align, half)
    centres = _centres(old, new, align, half)
    return weighted(as_float(x), *_taps(method, old, new, centres, antialias), axis)


def _centres(old: int, new: int, align_corners: bool, half_pixel_centers: bool) -> Table:
    """Where the centres of new pixels are among the old ones."""
    i = np.arange(new)
    if align_corners:
        return i * ((old - 1) / max(new - 1, 1))
    return (i + 0.5) * (old / new) - 0.5 if half_pixel_centers else i * (old / new)


def _nearest(x: Value, axis: int, old: int, new: int, align: bool, half: bool) -> Any:
    """In whole numbers, so that no rounding decides."""
    i = np.arange(new, dtype=np.int64)
    if align:
        places = (2 * i * (old - 1) + max(new - 1, 1)) // (2 * max(new - 1, 1))
    else:
        places = (2 * i + 1) * old // (2 * new) if half else i * old // new
    return tnp.squeeze(taken(x, np.minimum(places, old - 1)[:, None], axis), axis + 1)


def _taps(method: str, old: int, new: int, centres: Table, antialias: bool) -> tuple[Table, Table]:
    """The places that each new pixel sees, and their weights: none outside, together 1."""
    if method == "area":
        edges = np.arange(new)[:, None] * (old / new)
        places = np.floor(edges).astype(int) + np.arange(int(np.ceil(old / new)) + 1)
        ends = np.minimum(edges + old / new, places + 1)
        weights = np.maximum(ends - np.maximum(edges, places), 0)
    elif method in _KERNELS:
        kernel, radius = _KERNELS[method]
        wide = max(old / new, 1) if antialias else 1
        first = np.floor(centres - radius * wide).astype(int) + 1
        places = first[:, None] + np.arange(int(np.ceil(2 * radius * wide)))
        weights = kernel((places - centres[:, None]) / wide)
    else:
        raise ArgumentError(
            f"resize: method {method!r}", fix='"bilinear", "nearest", "bicubic" or "area"'
        )
    weights = np.where((places >= 0) & (places < old), weights, 0)
    return np.clip(places, 0, old - 1), weights / weights.sum(1, keepdims=True)


@public
def flip_left_right(x: ArrayLike) -> Any:
    """Images mirrored: columns in reverse.

    >>> flip_left_right([[[1.0], [2.0]]])[0, :, 0]
    Array([2., 1.], dtype=float32)
    """
    got = value(x)
    return tnp.flip(got, image_axes(got, "flip_left_right")[1])


@public
def flip_up_down(x: ArrayLike) -> Any:
    """Images upside down: rows in reverse.

    >>> flip_up_down([[[1.0]], [[2.0]]])[:, 0, 0]
    Array([2., 1.], dtype=float32)
    """
    got = value(x)
    return tnp.flip(got, image_axes(got, "flip_up_down")[0])


@public
def central_crop(x: ArrayLike, size: Sequence[int]) -> Any:
    """The ``size`` (height, width) in the middle. ShapeError when images are smaller.

    >>> central_crop([[[1.0], [2.0], [3.0]]], (1, 1))
    Array([[[2.]]], dtype=float32)
    """
    got: Any = value(x)
    rows, columns = image_axes(got, "central_crop")
    target = per_axis(tuple(size), 2, "size")
    room = [got.shape[a] - n for a, n in zip((rows, columns), target)]
    if min(room) < 0:
        raise ShapeError(f"central_crop: {got.aval} is smaller than {target}")
    cut = tuple(slice(r // 2, r // 2 + n) for r, n in zip(room, target))
    return got[(..., *cut, slice(None))]


__all__ = ["central_crop", "flip_left_right", "flip_up_down", "resize"]
