"""Functions that move elements and compute nothing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError, AxisError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.prims import structural
from ..compiler.ir.prims.structural import part
from ..operands import (
    ArrayLike,
    axes_of,
    axis_of,
    broadcast_shape,
    fresh,
    promote_all,
    shape_of,
    value,
)
from ..operands import broadcast_to as _broadcast_to
from ..traceback import public


@public
def reshape(x: ArrayLike, /, shape: Any, *, copy: bool | None = None) -> Any:
    """``x`` in another shape of equal size, row-major; one extent may be -1 (the rest).

    Raises ShapeError when the sizes differ.
    """
    got = value(x)
    listed = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    target = _resolved(got.aval.shape, listed)
    return fresh(got) if target == got.aval.shape else structural.reshape(got, shape=target)


def _resolved(old: tuple[int, ...], new: Sequence[Any]) -> tuple[int, ...]:
    unknown = [i for i, n in enumerate(new) if isinstance(n, int) and n == -1]
    known = shape_of([n for i, n in enumerate(new) if i not in unknown], "reshape")
    size, rest = math.prod(old), math.prod(known)
    fits = rest != 0 and size % rest == 0 if unknown else size == rest
    if len(unknown) > 1 or not fits:
        raise ShapeError(
            f"reshape: {size} elements of shape {old} do not fit shape {tuple(new)}",
            fix="the extents must multiply to the size; at most one may be -1",
        )
    filled = list(known)
    if unknown:
        filled.insert(unknown[0], size // rest)
    return tuple(filled)


@public
def ravel(x: ArrayLike, /) -> Any:
    """All elements in one axis, row-major."""
    return reshape(x, (-1,)) if value(x).aval.size else reshape(x, (0,))


@public
def transpose(x: ArrayLike, /, axes: Sequence[int] | None = None) -> Any:
    """Axes in another order; reversed without ``axes``. AxisError unless it is a permutation."""
    got = value(x)
    n = got.aval.ndim
    listed = tuple(range(n))[::-1] if axes is None else axes
    order = tuple(axis_of(a, n, "transpose") for a in listed)
    if sorted(order) != list(range(n)):
        raise AxisError(f"transpose: {tuple(listed)} is not a permutation of {n} axes")
    return got if order == tuple(range(n)) else structural.transpose(got, perm=order)


@public
def permute_dims(x: ArrayLike, /, axes: Sequence[int]) -> Any:
    """``transpose`` under its name in the array API."""
    return transpose(x, axes)


@public
def matrix_transpose(x: ArrayLike, /) -> Any:
    """The last two axes swapped. AxisError when there are fewer."""
    return swapaxes(x, -1, -2)


@public
def swapaxes(x: ArrayLike, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    got = value(x)
    order = list(range(got.aval.ndim))
    a, b = axis_of(axis1, len(order), "swapaxes"), axis_of(axis2, len(order), "swapaxes")
    order[a], order[b] = b, a
    return transpose(got, order)


@public
def moveaxis(x: ArrayLike, source: Any, destination: Any, /) -> Any:
    """Axes ``source`` (an int or several) moved to ``destination``; the others keep their order."""
    got = value(x)
    n = got.aval.ndim
    listed = [s if isinstance(s, (tuple, list, range)) else (s,) for s in (source, destination)]
    src, dst = ([axis_of(a, n, "moveaxis") for a in axes] for axes in listed)
    if len(src) != len(dst) or len(set(src)) < len(src) or len(set(dst)) < len(dst):
        raise AxisError(f"moveaxis: {source!r} cannot move to {destination!r}")
    order = [a for a in range(n) if a not in src]
    for to, a in sorted(zip(dst, src, strict=True)):
        order.insert(to, a)
    return transpose(got, order)


@public
def expand_dims(x: ArrayLike, /, axis: Any = 0) -> Any:
    """New axes of extent 1 at ``axis`` (an int or several), counted in the result."""
    got = value(x)
    count = got.aval.ndim + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    new = axes_of(axis, count, "expand_dims")
    old = iter(got.aval.shape)
    return reshape(got, [1 if a in new else next(old) for a in range(count)])


@public
def squeeze(x: ArrayLike, /, axis: Any = None) -> Any:
    """Axes of extent 1 removed: those given, or all. ShapeError for an axis of another extent."""
    got = value(x)
    shape = got.aval.shape
    axes = axes_of(axis, len(shape), "squeeze")
    if axis is not None and any(shape[a] != 1 for a in axes):
        raise ShapeError(f"squeeze: axis {axis!r} of shape {shape} has not extent 1")
    return reshape(got, [n for a, n in enumerate(shape) if not (a in axes and n == 1)])


@public
def flip(x: ArrayLike, /, axis: Any = None) -> Any:
    """The order of elements reversed along ``axis`` (all axes by default)."""
    got = value(x)
    axes = axes_of(axis, got.aval.ndim, "flip")
    return structural.rev(got, axes=axes) if axes else got


@public
def broadcast_to(x: ArrayLike, /, shape: Any) -> Any:
    """``x`` repeated along new leading axes and axes of extent 1. ShapeError if it does not fit."""
    got, target = value(x), shape_of(shape, "broadcast_to")
    if broadcast_shape("broadcast_to", [got.aval.shape, target]) != target:
        raise ShapeError(f"broadcast_to: shape {got.aval.shape} does not broadcast to {target}")
    return _broadcast_to(got, target)


@public
def broadcast_arrays(*xs: ArrayLike) -> list[Any]:
    """The arrays, all in their common shape."""
    values = [value(x) for x in xs]
    shape = broadcast_shape("broadcast_arrays", [v.aval.shape for v in values])
    return [fresh(_broadcast_to(v, shape)) for v in values]


@public
def concatenate(xs: Sequence[ArrayLike], /, axis: int | None = 0) -> Any:
    """Arrays joined along ``axis`` (None: flattened first). ShapeError if other extents differ."""
    values: list[Any] = _several(xs, "concatenate")
    if axis is None:
        values, axis = [ravel(v) for v in values], 0
    first = values[0].aval
    place = axis_of(axis, first.ndim, "concatenate")
    for v in values:
        a, b = list(first.shape), list(v.aval.shape)
        if len(a) != len(b) or a[:place] + a[place + 1 :] != b[:place] + b[place + 1 :]:
            raise ShapeError(
                f"concatenate along axis {place}: shapes {first.shape} and {v.aval.shape}",
                why="all extents but the one along the axis must be equal",
            )
    return fresh(values[0]) if len(values) == 1 else structural.concatenate(*values, axis=place)


concat = concatenate


def _several(xs: Sequence[ArrayLike], name: str) -> list[Value]:
    return [x if isinstance(x, Value) else value(x) for x in promote_all(listed(xs, name))]


def listed(xs: Sequence[ArrayLike], name: str) -> list[Any]:
    """The arrays of a sequence. ArgumentError for what is none, and for an empty one."""
    if not isinstance(xs, (tuple, list, Value, np.ndarray)) or not len(xs):
        raise ArgumentError(f"{name} needs a sequence of at least one array, got {xs!r}")
    return list(xs)


@public
def stack(xs: Sequence[ArrayLike], /, axis: int = 0) -> Any:
    """Arrays of one shape joined along a new axis."""
    values = _several(xs, "stack")
    if len({v.aval.shape for v in values}) > 1:
        raise ShapeError(f"stack: different shapes {[v.aval.shape for v in values]}")
    place = axis_of(axis, values[0].aval.ndim + 1, "stack")
    return concatenate([expand_dims(v, axis=place) for v in values], axis=place)


@public
def unstack(x: ArrayLike, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts of ``x`` along ``axis``, without that axis."""
    got = value(x)
    place = axis_of(axis, got.aval.ndim, "unstack")
    return tuple(squeeze(part(got, place, i, i + 1), place) for i in range(got.aval.shape[place]))


