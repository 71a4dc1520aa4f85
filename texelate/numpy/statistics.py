"""Averages with weights, histograms, reductions that leave NaN out, covariance."""

from __future__ import annotations

import math
from typing import Any

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import float32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims.scattering import scatter_add
from ..operands import ArrayLike, as_float, value
from ..traceback import public
from . import reductions as r
from .creation import eye, linspace
from .elementwise import where
from .products import matmul
from .shapes import broadcast_to, moveaxis, ravel, reshape, transpose
from .sorting import searchsorted


@public
def average(x: ArrayLike, axis: Any = None, weights: ArrayLike | None = None) -> Any:
    """The mean over ``axis``, with ``weights`` of the shape of ``x`` or of that one axis."""
    if weights is None:
        return r.mean(x, axis)
    got, w = as_float(x), as_float(weights)
    if w.aval.shape != got.aval.shape:
        if w.aval.ndim != 1 or not isinstance(axis, int):
            raise ShapeError(f"average: weights {w.aval} do not fit {got.aval} along {axis}")
        last = moveaxis(got, axis, -1)
        w = moveaxis(broadcast_to(w, last.aval.shape), -1, axis)
    return ew.div(r.sum(ew.mul(got, w), axis), r.sum(w, axis))


# --- without NaN ---------------------------------------------------------------------------------


def _filled(x: ArrayLike, fill: float) -> Value:
    got = value(x)
    return ew.select(ew.is_nan(got), fill, got) if got.aval.dtype is float32 else got


def _numbers(x: ArrayLike, axis: Any, keepdims: bool) -> Any:
    return r.sum(ew.eq(as_float(x), as_float(x)), axis, float32, keepdims)


