"""Ragged arrays: rows of different lengths, as the values of all rows and where each row starts.

``row_splits`` i32[rows + 1] goes from 0 to the count of values; row i is
``values[row_splits[i]:row_splits[i + 1]]``. Several of them, outermost first, nest. Shapes depend
on the splits: inside ``jit``, where those are not known, the sizes of results are given, and what
is behind the real values is 0.

>>> import texelate as tx
>>> tx.ragged.to_dense([1.0, 2.0, 3.0], [0, 1, 3])
Array([[1., 0.],
       [2., 3.]], dtype=float32)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import numpy as tnp
from .compiler.errors import ArgumentError, ShapeError
from .compiler.ir.core import Tracer
from .compiler.ir.dtypes import int32
from .operands import ArrayLike, operand, shape_of, value
from .traceback import public


def _integers(x: ArrayLike, name: str) -> Any:
    """A vector of integers: int32, traced or not."""
    got = value(np.asarray(x, np.int32) if isinstance(x, (list, tuple)) and not len(x) else x)
    if got.aval.ndim != 1 or got.aval.dtype.kind not in "iu":
        raise ArgumentError(f"{name} must be a vector of integers, got {got.aval}")
    return tnp.astype(got, int32)


def _splits(row_splits: ArrayLike, count: int) -> Any:
    """Splits that go up from 0 to ``count``. ShapeError for others, where they are known."""
    got = _integers(row_splits, "row_splits")
    if isinstance(got, Tracer):
        return got
    known = np.asarray(got)
    if not known.size or known[0] != 0 or (np.diff(known) < 0).any() or known[-1] != count:
        raise ShapeError(
            f"row_splits {known.tolist()} of {count} values",
            why="they start with 0, never fall, and end with the count of values",
        )
    return got


def _nested(values: ArrayLike, row_splits: Any) -> list[Any]:
    """All levels, each splitting the rows of the next."""
    several = isinstance(row_splits, (list, tuple)) and len(row_splits)
    levels = list(row_splits) if several and np.ndim(row_splits[0]) else [row_splits]
    counts = [np.size(s) - 1 for s in levels[1:]] + [value(values).aval.shape[0]]
    return [_splits(s, n) for s, n in zip(levels, counts)]


def _longest(splits: Any) -> int:
    if isinstance(splits, Tracer):
        raise ArgumentError(
            "ragged to_dense: the longest row is not known inside jit", fix="give the shape"
        )
    return int(np.diff(np.asarray(splits)).max(initial=0))


@public
def to_dense(
    values: ArrayLike,
    row_splits: Any,
    shape: Sequence[int | None] | None = None,
    default: ArrayLike = 0,
) -> Any:
    """Rows side by side, the shorter ones filled up with ``default``.

    ``shape`` cuts or widens the rows and each ragged axis; None (or -1) is the longest one, which
    must be known. Axes of ``values`` after the first stay. Raises ShapeError for splits that do not
    fit, ArgumentError for a longest row inside ``jit``.

    >>> to_dense([1, 2, 3], [[0, 1, 2], [0, 2, 3]], default=9)
    Array([[[1, 2]],
    <BLANKLINE>
           [[3, 9]]], dtype=int32)
    """
    got, levels = value(values), _nested(values, row_splits)
    wanted = [None] * (len(levels) + 1) if shape is None else list(shape)
    if len(wanted) != len(levels) + 1:
        raise ShapeError(f"ragged to_dense: shape {shape} for {len(levels)} ragged axes")
    rows = levels[0].shape[0] - 1
    places: Any = tnp.arange(rows if wanted[0] in (None, -1) else wanted[0], dtype=int32)
    inside = places < rows
    for splits, width in zip(levels, wanted[1:]):
        step = tnp.arange(_longest(splits) if width in (None, -1) else width, dtype=int32)
        at = tnp.where(inside, places, 0)
        start, end = (tnp.take(splits, at + i) for i in (0, 1))
        inside = inside[..., None] & (step < (end - start)[..., None])
        places = tnp.where(inside, start[..., None] + step, 0)
    if not got.aval.shape[0]:
        return tnp.full((*places.shape, *got.aval.shape[1:]), operand(default), got.aval.dtype)
    kept = inside.reshape(*inside.shape, *(1,) * (got.aval.ndim - 1))
    fill = tnp.asarray(operand(default), got.aval.dtype)
    return tnp.where(kept, tnp.take(got, places, axis=0), fill)


def _laid_out(lengths: Any, size: int | None) -> tuple[Any, Any, Any, Any]:
    """Rows of these lengths behind each other: splits; and for each place its row, its number
    there, and whether it is real. Without ``size`` the lengths are looked at."""
    splits = tnp.concatenate([tnp.zeros(1, int32), tnp.cumsum(lengths)])
    (count,) = shape_of(int(splits[-1]) if size is None else size, "size")
    place = tnp.arange(count, dtype=int32)
    row = tnp.searchsorted(splits[1:], place, side="right")
    row = tnp.clip(row, 0, max(lengths.shape[0] - 1, 0))
    first = tnp.take(splits, row) if count else row
    return splits, row, place - first, place < splits[-1]


@public
def gather(
    values: ArrayLike, row_splits: Any, indices: ArrayLike, sizes: Any = None
) -> tuple[Any, list[Any]]:
    """The rows at ``indices``: their values, and the splits of each level.

    Inside ``jit``, ``sizes`` says how many values there are at most, after each level (an int for
    one). Raises ShapeError for splits that do not fit and known rows out of range; others are
    clipped.

    >>> gather([1.0, 2.0, 3.0], [0, 1, 3], [1, 0])
    (Array([2., 3., 1.], dtype=float32), [Array([0, 2, 3], dtype=int32)])
    """
    levels, chosen = _nested(values, row_splits), _integers(indices, "indices")
    rows = levels[0].shape[0] - 1
    if not isinstance(chosen, Tracer):
        known = np.asarray(chosen)
        if known.size and not 0 <= known.min() <= known.max() < rows:
            raise ShapeError(f"ragged gather: rows {known.tolist()} of {rows}")
    most = list(sizes) if isinstance(sizes, (list, tuple)) else [sizes] * len(levels)
    out, real = [], tnp.ones(chosen.shape, bool)
    for splits, size in zip(levels, most):
        start, end = (tnp.take(splits, chosen + i) for i in (0, 1))
        new, row, number, inside = _laid_out(tnp.where(real, end - start, 0), size)
        out.append(new)
        chosen = tnp.where(inside, tnp.take(start, row) + number, 0) if row.shape[0] else row
        real = inside
    got: Any = value(values)
    taken = tnp.take(got, chosen, axis=0)
    return tnp.where(real.reshape(-1, *(1,) * (got.ndim - 1)), taken, 0), out


@public
def arange(
    starts: ArrayLike, limits: ArrayLike, deltas: ArrayLike = 1, size: int | None = None
) -> tuple[Any, Any]:
    """A row of whole numbers for each start, limit and step: values, and row splits.

    Each is a vector, or one integer for all. Inside ``jit``, ``size`` says how many numbers there
    are at most. Raises ArgumentError for a known step of 0.

    >>> arange([0, 5], [2, 8])
    (Array([0, 1, 5, 6, 7], dtype=int32), Array([0, 2, 5], dtype=int32))
    """
    rows = (tnp.atleast_1d(tnp.asarray(x)) for x in (starts, limits, deltas))
    first, last, step = tnp.broadcast_arrays(*(_integers(r, "ragged arange") for r in rows))
    if not isinstance(step, Tracer) and (np.asarray(step) == 0).any():
        raise ArgumentError("ragged arange: a step is 0")
    lengths = tnp.maximum(-((first - last) // tnp.where(step == 0, 1, step)), 0)
    splits, row, number, real = _laid_out(lengths, size)
    if not row.shape[0]:
        return row, splits
    return tnp.where(real, tnp.take(first, row) + number * tnp.take(step, row), 0), splits


__all__ = ["arange", "gather", "to_dense"]
