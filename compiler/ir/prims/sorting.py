"""Sorting as permutations, and search in what is sorted.

* ``sort_indices(x; axis, descending)``: the i32 permutation that sorts ``x`` along an axis. It is
  stable, also when descending; NaN comes last, and -0 equals 0.
* ``lower_bound(xs, values; side)``: where ``values`` go in the sorted last axis of ``xs``: before
  its equals (``"left"``) or after them (``"right"``), as i32. The other axes of ``xs`` are the
  first ones of ``values``, which may have more.

A sort is expanded into kernels that fold and map. Every element becomes a u32 key in the order
wanted. Runs of ``RUN`` keys are sorted by counting:

* ``rank(keys; axis)``: how many keys come before each one (equal ones by position).

Then runs merge, two and two, until one is left, each place of the result searching what it holds:

* ``merge_order(keys; run)``: along the last axis, the position in ``keys`` of each element of the
  merged runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from .. import kernel as K
from ..aval import Aval
from ..core import Value
from ..dtypes import bool_, int32, uint32
from ..graph import Eqn
from ..index import Dyn, Index
from ..primitive import Expand, Fold, FoldSpec, Map, Primitive, Read
from . import common as c
from .elementwise import add, bitcast, convert, eq, ge, is_nan, mul, not_, select, xor
from .indexing import both_batched, take_along
from .scattering import put_along
from .structural import iota, pad, part, reshape

Array = np.ndarray[Any, Any]
INTEGER_RESULT = "its result is an integer"
COUNTED = 256
RUN = 64  # M: keys sorted by counting; more compare more, fewer take another merge
LAST, SIGN = 0xFFFFFFFF, 0x80000000

# --- sort_indices --------------------------------------------------------------------------------


def _sort_abstract(x: Aval, *, axis: int, descending: bool) -> Aval:
    c.check_axes("sort_indices", (axis,), x)
    return Aval(x.shape, int32)


def _sort_reference(x: Array, *, axis: int, descending: bool) -> Array:
    if descending:
        values, order = np.unique(x, return_inverse=True)
        nan = values[order] != values[order]  # they are one value, the last
        x = np.where(nan, len(values), -order).reshape(x.shape)
    return np.argsort(x, axis, kind="stable").astype(np.int32)


def sort_keys(x: Any, descending: bool) -> Value:
    """u32 keys in the order of the elements."""
    x = convert(x, dtype=x.aval.dtype.wide) if x.aval.dtype.is_narrow else x
    dtype = x.aval.dtype
    keys = convert(x, dtype=uint32) if dtype is bool_ else bitcast(x, dtype=uint32)
    if dtype.kind == "f":
        keys = select(eq(keys, SIGN), 0, keys)  # -0
        keys = select(ge(keys, SIGN), not_(keys), xor(keys, SIGN))
    elif dtype is int32:
        keys = xor(keys, SIGN)
    keys = not_(keys) if descending else keys
    return select(is_nan(x), LAST, keys) if dtype.kind == "f" else keys


def _sorted(x: Any, *, axis: int, descending: bool) -> Value:
    last = x.aval.ndim - 1
    keys = c.move_axis(sort_keys(x, descending), axis, last)
    order = _counted(keys) if keys.shape[last] <= COUNTED else _merged(keys)
    return c.move_axis(order, last, axis)


def _counted(keys: Value) -> Value:
    """The permutation that sorts the last axis, by the rank of each key."""
    axis, shape = keys.ndim - 1, keys.shape
    here = iota(shape=shape, dtype=int32, axis=axis)
    return put_along(here, rank(keys, axis=axis), axis=axis, size=shape[axis])


def _merged(keys: Value) -> Value:
    """The permutation that sorts the last axis, by merging sorted runs."""
    *rows, n = keys.shape
    total, axis, none = RUN << (-(-n // RUN) - 1).bit_length(), keys.ndim - 1, (0,) * keys.ndim
    keys = pad(keys, LAST, low=none, high=(*none[1:], total - n), interior=none)
    runs = reshape(keys, shape=(*rows, total // RUN, RUN))
    within = _counted(runs)
    start = mul(iota(shape=runs.shape, dtype=int32, axis=axis), RUN)
    keys = reshape(take_along(runs, within, axis=axis + 1), shape=(*rows, total))
    order = reshape(add(within, start), shape=(*rows, total))
    run = RUN
    while run < total:
        places = merge_order(keys, run=run)
        keys, order = (take_along(v, places, axis=axis) for v in (keys, order))
        run *= 2
    return part(order, axis, 0, n)


sort_indices: Primitive = Primitive(
    "sort_indices",
    _sort_abstract,
    _sort_reference,
    lambda args, batched, size, *, axis, descending: sort_indices(
        args[0], axis=axis + 1, descending=descending
    ),
    Expand(_sorted),
    jvp=c.no_tangent,
    no_transpose=INTEGER_RESULT,
)

# --- rank ----------------------------------------------------------------------------------------


def _rank_abstract(keys: Aval, *, axis: int) -> Aval:
    c.check_kind("rank", keys, "u")
    c.check_axes("rank", (axis,), keys)
    return Aval(keys.shape, int32)


def _rank_reference(keys: Array, *, axis: int) -> Array:
    order = np.argsort(keys, axis, kind="stable")
    return np.argsort(order, axis, kind="stable").astype(np.int32)


def _rank_spec(eqn: Eqn) -> FoldSpec:
    axis = eqn.params["axis"]

    def element(read: Read, out: tuple[Index, ...], inner: tuple[Index, ...]) -> tuple[Any, ...]:
        (j,) = inner
        mine, other = read(0, out), read(0, (*out[:axis], j, *out[axis + 1 :]))
        earlier = K.call("lt", K.index_value(j), K.index_value(out[axis]), dtype=bool_)
        tied = K.call("and", K.call("eq", other, mine, dtype=bool_), earlier)
        return K.call("or", K.call("lt", other, mine, dtype=bool_), tied), K.one(int32)

    return FoldSpec((eqn.out.aval.shape[axis],), "sum", element, overlap=eqn.out.aval.shape[axis])


rank: Primitive = Primitive(
    "rank",
    _rank_abstract,
    _rank_reference,
    lambda args, batched, size, *, axis: rank(args[0], axis=axis + 1),
    Fold(_rank_spec),
    jvp=c.no_tangent,
    no_transpose=INTEGER_RESULT,
)

# --- merge_order ---------------------------------------------------------------------------------


def _merge_abstract(keys: Aval, *, run: int) -> Aval:
    c.check_kind("merge_order", keys, "u")
    if not keys.ndim or run < 1 or keys.shape[-1] % (2 * run):
        raise ShapeError(f"merge_order: the last axis of {keys} is not pairs of runs of {run}")
    return Aval(keys.shape, int32)


def _merge_reference(keys: Array, *, run: int) -> Array:
    pairs = keys.reshape(*keys.shape[:-1], keys.shape[-1] // (2 * run), 2 * run)
    order = np.argsort(pairs, -1, kind="stable").astype(np.int32)
    start = np.arange(0, keys.shape[-1], 2 * run, dtype=np.int32)
    return (order + start[:, None]).reshape(keys.shape)


def _merge_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    """How many of the elements before a place are of the first run; the rest of the second."""
    run, (*rows, place) = eqn.params["run"], index
    before = place % (2 * run)
    start, q = place - before, K.index_value(before)

    def key(at: K.Expr, second: bool) -> K.Expr:
        within = K.call("max", K.call("min", at, _int(run - 1)), _int(0))
        return read(0, (*rows, start + run * second + Index.of(Dyn(within, run))))

    def fits(count: K.Expr) -> K.Expr:
        """Whether the first ``count`` of the first run come before what the second gives."""
        first, second = key(_sub(count, 1), False), key(K.call("sub", q, count), True)
        enough = K.call("le", count, K.call("min", q, _int(run)), dtype=bool_)
        return K.call("and", enough, K.call("le", first, second, dtype=bool_))

    count = K.call("max", _sub(q, run), _int(0))
    for step in _steps(run):
        more = K.call("add", count, _int(step))
        count = K.select(fits(more), more, count)
    rest = K.call("sub", q, count)
    ahead = K.call("le", key(count, False), key(rest, True), dtype=bool_)
    ahead = K.call("or", ahead, K.call("ge", rest, _int(run), dtype=bool_))
    ahead = K.call("and", ahead, K.call("lt", count, _int(run), dtype=bool_))
    found = K.select(ahead, count, K.call("add", rest, _int(run)))
    return K.call("add", K.index_value(start), found)


def _int(n: int) -> K.Expr:
    return K.const(n, int32)


def _sub(x: K.Expr, n: int) -> K.Expr:
    return K.call("sub", x, _int(n))


def _steps(n: int) -> list[int]:
    """Powers of two, falling, whose sums reach every number up to ``n``."""
    return [1 << i for i in reversed(range(n.bit_length()))]


merge_order: Primitive = Primitive(
    "merge_order",
    _merge_abstract,
    _merge_reference,
    lambda args, batched, size, *, run: merge_order(args[0], run=run),
    Map(_merge_emit, cost=64, rereads=True),
    jvp=c.no_tangent,
    no_transpose=INTEGER_RESULT,
)

# --- lower_bound ---------------------------------------------------------------------------------


def _bound_abstract(xs: Aval, values: Aval, *, side: str) -> Aval:
    if side not in ("left", "right"):
        raise ArgumentError(f'lower_bound: side={side!r} is neither "left" nor "right"')
    c.check_kind("lower_bound", xs, "fiu")
    c.check_same_dtype("lower_bound", (xs, values))
    if not xs.ndim or values.shape[: xs.ndim - 1] != xs.shape[:-1]:
        raise ShapeError(f"lower_bound: {values} does not begin with the rows of {xs}")
    return Aval(values.shape, int32)


def _bound_reference(xs: Array, values: Array, *, side: Any) -> Array:
    out = np.zeros(values.shape, np.int32)
    for row in np.ndindex(xs.shape[:-1]):
        out[row] = np.searchsorted(xs[row], values[row], side)
    return out


def _less(a: K.Expr, b: K.Expr) -> K.Expr:
    """``a < b`` where NaN is greater than every number."""
    less = K.call("lt", a, b, dtype=bool_)
    if a.dtype.kind != "f":
        return less
    number = K.call("not", K.call("is_nan", a, dtype=bool_))
    return K.call("or", less, K.call("and", K.call("is_nan", b, dtype=bool_), number))


def _bound_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    """Binary search without branches: steps forward while what is passed comes before."""
    xs, value = eqn.inputs[0].aval, read(1, index)
    n, count = xs.shape[-1], _int(0)
    for step in _steps(n):
        more = K.call("add", count, _int(step))
        last = Dyn(K.call("min", _sub(more, 1), _int(n - 1)), n)
        element = read(0, (*index[: xs.ndim - 1], Index.of(last)))
        left = eqn.params["side"] == "left"
        passed = _less(element, value) if left else K.call("not", _less(value, element))
        passed = K.call("and", passed, K.call("le", more, _int(n), dtype=bool_))
        count = K.select(passed, more, count)
    return count


lower_bound: Primitive = Primitive(
    "lower_bound",
    _bound_abstract,
    _bound_reference,
    lambda args, batched, size, *, side: lower_bound(*both_batched(args, batched, size), side=side),
    Map(_bound_emit, cost=64, rereads=True),
    jvp=c.no_tangent,
    no_transpose=INTEGER_RESULT,
)
