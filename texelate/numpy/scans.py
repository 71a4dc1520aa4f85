"""Running sums and products, differences, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.prims.scans import cumulative
from ..compiler.ir.prims.structural import part
from ..operands import ArrayLike, as_float, axis_of, value
from ..traceback import public
from .creation import full
from .elementwise import divide, multiply, subtract
from .floats import filled
from .logic import not_equal
from .reductions import number_of
from .shapes import concatenate, ravel, reshape


def _running(
    x: ArrayLike, monoid: str, axis: int | None, dtype: Any, include_initial: bool, name: str
) -> Any:
    got = number_of(x, dtype)
    if axis is None and got.aval.ndim > 1:
        raise ArgumentError(f"{name}: an array {got.aval} needs an axis")
    place = axis_of(0 if axis is None else axis, got.aval.ndim, name)
    out = cumulative(got, monoid=monoid, axis=place, reverse=False)
    if not include_initial:
        return out
    shape = tuple(1 if a == place else n for a, n in enumerate(out.shape))
    first = full(shape, 0 if monoid == "sum" else 1, out.dtype)
    return concatenate([first, out], axis=place)


@public
def cumulative_sum(
    x: ArrayLike, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Running sums along ``axis`` (needed unless rank 1); ``include_initial`` puts a 0 in front.

    Booleans are counted. Raises ArgumentError where an axis is missing, AxisError for a wrong one.

    >>> import texelate.numpy as tnp
    >>> tnp.cumulative_sum(tnp.asarray([1, 2, 3]), include_initial=True)
    Array([0, 1, 3, 6], dtype=int32)
    """
    return _running(x, "sum", axis, dtype, include_initial, "cumulative_sum")


