"""Reading at computed indices (i32 or u32).

* ``gather(x, indices; axis, mode)``: ``indices`` in place of the axis: the result has the shape
  ``x.shape[:axis] + indices.shape + x.shape[axis + 1:]``.
* ``take_along(x, indices; axis, mode)``: an index for every element of the result, which has the
  shape of ``indices``; the axes of ``x`` but ``axis`` are the same.

``mode`` says what an index out of range means. ``"clip"``: the nearest element, so -1 reads the
first (the front end gives negative indices their meaning before they come here). ``"fill"``: reads
give 0 or False, writes are dropped. Nothing is ever read or written outside of an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, ShapeError
from .. import kernel as K
from ..aval import Aval, Shape
from ..core import Value, literal
from ..dtypes import bool_, int32, uint32
from ..graph import Eqn
from ..index import Dyn, Index
from ..primitive import Map, Primitive, Read
from . import common as c
from .elementwise import add, and_, ge, lt, max_, min_, mul, select
from .structural import iota, reshape

Array = np.ndarray[Any, Any]

# --- what all indexed primitives share -----------------------------------------------------------


def check_indices(name: str, x: Aval, indices: Aval, size: int, mode: str) -> None:
    """Raises for indices that are not integers, an unknown mode, nothing to clip to."""
    if indices.dtype not in (int32, uint32):
        raise DtypeError(f"{name}: indices are {indices}", fix="use int32 or uint32")
    if mode not in ("clip", "fill"):
        raise ArgumentError(f'{name}: mode={mode!r} is neither "clip" nor "fill"')
    if mode == "clip" and size == 0 and indices.size:
        raise ShapeError(
            f"{name}: {indices} indices into an axis without elements ({x})",
            why="there is no element to clip the indices to",
        )


def check_along(name: str, x: Aval, indices: Aval, axis: int) -> None:
    """ShapeError unless ``indices`` has the axes of ``x``, but for the extent of ``axis``."""
    c.check_axes(name, (axis,), x)
    if indices.ndim != x.ndim or indices.shape != replaced(x.shape, axis, indices.shape[axis]):
        raise ShapeError(f"{name}: {indices} and {x} differ in another axis than {axis}")


def replaced(values: Sequence[Any], axis: int, value: Any) -> tuple[Any, ...]:
    """``values`` with another one at ``axis``."""
    return (*values[:axis], value, *values[axis + 1 :])


def clipped(indices: Array, size: int) -> Array:
    return np.clip(indices.astype(np.int64), 0, max(size - 1, 0))


def inside(indices: Array, size: int) -> Array:
    wide = indices.astype(np.int64)
    return (wide >= 0) & (wide < size)


def position(value: K.Expr, size: int) -> K.Expr:
    """An index clipped into range, as i32."""
    highest = K.const(max(size - 1, 0), value.dtype)
    if value.dtype is int32:
        value = K.call("max", value, K.const(0, int32))
    return K.convert(K.call("min", value, highest), int32)


def is_inside(value: K.Expr, size: int) -> K.Expr:
    """Whether an index is in range."""
    if not size:
        return K.const(False, bool_)
    low = K.call("ge", value, K.zero(value.dtype), dtype=bool_)
    high = K.call("lt", value, K.const(size, value.dtype), dtype=bool_)
    return K.call("and", low, high)


def own_rows(indices: Any, batched: bool, size: int, extent: int, mode: str) -> Value:
    """Batched indices into ``size`` stacked axes of ``extent`` elements each."""
    indices = c.with_batch(indices, batched, size)
    dtype = indices.aval.dtype
    zero, last = (literal(n, dtype) for n in (0, max(extent - 1, 0)))
    example = iota(shape=indices.aval.shape, dtype=dtype, axis=0)
    rows = add(min_(max_(indices, zero), last), mul(example, literal(extent, dtype)))
    if mode == "clip":
        return rows
    return select(and_(ge(indices, zero), lt(indices, extent)), rows, size * extent)


# --- gather --------------------------------------------------------------------------------------


def _gather_shape(x: Shape, indices: Shape, axis: int) -> Shape:
    return (*x[:axis], *indices, *x[axis + 1 :])


def _gather_abstract(x: Aval, indices: Aval, *, axis: int, mode: str = "clip") -> Aval:
    c.check_axes("gather", (axis,), x)
    check_indices("gather", x, indices, x.shape[axis], mode)
    shape = _gather_shape(x.shape, indices.shape, axis)
    return x.with_shape(c.check_shape("gather", shape, x, indices))


def _gather_reference(x: Array, indices: Array, *, axis: int, mode: str = "clip") -> Array:
    size = x.shape[axis]
    if not size:
        return np.zeros(_gather_shape(x.shape, indices.shape, axis), x.dtype)
    out = np.take(x, clipped(indices, size), axis)
    if mode == "clip":
        return out
    known = inside(indices, size).reshape((*indices.shape, *[1] * (x.ndim - axis - 1)))
    return np.where(known, out, x.dtype.type(0))


def _read_at(
    read: Read, at: tuple[Index, ...], before: tuple[Index, ...], after: tuple[Index, ...],
    x: Aval, eqn: Eqn,
) -> K.Expr:  # fmt: skip
    """The element of operand 0 at the index that operand 1 holds at ``at``."""
    size, value = x.shape[eqn.params["axis"]], read(1, at)
    place = Index.of(Dyn(position(value, size), max(size, 1)))
    element = read(0, (*before, place, *after))
    if eqn.params.get("mode", "clip") == "clip":
        return element
    return K.select(is_inside(value, size), element, K.zero(x.dtype))


def _gather_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    x, indices = (a.aval for a in eqn.inputs)
    axis = eqn.params["axis"]
    end = axis + indices.ndim
    return _read_at(read, index[axis:end], index[:axis], index[end:], x, eqn)


def gather_batch(
    args: Sequence[Any], batched: Sequence[bool], size: int, *, axis: int, mode: str = "clip"
) -> Value:
    x, indices = args
    if not batched[1]:
        return gather(x, indices, axis=axis + 1, mode=mode)
    if not batched[0]:
        return c.move_axis(gather(x, indices, axis=axis, mode=mode), axis, 0)
    rank, extent = indices.aval.ndim - 1, x.aval.shape[axis + 1]
    x = c.move_axis(x, axis + 1, 1)
    rows = reshape(x, shape=(size * extent, *x.aval.shape[2:]))
    out = gather(rows, own_rows(indices, True, size, extent, mode), axis=0, mode=mode)
    around = range(1 + rank, out.ndim)
    perm = (0, *around[:axis], *range(1, 1 + rank), *around[axis:])
    return c.permuted(out, perm)


def _gather_transpose(ct: Value, ops: Sequence[Any], *, axis: int, mode: str = "clip") -> Any:
    from .scattering import scatter_add

    size = ops[0].aval.shape[axis]
    return scatter_add(ct, ops[1], axis=axis, size=size, mode=mode), None


gather: Primitive = Primitive(
    "gather",
    _gather_abstract,
    _gather_reference,
    gather_batch,
    Map(_gather_emit, cost=2),
    jvp=c.linear_jvp("gather"),
    transpose=_gather_transpose,
)

# --- take_along ----------------------------------------------------------------------------------


def _take_abstract(x: Aval, indices: Aval, *, axis: int, mode: str = "clip") -> Aval:
    check_along("take_along", x, indices, axis)
    check_indices("take_along", x, indices, x.shape[axis], mode)
    return x.with_shape(indices.shape)


def _take_reference(x: Array, indices: Array, *, axis: int, mode: str = "clip") -> Array:
    size = x.shape[axis]
    if not size:
        return np.zeros(indices.shape, x.dtype)
    out = np.take_along_axis(x, clipped(indices, size), axis)
    return out if mode == "clip" else np.where(inside(indices, size), out, x.dtype.type(0))


def _take_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    axis = eqn.params["axis"]
    return _read_at(read, index, index[:axis], index[axis + 1 :], eqn.inputs[0].aval, eqn)


def both_batched(args: Sequence[Any], batched: Sequence[bool], size: int) -> list[Any]:
    return [c.with_batch(x, b, size) for x, b in zip(args, batched, strict=True)]


def _take_transpose(ct: Value, ops: Sequence[Any], *, axis: int, mode: str = "clip") -> Any:
    from .scattering import put_along

    return put_along(ct, ops[1], axis=axis, size=ops[0].aval.shape[axis], mode=mode), None


take_along: Primitive = Primitive(
    "take_along",
    _take_abstract,
    _take_reference,
    lambda args, batched, size, *, axis, mode="clip": take_along(
        *both_batched(args, batched, size), axis=axis + 1, mode=mode
    ),
    Map(_take_emit, cost=2),
    jvp=c.linear_jvp("take_along"),
    transpose=_take_transpose,
)
