"""What ``x[index]`` means, by NumPy's rules: a strided region, then arrays on some of its axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError, AxisError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32, uint32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..operands import broadcast_shape, broadcast_to, cast, value

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Region:
    """What ints and slices select of an array of shape ``whole``: every axis is still there."""

    whole: Shape
    start: Shape
    stride: Shape
    count: Shape
    reverse: Shape

    @property
    def is_whole(self) -> bool:
        return self.count == self.whole and not self.reverse

    @property
    def limit(self) -> Shape:
        ends = zip(self.start, self.stride, self.count)
        return tuple(a + (n - 1) * s + 1 if n else a for a, s, n in ends)

    def read(self, x: Value) -> Value:
        """The region of ``x``."""
        if self.is_whole:
            return x
        out = structural.slice_(x, start=self.start, limit=self.limit, stride=self.stride)
        return structural.rev(out, axes=self.reverse) if self.reverse else out

    def spread(self, updates: Value, fill: Any) -> Value:
        """An array of shape ``whole`` with ``updates`` in the region and ``fill`` around it."""
        if self.is_whole:
            return updates
        got = structural.rev(updates, axes=self.reverse) if self.reverse else updates
        high = tuple(n - e for n, e in zip(self.whole, self.limit))
        interior = tuple(s - 1 for s in self.stride)
        return structural.pad(got, fill, low=self.start, high=high, interior=interior)


@dataclass(frozen=True)
class Plan:
    """An index of an array, resolved.

    ``kept`` has the result's axes that no array makes; the axes of the ``arrays`` (all of one
    shape, one for each axis in ``indexed``) stand before ``kept[place]``.
    """

    region: Region
    kept: Shape
    indexed: Shape
    arrays: tuple[Value, ...]
    place: int

    @property
    def shape(self) -> Shape:
        """The result's."""
        return (*self.kept[: self.place], *self.points, *self.kept[self.place :])

    @property
    def points(self) -> Shape:
        """The shape of the arrays."""
        return self.arrays[0].aval.shape if self.arrays else ()

    @property
    def order(self) -> Shape:
        """The axes of the region: those that arrays index, then the others."""
        others = (a for a in range(len(self.region.count)) if a not in self.indexed)
        return (*self.indexed, *others)

    def flat(self, mode: str) -> Value:
        """The arrays as positions on one axis, which the indexed ones make together."""
        extents = [self.region.count[a] for a in self.indexed]
        total = math.prod(extents)
        steps = [math.prod(extents[k + 1 :]) for k in range(len(extents))]
        if len(extents) == 1:
            return self.arrays[0]
        terms = [_term(i, n, s) for i, n, s in zip(self.arrays, extents, steps, strict=True)]
        out = _folded(ew.add, terms)
        return out if mode == "clip" else ew.select(self.inside, out, total)

    @property
    def inside(self) -> Value:
        """Which of the points are elements of the array."""
        extents = [self.region.count[a] for a in self.indexed]
        return _folded(ew.and_, [inside(i, n) for i, n in zip(self.arrays, extents)])


def _term(index: Value, extent: int, step: int) -> Value:
    clipped = cast(ew.max_(ew.min_(index, max(extent - 1, 0)), 0), int32)
    return ew.mul(clipped, step) if step != 1 else clipped  # type: ignore[return-value]


def _folded(f: Any, xs: Sequence[Value]) -> Value:
    out = xs[0]
    for x in xs[1:]:
        out = f(out, x)
    return out


def plan(shape: Shape, index: Any, mode: str | None = None) -> Plan:
    """Resolves ``index`` for an array of ``shape``. Masks are looked at.

    Without a ``mode`` positions that are known must be in range.

    Raises AxisError (an IndexError) for too many indices and known ones out of range,
    ArgumentError for what is no index, ConcretizationError for masks inside ``jit``.
    """
    entries = _entries(index if isinstance(index, tuple) else (index,), shape, mode is None)
    region = _region(entries)
    arrays = [(a, p) for a, (_, p) in enumerate(entries) if isinstance(p, Value)]
    points = broadcast_shape("an index", [p.aval.shape for _, p in arrays]) if arrays else ()
    sliced = [isinstance(p, slice) for _, p in entries]
    return Plan(
        region,
        tuple(n for n, kept in zip(region.count, sliced) if kept),
        tuple(a for a, _ in arrays),
        tuple(broadcast_to(placed(p, entries[a][0], mode), points) for a, p in arrays),
        _place(sliced) if arrays else 0,
    )


def placed(index: Value, extent: int, mode: str | None) -> Value:
    """Integers as positions of an axis, i32 or u32: negative ones count from the end.

    With ``mode="wrap"`` all are in range, else what is out of range stays so.
    """
    if index.aval.dtype is not uint32:
        index = cast(index, int32)  # type: ignore[assignment]
    if mode == "wrap":
        index = ew.rem(index, max(extent, 1))
    if index.aval.dtype is uint32:
        return index
    return ew.select(ew.lt(index, 0), ew.add(index, extent), index)


def inside(index: Value, extent: int) -> Value:
    """Which positions are those of an element."""
    return ew.and_(ew.ge(index, 0), ew.lt(index, extent))


