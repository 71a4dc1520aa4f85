"""Slices whose place is computed: ``starts`` are rank-0 i32 values, one for each axis.

* ``dynamic_slice(x, *starts; sizes)``: ``sizes`` elements from ``starts`` on.
* ``dynamic_update_slice(x, update, *starts)``: ``x`` with ``update`` written there.

A start is clamped so that the whole slice lies in ``x``, as in XLA.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import DtypeError, ShapeError
from .. import kernel as K
from ..aval import Aval, Shape
from ..core import Operand, Value, literal
from ..dtypes import int32
from ..graph import Eqn
from ..index import Dyn, Index
from ..primitive import Linear, Map, Primitive, Read
from . import common as c
from .elementwise import add, and_, ge, lt, max_, min_, select, sub
from .indexing import gather_batch
from .structural import broadcast_in_dim, iota, zeros

Array = np.ndarray[Any, Any]


def _check(name: str, x: Aval, sizes: Shape, starts: Sequence[Aval]) -> None:
    if len(sizes) != x.ndim or len(starts) != x.ndim:
        raise ShapeError(f"{name}: {len(starts)} starts and {len(sizes)} sizes for {x}")
    if any(not 0 <= size <= n for size, n in zip(sizes, x.shape, strict=True)):
        raise ShapeError(f"{name}: a slice of {tuple(sizes)} does not fit into {x}")
    for start in starts:
        if start.shape or start.dtype is not int32:
            raise DtypeError(f"{name}: a start is {start}", fix="use int32 scalars")


def _places(x: Array, sizes: Shape, starts: Sequence[Array]) -> tuple[slice, ...]:
    """The slice of each axis, clamped into range."""
    rows = zip(x.shape, sizes, starts, strict=True)
    clamped = [(max(0, min(int(start), n - size)), size) for n, size, start in rows]
    return tuple(slice(at, at + size) for at, size in clamped)


def _start(read: Read, k: int, extent: int, size: int) -> Index:
    """The clamped start that operand ``k`` holds."""
    room = extent - size
    at = K.call("max", K.call("min", read(k, ()), K.const(room, int32)), K.const(0, int32))
    known = K.const_value(at)
    return Index.of(Dyn(at, room + 1)) if known is None else Index.of(int(known))


def _clamped(start: Any, batched: bool, batch: int, room: int, count: int) -> Value:
    """The starts of all examples, ``count`` times each: i32[batch, count]."""
    start = min_(max_(c.with_batch(start, batched, batch), 0), room)
    return broadcast_in_dim(start, shape=(batch, count), dims=(0,))


def _count(batch: int, n: int) -> Value:
    return iota(shape=(batch, n), dtype=int32, axis=1)


def _unmoved(starts: Sequence[Operand]) -> list[Operand]:
    """The starts, with that of a batch axis."""
    return [literal(0, int32), *starts]


# --- dynamic_slice -------------------------------------------------------------------------------


def _slice_abstract(x: Aval, *starts: Aval, sizes: Shape) -> Aval:
    _check("dynamic_slice", x, sizes, starts)
    return x.with_shape(tuple(sizes))


def _slice_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    extents, sizes = eqn.inputs[0].aval.shape, eqn.params["sizes"]
    rows = enumerate(zip(index, extents, sizes, strict=True))
    return read(0, tuple(i + _start(read, 1 + a, n, size) for a, (i, n, size) in rows))


def _slice_batch(args: Sequence[Any], batched: Sequence[bool], size: int, *, sizes: Shape) -> Value:
    """Starts of their own for each example are a gather along each axis."""
    x, *starts = args
    if not any(batched[1:]):
        return dynamic_slice(x, *_unmoved(starts), sizes=(size, *sizes))
    in_batch = batched[0]
    for axis, (start, mark, count) in enumerate(zip(starts, batched[1:], sizes, strict=True)):
        room = x.aval.shape[axis + in_batch] - count
        at = add(_clamped(start, mark, size, room, count), _count(size, count))
        x = gather_batch((x, at), (in_batch, True), size, axis=axis, mode="fill")
        in_batch = True
    return x  # type: ignore[no-any-return]


def _slice_transpose(ct: Value, ops: Sequence[Any], *, sizes: Shape) -> tuple[Any, ...]:
    x, *starts = ops
    return dynamic_update_slice(zeros(x.aval), ct, *starts), *([None] * len(starts))


dynamic_slice: Primitive = Primitive(
    "dynamic_slice",
    _slice_abstract,
    lambda x, *starts, sizes: x[_places(x, sizes, starts)],
    _slice_batch,
    Map(_slice_emit, cost=2),
    jvp=c.linear_jvp("dynamic_slice"),
    transpose=_slice_transpose,
)

# --- dynamic_update_slice ------------------------------------------------------------------------


def _update_abstract(x: Aval, update: Aval, *starts: Aval) -> Aval:
    _check("dynamic_update_slice", x, update.shape, starts)
    c.check_same_dtype("dynamic_update_slice", (x, update))
    return Aval(x.shape, x.dtype, x.weak and update.weak)


def _update_reference(x: Array, update: Array, *starts: Array) -> Array:
    out = np.array(x)
    out[_places(x, update.shape, starts)] = update
    return out


def _update_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    x, update = (a.aval for a in eqn.inputs[:2])
    if not update.size:
        return read(0, index)
    rows = enumerate(zip(index, x.shape, update.shape, strict=True))
    at = tuple(i - _start(read, 2 + a, n, size) for a, (i, n, size) in rows)
    within = K.conjunction(*(K.inside(i, 0, n) for i, n in zip(at, update.shape, strict=True)))
    return K.select(within, read(1, at), read(0, index))


def _update_batch(args: Sequence[Any], batched: Sequence[bool], size: int) -> Value:
    x, update = (c.with_batch(a, b, size) for a, b in zip(args[:2], batched[:2], strict=True))
    starts, marks = args[2:], batched[2:]
    if not any(marks):
        return dynamic_update_slice(x, update, *_unmoved(starts))
    known: Any = None
    for axis, (start, mark) in enumerate(zip(starts, marks, strict=True)):
        extent, count = x.aval.shape[axis + 1], update.aval.shape[axis + 1]
        at = sub(_count(size, extent), _clamped(start, mark, size, extent - count, extent))
        update = gather_batch((update, at), (True, True), size, axis=axis, mode="fill")
        within = and_(ge(at, 0), lt(at, count))
        within = broadcast_in_dim(within, shape=x.aval.shape, dims=(0, axis + 1))
        known = within if known is None else and_(known, within)
    return select(known, update, x)


def _update_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    pairs = zip(p[:2], t[:2], strict=True)
    x, update = (zeros(a.aval.strong()) if da is None else da for a, da in pairs)
    return dynamic_update_slice(x, update, *p[2:])


def _update_transpose(ct: Value, ops: Sequence[Any]) -> tuple[Any, ...]:
    x, update, *starts = ops
    blank = zeros(update.aval.strong())
    ct_x = dynamic_update_slice(ct, blank, *starts) if isinstance(x, Linear) else None
    sizes = update.aval.shape
    ct_update = dynamic_slice(ct, *starts, sizes=sizes) if isinstance(update, Linear) else None
    return ct_x, ct_update, *([None] * len(starts))


dynamic_update_slice: Primitive = Primitive(
    "dynamic_update_slice",
    _update_abstract,
    _update_reference,
    _update_batch,
    Map(_update_emit, cost=3),
    jvp=_update_jvp,
    transpose=_update_transpose,
)