@public
def cumulative_prod(
    x: ArrayLike, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Running products along ``axis``; ``include_initial`` puts a 1 in front."""
    return _running(x, "prod", axis, dtype, include_initial, "cumulative_prod")


@public
def cumsum(x: ArrayLike, axis: int | None = None, dtype: Any = None) -> Any:
    """Running sums along ``axis`` (None: of the flattened array)."""
    got = ravel(x) if axis is None else x
    return _running(got, "sum", axis, dtype, False, "cumsum")


@public
def cumprod(x: ArrayLike, axis: int | None = None, dtype: Any = None) -> Any:
    """Running products along ``axis`` (None: of the flattened array)."""
    got = ravel(x) if axis is None else x
    return _running(got, "prod", axis, dtype, False, "cumprod")


@public
def diff(
    x: ArrayLike,
    /,
    n: int = 1,
    axis: int = -1,
    prepend: ArrayLike | None = None,
    append: ArrayLike | None = None,
) -> Any:
    """Differences of neighbours along ``axis``, ``n`` times; of booleans, whether they differ.

    ``prepend`` and ``append`` are arrays joined to ``x`` first. Raises ArgumentError below 0.
    """
    if n < 0:
        raise ArgumentError(f"diff: n must be 0 or more, got {n}")
    got = value(x)
    place = axis_of(axis, got.aval.ndim, "diff")
    if n == 0:
        return got
    ends = [_end(e, got, place) for e in (prepend, append)]
    joined = [e for e in (ends[0], got, ends[1]) if e is not None]
    got = concatenate(joined, axis=place) if len(joined) > 1 else got
    for _ in range(n):
        length = got.aval.shape[place]
        high, low = (
            part(got, place, min(1, length), length),
            part(got, place, 0, max(length - 1, 0)),
        )
        got = (not_equal if got.aval.dtype.kind == "b" else subtract)(high, low)
    return got


def _end(x: ArrayLike | None, like: Value, axis: int) -> Any:
    if x is None:
        return None
    got = value(x)
    if got.aval.ndim:
        return got
    return full(tuple(1 if a == axis else n for a, n in enumerate(like.aval.shape)), got)


@public
def ediff1d(
    x: ArrayLike, /, to_end: ArrayLike | None = None, to_begin: ArrayLike | None = None
) -> Any:
    """Differences of neighbours in the flattened array, between ``to_begin`` and ``to_end``."""
    parts = [to_begin, diff(ravel(x)), to_end]
    return concatenate([ravel(p) for p in parts if p is not None])


@public
def nancumsum(x: ArrayLike, axis: int | None = None, dtype: Any = None) -> Any:
    """``cumsum`` with NaN as 0."""
    return cumsum(filled(x, 0.0), axis, dtype)


@public
def nancumprod(x: ArrayLike, axis: int | None = None, dtype: Any = None) -> Any:
    """``cumprod`` with NaN as 1."""
    return cumprod(filled(x, 1.0), axis, dtype)


@public
def gradient(x: ArrayLike, *spacing: ArrayLike, axis: Any = None, edge_order: int = 1) -> Any:
    """Second-order differences inside, of ``edge_order`` at both ends, along ``axis`` (None: each).

    ``spacing`` is one number for all axes or one for each (1 by default), or the coordinates of the
    elements along an axis. A list when there are several axes. Raises ShapeError for an axis of
    fewer than ``edge_order + 1`` elements.

    >>> import texelate.numpy as tnp
    >>> print(tnp.gradient([0.0, 1.0, 4.0, 9.0], edge_order=2))
    [0. 2. 4. 6.]
    """
    got = as_float(x)
    several = axis is None or isinstance(axis, (tuple, list))
    listed: Sequence[Any] = range(got.aval.ndim) if axis is None else axis if several else (axis,)
    axes = [axis_of(a, got.aval.ndim, "gradient") for a in listed]
    steps = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    if len(steps) != len(axes):
        raise ArgumentError(f"gradient: {len(steps)} spacings for {len(axes)} axes")
    parts = [_slope(got, a, h, edge_order) for a, h in zip(axes, steps, strict=True)]
    return parts[0] if len(parts) == 1 else parts


def _slope(x: Value, axis: int, spacing: ArrayLike, edge_order: int) -> Any:
    """Differences of neighbours, weighted by the widths of the other side."""
    n = x.aval.shape[axis]
    if edge_order not in (1, 2):
        raise ArgumentError(f"gradient: edge_order {edge_order} is neither 1 nor 2")
    if n < edge_order + 1:
        raise ShapeError(
            f"gradient: axis {axis} of {x.aval} has fewer than {edge_order + 1} elements"
        )
    widths = _steps(spacing, n, x.aval.ndim, axis)
    rates = divide(diff(x, axis=axis), widths)
    low, high = (part(rates, axis, a, b) for a, b in ((0, n - 2), (1, n - 1)))
    before, after = (part(widths, axis, a, b) for a, b in ((0, n - 2), (1, n - 1)))
    inner = low + (high - low) * before / (before + after)  # type: ignore[operator]
    ends = part(rates, axis, 0, 1), part(rates, axis, n - 2, n - 1)
    if edge_order == 2:
        ends = _end_slope(rates, widths, axis, 0, 1), _end_slope(rates, widths, axis, n - 2, n - 3)
    return concatenate([ends[0], inner, ends[1]], axis=axis)


def _steps(spacing: ArrayLike, n: int, rank: int, axis: int) -> Value:
    given = as_float(spacing)
    if given.aval.ndim > 1 or (given.aval.ndim and given.aval.shape != (n,)):
        raise ShapeError(f"gradient: coordinates {given.aval} for an axis of extent {n}")
    steps = diff(given) if given.aval.ndim else full((n - 1,), given)
    wide: Value = reshape(steps, [n - 1 if a == axis else 1 for a in range(rank)])
    return wide


def _end_slope(rates: Value, widths: Value, axis: int, end: int, next_: int) -> Any:
    """The slope at an end of the parabola through the three points there."""
    near, far = (part(rates, axis, i, i + 1) for i in (end, next_))
    h, k = (part(widths, axis, i, i + 1) for i in (end, next_))
    return near + (near - far) * h / (h + k)  # type: ignore[operator]


@public
def trapezoid(y: ArrayLike, x: ArrayLike | None = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral along ``axis`` by the trapezoidal rule, at points ``x`` or ``dx`` apart."""
    from .reductions import sum as sum_of

    got = as_float(y)
    place = axis_of(axis, got.aval.ndim, "trapezoid")
    n = got.aval.shape[place]
    middle = part(got, place, min(1, n), n) + part(got, place, 0, max(n - 1, 0))  # type: ignore[operator]
    width = dx if x is None else _widths(x, got, place)
    return sum_of(multiply(divide(middle, 2), width), place)


def _widths(x: ArrayLike, like: Value, axis: int) -> Any:
    points = value(x)
    if points.aval.ndim == 1:
        return reshape(diff(points), [-1 if a == axis else 1 for a in range(like.aval.ndim)])
    return diff(points, axis=axis)


__all__ = [
    "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "diff", "ediff1d", "gradient",
    "nancumprod", "nancumsum", "trapezoid",
]  # fmt: skip