@public
def vstack(xs: Sequence[ArrayLike], /) -> Any:
    """Rows under each other: vectors become rows."""
    values = _several(xs, "vstack")
    return concatenate([reshape(v, (1, -1)) if v.aval.ndim < 2 else v for v in values], axis=0)


@public
def hstack(xs: Sequence[ArrayLike], /) -> Any:
    """Side by side: along axis 1, vectors along axis 0."""
    values = [v if v.aval.ndim else reshape(v, (1,)) for v in _several(xs, "hstack")]
    return concatenate(values, axis=0 if values[0].aval.ndim == 1 else 1)


@public
def split(x: ArrayLike, sections: Any, axis: int = 0) -> list[Any]:
    """Parts along ``axis``: an int for so many equal ones, or the positions to cut at."""
    got = value(x)
    place = axis_of(axis, got.aval.ndim, "split")
    extent = got.aval.shape[place]
    if isinstance(sections, int):
        if sections < 1 or extent % sections:
            raise ShapeError(f"split: axis of extent {extent} into {sections} equal parts")
        cuts = [i * (extent // sections) for i in range(sections + 1)]
    else:
        cuts = [0, *(min(max(int(s), 0), extent) for s in sections), extent]
    return [part(got, place, a, max(a, b)) for a, b in itertools.pairwise(cuts)]


@public
def tile(x: ArrayLike, reps: Any, /) -> Any:
    """``x`` repeated as a whole ``reps`` times along each axis."""
    got, counts = value(x), shape_of(reps, "tile")
    rank = max(len(counts), got.aval.ndim)
    shape = (1,) * (rank - got.aval.ndim) + got.aval.shape
    counts = (1,) * (rank - len(counts)) + counts
    pairs = [(c, n) for c, n in zip(counts, shape)]
    dims = tuple(2 * a + 1 for a in range(rank))
    spread = structural.broadcast_in_dim(
        structural.reshape(got, shape=shape), shape=tuple(e for p in pairs for e in p), dims=dims
    )
    return structural.reshape(spread, shape=tuple(c * n for c, n in pairs))


@public
def repeat(x: ArrayLike, repeats: Any, /, axis: int | None = None) -> Any:
    """Each element repeated ``repeats`` times along ``axis`` (None: flattened first).

    ``repeats``: an int, or one for each element; these are looked at, so not inside ``jit``.
    """
    from .indexing import take

    got = ravel(x) if axis is None else value(x)
    place = axis_of(0 if axis is None else axis, got.aval.ndim, "repeat")
    if isinstance(repeats, (Value, np.ndarray, list, tuple)):
        counts = _counts(repeats, got.aval.shape[place])
        return take(got, np.repeat(np.arange(len(counts), dtype=np.int32), counts), axis=place)
    (count,) = shape_of(repeats, "repeat")
    shape = got.aval.shape
    wide = (*shape[: place + 1], count, *shape[place + 1 :])
    dims = tuple(a if a <= place else a + 1 for a in range(len(shape)))
    spread = structural.broadcast_in_dim(got, shape=wide, dims=dims)
    final = tuple(n * count if a == place else n for a, n in enumerate(shape))
    return structural.reshape(spread, shape=final)


def _counts(repeats: ArrayLike, extent: int) -> np.ndarray[Any, Any]:
    got = value(repeats)
    if got.aval.dtype.kind not in "iu" or got.aval.shape not in ((), (1,), (extent,)):
        raise ArgumentError(f"repeat: repeats must be {extent} integers, got {got.aval}")
    known: np.ndarray[Any, Any] = got._value("repeat()")  # type: ignore[attr-defined]
    if known.size and known.min() < 0:
        raise ArgumentError("repeat: a count is negative")
    return np.broadcast_to(known, extent)


@public
def roll(x: ArrayLike, /, shift: Any, axis: Any = None) -> Any:
    """Elements moved by ``shift`` places along ``axis`` (None: of all), around the end.

    Several shifts for several axes, or one for all of them.
    """
    got = value(x)
    if axis is None:
        return reshape(_rolled(ravel(got), _int(shift), 0), got.aval.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise ArgumentError(f"roll: {len(shifts)} shifts for {len(axes)} axes")
    for by, a in zip(shifts, axes, strict=True):
        got = _rolled(got, _int(by), axis_of(a, got.aval.ndim, "roll"))
    return got


def _int(shift: Any) -> int:
    if not hasattr(shift, "__index__"):
        raise ArgumentError(f"roll: shift must be an int, got {shift!r}")
    return int(shift.__index__())


def _rolled(x: Value, shift: int, axis: int) -> Value:
    extent = x.aval.shape[axis]
    by = shift % extent if extent else 0
    if by == 0:
        return x
    parts = [part(x, axis, extent - by, extent), part(x, axis, 0, extent - by)]
    return structural.concatenate(*parts, axis=axis)


__all__ = [
    "broadcast_arrays", "broadcast_to", "concat", "concatenate", "expand_dims", "flip",
    "hstack", "matrix_transpose", "moveaxis", "permute_dims", "ravel", "repeat",
    "reshape", "roll", "split", "squeeze", "stack", "swapaxes", "tile", "transpose",
    "unstack", "vstack",
]  # fmt: skip