@public
def nansum(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """``sum`` with NaN as 0."""
    return r.sum(_filled(x, 0.0), axis, keepdims=keepdims)


@public
def nanprod(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """``prod`` with NaN as 1."""
    return r.prod(_filled(x, 1.0), axis, keepdims=keepdims)


@public
def nanmean(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean of what is not NaN; NaN where nothing is.

    >>> import texelate.numpy as tnp
    >>> print(tnp.nanmean(tnp.asarray([1.0, float("nan"), 3.0])))
    2.0
    """
    return ew.div(nansum(as_float(x), axis, keepdims), _numbers(x, axis, keepdims))


@public
def nanvar(x: ArrayLike, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance of what is not NaN."""
    got = as_float(x)
    apart = ew.sub(got, broadcast_to(nanmean(got, axis, True), got.aval.shape))
    count = ew.sub(_numbers(got, axis, keepdims), float(ddof))
    spread = ew.div(nansum(ew.mul(apart, apart), axis, keepdims), count)
    return ew.select(ew.gt(count, 0.0), spread, math.nan)


@public
def nanstd(x: ArrayLike, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation of what is not NaN."""
    return ew.sqrt(nanvar(x, axis, ddof, keepdims))


@public
def nanmax(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element that is not NaN; NaN where there is none."""
    return _extreme(x, r.max, -math.inf, axis, keepdims)


@public
def nanmin(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element that is not NaN; NaN where there is none."""
    return _extreme(x, r.min, math.inf, axis, keepdims)


def _extreme(x: ArrayLike, f: Any, fill: float, axis: Any, keepdims: bool) -> Any:
    got = value(x)
    out = f(_filled(got, fill), axis, keepdims)
    if got.aval.dtype is not float32:
        return out
    return ew.select(ew.eq(_numbers(got, axis, keepdims), 0.0), math.nan, out)


@public
def nanargmax(x: ArrayLike, axis: int | None = None) -> Any:
    """Where the largest element that is not NaN is; 0 where all are NaN."""
    return r.argmax(_filled(x, -math.inf), axis)


@public
def nanargmin(x: ArrayLike, axis: int | None = None) -> Any:
    """Where the smallest element that is not NaN is; 0 where all are NaN."""
    return r.argmin(_filled(x, math.inf), axis)


@public
def ptp(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest minus the smallest element."""
    return ew.sub(r.max(x, axis, keepdims), r.min(x, axis, keepdims))


# --- counting ------------------------------------------------------------------------------------


@public
def bincount(
    x: ArrayLike, weights: ArrayLike | None = None, minlength: int = 0, *, length: int | None = None
) -> Any:
    """How often each whole number from 0 occurs in a vector, or the sum of its ``weights``.

    The largest number decides the length, at least ``minlength``; inside ``jit``, where it is not
    known, ``length`` gives it. Numbers outside are left out. Raises ArgumentError unless ``x``
    holds integers in one axis.
    """
    got = value(x)
    if got.aval.dtype.kind not in "iu" or got.aval.ndim != 1:
        raise ArgumentError(f"bincount needs a vector of integers, got {got.aval}")
    if length is None:
        top = int(r.max(got)) + 1 if got.aval.size else 0
        length = max(top, minlength)
    amounts = ew.eq(got, got) if weights is None else as_float(weights)
    counted = r.number_of(amounts, None)
    return scatter_add(counted, got, axis=0, size=length, mode="fill")


@public
def histogram_bin_edges(
    x: ArrayLike, bins: Any = 10, range: tuple[float, float] | None = None
) -> Any:
    """The edges of ``histogram``'s bins: ``bins`` + 1 numbers, or ``bins`` itself when an array."""
    if not isinstance(bins, int):
        return as_float(bins)
    steps = linspace(0.0, 1.0, bins + 1)
    flat = ravel(as_float(x))
    if range is not None:
        low, high = (as_float(e) for e in range)
    elif flat.aval.size:
        low, high = r.min(flat), r.max(flat)
    else:
        low, high = as_float(0.0), as_float(1.0)
    same = ew.eq(low, high)
    low, high = where(same, low - 0.5, low), where(same, high + 0.5, high)  # type: ignore[operator]
    return low + (high - low) * steps


@public
def histogram(
    x: ArrayLike,
    bins: Any = 10,
    range: tuple[float, float] | None = None,
    *,
    density: bool = False,
    weights: ArrayLike | None = None,
) -> tuple[Any, Any]:
    """How many elements fall into each bin, and the bins' edges; the last bin has both its ends.

    ``bins``: how many of equal width in ``range`` (by default all), or the edges, ascending.
    ``density``: so that the integral is 1. Works inside ``jit``.
    """
    edges = histogram_bin_edges(x, bins, range)
    flat, n = ravel(as_float(x)), edges.shape[0] - 1
    place = ew.sub(searchsorted(edges, flat, side="right"), 1)
    place = where(ew.eq(flat, edges[-1]), n - 1, place)
    counts = bincount(place, None if weights is None else ravel(weights), length=n)
    if not density:
        return counts, edges
    return counts / (edges[1:] - edges[:-1]) / r.sum(counts), edges


@public
def cov(x: ArrayLike, *, ddof: int = 1) -> Any:
    """The covariance matrix of variables in rows and observations in columns."""
    got = as_float(x)
    rows = reshape(got, (1, -1)) if got.aval.ndim < 2 else got
    centred = rows - r.mean(rows, -1, keepdims=True)
    product = matmul(centred, transpose(centred)) / (centred.shape[-1] - ddof)
    return reshape(product, ()) if got.aval.ndim < 2 else product


@public
def corrcoef(x: ArrayLike) -> Any:
    """The correlation matrix of variables in rows and observations in columns."""
    c = cov(x)
    if not c.ndim:
        return c / c
    deviations = ew.sqrt(r.sum(ew.mul(c, eye(c.shape[0])), -1))
    return c / reshape(deviations, (-1, 1)) / deviations


__all__ = [
    "average", "bincount", "corrcoef", "cov", "histogram", "histogram_bin_edges", "nanargmax",
    "nanargmin", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "ptp",
]  # fmt: skip
