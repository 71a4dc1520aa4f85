"""Indexing: ints, slices, None, Ellipsis, and integer arrays on one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError, AxisError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..operands import ArrayLike, axis_of, value
from ..traceback import public
from .shapes import ravel, reshape


@public
def getitem(x: ArrayLike, index: Any, /) -> Any:
    """``x[index]``: ints, slices (any step), None, Ellipsis, and one array of integers.

    A known index out of range is an AxisError (an IndexError); inside arrays computed by the
    program it is clipped into range. Raises ArgumentError for boolean masks: their result has no
    fixed shape.
    """
    got = value(x)
    parts = _spread_ellipsis(index if isinstance(index, tuple) else (index,), got.aval)
    got, axes, array = _basic(got, parts)
    out = reshape(got, [n for n, kept in axes if kept])
    if array is None:
        return out
    place, indices = array
    return take(out, indices, axis=place)


def _spread_ellipsis(index: tuple[Any, ...], aval: Any) -> list[Any]:
    """The index with one entry an axis (and the Nones)."""
    used = sum(i is not None and i is not Ellipsis for i in index)
    holes = [k for k, i in enumerate(index) if i is Ellipsis]
    if len(holes) > 1 or used > aval.ndim:
        why = "more than one ..." if len(holes) > 1 else f"{used} indices"
        raise AxisError(f"an array of shape {aval.shape} was indexed with {why}")
    rest = [slice(None)] * (aval.ndim - used)
    at = holes[0] if holes else len(index)
    return [*index[:at], *rest, *index[at + 1 :]]


def _basic(x: Value, parts: list[Any]) -> tuple[Value, list[tuple[int, bool]], Any]:
    """One slice and one reversal; then (extent, kept) of each axis, and the array index if any."""
    start: list[int] = []
    limit: list[int] = []
    stride: list[int] = []
    reverse: list[int] = []
    axes: list[tuple[int, bool]] = []
    array: tuple[int, Any] | None = None
    for part in parts:
        if part is None:
            axes.append((1, True))
            continue
        extent = x.aval.shape[len(start)]
        if not isinstance(part, slice) and _is_array(part):
            if array is not None:
                raise _unsupported("arrays on several axes")
            array = (sum(kept for _, kept in axes), _in_range(part, extent))
            part = slice(None)
        low, step, count = _range(part, extent)
        if step < 0:
            low, step = low + (count - 1) * step if count else low, -step
            reverse.append(len(start))
        start.append(low if count else 0)
        limit.append(low + (count - 1) * step + 1 if count else 0)
        stride.append(step)
        axes.append((count, isinstance(part, slice)))
    whole = limit == list(x.aval.shape) and all(s == 1 for s in stride) and not any(start)
    params = {"start": tuple(start), "limit": tuple(limit), "stride": tuple(stride)}
    out = x if whole else structural.slice_(x, **params)
    return structural.rev(out, axes=tuple(reverse)) if reverse else out, axes, array


def _range(part: Any, extent: int) -> tuple[int, int, int]:
    """First position, step and count that an int or a slice selects."""
    if isinstance(part, slice):
        try:
            r = range(*part.indices(extent))
        except (TypeError, ValueError) as e:
            raise ArgumentError(
                f"slice {part} of an axis: {e}", fix="use ints, and no step 0"
            ) from e
        return r.start, r.step, len(r)
    i = part.__index__()
    if not -extent <= i < extent:
        raise AxisError(f"index {i} is out of range for an axis of extent {extent}")
    return i % extent, 1, 1


def _is_array(part: Any) -> bool:
    """Whether an index is an array. Rank-0 values that the program computes count as arrays."""
    if isinstance(part, (bool, np.bool_)):
        raise _unsupported("a boolean")
    if isinstance(part, (list, np.ndarray, Value)):
        kind = part.aval.dtype.kind if isinstance(part, Value) else np.asarray(part).dtype.kind
        if kind == "b":
            raise _unsupported("a boolean mask")
        if kind not in "iu" and np.size(part if not isinstance(part, Value) else 1):
            raise ArgumentError("an array index must hold integers", fix="use .astype(int)")
        return True
    if not hasattr(part, "__index__"):
        raise ArgumentError(
            f"{part!r} is not an index", fix="use ints, slices, None, ... or arrays"
        )
    return False


def _unsupported(what: str) -> ArgumentError:
    return ArgumentError(
        f"indexing with {what} is not available",
        why="the shape of the result would depend on values, or several axes be gathered at once",
        fix="use texelate.numpy.where(mask, x, other), or index one axis at a time",
    )


def _in_range(indices: Any, extent: int) -> Any:
    """Checks indices that are known now."""
    if not isinstance(indices, Value):
        known = np.asarray(indices if np.size(indices) else np.zeros(np.shape(indices), np.int32))
        if known.size and not -extent <= known.min() <= known.max() < extent:
            raise AxisError(
                f"an index from {known.min()} to {known.max()} is out of range for extent {extent}"
            )
        return known
    return indices


@public
def take(x: ArrayLike, indices: ArrayLike, /, axis: int | None = None) -> Any:
    """The elements of ``x`` at ``indices`` along ``axis`` (None: of the flattened array).

    Negative indices count from the end; those out of range are clipped. Shape:
    ``x.shape[:axis] + indices.shape + x.shape[axis+1:]``. AxisError for an empty axis.
    """
    from ..compiler.ir.prims.indexing import gather

    got = ravel(x) if axis is None else value(x)
    place = axis_of(0 if axis is None else axis, got.aval.ndim, "take")
    at = value(indices)
    extent = got.aval.shape[place]
    if at.aval.dtype.kind not in "iu":
        raise ArgumentError(f"take: indices must be integers, got {at.aval}")
    if extent == 0 and at.aval.size:
        raise AxisError(f"take: there is nothing to take from an axis of extent 0 ({got.aval})")
    if at.aval.dtype is int32:
        at = ew.select(ew.lt(at, 0), ew.add(at, extent), at)
    return gather(got, at, axis=place)
