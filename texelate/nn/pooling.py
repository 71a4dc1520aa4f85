"""Pooling over channels-last arrays: the largest, smallest or mean element of each window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import numpy as tnp
from ..compiler.errors import ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import float32
from ..compiler.ir.prims.window import reduce_window, window_argmax
from ..operands import ArrayLike, as_float, in_float32
from ..traceback import public
from .windows import Ints, Padding, Table, pairs_of, per_axis, spans, taken, weighted


def _spatial(x: ArrayLike, rank: int | None, name: str) -> Value:
    got = as_float(x)
    if got.aval.ndim < 3 or (rank is not None and got.aval.ndim != rank + 2):
        letters = "DHW"[3 - rank :] if rank else "..."
        raise ShapeError(f"{name} takes [N,{','.join(letters)},C], got {got.aval}")
    return got


def parameters(
    x: Value,
    window: Ints,
    strides: Ints | None,
    padding: Padding,
    dilation: Ints,
    ceil_mode: bool = False,
) -> dict[str, Any]:
    """The parameters of ``reduce_window``: nothing happens to batch and channels."""
    rank = x.aval.ndim - 2
    size, gap = per_axis(window, rank, "window"), per_axis(dilation, rank, "dilation")
    step = size if strides is None else per_axis(strides, rank, "strides")
    shape, reach = x.aval.shape[1:-1], spans(size, gap)
    pairs = pairs_of(padding, shape, reach, step)
    if ceil_mode:
        pairs = tuple(map(_with_a_last_window, pairs, shape, reach, step))
    return {
        "window": (1, *size, 1),
        "strides": (1, *step, 1),
        "padding": ((0, 0), *pairs, (0, 0)),
        "dilation": (1, *gap, 1),
    }


def _with_a_last_window(
    pair: tuple[int, int], extent: int, reach: int, step: int
) -> tuple[int, int]:
    """Padding for a window over what is left at the end, if it starts before the padding there."""
    low, high = pair
    whole = low + extent + high
    last = -(-(whole - reach) // step) * step
    last -= step if last >= low + extent else 0
    return low, high + max(last + reach - whole, 0)


@public
def max_pool(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    *,
    ceil_mode: bool = False,
) -> Any:
    """The largest element of each window of ``[N, *spatial, C]``, with any spatial rank.

    ``strides`` are the window unless given. ``padding`` is "SAME", "VALID", an int, or a
    (before, after) pair for each axis; it is never the largest. ``ceil_mode``: what is left at the
    end has a window too. Raises ShapeError for ranks below 3, ArgumentError for windows that do not
    fit.

    >>> max_pool([[[1.0], [3.0], [2.0], [0.0]]], 2)
    Array([[[3.],
            [2.]]], dtype=float32)
    """
    got = _spatial(x, None, "max_pool")
    params = parameters(got, window, strides, padding, dilation, ceil_mode)
    return reduce_window(got, monoid="max", **params)


@public
def min_pool(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    *,
    ceil_mode: bool = False,
) -> Any:
    """The smallest element of each window; see max_pool.

    >>> min_pool([[[1.0], [3.0], [2.0], [0.0]]], 2)
    Array([[[1.],
            [0.]]], dtype=float32)
    """
    got = _spatial(x, None, "min_pool")
    params = parameters(got, window, strides, padding, dilation, ceil_mode)
    return reduce_window(got, monoid="min", **params)


@public
@in_float32
def avg_pool(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = False,
) -> Any:
    """The mean of each window; padding is counted only with ``count_include_pad``. See max_pool.

    >>> avg_pool([[[1.0], [3.0], [2.0], [0.0]]], 2)
    Array([[[2.],
            [1.]]], dtype=float32)
    """
    got = _spatial(x, None, "avg_pool")
    params = parameters(got, window, strides, padding, dilation, ceil_mode)
    total: Any = reduce_window(got, monoid="sum", **params)
    if all(p == (0, 0) for p in params["padding"]):
        return total * (1 / math.prod(params["window"]))
    counted = parameters(got, window, strides, padding, dilation)["padding"]
    pairs = [p if count_include_pad else (0, 0) for p in counted]
    shape = (1, *got.aval.shape[1:-1], 1)
    inside = tnp.ones([n + a + b for n, (a, b) in zip(shape, pairs)], float32)
    rest = zip(params["padding"], pairs)
    params["padding"] = tuple((low - a, high - b) for (low, high), (a, b) in rest)
    return total / reduce_window(inside, monoid="sum", **params)


@public
def max_pool1d(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    **options: bool,
) -> Any:
    """``max_pool`` of sequences ``[N, W, C]``, with its options."""
    got = _spatial(x, 1, "max_pool1d")
    return max_pool(got, window, strides, padding, dilation, **options)


@public
def max_pool2d(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    **options: bool,
) -> Any:
    """``max_pool`` of images ``[N, H, W, C]``, with its options."""
    got = _spatial(x, 2, "max_pool2d")
    return max_pool(got, window, strides, padding, dilation, **options)


@public
def max_pool3d(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    **options: bool,
) -> Any:
    """``max_pool`` of volumes ``[N, D, H, W, C]``, with its options."""
    got = _spatial(x, 3, "max_pool3d")
    return max_pool(got, window, strides, padding, dilation, **options)


@public
@in_float32
def avg_pool1d(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    **options: bool,
) -> Any:
    """``avg_pool`` of sequences ``[N, W, C]``, with its options."""
    got = _spatial(x, 1, "avg_pool1d")
    return avg_pool(got, window, strides, padding, dilation, **options)


@public
@in_float32
def avg_pool2d(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    **options: bool,
) -> Any:
    """``avg_pool`` of images ``[N, H, W, C]``, with its options."""
    got = _spatial(x, 2, "avg_pool2d")
    return avg_pool(got, window, strides, padding, dilation, **options)


@public
@in_float32
def avg_pool3d(
    x: ArrayLike,
    window: Ints,
    strides: Ints | None = None,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    **options: bool,
) -> Any:
    """``avg_pool`` of volumes ``[N, D, H, W, C]``, with its options."""
    got = _spatial(x, 3, "avg_pool3d")
    return avg_pool(got, window, strides, padding, dilation, **options)


@public
def max_pool_with_argmax(
    x: ArrayLike, window: Ints, strides: Ints | None = None, padding: Padding = "VALID"
) -> tuple[Any, Any]:
    """``max_pool``, and where each maximum is: its i32 position in the flattened example.

    The position counts as TensorFlow does: (row · width + column) · channels + channel, the first
    one where several are the largest.

    >>> max_pool_with_argmax([[[1.0], [3.0], [2.0], [0.0]]], 2)[1]
    Array([[[1],
            [2]]], dtype=int32)
    """
    got = _spatial(x, None, "max_pool_with_argmax")
    params = parameters(got, window, strides, padding, 1)
    rest: Any = window_argmax(got, **params)
    shape, total = got.aval.shape, 0
    scale = shape[-1]
    for axis in reversed(range(1, len(shape) - 1)):
        rest, inner = rest // params["window"][axis], rest % params["window"][axis]
        place = tnp.arange(rest.shape[axis]) * params["strides"][axis] - params["padding"][axis][0]
        along = [-1 if a == axis else 1 for a in range(len(shape))]
        total = total + (inner + place.reshape(along)) * scale
        scale *= shape[axis]
    largest = reduce_window(got, monoid="max", **params)
    return largest, total + tnp.arange(shape[-1])


# --- of everything, and to a given size ----------------------------------------------------------


@public
@in_float32
def global_avg_pool(x: ArrayLike, keepdims: bool = False) -> Any:
    """The mean over all spatial axes: ``[N, C]``, or with ``keepdims`` ``[N, 1, ..., C]``.

    >>> global_avg_pool([[[1.0], [3.0]]])
    Array([[2.]], dtype=float32)
    """
    got = _spatial(x, None, "global_avg_pool")
    return tnp.mean(got, tuple(range(1, got.aval.ndim - 1)), keepdims=keepdims)


@public
def global_max_pool(x: ArrayLike, keepdims: bool = False) -> Any:
    """The largest over all spatial axes; see global_avg_pool.

    >>> global_max_pool([[[1.0], [3.0]]])
    Array([[3.]], dtype=float32)
    """
    got = _spatial(x, None, "global_max_pool")
    return tnp.max(got, tuple(range(1, got.aval.ndim - 1)), keepdims=keepdims)


@public
@in_float32
def adaptive_avg_pool(x: ArrayLike, size: Ints) -> Any:
    """Means of windows that are chosen so that the spatial extents become ``size``.

    Position i of n sees the elements from floor(i · extent / n) to ceil((i + 1) · extent / n), as
    in PyTorch.

    >>> adaptive_avg_pool([[[1.0], [3.0], [5.0]]], 2)
    Array([[[2.],
            [4.]]], dtype=float32)
    """
    out = _spatial(x, None, "adaptive_avg_pool")
    for axis, n in enumerate(per_axis(size, out.aval.ndim - 2, "size"), 1):
        places, inside = _parts(out.aval.shape[axis], n)
        out = weighted(out, places, inside / inside.sum(1, keepdims=True), axis)
    return out


@public
def adaptive_max_pool(x: ArrayLike, size: Ints) -> Any:
    """Maxima of windows that are chosen so that the spatial extents become ``size``.

    >>> adaptive_max_pool([[[1.0], [3.0], [5.0]]], 2)
    Array([[[3.],
            [5.]]], dtype=float32)
    """
    out = _spatial(x, None, "adaptive_max_pool")
    for axis, n in enumerate(per_axis(size, out.aval.ndim - 2, "size"), 1):
        places, _ = _parts(out.aval.shape[axis], n)
        out = tnp.max(taken(out, places, axis), axis + 1)
    return out


def _parts(extent: int, count: int) -> tuple[Table, Table]:
    """The places that each of ``count`` windows sees, and which of them are not repetitions."""
    starts = [i * extent // count for i in range(count)]
    ends = [-(-(i + 1) * extent // count) for i in range(count)]
    longest = max(map(lambda a, b: b - a, starts, ends))
    wide = np.array(starts)[:, None] + np.arange(longest)
    inside = wide < np.array(ends)[:, None]
    return np.where(inside, wide, np.array(ends)[:, None] - 1), inside


__all__ = [
    "adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "global_avg_pool", "global_max_pool", "max_pool", "max_pool1d", "max_pool2d",
    "max_pool3d", "max_pool_with_argmax", "min_pool",
]  # fmt: skip
