"""Sparse arrays as coordinates: ``indices`` i32[n, rank], ``values`` [n], and a dense shape.

>>> import texelate as tx
>>> tx.sparse.to_dense([[0, 1], [1, 0]], [5.0, 6.0], (2, 2))
Array([[0., 5.],
       [6., 0.]], dtype=float32)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import numpy as tnp
from .compiler.errors import ArgumentError, ShapeError
from .compiler.ir.core import Value
from .compiler.ir.dtypes import int32
from .compiler.ir.prims.scattering import scatter
from .operands import ArrayLike, operand, shape_of, value
from .segments import segment_mean, segment_sqrt_n, segment_sum
from .traceback import public


def _coordinates(indices: ArrayLike, rank: int, name: str) -> Any:
    got = value(indices)
    if got.aval.ndim != 2 or got.aval.shape[1] != rank:
        raise ShapeError(f"{name}: indices {got.aval} are not [n, {rank}]")
    if got.aval.dtype.kind not in "iu":
        raise ArgumentError(f"{name}: indices must be integers, got {got.aval}")
    return tnp.astype(got, int32)


@public
def to_dense(
    indices: ArrayLike, values: ArrayLike, shape: Sequence[int], default: ArrayLike = 0
) -> Any:
    """The dense array: ``values`` (one for all, or [n]) at ``indices``, else ``default``.

    Of repeated coordinates the last wins; those outside of ``shape`` are dropped. Raises
    ShapeError for indices and values that do not fit.

    >>> to_dense([[1], [3]], 1.0, (4,), -1.0)
    Array([-1.,  1., -1.,  1.], dtype=float32)
    """
    target = shape_of(shape, "to_dense")
    at = _coordinates(indices, len(target), "to_dense")
    given: Value = value(values)
    if given.aval.shape not in ((), at.shape[:1]):
        raise ShapeError(f"to_dense: values {given.aval} for {at.shape[0]} coordinates")
    updates = tnp.broadcast_to(given, at.shape[:1])
    empty = tnp.full((math.prod(target),), operand(default), given.aval.dtype)
    out = scatter(empty, updates, _flat(at, target), axis=0, op="set", mode="fill")
    return tnp.reshape(out, target)


def _flat(at: Any, shape: Sequence[int]) -> Any:
    """Row-major places, -1 for coordinates outside."""
    inside = tnp.all((at >= 0) & (at < np.asarray(shape, np.int32)), -1)
    place = tnp.zeros(at.shape[:1], int32)
    for axis, extent in enumerate(shape):
        place = place * extent + at[:, axis]
    return tnp.where(inside, place, -1)


@public
def reshape(
    indices: ArrayLike, shape: Sequence[int], new_shape: Sequence[int]
) -> tuple[Any, tuple[int, ...]]:
    """The coordinates in another shape of equal size, and that shape; one extent may be -1.

    Raises ShapeError when the sizes differ.

    >>> reshape([[0, 1], [1, 0]], (2, 2), (-1,))
    (Array([[1],
           [2]], dtype=int32), (4,))
    """
    old = shape_of(shape, "reshape")
    size = math.prod(old)
    known = math.prod(n for n in new_shape if n != -1)
    rest = size // max(known, 1)
    target = tuple(rest if n == -1 else int(n) for n in new_shape)
    if list(new_shape).count(-1) > 1 or math.prod(target) != size:
        raise ShapeError(f"sparse reshape: {old} does not fit {tuple(new_shape)}")
    place = _flat(_coordinates(indices, len(old), "reshape"), old)
    columns = []
    for extent in reversed(target):
        columns.append(place % max(extent, 1))
        place = place // max(extent, 1)
    return tnp.stack(columns[::-1], 1), target


@public
def fill_empty_rows(
    indices: ArrayLike, values: ArrayLike, shape: Sequence[int], default: ArrayLike = 0
) -> tuple[Any, Any, Any, Any]:
    """Rows (of the first axis) without any value get ``default`` in their first column.

    Returns the indices and values sorted by row, which rows were empty (bool[rows]), and where
    each of the given values is now. How many values there are depends on the indices, so they are
    read: ``fill_empty_rows_padded`` is for ``jit``. Raises ShapeError for rows out of range.

    >>> fill_empty_rows([[1, 0]], [5.0], (2, 3), 7.0)[1]
    Array([7., 5.], dtype=float32)
    """
    rows = np.asarray(_coordinates(indices, len(shape), "fill_empty_rows"))[:, 0]
    if rows.size and not 0 <= rows.min() <= rows.max() < shape[0]:
        raise ShapeError(f"fill_empty_rows: a row is outside of {tuple(shape)}")
    at, filled, empty, places, count = fill_empty_rows_padded(indices, values, shape, default)
    n = int(count)
    return at[:n], filled[:n], empty, places


@public
def fill_empty_rows_padded(
    indices: ArrayLike, values: ArrayLike, shape: Sequence[int], default: ArrayLike = 0
) -> tuple[Any, Any, Any, Any, Any]:
    """``fill_empty_rows`` in n + rows places, and how many of them are real: for ``jit``.

    The indices of the others are -1 (which ``to_dense`` drops), and their values ``default``. Rows
    out of range come behind all others.

    >>> fill_empty_rows_padded([[1, 0]], [5.0], (2, 3), 7.0)[1]
    Array([7., 5., 7.], dtype=float32)
    """
    target = shape_of(shape, "fill_empty_rows")
    at, given = _coordinates(indices, len(target), "fill_empty_rows"), value(values)
    rows, n = target[0], at.shape[0]
    known = (at[:, 0] >= 0) & (at[:, 0] < rows)
    taken = tnp.where(known, at[:, 0], rows)
    empty = tnp.bincount(taken, length=rows) == 0
    first = tnp.arange(rows, dtype=int32)
    order = tnp.argsort(tnp.concatenate([taken, tnp.where(empty, first, rows + 1)]))
    beside = [tnp.zeros((rows, 1), int32)] * (len(target) - 1)
    added = tnp.concatenate([first[:, None], *beside], axis=1)
    count = n + tnp.count_nonzero(empty)
    real = tnp.arange(n + rows, dtype=int32) < count
    fill = tnp.full((rows,), operand(default), given.aval.dtype)
    return (
        tnp.where(real[:, None], tnp.take(tnp.concatenate([at, added]), order, axis=0), -1),
        tnp.take(tnp.concatenate([given, fill]), order, axis=0),
        empty,
        tnp.argsort(order)[:n],
        count,
    )


def _rows(x: ArrayLike, indices: ArrayLike) -> Any:
    return tnp.take(value(x), indices, axis=0)


@public
def sum_rows(x: ArrayLike, indices: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """``segment_sum`` of the rows of ``x`` at ``indices`` (TensorFlow's sparse segment sum).

    >>> sum_rows([[1.0], [2.0], [4.0]], [0, 2, 2], [0, 0, 1], 2)
    Array([[5.],
           [4.]], dtype=float32)
    """
    return segment_sum(_rows(x, indices), ids, num_segments)


@public
def mean_rows(x: ArrayLike, indices: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """``segment_mean`` of the rows of ``x`` at ``indices``.

    >>> mean_rows([[1.0], [2.0], [4.0]], [0, 2, 2], [0, 0, 1], 2)
    Array([[2.5],
           [4. ]], dtype=float32)
    """
    return segment_mean(_rows(x, indices), ids, num_segments)


@public
def sqrt_n_rows(x: ArrayLike, indices: ArrayLike, ids: ArrayLike, num_segments: int) -> Any:
    """``segment_sqrt_n`` of the rows of ``x`` at ``indices``.

    >>> sqrt_n_rows([[2.0]], [0, 0, 0, 0], [0, 0, 0, 0], 1)
    Array([[4.]], dtype=float32)
    """
    return segment_sqrt_n(_rows(x, indices), ids, num_segments)


__all__ = [
    "fill_empty_rows", "fill_empty_rows_padded", "mean_rows", "reshape", "sqrt_n_rows", "sum_rows",
    "to_dense",
]  # fmt: skip
