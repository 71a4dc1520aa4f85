"""Access by computed indices (i32 or u32), which are clipped into range.

* ``gather(x, indices; axis)``: ``indices`` in place of the axis: the result has the shape
  ``x.shape[:axis] + indices.shape + x.shape[axis + 1:]``.
* ``scatter_add(updates, indices; axis, size)``: its transpose; updates with one index are summed.

Clipping means that -1 reads the first element: the front end gives negative indices their meaning
before they come here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from .. import kernel as K
from ..aval import Aval
from ..core import Value, literal
from ..dtypes import bool_, int32
from ..graph import Eqn
from ..index import Dyn, Index
from ..primitive import Fold, FoldSpec, Map, Primitive, Read
from . import common as c
from .elementwise import add, max_, min_, mul
from .structural import iota, reshape

Array = np.ndarray[Any, Any]


def _check_indices(name: str, x: Aval, indices: Aval, size: int) -> None:
    c.check_kind(f"{name} (indices)", indices, "iu")
    if size == 0 and indices.size:
        raise ShapeError(
            f"{name}: {indices} indices into an axis without elements ({x})",
            why="there is no element to clip the indices to",
        )


def _gather_abstract(x: Aval, indices: Aval, *, axis: int) -> Aval:
    c.check_axes("gather", (axis,), x)
    _check_indices("gather", x, indices, x.shape[axis])
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    return x.with_shape(c.check_shape("gather", shape, x, indices))


def _gather_reference(x: Array, indices: Array, *, axis: int) -> Array:
    if not x.shape[axis]:
        return np.zeros((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)
    return np.take(x, _clipped(indices, x.shape[axis]), axis)


def _clipped(indices: Array, size: int) -> Array:
    return np.clip(indices.astype(np.int64), 0, max(size - 1, 0))


def _position(read: Read, index: tuple[Index, ...], size: int) -> K.Expr:
    """The clipped index that operand 1 holds at ``index``, as i32."""
    value = read(1, index)
    highest = K.const(max(size - 1, 0), value.dtype)
    if value.dtype is int32:
        value = K.call("max", value, K.const(0, int32))
    return K.convert(K.call("min", value, highest), int32)


def _gather_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    x, indices = (a.aval for a in eqn.inputs)
    axis, n = eqn.params["axis"], indices.ndim
    at = Dyn(_position(read, index[axis : axis + n], x.shape[axis]), x.shape[axis])
    return read(0, (*index[:axis], Index.of(at), *index[axis + n :]))


def _own_rows(indices: Any, batched: bool, size: int, extent: int) -> Value:
    """Batched indices into ``size`` stacked axes of ``extent`` elements each."""
    indices = c.with_batch(indices, batched, size)
    zero, last = (literal(n, indices.aval.dtype) for n in (0, max(extent - 1, 0)))
    inside = min_(max_(indices, zero), last)
    example = iota(shape=inside.shape, dtype=inside.dtype, axis=0)
    return add(inside, mul(example, literal(extent, inside.dtype)))


def _gather_batch(args: Sequence[Any], batched: Sequence[bool], size: int, *, axis: int) -> Value:
    x, indices = args
    if not batched[1]:
        return gather(x, indices, axis=axis + 1)
    if not batched[0]:
        return c.move_axis(gather(x, indices, axis=axis), axis, 0)
    rank, extent = indices.aval.ndim - 1, x.aval.shape[axis + 1]
    x = c.move_axis(x, axis + 1, 1)
    rows = reshape(x, shape=(size * extent, *x.aval.shape[2:]))
    out = gather(rows, _own_rows(indices, True, size, extent), axis=0)
    around = range(1 + rank, out.ndim)
    perm = (0, *around[:axis], *range(1, 1 + rank), *around[axis:])
    return c.permuted(out, perm)


gather: Primitive = Primitive(
    "gather",
    _gather_abstract,
    _gather_reference,
    _gather_batch,
    Map(_gather_emit, cost=2),
    jvp=c.linear_jvp("gather"),
    transpose=lambda ct, ops, *, axis: (
        scatter_add(ct, ops[1], axis=axis, size=ops[0].aval.shape[axis]),
        None,
    ),
)


# --- scatter_add ---------------------------------------------------------------------------------


def _scatter_abstract(updates: Aval, indices: Aval, *, axis: int, size: int) -> Aval:
    name, n = "scatter_add", indices.ndim
    c.check_kind(name, updates, "fiu")
    if axis < 0 or updates.shape[axis : axis + n] != indices.shape:
        raise ShapeError(f"{name}: {updates} does not have the axes of {indices} at {axis}")
    _check_indices(name, updates, indices, size)
    shape = (*updates.shape[:axis], size, *updates.shape[axis + n :])
    return Aval(c.check_shape(name, shape, updates, indices), updates.dtype)


def _scatter_reference(updates: Array, indices: Array, *, axis: int, size: int) -> Array:
    n = indices.ndim
    around = updates.shape[:axis], updates.shape[axis + n :]
    flat = updates.reshape(*around[0], indices.size, *around[1])
    out = np.zeros((size, *around[0], *around[1]), updates.dtype)
    np.add.at(out, _clipped(indices, size).ravel(), np.moveaxis(flat, axis, 0))
    return np.moveaxis(out, 0, axis)


def _scatter_batch(
    args: Sequence[Any], batched: Sequence[bool], size: int, /, *, axis: int, **params: int
) -> Value:
    extent = params["size"]
    updates, indices = args
    if not batched[1]:
        return scatter_add(updates, indices, axis=axis + 1, size=extent)
    updates = c.with_batch(updates, batched[0], size)
    rank = indices.aval.ndim - 1
    inner = range(1 + axis, 1 + axis + rank)
    around = [a for a in range(1, updates.aval.ndim) if a not in inner]
    rows = c.permuted(updates, (0, *inner, *around))
    out = scatter_add(rows, _own_rows(indices, True, size, extent), axis=0, size=size * extent)
    out = reshape(out, shape=(size, extent, *out.shape[1:]))
    return c.move_axis(out, 1, 1 + axis)


def _scatter_spec(eqn: Eqn) -> FoldSpec:
    """Each element sums the updates whose index is its own: no atomics, so the order is fixed."""
    axis, size = eqn.params["axis"], eqn.params["size"]
    indices = eqn.inputs[1].aval

    def element(read: Read, out: tuple[Index, ...], inner: tuple[Index, ...]) -> tuple[Any, ...]:
        here = K.index_value(out[axis])
        mine = K.call("eq", _position(read, inner, size), here, dtype=bool_)
        return mine, read(0, (*out[:axis], *inner, *out[axis + 1 :]))

    return FoldSpec(indices.shape, "sum", element, overlap=max(size, 1))


scatter_add: Primitive = Primitive(
    "scatter_add",
    _scatter_abstract,
    _scatter_reference,
    _scatter_batch,
    Fold(_scatter_spec),
    jvp=c.linear_jvp("scatter_add"),
    transpose=lambda ct, ops, *, axis, size: (gather(ct, ops[1], axis=axis), None),
)
