"""Images read at computed places: crops of boxes, rotations, projective transforms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..nn.windows import per_axis
from ..operands import ArrayLike, as_float, value
from ..traceback import public


def _check_method(name: str, method: str) -> None:
    if method not in ("bilinear", "nearest"):
        raise ArgumentError(f"{name}: method {method!r}", fix='"bilinear" or "nearest"')


def _several(x: ArrayLike, name: str) -> Value:
    got = as_float(x)
    if got.aval.ndim != 4 or 0 in got.aval.shape[1:3]:
        raise ShapeError(f"{name} takes images [N,H,W,C] with pixels, got {got.aval}")
    return got


def _read(images: Value, batch: Any, y: Any, x: Any) -> Any:
    """Pixels at whole places (floats of one shape), clipped into the image: ``[*shape, C]``."""
    n, height, width, channels = images.aval.shape
    row = tnp.clip(y, 0.0, height - 1.0).astype(int32)
    column = tnp.clip(x, 0.0, width - 1.0).astype(int32)
    flat = tnp.reshape(images, (n * height * width, channels))
    return tnp.take(flat, (batch * height + row) * width + column, axis=0)


def _sample(images: Value, batch: Any, y: Any, x: Any, method: str, read: Any = _read) -> Any:
    """Pixels at any places: the nearest one, or a mean of the four around."""
    if method == "nearest":
        return read(images, batch, tnp.floor(y + 0.5), tnp.floor(x + 0.5))
    top, left = tnp.floor(y), tnp.floor(x)
    down, right = (y - top)[..., None], (x - left)[..., None]
    rows = [
        read(images, batch, at, left) * (1 - right) + read(images, batch, at, left + 1) * right
        for at in (top, top + 1)
    ]
    return rows[0] * (1 - down) + rows[1] * down


@public
def crop_and_resize(
    images: ArrayLike,
    boxes: ArrayLike,
    box_indices: ArrayLike,
    crop_size: Sequence[int],
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
) -> Any:
    """Boxes cut out of images and resized: ``[M, height, width, C]`` of ``[N, H, W, C]``.

    ``boxes`` is ``[M, 4]``: (y1, x1, y2, x2) where 0 is the first row or column, and 1 the last;
    a box with y1 > y2 is turned over. ``box_indices`` ``[M]`` names the image of each box (clipped
    into range). Places outside the image are ``extrapolation_value``. As TensorFlow's.

    >>> crop_and_resize([[[[0.0], [8.0]]]], [[0.0, 0.0, 1.0, 1.0]], [0], (1, 3))[0, 0, :, 0]
    Array([0., 4., 8.], dtype=float32)
    """
    _check_method("crop_and_resize", method)
    got, frame, which = _several(images, "crop_and_resize"), as_float(boxes), value(box_indices)
    if frame.aval.shape != (*which.aval.shape, 4) or which.aval.ndim != 1:
        raise ShapeError(f"crop_and_resize: boxes {frame.aval} with box_indices {which.aval}")
    if which.aval.dtype.kind not in "iu":
        raise ArgumentError(f"crop_and_resize: box_indices must be integers, got {which.aval}")
    (n, height, width, _), (rows, columns) = (
        got.aval.shape,
        per_axis(tuple(crop_size), 2, "crop_size"),
    )
    y = _places(frame, 0, height, rows)[:, :, None]
    x = _places(frame, 1, width, columns)[:, None, :]
    inside = (y >= 0) & (y <= height - 1) & (x >= 0) & (x <= width - 1)
    y, x = tnp.broadcast_arrays(y, x)
    batch = tnp.clip(which, 0, max(n - 1, 0)).astype(int32).reshape(-1, 1, 1)
    out = _sample(got, batch, y, x, method)
    return tnp.where(inside[..., None], out, extrapolation_value)


def _places(boxes: Any, axis: int, extent: int, count: int) -> Any:
    """Along one axis, where the pixels of each box's crop are."""
    first, last = (boxes[:, i : i + 1] * (extent - 1.0) for i in (axis, axis + 2))
    if count == 1:
        return (first + last) * 0.5
    return first + (last - first) * (tnp.arange(count) / (count - 1.0))