def _place(sliced: Sequence[bool]) -> int:
    """Where the arrays' axes go: in place of the first when they are neighbours, else in front."""
    at = [k for k, is_slice in enumerate(sliced) if not is_slice]
    return at[0] if at[-1] - at[0] == len(at) - 1 else 0


def _region(entries: Sequence[tuple[int, Any]]) -> Region:
    start, stride, count, reverse = [], [], [], []
    for axis, (extent, part) in enumerate(entries):
        low, step, n = _range(slice(None) if isinstance(part, Value) else part, extent)
        if step < 0:
            low, step = low + (n - 1) * step if n else low, -step
            reverse.append(axis)
        start.append(low if n else 0)
        stride.append(step)
        count.append(n)
    whole = tuple(extent for extent, _ in entries)
    return Region(whole, tuple(start), tuple(stride), tuple(count), tuple(reverse))


def _range(part: Any, extent: int) -> tuple[int, int, int]:
    """First position, step and count that an int or a slice selects."""
    if isinstance(part, slice):
        try:
            r = range(*part.indices(extent))
        except (TypeError, ValueError) as e:
            raise ArgumentError(
                f"slice {part} of an axis: {e}", fix="use ints, and no step 0"
            ) from e
        return r.start, r.step if len(r) > 1 else 1, len(r)
    i = part.__index__()
    if not -extent <= i < extent:
        raise AxisError(f"index {i} is out of range for an axis of extent {extent}")
    return i % extent, 1, 1


# --- one entry an axis ---------------------------------------------------------------------------


def _entries(index: tuple[Any, ...], shape: Shape, strict: bool) -> list[tuple[int, Any]]:
    """Extent and index (int, slice or integers) of each axis; None adds an axis of 1."""
    parts = [_as_part(p) for p in index]
    used = sum(map(_consumed, parts))
    holes = [k for k, p in enumerate(parts) if p is Ellipsis]
    if len(holes) > 1 or used > len(shape):
        why = "more than one ..." if len(holes) > 1 else f"{used} indices"
        raise AxisError(f"an array of shape {shape} was indexed with {why}")
    at = holes[0] if holes else len(parts)
    rest = [slice(None)] * (len(shape) - used)
    entries: list[tuple[int, Any]] = []
    axis = 0
    for part in (*parts[:at], *rest, *parts[at + 1 :]):
        entries += _entry(part, shape[axis:], strict)
        axis += _consumed(part)
    return entries


def _entry(part: Any, shape: Shape, strict: bool) -> list[tuple[int, Any]]:
    if part is None:
        return [(1, slice(None))]
    if is_mask(part):
        return _positions(part, shape)
    if isinstance(part, np.ndarray):
        return [(shape[0], _checked(part, shape[0], strict))]
    if not strict and hasattr(part, "__index__") and not isinstance(part, Value):
        return [(shape[0], _checked(np.asarray(part), shape[0], strict))]
    return [(shape[0], part)]


def _consumed(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.aval.ndim if is_mask(part) else 1


def is_mask(part: Any) -> bool:
    """Whether an index is a boolean array."""
    return isinstance(part, Value) and part.aval.dtype.kind == "b"


def _positions(mask: Value, shape: Shape) -> list[tuple[int, Any]]:
    """A mask as integers for each of its axes; of rank 0, as an axis of 1 or 0 elements."""
    extents = mask.aval.shape
    if extents != shape[: len(extents)]:
        raise AxisError(f"a mask of shape {extents} does not fit axes of {shape[: len(extents)]}")
    known = mask._value("a boolean mask as an index")  # type: ignore[attr-defined]
    if not extents:
        return [(1, slice(0, int(known)))]
    return [(n, value(i.astype(np.int32))) for n, i in zip(extents, np.nonzero(known))]


def _as_part(part: Any) -> Any:
    """Lists and booleans as arrays; ArgumentError for what is no index."""
    if isinstance(part, list):
        part = _of_list(part)
    if isinstance(part, (bool, np.bool_)) or getattr(part, "dtype", None) == np.bool_:
        part = value(part)
    if isinstance(part, (Value, np.ndarray)):
        kind = (part.aval if isinstance(part, Value) else part).dtype.kind
        if kind not in "biu":
            raise ArgumentError("an array index must hold integers", fix="use .astype(int)")
        return part
    if part is None or part is Ellipsis or isinstance(part, slice) or hasattr(part, "__index__"):
        return part
    raise ArgumentError(f"{part!r} is not an index", fix="use ints, slices, None, ... or arrays")


def _of_list(part: list[Any]) -> Any:
    """A list of numbers as NumPy's array, so that it can be checked; an empty one has integers."""
    if any(isinstance(e, (Value, list)) for e in part):
        return value(part)
    known = np.asarray(part)
    return known if known.size else known.astype(np.int32)


def _checked(indices: np.ndarray[Any, Any], extent: int, strict: bool) -> Value:
    """Positions that are known now, as a value. AxisError when one is out of range, if strict."""
    if not strict:
        return value(np.clip(indices, -(2**31), 2**31 - 1).astype(np.int32))
    if indices.size and not -extent <= indices.min() <= indices.max() < extent:
        low, high = indices.min(), indices.max()
        raise AxisError(f"an index from {low} to {high} is out of range for extent {extent}")
    return value(indices)
