"""Ragged arrays: rows of different lengths, as the values of all rows and where each row starts.

``row_splits`` i32[rows + 1] goes from 0 to the count of values; row i is
``values[row_splits[i]:row_splits[i + 1]]``. Several of them, outermost first, nest. Shapes depend
on the splits, so they must be known outside of ``jit``; values may be traced and differentiated.

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
from .operands import ArrayLike, operand, value
from .traceback import public

Table = np.ndarray[Any, Any]


def _known(x: ArrayLike, name: str) -> Table:
    """A vector of integers on the host."""
    got = np.asarray(x)
    if got.ndim != 1 or (got.size and got.dtype.kind not in "iu"):
        raise ArgumentError(f"{name} must be a vector of integers, got {got.dtype}{got.shape}")
    return got.astype(np.int64)


def _splits(row_splits: ArrayLike, count: int | None = None) -> Table:
    """Splits that go up from 0 to ``count``. ShapeError for others."""
    got = _known(row_splits, "row_splits")
    ends = got.size and got[0] == 0 and (np.diff(got) >= 0).all()
    if not ends or (count is not None and got[-1] != count):
        raise ShapeError(
            f"row_splits {got.tolist()} of {count} values",
            why="they start with 0, never fall, and end with the count of values",
        )
    return got


def _nested(values: ArrayLike, row_splits: Any) -> list[Table]:
    """All levels, each splitting the rows of the next."""
    first = row_splits[0] if isinstance(row_splits, (list, tuple)) and len(row_splits) else 0
    levels = list(row_splits) if np.ndim(first) else [row_splits]
    counts = [np.size(s) - 1 for s in levels[1:]] + [value(values).aval.shape[0]]
    return [_splits(s, n) for s, n in zip(levels, counts)]


@public
def to_dense(
    values: ArrayLike,
    row_splits: Any,
    shape: Sequence[int | None] | None = None,
    default: ArrayLike = 0,
) -> Any:
    """Rows side by side, the shorter ones filled up with ``default``.

    ``shape`` cuts or widens the rows and each ragged axis; None (or -1) is the longest one. Axes of
    ``values`` after the first stay. Raises ShapeError for splits that do not fit.

    >>> to_dense([1, 2, 3], [[0, 1, 2], [0, 2, 3]], default=9)
    Array([[[1, 2]],
    <BLANKLINE>
           [[3, 9]]], dtype=int32)
    """
    got, levels = value(values), _nested(values, row_splits)
    wanted = [None] * (len(levels) + 1) if shape is None else list(shape)
    if len(wanted) != len(levels) + 1:
        raise ShapeError(f"ragged to_dense: shape {shape} for {len(levels)} ragged axes")
    rows = levels[0].size - 1
    places = np.arange(rows if wanted[0] in (None, -1) else wanted[0])
    inside = places < rows
    for splits, width in zip(levels, wanted[1:]):
        lengths = np.append(np.diff(splits), 0)
        longest = int(lengths.max()) if width in (None, -1) else width
        places = np.where(inside, places, splits.size - 1)
        step = np.arange(longest)
        inside = inside[..., None] & (step < lengths[places][..., None])
        places = np.where(inside, splits[places][..., None] + step, 0)
    if not got.aval.shape[0]:
        return tnp.full((*places.shape, *got.aval.shape[1:]), operand(default), got.aval.dtype)
    taken = tnp.take(got, places.astype(np.int32), axis=0)
    kept = inside.reshape(*inside.shape, *(1,) * (got.aval.ndim - 1))
    return tnp.where(kept, taken, tnp.asarray(operand(default), got.aval.dtype))


@public
def gather(values: ArrayLike, row_splits: Any, indices: ArrayLike) -> tuple[Any, list[Any]]:
    """The rows at ``indices`` (known integers): their values, and the splits of each level.

    Raises ShapeError for splits that do not fit and rows out of range.

    >>> gather([1.0, 2.0, 3.0], [0, 1, 3], [1, 0])
    (Array([2., 3., 1.], dtype=float32), [Array([0, 2, 3], dtype=int32)])
    """
    levels, chosen = _nested(values, row_splits), _known(indices, "indices")
    if chosen.size and not 0 <= chosen.min() <= chosen.max() < levels[0].size - 1:
        raise ShapeError(f"ragged gather: rows {chosen.tolist()} of {levels[0].size - 1}")
    out = []
    for splits in levels:
        lengths = np.diff(splits)[chosen]
        out.append(tnp.asarray(np.append(0, np.cumsum(lengths)).astype(np.int32)))
        parts = [np.arange(splits[i], splits[i + 1]) for i in chosen]
        chosen = np.concatenate([*parts, np.zeros(0, np.int64)])
    return tnp.take(value(values), chosen.astype(np.int32), axis=0), out


@public
def arange(starts: ArrayLike, limits: ArrayLike, deltas: ArrayLike = 1) -> tuple[Any, Any]:
    """A row of whole numbers for each start, limit and step: values, and row splits.

    Each is a vector, or one integer for all. Raises ArgumentError for a step of 0.

    >>> arange([0, 5], [2, 8])
    (Array([0, 1, 5, 6, 7], dtype=int32), Array([0, 2, 5], dtype=int32))
    """
    rows = [_known(np.atleast_1d(np.asarray(x)), "ragged arange") for x in (starts, limits, deltas)]
    first, last, step = np.broadcast_arrays(*rows)
    if (step == 0).any():
        raise ArgumentError("ragged arange: a step is 0")
    parts = [np.arange(a, b, d) for a, b, d in zip(first, last, step)]
    values = np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int32)
    splits = np.append(0, np.cumsum([len(p) for p in parts])).astype(np.int32)
    return tnp.asarray(values), tnp.asarray(splits)


__all__ = ["arange", "gather", "to_dense"]