@public
def transform(
    images: ArrayLike,
    transforms: ArrayLike,
    method: str = "nearest",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    output_size: Sequence[int] | None = None,
) -> Any:
    """Projective transforms of images ``[N, H, W, C]``, as TensorFlow's.

    A transform is 8 numbers (a0, a1, a2, b0, b1, b2, c0, c1), one for all images or ``[N, 8]``:
    the result at (x, y) is the image at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) with
    k = c0 x + c1 y + 1. ``method`` is "nearest" or "bilinear". Outside the image, ``fill_mode``
    "constant" takes ``fill_value``, "nearest" the edge, "reflect" the image mirrored at its
    edges, "wrap" the image again. The size stays unless ``output_size`` is given.

    >>> transform([[[[1.0], [2.0]]]], [1, 0, 1, 0, 1, 0, 0, 0])[0, 0, :, 0]
    Array([2., 0.], dtype=float32)
    """
    _check_method("transform", method)
    if fill_mode not in ("constant", "nearest", "reflect", "wrap"):
        raise ArgumentError(
            f"transform: fill_mode {fill_mode!r}", fix='"constant", "nearest", "reflect", "wrap"'
        )
    got, params = _several(images, "transform"), _parameters(transforms, images)
    n, height, width, _ = got.aval.shape
    size = (height, width) if output_size is None else per_axis(tuple(output_size), 2, "size")
    y, x = tnp.arange(size[0], dtype="f4").reshape(1, -1, 1), tnp.arange(size[1], dtype="f4")
    a, b, c = (_row(params, i, x, y) for i in (0, 3, 6))
    at_x, at_y = _mapped(a / c, width, fill_mode), _mapped(b / c, height, fill_mode)

    def read(images: Value, batch: Any, y: Any, x: Any) -> Any:
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        pixels = _read(images, batch, y, x)
        return tnp.where(inside[..., None], pixels, fill_value)

    return _sample(got, tnp.arange(n).reshape(-1, 1, 1), at_y, at_x, method, read)


def _parameters(transforms: ArrayLike, images: ArrayLike) -> Any:
    got: Any = as_float(transforms)
    count = value(images).aval.shape[0]
    if got.ndim == 1:
        got = tnp.broadcast_to(got, (count, *got.shape))
    if got.shape == (1, 8):
        got = tnp.broadcast_to(got, (count, 8))
    if got.shape != (count, 8):
        raise ShapeError(f"transform: transforms {got.aval} are not 8 numbers for {count} images")
    return got


def _row(params: Any, first: int, x: Any, y: Any) -> Any:
    """One row of the matrix times (x, y, 1), for each image; the last number of the last is 1."""
    row = [params[:, i].reshape(-1, 1, 1) for i in range(first, min(first + 3, 8))]
    return row[0] * x + row[1] * y + (row[2] if len(row) == 3 else 1.0)


def _mapped(at: Any, extent: int, mode: str) -> Any:
    """Places outside the image brought inside."""
    last = extent - 1.0
    if mode == "constant":
        return at
    if mode == "reflect":
        period = at - 2.0 * extent * tnp.floor(at / (2.0 * extent))
        at = tnp.where(period >= extent, 2.0 * extent - 1.0 - period, period)
    if mode == "wrap" and extent > 1:
        forward = at - extent * tnp.trunc(at / last)
        at = tnp.where(at < 0, at + extent * (tnp.trunc(-at / last) + 1.0), forward)
    return tnp.clip(at, 0.0, last)


@public
def rotate(
    images: ArrayLike,
    radians: float,
    fill_value: float = 0.0,
    center: float | Sequence[float] = 0.5,
    method: str = "nearest",
) -> Any:
    """Images ``[N, H, W, C]`` turned by ``radians`` anticlockwise about ``center``.

    ``center`` is a share of (width, height), or one for both. Pixels from outside are
    ``fill_value``. As TensorFlow.js's rotateWithOffset.

    >>> rotate([[[[1.0], [2.0]], [[3.0], [4.0]]]], 3.14159265, center=0.25)[0, :, :, 0]
    Array([[4., 3.],
           [2., 1.]], dtype=float32)
    """
    _, height, width, _ = _several(images, "rotate").aval.shape
    share = (center, center) if isinstance(center, (int, float)) else tuple(center)
    if len(share) != 2:
        raise ArgumentError(f"rotate: center {center!r} is neither a number nor two")
    x, y, sin, cos = share[0] * width, share[1] * height, math.sin(radians), math.cos(radians)
    across, down = x - x * cos + y * sin, y - x * sin - y * cos
    return transform(
        images, [cos, -sin, across, sin, cos, down, 0.0, 0.0], method, fill_value=fill_value
    )


__all__ = ["crop_and_resize", "rotate", "transform"]
