"""Quantiles: sorted rows read at places that the method decides, with and without NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, axes_of, in_float32, value
from ..traceback import public
from . import elementwise
from .elementwise import where
from .indexing import take, take_along_axis
from .reductions import sum as sum_of
from .shapes import moveaxis, reshape, transpose
from .sorting import sort

Rule = tuple[Callable[[Any, Any], Any], Callable[[Any, Any, Any], Any]]
"""The place of quantile q among n sorted elements, and the weight of the one above by (functions,
share of the way to it, place below)."""


def _between(alpha: float, beta: float) -> Rule:
    """Hyndman and Fan's continuous methods (The American Statistician 50, 1996)."""
    return lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1, lambda xp, share, low: share


def _at(weight: Callable[[Any, Any, Any], Any], shift: float = 0.0, inverse: bool = True) -> Rule:
    place = (lambda n, q: n * q - 1 - shift) if inverse else (lambda n, q: (n - 1) * q)
    return place, weight


METHODS: dict[str, Rule] = {
    "linear": _between(1, 1),
    "interpolated_inverted_cdf": _between(0, 1),
    "hazen": _between(0.5, 0.5),
    "weibull": _between(0, 0),
    "median_unbiased": _between(1 / 3, 1 / 3),
    "normal_unbiased": _between(3 / 8, 3 / 8),
    "inverted_cdf": _at(lambda xp, share, low: xp.where(share == 0, 0.0, 1.0)),
    "averaged_inverted_cdf": _at(lambda xp, share, low: xp.where(share == 0, 0.5, 1.0)),
    "closest_observation": _at(
        lambda xp, share, low: xp.where((share == 0) & (low % 2 == 1), 0.0, 1.0), 0.5
    ),
    "lower": _at(lambda xp, share, low: share * 0, inverse=False),
    "higher": _at(lambda xp, share, low: xp.ceil(share), inverse=False),
    "midpoint": _at(lambda xp, share, low: xp.ceil(share) * 0.5, inverse=False),
    "nearest": _at(lambda xp, share, low: xp.rint(low % 2 + share) - low % 2, inverse=False),
}


def _places(n: Any, q: Any, method: str, xp: Any) -> tuple[Any, Any, Any]:
    """The sorted elements below and above each quantile, and the weight of the one above."""
    place, weigh = METHODS[method]
    at = place(n, q)
    low = xp.floor(at)
    weight = weigh(xp, at - low, low)
    top = n - 1
    return xp.clip(low, 0, top), xp.clip(low + 1, 0, top), weight


def _levels(q: ArrayLike) -> tuple[Any, Any]:
    """Known quantiles stay on the host, in double precision."""
    if isinstance(q, Value):
        return as_float(q), elementwise
    return _known(q), np


def _known(q: ArrayLike) -> np.ndarray[Any, Any]:
    value(q, "q")  # raises for what is no array of numbers
    return np.asarray(q, np.float64)


def _checked(x: ArrayLike, axis: Any, method: str, name: str) -> Value:
    got = as_float(x)
    if method not in METHODS:
        raise ArgumentError(f"{name}: method={method!r} is not one of {', '.join(METHODS)}")
    if 0 in [got.aval.shape[a] for a in axes_of(axis, got.aval.ndim, name)]:
        raise ShapeError(f"{name} over an axis of extent 0 in {got.aval}")
    return got


@public
@in_float32
def quantile(
    x: ArrayLike,
    q: ArrayLike,
    axis: Any = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Quantiles ``q`` (0 to 1; any shape, which leads the result's) along ``axis``, as float32.

    ``method`` is any of NumPy's. NaN where there is one. Raises ArgumentError for other methods,
    ShapeError over an empty axis.

    >>> import texelate.numpy as tnp
    >>> print(tnp.quantile(tnp.asarray([1.0, 2.0, 4.0]), [0.25, 0.5]))
    [1.5 2. ]
    """
    got = _checked(x, axis, method, "quantile")
    rows, shape = rows_of(got, axis, keepdims, "quantile")
    n = rows.aval.shape[-1]
    levels, xp = _levels(q)
    ordered = sort(rows)
    low, high, weight = _places(n, levels.reshape(-1), method, xp)
    a, b = (take(ordered, value(e.astype(int32 if xp is elementwise else np.int32)), axis=-1)
            for e in (low, high))  # fmt: skip
    mixed = _mixed(a, b, weight)
    mixed = where(ew.is_nan(ordered[..., n - 1 :]), math.nan, mixed)
    return reshape(moveaxis(mixed, -1, 0), (*levels.shape, *shape))


def _mixed(a: Any, b: Any, weight: Any) -> Any:
    """From ``a`` to ``b``; infinities that are not asked for do not make NaN."""
    share = as_float(weight)
    inside = a + (b - a) * share
    return where(ew.eq(share, 0.0), a, where(ew.eq(share, 1.0), b, inside))


@public
@in_float32
def nanquantile(
    x: ArrayLike,
    q: ArrayLike,
    axis: Any = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """``quantile`` of what is not NaN; NaN where nothing is.

    >>> import texelate.numpy as tnp
    >>> print(tnp.nanquantile(tnp.asarray([1.0, float("nan"), 3.0]), 0.5))
    2.0
    """
    got = _checked(x, axis, method, "nanquantile")
    rows, shape = rows_of(got, axis, keepdims, "nanquantile")
    levels: Any = as_float(q)
    count = sum_of(ew.eq(rows, rows), -1, "f4", keepdims=True)
    ordered = sort(rows)
    low, high, weight = _places(count, levels.reshape(-1), method, elementwise)
    a, b = (take_along_axis(ordered, ew.convert(e, dtype=int32), -1) for e in (low, high))
    mixed = where(count == 0, math.nan, _mixed(a, b, weight))
    return reshape(moveaxis(mixed, -1, 0), (*levels.shape, *shape))


def rows_of(x: Value, axis: Any, keepdims: bool, name: str) -> tuple[Value, tuple[int, ...]]:
    """The reduced axes as the last one, flattened; and the shape of what remains."""
    axes = axes_of(axis, x.aval.ndim, name)
    rest = [a for a in range(x.aval.ndim) if a not in axes]
    kept = tuple(x.aval.shape[a] for a in rest)
    count = math.prod(x.aval.shape[a] for a in axes)
    rows: Value = reshape(transpose(x, (*rest, *axes)), (*kept, count))
    full = tuple(1 if a in axes else n for a, n in enumerate(x.aval.shape))
    return rows, full if keepdims else kept


def _share(q: ArrayLike) -> Any:
    return ew.div(as_float(q), 100.0) if isinstance(q, Value) else _known(q) / 100


@public
@in_float32
def percentile(
    x: ArrayLike, q: ArrayLike, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """``quantile`` of ``q`` / 100."""
    return quantile(x, _share(q), axis, method=method, keepdims=keepdims)


@public
@in_float32
def nanpercentile(
    x: ArrayLike, q: ArrayLike, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """``nanquantile`` of ``q`` / 100."""
    return nanquantile(x, _share(q), axis, method=method, keepdims=keepdims)


@public
@in_float32
def median(x: ArrayLike, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The middle element along ``axis``, the mean of the two middle ones of an even count."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


@public
@in_float32
def nanmedian(x: ArrayLike, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The median of what is not NaN; NaN where nothing is."""
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


__all__ = [
    "median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile",
]  # fmt: skip
