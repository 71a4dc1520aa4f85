"""Images and volumes read at computed places, and resized along any number of axes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import int32
from ..operands import ArrayLike, as_float, shape_of, value
from ..traceback import public
from .windows import per_axis

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")
_A = -0.75
"""Keys' parameter of cubic convolution as PyTorch has it."""


@public
def affine_grid(theta: ArrayLike, size: Sequence[int], align_corners: bool = False) -> Any:
    """Where affine maps send the places of a grid: ``[N, *size, D]``, for ``grid_sample``.

    ``theta`` is [N, D, D + 1], ``size`` the D spatial extents of the result. Coordinates go from -1
    to 1, the last axis (x) first; these are the corner pixels' centres with ``align_corners``, else
    their outer edges. Raises ShapeError when the extents do not fit the maps.

    >>> affine_grid([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.5]]], (1, 2))[0, 0]
    Array([[-0.5,  0.5],
           [ 0.5,  0.5]], dtype=float32)
    """
    maps: Any = as_float(theta)
    shape = shape_of(size, "affine_grid")
    rank = len(shape)
    if maps.ndim != 3 or maps.shape[1:] != (rank, rank + 1):
        raise ShapeError(f"affine_grid: maps {maps.aval} for {rank} extents {shape}")
    lines = [_line(n, align_corners) for n in shape]
    places = tnp.stack([*tnp.meshgrid(*lines, indexing="ij")[::-1], tnp.ones(shape)], axis=-1)
    return tnp.einsum("pk,ndk->npd", places.reshape(-1, rank + 1), maps).reshape(-1, *shape, rank)


def _line(n: int, align: bool) -> Any:
    if align:
        return tnp.linspace(-1.0, 1.0, n) if n > 1 else tnp.zeros(1)
    return (tnp.arange(n, dtype="f4") * 2 + (1 - n)) / n


@public
def grid_sample(
    x: ArrayLike,
    grid: ArrayLike,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Any:
    """``[N, *spatial, C]`` read at the places of ``grid`` [N, *out, D]: [N, *out, C].

    Coordinates as in ``affine_grid``. ``mode`` is "bilinear" (linear along each of D axes),
    "nearest", or "bicubic"; beyond the edges there are "zeros", the "border", or the "reflection".
    Differentiable by both. As PyTorch. Raises ShapeError for ranks that do not fit, ArgumentError
    for other words.

    >>> grid_sample([[[[1.0], [3.0]]]], [[[[0.0, 0.0], [1.0, 0.0]]]], padding_mode="border")
    Array([[[[2.],
             [3.]]]], dtype=float32)
    """
    if mode not in MODES or padding_mode not in PADDINGS:
        raise ArgumentError(f"grid_sample: {mode=}, {padding_mode=}", fix=f"{MODES}, {PADDINGS}")
    got: Any = as_float(x)
    at: Any = as_float(grid)
    rank = got.ndim - 2
    if rank < 1 or at.ndim != got.ndim or at.shape[-1] != rank or at.shape[0] != got.shape[0]:
        raise ShapeError(f"grid_sample: {got.aval} at places {at.aval}")
    shape = got.shape[1:-1]
    taps = [
        _taps(
            _pixels(at[..., rank - 1 - a], n, align_corners), n, mode, padding_mode, align_corners
        )
        for a, n in enumerate(shape)
    ]
    return _read(got, taps)


def _pixels(at: Any, extent: int, align: bool) -> Any:
    return (at + 1) * ((extent - 1) / 2) if align else ((at + 1) * extent - 1) / 2


def _taps(at: Any, extent: int, mode: str, padding: str, align: bool) -> list[tuple[Any, Any]]:
    """Along one axis the places to read, clipped, and their weights."""
    if mode != "bicubic":
        at = _inside(at, extent, padding, align)
    if mode == "nearest":
        taps = [(tnp.rint(at), tnp.ones_like(at))]
    else:
        low = tnp.floor(at)
        share = at - low
        weights = _cubic(share) if mode == "bicubic" else [1 - share, share]
        taps = [(low + i - (len(weights) // 2 - 1), w) for i, w in enumerate(weights)]
    if mode == "bicubic":
        taps = [(_inside(i, extent, padding, align), w) for i, w in taps]
    return [_clipped(i, w, extent) for i, w in taps]


def _inside(at: Any, extent: int, padding: str, align: bool) -> Any:
    """Places beyond the edges brought inside, unless there are zeros."""
    if padding == "zeros":
        return at
    if padding == "reflection":
        low, span = (0.0, extent - 1.0) if align else (-0.5, float(extent))
        turn = tnp.remainder(at - low, 2 * span) if span else at * 0
        at = low + tnp.minimum(turn, 2 * span - turn)
    return tnp.clip(at, 0, extent - 1)


def _clipped(at: Any, weight: Any, extent: int) -> tuple[Any, Any]:
    inside = (at >= 0) & (at <= extent - 1)
    return tnp.clip(at, 0, extent - 1).astype(int32), tnp.where(inside, weight, 0.0)


def _cubic(t: Any) -> list[Any]:
    """Weights of the four places around, the second of which is t behind."""

    def near(d: Any) -> Any:
        return ((_A + 2) * d - (_A + 3)) * d * d + 1

    def far(d: Any) -> Any:
        return ((_A * d - 5 * _A) * d + 8 * _A) * d - 4 * _A

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _read(x: Any, taps: list[list[tuple[Any, Any]]]) -> Any:
    """The sum over all combinations of taps of the axes."""
    n, shape, channels = x.shape[0], x.shape[1:-1], x.shape[-1]
    flat = x.reshape(-1, channels)
    batch = tnp.arange(n).reshape(-1, *(1,) * (taps[0][0][0].ndim - 1))
    out: Any = 0.0
    for corner in itertools.product(*taps):
        place: Any = batch
        weight: Any = 1.0
        for extent, (at, w) in zip(shape, corner):
            place, weight = place * extent + at, weight * w
        out = out + tnp.take(flat, place, axis=0) * weight[..., None]
    return out


@public
def interpolate(
    x: ArrayLike,
    size: int | Sequence[int] | None = None,
    *,
    scale: float | None = None,
    method: str = "nearest",
    align_corners: bool = False,
    antialias: bool = False,
) -> Any:
    """``[N, *spatial, C]`` in another spatial ``size``, or ``scale`` times the old one.

    ``method``: "nearest", "linear", "cubic" or "area", along any number of axes; conventions as in
    ``image.resize``. Raises ArgumentError unless size or scale is given, and for other methods.

    >>> interpolate([[[0.0], [2.0]]], 4, method="linear")[0, :, 0]
    Array([0. , 0.5, 1.5, 2. ], dtype=float32)
    """
    from ..image.resizing import resized_along

    names = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic", "area": "area"}
    got = value(x)
    if method not in names or (size is None) == (scale is None):
        raise ArgumentError(
            f"interpolate: {method=}, {size=}, {scale=}", fix=f"{', '.join(names)}; size or scale"
        )
    shape = got.aval.shape[1:-1]
    target = [int(n * scale) for n in shape] if scale is not None else size
    new = per_axis(target, len(shape), "size")  # type: ignore[arg-type]
    for axis, n in enumerate(new, 1):
        got = resized_along(
            got, axis, n, names[method], align_corners, not align_corners, antialias
        )
    return got


__all__ = ["affine_grid", "grid_sample", "interpolate"]
