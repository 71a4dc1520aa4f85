"""Reading and functional writing by index, and taking along an axis.

Without a ``mode`` positions that are known when a function is called (ints, and lists and NumPy's
arrays in brackets) must be in range: AxisError. For others ``mode`` says what one out of range
means; negative ones count from the end first. Nothing is read or written outside an array.

| mode | reading | writing |
|---|---|---|
| ``"clip"`` (reading) | the nearest element | to the nearest element |
| ``"fill"``, ``"drop"`` (writing) | ``fill_value``, 0 by default | nothing is written |
| ``"wrap"`` | position modulo extent | position modulo extent |

The names are JAX's; in brackets, what is done without.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError, AxisError, DtypeError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..compiler.ir.graph import Literal
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..compiler.ir.prims.indexing import gather, take_along
from ..compiler.ir.prims.scattering import scatter
from ..operands import (
    ArrayLike,
    axis_of,
    broadcast_shape,
    broadcast_to,
    cast,
    operand,
    scalar,
    splat,
    value,
)
from ..traceback import public
from .indices import Plan, inside, is_mask, placed, plan
from .shapes import concatenate, moveaxis, ravel, reshape, transpose

MODES = {"clip": "clip", "fill": "fill", "drop": "fill", "wrap": "clip"}


@public
def getitem(x: ArrayLike, index: Any, /, mode: str | None = None, fill_value: ArrayLike = 0) -> Any:
    """``x[index]``: ints, slices (any step), None, Ellipsis, integer arrays on any axes, masks.

    Without a ``mode`` (see above) a known index out of range is an AxisError (an IndexError).
    Boolean masks are looked at, as the shape of the result depends on them: inside ``jit`` they are
    a ConcretizationError.
    """
    got, chosen = value(x), _mode(mode or "clip")
    where = plan(got.aval.shape, index, mode)
    region = where.region.read(reshape(got, where.region.whole))
    if not where.arrays:
        return reshape(region, where.shape)
    taken = gather(_grouped(region, where), where.flat(chosen), axis=0, mode=chosen)
    if chosen == "fill":
        taken = _filled(taken, where.inside, 0, fill_value)
    n = len(where.points)
    return moveaxis(
        reshape(taken, (*where.points, *where.kept)), range(n), range(where.place, where.place + n)
    )


def _filled(taken: Value, inside: Value, axis: int, fill_value: ArrayLike) -> Value:
    """What was read with mode "fill", with ``fill_value`` for the zeros from out of range.

    ``inside`` has the axes of ``taken`` from ``axis`` on.
    """
    fill = cast(operand(fill_value, "fill_value"), taken.aval.dtype)
    if isinstance(fill, Literal) and not fill.value:
        return taken
    dims = tuple(range(axis, axis + inside.aval.ndim))
    here = structural.broadcast_in_dim(inside, shape=taken.aval.shape, dims=dims)
    return ew.select(here, taken, fill)


def _mode(mode: str) -> str:
    if mode not in MODES:
        raise ArgumentError(f"mode={mode!r} of an index is not one of {', '.join(MODES)}")
    return MODES[mode]


def _grouped(region: Value, where: Plan) -> Value:
    """The region with all axes that arrays index as one, in front."""
    moved = transpose(region, where.order)
    n = len(where.indexed)
    group = math.prod(moved.aval.shape[:n])
    grouped: Value = reshape(moved, (group, *moved.aval.shape[n:]))
    return grouped


COMBINE = {"add": ew.add, "mul": ew.mul, "min": ew.min_, "max": ew.max_}


@public
def update(x: ArrayLike, index: Any, updates: ArrayLike, op: str, mode: str | None = None) -> Any:
    """``x`` with ``updates`` (broadcast to ``x[index]``) set or folded in at ``index``: ``x.at``.

    ``op``: set, add, mul, min or max. Where positions repeat, ``set`` keeps the last, the others
    fold all. ``mode``: see above. The dtype of ``x`` stays.
    """
    got, chosen = value(x), _mode(mode or "drop")
    new = cast(operand(updates), got.aval.dtype)
    if is_mask(index) and index.aval.shape == got.aval.shape and not new.aval.shape:
        return ew.select(index, new if op == "set" else COMBINE[op](got, new), got)
    where = plan(got.aval.shape, index, mode)
    whole = reshape(got, where.region.whole)
    region = where.region.read(whole)
    if where.arrays:
        changed = _scattered(region, new, where, op, chosen)
    else:
        full = reshape(_fitted(new, where.shape), region.aval.shape)
        changed = full if op == "set" else COMBINE[op](region, full)
    return reshape(_replaced(whole, where, changed), got.aval.shape)


def _fitted(new: Any, shape: tuple[int, ...]) -> Value:
    """Updates in the shape of what they replace; leading axes of 1 are dropped, as in NumPy."""
    extra = new.aval.ndim - len(shape)
    if extra > 0 and new.aval.shape[:extra] == (1,) * extra:
        new = reshape(new, new.aval.shape[extra:])
    if broadcast_shape("x.at[index]", [shape, new.aval.shape]) != shape:
        raise ShapeError(f"x.at[index]: updates {new.aval} do not broadcast to shape {shape}")
    return broadcast_to(new, shape)


def _scattered(region: Value, new: Any, where: Plan, op: str, mode: str) -> Value:
    n, grouped = len(where.points), _grouped(region, where)
    moved = moveaxis(_fitted(new, where.shape), range(where.place, where.place + n), range(n))
    updates = reshape(moved, (*where.points, *grouped.aval.shape[1:]))
    out = scatter(grouped, updates, where.flat(mode), axis=0, op=op, mode=mode)
    ordered = reshape(out, [region.aval.shape[a] for a in where.order])
    back: Value = transpose(ordered, [where.order.index(a) for a in range(len(where.order))])
    return back


def _replaced(whole: Value, where: Plan, changed: Value) -> Value:
    """``whole`` with another region."""
    if where.region.is_whole:
        return changed
    zero = np.zeros((), whole.aval.dtype.numpy).item()
    inside = where.region.spread(splat(scalar(True), changed.aval.shape), False)
    return ew.select(inside, where.region.spread(changed, zero), whole)


class At:
    """``x.at``: functional updates, ``x.at[index].set(value)``. ``x`` stays as it was."""

    __slots__ = ("_x",)

    def __init__(self, x: Any) -> None:
        self._x = x

    def __getitem__(self, index: Any) -> AtIndex:
        return AtIndex(self._x, index)


class AtIndex:
    """What can be done at an index; each gives a new array. ``mode``: see ``update``.

    >>> import texelate.numpy as tnp
    >>> tnp.zeros(3).at[tnp.asarray([0, 0, 2])].add(1.0)
    Array([2., 0., 1.], dtype=float32)
    """

    __slots__ = ("_x", "_index")

    def __init__(self, x: Any, index: Any) -> None:
        self._x, self._index = x, index

    def get(self, mode: str | None = None, fill_value: ArrayLike = 0) -> Any:
        """``x[index]``; with ``mode="fill"`` what is out of range is ``fill_value``."""
        return getitem(self._x, self._index, mode, fill_value)

    def set(self, values: ArrayLike, mode: str | None = None) -> Any:
        """``values`` instead; the last one wins where positions repeat."""
        return update(self._x, self._index, values, "set", mode)

    def add(self, values: ArrayLike, mode: str | None = None) -> Any:
        """``values`` added; all of them where positions repeat."""
        return update(self._x, self._index, values, "add", mode)

    def subtract(self, values: ArrayLike, mode: str | None = None) -> Any:
        """``values`` subtracted."""
        return self.add(ew.neg(value(values)), mode)

    def multiply(self, values: ArrayLike, mode: str | None = None) -> Any:
        """Multiplied by ``values``."""
        return update(self._x, self._index, values, "mul", mode)

    def divide(self, values: ArrayLike, mode: str | None = None) -> Any:
        """Divided by ``values``. DtypeError for integers, whose quotients would be no integers."""
        if self._x.dtype.kind not in "fc":
            fix = "convert it with .astype(texelate.float32) first"
            raise DtypeError(f"x.at[index].divide: x is {self._x.aval}", fix=fix)
        return self.multiply(ew.div(1.0, value(values)), mode)

    def power(self, values: ArrayLike, mode: str | None = None) -> Any:
        """To the power of ``values``."""
        return self.apply(lambda x: x ** value(values), mode)

    def apply(self, f: Callable[[Any], Any], mode: str | None = None) -> Any:
        """``f`` of the elements instead of them; once, also where positions repeat."""
        read = "clip" if mode in ("drop", "fill") else mode  # what is read there is not written
        return self.set(f(self.get(read)), mode)

    def min(self, values: ArrayLike, mode: str | None = None) -> Any:
        """The smaller of the element and ``values``."""
        return update(self._x, self._index, values, "min", mode)

    def max(self, values: ArrayLike, mode: str | None = None) -> Any:
        """The larger of the element and ``values``."""
        return update(self._x, self._index, values, "max", mode)


# --- along an axis -------------------------------------------------------------------------------


def _integers(indices: ArrayLike, extent: int, mode: str, name: str) -> Value:
    """Positions, with negative ones counted from the end."""
    at = value(indices)
    if at.aval.dtype.kind not in "iu":
        raise ArgumentError(f"{name}: indices must be integers, got {at.aval}")
    return placed(at, extent, mode)


@public
def take(
    x: ArrayLike, indices: ArrayLike, /, axis: int | None = None, mode: str = "clip",
    fill_value: ArrayLike = 0,
) -> Any:  # fmt: skip
    """The elements of ``x`` at ``indices`` along ``axis`` (None: of the flattened array).

    Negative indices count from the end; ``mode`` says what those out of range mean: "clip", "fill"
    or "wrap", see above. Shape: ``x.shape[:axis] + indices.shape + x.shape[axis+1:]``. AxisError
    for an empty axis.

    >>> import texelate.numpy as tnp
    >>> tnp.take([1.0, 2.0], [-1, 5], mode="fill", fill_value=9.0)
    Array([2., 9.], dtype=float32)
    """
    chosen = _mode(mode)
    got = ravel(x) if axis is None else value(x)
    place = axis_of(0 if axis is None else axis, got.aval.ndim, "take")
    extent = got.aval.shape[place]
    at = _integers(indices, extent, mode, "take")
    if extent == 0 and at.aval.size:
        raise AxisError(f"take: there is nothing to take from an axis of extent 0 ({got.aval})")
    taken = gather(got, at, axis=place, mode=chosen)
    return _filled(taken, inside(at, extent), place, fill_value) if chosen == "fill" else taken


@public
def take_along_axis(
    x: ArrayLike, indices: ArrayLike, /, axis: int | None = -1, mode: str = "clip",
    fill_value: ArrayLike = 0,
) -> Any:  # fmt: skip
    """For each position of ``indices`` the element of ``x`` that it names along ``axis``.

    The other axes broadcast. What ``argsort`` and ``argmax(keepdims=True)`` give fits. None: both
    flattened. ``mode`` is that of ``take``.
    """
    chosen = _mode(mode)
    got, at = (ravel(x), ravel(indices)) if axis is None else (value(x), value(indices))
    place = axis_of(-1 if axis is None else axis, got.aval.ndim, "take_along_axis")
    extent = got.aval.shape[place]
    at = _integers(at, extent, mode, "take_along_axis")
    shapes = [[1 if a == place else n for a, n in enumerate(v.aval.shape)] for v in (got, at)]
    around = list(broadcast_shape("take_along_axis", [tuple(s) for s in shapes]))
    a, i = (
        broadcast_to(v, (*around[:place], v.aval.shape[place], *around[place + 1 :]))
        for v in (got, at)
    )
    taken = take_along(a, i, axis=place, mode=chosen)
    return _filled(taken, inside(i, extent), 0, fill_value) if chosen == "fill" else taken


@public
def delete(x: ArrayLike, index: Any, axis: int | None = None) -> Any:
    """``x`` without the positions ``index`` (an int, a slice, ints or a mask on the host)."""
    got = ravel(x) if axis is None else value(x)
    place = axis_of(0 if axis is None else axis, got.aval.ndim, "delete")
    rest = np.delete(np.arange(got.aval.shape[place], dtype=np.int32), index)
    return take(got, rest, axis=place)


@public
def insert(x: ArrayLike, index: Any, values: ArrayLike, axis: int | None = None) -> Any:
    """``x`` with ``values`` before the positions ``index``: an int, a slice or ints on the host.

    AxisError for a position out of range.

    >>> import texelate.numpy as tnp
    >>> tnp.insert([1, 2, 3], [0, 2], [8, 9])
    Array([8, 1, 2, 9, 3], dtype=int32)
    """
    got = ravel(x) if axis is None else value(x)
    place = axis_of(0 if axis is None else axis, got.aval.ndim, "insert")
    shape, new = got.aval.shape, cast(operand(values), got.aval.dtype)
    extent, several = shape[place], np.ndim(index) or isinstance(index, slice)
    at = np.arange(extent)[index] if isinstance(index, slice) else np.asarray(index, np.int64)
    new = reshape(new, (1,) * (len(shape) - new.aval.ndim) + new.aval.shape)
    new = new if several else moveaxis(new, 0, place)
    count = at.size if several else new.aval.shape[place]
    if at.size and not (-extent <= at.min() and at.max() <= extent):
        raise AxisError(f"insert: a position of {at.tolist()} is not in an axis of {extent}")
    at = at.ravel() if several else np.full(count, at.reshape(()))
    order = np.insert(np.arange(extent), at, np.arange(extent, extent + count))
    rows = broadcast_to(new, (*shape[:place], count, *shape[place + 1 :]))
    return take(concatenate([got, rows], axis=place), order.astype(np.int32), axis=place)


@public
def append(x: ArrayLike, values: ArrayLike, axis: int | None = None) -> Any:
    """``values`` after the elements of ``x`` along ``axis`` (None: both flattened)."""
    if axis is None:
        return concatenate([ravel(x), ravel(values)])
    return concatenate([x, values], axis=axis)


@public
def put_along_axis(
    x: ArrayLike, indices: ArrayLike, values: ArrayLike, axis: int, mode: str = "drop"
) -> Any:
    """``x`` with ``values`` at the positions ``indices`` names along ``axis``; a new array.

    ``mode`` is that of ``x.at[…].set``.
    """
    got, at = value(x), value(indices)
    place = axis_of(axis, got.aval.ndim, "put_along_axis")
    index = [
        at if a == place else structural.iota(shape=at.aval.shape, dtype=int32, axis=a)
        for a in range(got.aval.ndim)
    ]
    return update(got, tuple(index), values, "set", mode)


__all__ = [
    "append", "delete", "getitem", "insert", "put_along_axis", "take", "take_along_axis",
]  # fmt: skip
