"""Sorting, and searching what is sorted: on the device, stable, NaN last."""

from __future__ import annotations

from typing import Any

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import complex64, int32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import sorting
from ..compiler.ir.prims.indexing import take_along
from ..compiler.ir.prims.structural import part
from ..operands import ArrayLike, as_float, axis_of, promote_all, value
from ..traceback import public
from .complexes import imag, is_complex, real
from .indexing import take
from .shapes import listed, ravel, reshape


def _order(x: Value, axis: int, descending: bool) -> Value:
    return sorting.sort_indices(x, axis=axis, descending=descending)


@public
def argsort(
    x: ArrayLike, /, axis: int | None = -1, *, descending: bool = False, stable: bool = True
) -> Any:
    """The positions, as int32, that sort ``x`` along ``axis`` (None: flattened).

    Equal elements keep their order, also when ``descending``; NaN comes last.
    """
    got = ravel(x) if axis is None else value(x)
    place = axis_of(-1 if axis is None else axis, got.aval.ndim, "argsort")
    return _order(got, place, descending)


@public
def sort(
    x: ArrayLike, /, axis: int | None = -1, *, descending: bool = False, stable: bool = True
) -> Any:
    """``x`` in ascending (or ``descending``) order along ``axis`` (None: flattened).

    NaN comes last; -0 and 0 are equal. Differentiable. AxisError for an axis that does not exist.

    >>> import texelate.numpy as tnp
    >>> tnp.sort(tnp.asarray([3.0, 1.0, 2.0]), descending=True)
    Array([3., 2., 1.], dtype=float32)
    """
    got = ravel(x) if axis is None else value(x)
    place = axis_of(-1 if axis is None else axis, got.aval.ndim, "sort")
    return take_along(got, _order(got, place, descending), axis=place)


@public
def top_k(x: ArrayLike, k: int, /, axis: int = -1) -> tuple[Any, Any]:
    """The ``k`` largest elements along ``axis``, largest first, and where they were (int32).

    The first of equals wins. Raises ArgumentError when the axis has fewer than ``k`` elements.
    """
    got = value(x)
    place = axis_of(axis, got.aval.ndim, "top_k")
    if not 0 <= k <= got.aval.shape[place]:
        raise ArgumentError(f"top_k: k={k} of an axis of extent {got.aval.shape[place]}")
    order = part(_order(got, place, True), place, 0, k)
    return take_along(got, order, axis=place), order


@public
def searchsorted(
    xs: ArrayLike, values: ArrayLike, /, *, side: str = "left", sorter: ArrayLike | None = None
) -> Any:
    """Where each of ``values`` goes in the sorted vector ``xs``, as int32.

    ``side="left"`` before its equals, ``"right"`` after them. ``sorter`` are the positions that
    sort ``xs``. Raises ArgumentError for another side, ShapeError unless ``xs`` has rank 1.
    """
    if side not in ("left", "right"):
        raise ArgumentError(f'searchsorted: side={side!r} is neither "left" nor "right"')
    a, v = (value(x) for x in promote_all((xs, values), name="searchsorted"))
    if a.aval.ndim != 1:
        raise ShapeError(f"searchsorted needs a sorted vector, got {a.aval}")
    a = a if sorter is None else take(a, sorter)
    if not a.aval.size:
        return ew.convert(ew.mul(v, 0), dtype=int32) if v.aval.size else ew.convert(v, dtype=int32)
    return _among(a, v, side) if is_complex(a) else sorting.lower_bound(a, v, side=side)


def _among(xs: Value, values: Value, side: str) -> Value:
    """``searchsorted`` of complex numbers: the places in a sort of both, less those in their own.

    What comes first in the sort goes before its equals.
    """
    from .shapes import concatenate

    flat, n = ravel(values), values.aval.size
    both = concatenate([flat, xs] if side == "left" else [xs, flat])
    start = 0 if side == "left" else xs.aval.size
    own, place = argsort(argsort(flat)), argsort(argsort(both))
    found: Value = reshape(ew.sub(part(place, 0, start, start + n), own), values.aval.shape)
    return found


@public
def digitize(x: ArrayLike, bins: ArrayLike, right: bool = False) -> Any:
    """The bin of each element: ``bins[i - 1] <= x < bins[i]`` (``right``: the other way round)."""
    return searchsorted(bins, x, side="left" if right else "right")


