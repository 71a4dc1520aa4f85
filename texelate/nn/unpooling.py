"""Pools by norms and at random places, and max pools turned back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims.window import reduce_window
from ..operands import ArrayLike, as_float, shape_of, value
from ..traceback import public
from .pooling import parameters
from .windows import Ints, per_axis


@public
def lp_pool(
    x: ArrayLike,
    p: float,
    window: Ints,
    strides: Ints | None = None,
    *,
    ceil_mode: bool = False,
) -> Any:
    """The p-norm (sum of |x|^p)^(1/p) of each window of ``[N, *spatial, C]``; 0 has derivative 0.

    >>> lp_pool([[[3.0], [4.0]]], 2, 2)
    Array([[[5.]]], dtype=float32)
    """
    if not p > 0:
        raise ArgumentError(f"lp_pool: the order p={p} must be above 0")
    got: Any = as_float(x)
    size = abs(got)
    powers = tnp.where(size > 0, tnp.where(size > 0, size, 1.0) ** p, 0.0)
    params = parameters(got, window, strides, "VALID", 1, ceil_mode)
    total: Any = reduce_window(powers, monoid="sum", **params)
    safe = tnp.where(total > 0, total, 1.0)
    return tnp.where(total > 0, safe ** (1 / p), 0.0)


@public
def max_unpool(x: ArrayLike, indices: ArrayLike, spatial: Sequence[int]) -> Any:
    """Zeros ``[N, *spatial, C]`` with the maxima back where they were: ``max_pool_with_argmax``.

    Raises ShapeError unless ``x`` and ``indices`` have one shape ``[N, ..., C]``.

    >>> from texelate.nn.functional import max_pool_with_argmax
    >>> max_unpool(*max_pool_with_argmax([[[1.0], [3.0], [2.0], [0.0]]], 2), (4,))[0, :, 0]
    Array([0., 3., 2., 0.], dtype=float32)
    """
    got: Any = as_float(x)
    places = value(indices)
    if got.ndim < 3 or places.aval.shape != got.shape:
        raise ShapeError(f"max_unpool: maxima {got.aval} with places {places.aval}")
    count, channels = got.shape[0], got.shape[-1]
    shape = (count, *shape_of(spatial, "max_unpool"), channels)
    empty = tnp.zeros((count, math.prod(shape[1:])))
    flat = tnp.reshape(places, (count, -1))
    return tnp.put_along_axis(empty, flat, tnp.reshape(got, (count, -1)), 1).reshape(shape)


@public
def fractional_max_pool(k: ArrayLike, x: ArrayLike, window: Ints, output_size: Ints) -> Any:
    """Maxima of windows at random places, so that the spatial extents become ``output_size``.

    Each example and channel of ``[N, *spatial, C]`` has its own places. Source: Graham,
    arXiv:1412.6071, with PyTorch's pseudo-random sequence.

    >>> import texelate as tx
    >>> fractional_max_pool(tx.random.key(0), tx.numpy.ones((1, 7, 7, 2)), 2, 5).shape
    (1, 5, 5, 2)
    """
    from ..random import uniform

    out: Any = as_float(x)
    rank = out.ndim - 2
    sizes, wide = per_axis(output_size, rank, "output_size"), per_axis(window, rank, "window")
    shifts = uniform(k, (out.shape[0], out.shape[-1], rank))
    for axis, (n, size) in enumerate(zip(sizes, wide), 1):
        out = _largest(out, _starts(shifts[..., axis - 1], out.shape[axis], n, size), size, axis)
    return out


def _starts(shift: Any, extent: int, count: int, window: int) -> Any:
    """Where the windows start, [N, count, C]: steps that are random but sum to the extent."""
    if not count + window - 1 <= extent:
        raise ShapeError(f"fractional_max_pool: {count} windows of {window} in {extent}")
    alpha = (extent - window) / max(count - 1, 1)
    u = shift[:, None, :]
    places = tnp.floor((tnp.arange(count)[:, None] + u) * alpha) - tnp.floor(u * alpha)
    last = tnp.arange(count)[:, None] == count - 1
    return tnp.where(last, extent - window, places).astype(int32)


def _largest(x: Any, starts: Any, window: int, axis: int) -> Any:
    """The maximum of each window along one axis."""
    n, count, channels = starts.shape
    beside = [1] * (x.ndim - 2)
    beside[axis - 1] = count
    at = starts.reshape(n, *beside, channels)
    parts = [tnp.take_along_axis(x, at + i, axis) for i in range(window)]
    out = parts[0]
    for part in parts[1:]:
        out = tnp.maximum(out, part)
    return out


__all__ = ["fractional_max_pool", "lp_pool", "max_unpool"]
