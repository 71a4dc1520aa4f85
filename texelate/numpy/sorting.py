"""Sorting, and searching what is sorted: on the device, stable, NaN last."""

from __future__ import annotations

import math
from typing import Any

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import sorting
from ..compiler.ir.prims.indexing import take_along
from ..compiler.ir.prims.structural import part
from ..operands import ArrayLike, as_float, axis_of, promote_all, value
from ..traceback import public
from .indexing import take
from .shapes import moveaxis, ravel, reshape, transpose


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
    return sorting.lower_bound(a, v, side=side)


@public
def digitize(x: ArrayLike, bins: ArrayLike, right: bool = False) -> Any:
    """The bin of each element: ``bins[i - 1] <= x < bins[i]`` (``right``: the other way round)."""
    return searchsorted(bins, x, side="left" if right else "right")


@public
def quantile(
    x: ArrayLike,
    q: ArrayLike,
    axis: Any = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Quantiles ``q`` (0 to 1; any shape, which leads the result's) along ``axis``, as float32.

    ``method``: linear, lower, higher, nearest or midpoint between the two nearest elements. NaN
    where there is one. Raises ArgumentError for other methods, ShapeError over an empty axis.
    """
    got, levels = as_float(x), as_float(q)
    rows, shape = _last(got, axis, keepdims, "quantile")
    n = rows.aval.shape[-1]
    if n == 0:
        raise ShapeError(f"quantile over an axis of extent 0 in {got.aval}")
    if method not in _BETWEEN:
        raise ArgumentError(f"quantile: method={method!r} is not one of {', '.join(_BETWEEN)}")
    ordered = sort(rows)
    at = ew.mul(ravel(levels), float(n - 1))
    low = ew.floor(at)
    a, b = (take(ordered, ew.convert(e, dtype=int32), axis=-1) for e in (low, ew.ceil(at)))
    weight = _BETWEEN[method](ew.sub(at, low))
    mixed = ew.add(a, (b - a) * weight)
    is_nan = ew.is_nan(part(ordered, ordered.aval.ndim - 1, n - 1, n))
    from .elementwise import where

    return reshape(moveaxis(where(is_nan, math.nan, mixed), -1, 0), (*levels.aval.shape, *shape))


_BETWEEN: dict[str, Any] = {
    "linear": lambda w: w,
    "lower": lambda w: ew.mul(w, 0.0),
    "higher": ew.ceil,
    "nearest": ew.round_,
    "midpoint": lambda w: ew.mul(ew.ceil(w), 0.5),
}


def _last(x: Value, axis: Any, keepdims: bool, name: str) -> tuple[Value, tuple[int, ...]]:
    """The reduced axes as the last one, flattened; and the shape of what remains."""
    from ..operands import axes_of

    axes = axes_of(axis, x.aval.ndim, name)
    rest = [a for a in range(x.aval.ndim) if a not in axes]
    kept = tuple(x.aval.shape[a] for a in rest)
    count = math.prod(x.aval.shape[a] for a in axes)
    rows: Value = reshape(transpose(x, (*rest, *axes)), (*kept, count))
    full = tuple(1 if a in axes else n for a, n in enumerate(x.aval.shape))
    return rows, full if keepdims else kept


@public
def percentile(
    x: ArrayLike, q: ArrayLike, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """``quantile`` of ``q`` / 100."""
    return quantile(x, ew.div(as_float(q), 100.0), axis, method=method, keepdims=keepdims)


@public
def median(x: ArrayLike, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The middle element along ``axis``, the mean of the two middle ones of an even count."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


@public
def interp(
    x: ArrayLike,
    xp: ArrayLike,
    fp: ArrayLike,
    left: ArrayLike | None = None,
    right: ArrayLike | None = None,
) -> Any:
    """``fp`` at ``x`` by straight lines between the increasing points ``xp``.

    Outside of them ``left`` and ``right``, by default the first and last of ``fp``. ShapeError
    unless ``xp`` and ``fp`` are vectors of one length above 0.
    """
    from .elementwise import where

    at, points, heights = as_float(x), as_float(xp), as_float(fp)
    n = points.aval.size
    if points.aval.shape != heights.aval.shape or points.aval.ndim != 1 or not n:
        raise ShapeError(f"interp: points {points.aval} and values {heights.aval} do not fit")
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


__all__ = [
    "argsort", "digitize", "interp", "median", "percentile", "quantile",
    "searchsorted", "sort", "top_k",
]  # fmt: skip