@public
def lexsort(keys: Any, axis: int = -1) -> Any:
    """The positions, as int32, that sort by several keys along ``axis``: by the last one first.

    ``keys`` is a sequence of arrays of one shape, or an array of rows. ArgumentError without keys.

    >>> import texelate.numpy as tnp
    >>> tnp.lexsort(([3, 1, 2], [0, 1, 0]))
    Array([2, 0, 1], dtype=int32)
    """
    rows = [value(k) for k in listed(keys, "lexsort")]
    if not rows[0].aval.ndim:
        return value(0)
    order: Value | None = None
    place = axis_of(axis, rows[0].aval.ndim, "lexsort")
    for row in rows:  # stable: each later key keeps the order of the earlier ones among equals
        own = row if order is None else take_along(row, order, axis=place)
        step = _order(own, place, False)
        order = step if order is None else take_along(order, step, axis=place)
    return order


@public
def argpartition(x: ArrayLike, kth: Any, axis: int | None = -1) -> Any:
    """Positions after which the ``kth`` smallest element is in its place: here, those of a sort."""
    return argsort(x, axis)


@public
def partition(x: ArrayLike, kth: Any, axis: int | None = -1) -> Any:
    """``x`` with its ``kth`` smallest element in place, no larger one before it: here, sorted.

    Sorts on the device take as long as selecting; ``top_k`` gives the largest ones.
    """
    return sort(x, axis)


@public
def sort_complex(x: ArrayLike) -> Any:
    """The last axis sorted by real parts, equal ones by imaginary parts, as complex64."""
    got = ew.convert(value(x), dtype=complex64)
    order = lexsort((imag(got), real(got)))
    return take_along(got, order, axis=got.aval.ndim - 1)


@public
def interp(
    x: ArrayLike,
    xp: ArrayLike,
    fp: ArrayLike,
    left: ArrayLike | None = None,
    right: ArrayLike | None = None,
    period: float | None = None,
) -> Any:
    """``fp`` at ``x`` by straight lines between the increasing points ``xp``.

    Outside of them ``left`` and ``right``, by default the first and last of ``fp``; with a
    ``period`` everything comes round again, and points need no order. ShapeError unless ``xp`` and
    ``fp`` are vectors of one length above 0, ArgumentError for a period of 0.

    >>> import texelate.numpy as tnp
    >>> print(tnp.interp([0.5, 3.5], [0.0, 1.0, 3.0], [0.0, 2.0, 4.0], period=4.0))
    [1. 2.]
    """
    from .elementwise import where

    at, points, heights = as_float(x), as_float(xp), as_float(fp)
    n = points.aval.size
    if points.aval.shape != heights.aval.shape or points.aval.ndim != 1 or not n:
        raise ShapeError(f"interp: points {points.aval} and values {heights.aval} do not fit")
    if period is not None:
        return interp(*_one_turn(at, points, heights, abs(period)))
    high = ew.min_(ew.max_(searchsorted(points, at, side="right"), 1), max(n - 1, 1))
    (x0, y0), (x1, y1) = (
        (take(points, i), take(heights, i)) for i in (ew.sub(high, 1), ew.min_(high, n - 1))
    )
    span = ew.sub(x1, x0)
    slope = ew.div(ew.sub(y1, y0), where(ew.eq(span, 0.0), 1.0, span))
    inside = ew.add(y0, ew.mul(slope, ew.sub(at, x0)))
    first = heights[0] if left is None else left  # type: ignore[index]
    last = heights[-1] if right is None else right  # type: ignore[index]
    out = where(ew.lt(at, points[0]), first, inside)  # type: ignore[index]
    out = where(ew.eq(at, points[-1]), heights[-1], out)  # type: ignore[index]
    return where(ew.gt(at, points[-1]), last, out)  # type: ignore[index]


def _one_turn(x: Value, xp: Value, fp: Value, period: float) -> tuple[Any, Any, Any]:
    """Points within one period, in order, with the last and first ones around them."""
    from .elementwise import remainder
    from .shapes import concatenate

    if not period:
        raise ArgumentError("interp: a period of 0")
    order = argsort(remainder(xp, period))
    points, heights = take(remainder(xp, period), order), take(fp, order)
    wide = concatenate([points[-1:] - period, points, points[:1] + period])
    return remainder(x, period), wide, concatenate([heights[-1:], heights, heights[:1]])


__all__ = [
    "argpartition", "argsort", "digitize", "interp", "lexsort", "partition", "searchsorted",
    "sort", "sort_complex", "top_k",
]  # fmt: skip
