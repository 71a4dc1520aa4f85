"""Reductions of segments: rows of an array that belong together are folded into one.

``ids`` [n] names the segment of each row of ``x`` [n, ...], in any order; rows whose id is not in
0 … num_segments - 1 are left out. The result is ``[num_segments, ...]``. The order of additions is
fixed, so results are the same in each run.

>>> import texelate as tx
>>> tx.segments.segment_sum([1.0, 2.0, 4.0], [0, 1, 0], 2)
Array([5., 2.], dtype=float32)
"""

from __future__ import annotations

from typing import Any

from . import numpy as tnp
from .compiler.errors import ArgumentError, ShapeError
from .compiler.ir.dtypes import float32
from .compiler.ir.prims import elementwise as ew
from .compiler.ir.prims.scattering import scatter_reduce
from .operands import ArrayLike, cast, shape_of, value
from .traceback import public


def _folded(name: str, monoid: str, x: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    rows, places = value(x), value(ids)
    (count,) = shape_of(num_segments, name)
    if places.aval.dtype.kind not in "iu":
        raise ArgumentError(f"{name}: ids must be integers, got {places.aval}")
    if places.aval.ndim != 1 or rows.aval.shape[:1] != places.aval.shape:
        raise ShapeError(f"{name}: ids {places.aval} do not name the rows of {rows.aval}")
    places = value(cast(places, places.aval.dtype.wide))
    if rows.aval.dtype.kind == "b":
        rows = ew.convert(rows, dtype=float32)
    return scatter_reduce(rows, places, monoid=monoid, axis=0, size=count, mode="fill")


@public
def segment_sum(x: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """The sum of each segment, 0 of an empty one.

    Raises ShapeError unless there is an id for each row, ArgumentError for ids that are no
    integers.

    >>> segment_sum([[1.0, 2.0], [3.0, 4.0]], [2, 2], 3)
    Array([[0., 0.],
           [0., 0.],
           [4., 6.]], dtype=float32)
    """
    return _folded("segment_sum", "sum", x, ids, num_segments)


@public
def segment_prod(x: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """The product of each segment, 1 of an empty one.

    >>> segment_prod([2.0, 3.0, 5.0], [0, 0, 1], 3)
    Array([6., 5., 1.], dtype=float32)
    """
    return _folded("segment_prod", "prod", x, ids, num_segments)


@public
def segment_max(x: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """The largest of each segment; of an empty one -inf, or the smallest integer.

    >>> segment_max([2.0, 3.0, 5.0], [0, 0, 1], 2)
    Array([3., 5.], dtype=float32)
    """
    return _folded("segment_max", "max", x, ids, num_segments)


@public
def segment_min(x: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """The smallest of each segment; of an empty one inf, or the largest integer.

    >>> segment_min([2.0, 3.0, 5.0], [0, 0, 1], 2)
    Array([2., 5.], dtype=float32)
    """
    return _folded("segment_min", "min", x, ids, num_segments)


@public
def segment_mean(x: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """The mean of each segment as float32, 0 of an empty one.

    >>> segment_mean([2.0, 4.0, 5.0], [0, 0, 1], 3)
    Array([3., 5., 0.], dtype=float32)
    """
    total = tnp.astype(segment_sum(x, ids, num_segments), float32)
    return total / _sizes(ids, num_segments, total.ndim)


@public
def segment_sqrt_n(x: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """The sum of each segment over the root of its size, 0 of an empty one.

    >>> segment_sqrt_n([2.0, 2.0, 2.0, 2.0], [0, 0, 0, 0], 1)
    Array([4.], dtype=float32)
    """
    total = tnp.astype(segment_sum(x, ids, num_segments), float32)
    return total * tnp.rsqrt(_sizes(ids, num_segments, total.ndim))


def _sizes(ids: ArrayLike, num_segments: int, rank: int) -> Any:
    """How many rows each segment has (1 for none), beside ``rank - 1`` other axes."""
    ones = tnp.ones(value(ids).aval.shape, float32)
    counts = tnp.maximum(segment_sum(ones, ids, num_segments), 1.0)
    return tnp.reshape(counts, (-1, *(1,) * (rank - 1)))


__all__ = [
    "segment_max", "segment_mean", "segment_min", "segment_prod", "segment_sqrt_n", "segment_sum",
]  # fmt: skip
