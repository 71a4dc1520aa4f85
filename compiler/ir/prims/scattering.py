"""Writing at computed indices: the transposes of reading, and functional updates.

* ``scatter_reduce(updates, indices; monoid, axis, size, mode)``: each element of the result folds
  (sum, prod, max, min) the updates whose index is its own; where there is none it is the identity.
  ``updates`` has the axes of ``indices`` at ``axis``; the result has ``size`` elements there.
* ``put_along(updates, indices; axis, size, mode)``: sums, with an index for every update.

``mode`` is that of ``gather``. Folding over the updates needs no atomics, so the order, and every
bit of the result, is the same in each run. Functions on top of them:

* ``scatter_add(updates, indices, axis, size, mode)``: the transpose of ``gather``.
* ``scatter(x, updates, indices, axis, op, mode)``: ``x`` with some elements changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, GradientError, ShapeError
from .. import kernel as K
from ..aval import Aval
from ..core import Value
from ..dtypes import bool_, int32
from ..graph import Eqn
from ..index import Index
from ..primitive import Fold, FoldSpec, Primitive, Read
from . import common as c
from .elementwise import add, convert, div, eq, ge, max_, min_, mul, select
from .indexing import (
    both_batched,
    check_along,
    check_indices,
    clipped,
    gather,
    inside,
    own_rows,
    position,
    replaced,
    take_along,
)
from .structural import broadcast_in_dim, iota, reshape

Array = np.ndarray[Any, Any]
UFUNC = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}

# --- scatter_reduce ------------------------------------------------------------------------------


def identity(monoid: str, dtype: np.dtype[Any]) -> Any:
    """What folding no element gives."""
    if monoid in ("sum", "prod"):
        return dtype.type(monoid == "prod")
    if dtype.kind == "f":
        return dtype.type(-np.inf if monoid == "max" else np.inf)
    info = np.iinfo(dtype)
    return dtype.type(info.min if monoid == "max" else info.max)


def _reduce_abstract(
    updates: Aval, indices: Aval, *, monoid: str, axis: int, size: int, mode: str = "clip"
) -> Aval:
    name, n = f"scatter_reduce {monoid}", indices.ndim
    if monoid not in UFUNC:
        raise ArgumentError(f"scatter_reduce: {monoid!r} is not one of {', '.join(UFUNC)}")
    c.check_kind(name, updates, "fiuc")
    if axis < 0 or updates.shape[axis : axis + n] != indices.shape:
        raise ShapeError(f"{name}: {updates} does not have the axes of {indices} at {axis}")
    check_indices(name, updates, indices, size, mode)
    shape = (*updates.shape[:axis], size, *updates.shape[axis + n :])
    return Aval(c.check_shape(name, shape, updates, indices), updates.dtype)


def _reduce_reference(
    updates: Array, indices: Array, *, monoid: str, axis: int, size: int, mode: str = "clip"
) -> Array:
    n = indices.ndim
    around = updates.shape[:axis], updates.shape[axis + n :]
    rows = np.moveaxis(updates.reshape(*around[0], indices.size, *around[1]), axis, 0)
    out = np.full((size, *around[0], *around[1]), identity(monoid, updates.dtype), updates.dtype)
    kept = inside(indices, size).ravel() if mode == "fill" else slice(None)
    UFUNC[monoid].at(out, clipped(indices, size).ravel()[kept], rows[kept])
    return np.moveaxis(out, 0, axis)


def _reduce_batch(
    args: Sequence[Any], batched: Sequence[bool], size: int, /,
    *, monoid: str, axis: int, mode: str = "clip", **params: int,
) -> Value:  # fmt: skip
    extent = params["size"]
    updates, indices = args
    if not batched[1]:
        return scatter_reduce(
            updates, indices, monoid=monoid, axis=axis + 1, size=extent, mode=mode
        )
    updates = c.with_batch(updates, batched[0], size)
    inner = range(1 + axis, axis + indices.aval.ndim)
    around = [a for a in range(1, updates.aval.ndim) if a not in inner]
    rows = c.permuted(updates, (0, *inner, *around))
    own = own_rows(indices, True, size, extent, mode)
    out = scatter_reduce(rows, own, monoid=monoid, axis=0, size=size * extent, mode=mode)
    out = reshape(out, shape=(size, extent, *out.shape[1:]))
    return c.move_axis(out, 1, 1 + axis)


def _target(value: K.Expr, size: int, mode: str) -> K.Expr:
    """Where an update goes, as i32; in mode "fill" it may be out of range."""
    return position(value, size) if mode == "clip" else K.convert(value, int32)


def _reduce_spec(eqn: Eqn) -> FoldSpec:
    axis, size = eqn.params["axis"], eqn.params["size"]
    mode, indices = eqn.params.get("mode", "clip"), eqn.inputs[1].aval

    def element(read: Read, out: tuple[Index, ...], inner: tuple[Index, ...]) -> tuple[Any, ...]:
        here = K.index_value(out[axis])
        mine = K.call("eq", _target(read(1, inner), size, mode), here, dtype=bool_)
        return mine, read(0, (*out[:axis], *inner, *out[axis + 1 :]))

    return FoldSpec(indices.shape, eqn.params["monoid"], element, overlap=max(size, 1))


def _reduce_jvp(
    p: Sequence[Any], t: Sequence[Any], out: Value, *, monoid: str, **params: Any
) -> Value:
    updates, indices = p
    if monoid == "sum":
        return scatter_add(t[0], indices, **params)
    axis, mode = params["axis"], params.get("mode", "clip")
    if monoid == "prod":
        from .segmented import products_of_others

        others = products_of_others(updates, indices, **params)
        return scatter_add(mul(t[0], others), indices, **params)
    attained = eq(updates, gather(out, indices, axis=axis, mode=mode))
    weight = convert(attained, dtype=updates.aval.dtype)
    count = max_(scatter_add(weight, indices, **params), 1.0)
    return div(scatter_add(mul(t[0], weight), indices, **params), count)


def _reduce_transpose(
    ct: Value, ops: Sequence[Any], *, monoid: str, axis: int, size: int, mode: str = "clip"
) -> tuple[Any, None]:
    if monoid != "sum":
        raise GradientError(f"scatter {monoid} is not linear: it has no transpose")
    return gather(ct, ops[1], axis=axis, mode=mode), None


scatter_reduce: Primitive = Primitive(
    "scatter_reduce",
    _reduce_abstract,
    _reduce_reference,
    _reduce_batch,
    Fold(_reduce_spec),
    jvp=_reduce_jvp,
    transpose=_reduce_transpose,
)


def scatter_add(updates: Any, indices: Any, *, axis: int, size: int, mode: str = "clip") -> Value:
    """The sum of the updates at each of ``size`` places of an axis."""
    return scatter_reduce(updates, indices, monoid="sum", axis=axis, size=size, mode=mode)


# --- put_along -----------------------------------------------------------------------------------


def _put_abstract(
    updates: Aval, indices: Aval, *, axis: int, size: int, mode: str = "clip"
) -> Aval:
    c.check_kind("put_along", updates, "fiuc")
    check_along("put_along", updates, indices, axis)
    if updates.shape != indices.shape:
        raise ShapeError(f"put_along: {updates} and {indices} differ in shape")
    check_indices("put_along", updates, indices, size, mode)
    shape = c.check_shape("put_along", replaced(updates.shape, axis, size), updates)
    return Aval(shape, updates.dtype)


def _put_reference(
    updates: Array, indices: Array, *, axis: int, size: int, mode: str = "clip"
) -> Array:
    out = np.zeros(replaced(updates.shape, axis, size), updates.dtype)
    at: list[Array] = list(np.indices(updates.shape, sparse=True))
    at[axis] = clipped(indices, size)
    kept = inside(indices, size) if mode == "fill" else np.ones(indices.shape, np.bool_)
    if kept.any():
        np.add.at(out, tuple(np.broadcast_to(i, kept.shape)[kept] for i in at), updates[kept])
    return out


def _put_spec(eqn: Eqn) -> FoldSpec:
    axis, size = eqn.params["axis"], eqn.params["size"]
    mode, extent = eqn.params.get("mode", "clip"), eqn.inputs[1].aval.shape[axis]

    def element(read: Read, out: tuple[Index, ...], inner: tuple[Index, ...]) -> tuple[Any, ...]:
        at = replaced(out, axis, inner[0])
        target = _target(read(1, at), size, mode)
        return K.call("eq", target, K.index_value(out[axis]), dtype=bool_), read(0, at)

    return FoldSpec((extent,), "sum", element, overlap=max(size, 1))


put_along: Primitive = Primitive(
    "put_along",
    _put_abstract,
    _put_reference,
    lambda args, batched, n, *, axis, size, mode="clip": put_along(
        *both_batched(args, batched, n), axis=axis + 1, size=size, mode=mode
    ),
    Fold(_put_spec),
    jvp=c.linear_jvp("put_along"),
    transpose=lambda ct, ops, *, axis, size, mode="clip": (
        take_along(ct, ops[1], axis=axis, mode=mode),
        None,
    ),
)

# --- scatter -------------------------------------------------------------------------------------

_MONOIDS = {"mul": "prod", "min": "min", "max": "max"}
_COMBINE = {"add": add, "mul": mul, "min": min_, "max": max_}


def scatter(
    x: Any, updates: Any, indices: Any, *, axis: int, op: str = "set", mode: str = "clip"
) -> Value:
    """``x`` with ``updates`` set, added, multiplied (…) at ``indices`` of an axis.

    ``updates`` has the shape that ``gather(x, indices; axis)`` gives. Where indices repeat, ``set``
    keeps the last update, as NumPy; the others fold all of them. Raises ArgumentError for another
    ``op`` than set, add, mul, min and max.
    """
    size = x.aval.shape[axis]
    if op == "set":
        return _set(x, updates, indices, axis, mode)
    if op not in _COMBINE:
        raise ArgumentError(f"scatter: {op!r} is not one of set, {', '.join(_COMBINE)}")
    monoid = _MONOIDS.get(op, "sum")
    folded = scatter_reduce(updates, indices, monoid=monoid, axis=axis, size=size, mode=mode)
    return _COMBINE[op](x, folded)


def _set(x: Any, updates: Any, indices: Any, axis: int, mode: str) -> Value:
    """Finds the last update of each place first: that costs nothing along the other axes."""
    shape, n = updates.aval.shape, indices.aval.ndim
    count, size = indices.aval.size, x.aval.shape[axis]
    if not count or not x.aval.size:
        return x  # type: ignore[no-any-return]
    number = iota(shape=(count,), dtype=int32, axis=0)
    flat = reshape(indices, shape=(count,))
    last = scatter_reduce(number, flat, monoid="max", axis=0, size=size, mode=mode)
    rows = reshape(updates, shape=(*shape[:axis], count, *shape[axis + n :]))
    chosen = gather(rows, last, axis=axis)
    hit = broadcast_in_dim(ge(last, 0), shape=x.aval.shape, dims=(axis,))
    return select(hit, chosen, x)
