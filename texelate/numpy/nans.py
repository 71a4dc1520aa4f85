"""Reductions that leave NaN out."""

from __future__ import annotations

import math
from typing import Any

from ..compiler.ir.dtypes import float32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, in_float32, value
from ..traceback import public
from . import reductions as r
from .floats import filled
from .shapes import broadcast_to


def _numbers(x: ArrayLike, axis: Any, keepdims: bool) -> Any:
    return r.sum(ew.eq(as_float(x), as_float(x)), axis, float32, keepdims)


@public
def nansum(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """``sum`` with NaN as 0."""
    return r.sum(filled(x, 0.0), axis, keepdims=keepdims)


@public
def nanprod(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """``prod`` with NaN as 1."""
    return r.prod(filled(x, 1.0), axis, keepdims=keepdims)


@public
@in_float32
def nanmean(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean of what is not NaN; NaN where nothing is.

    >>> import texelate.numpy as tnp
    >>> print(tnp.nanmean(tnp.asarray([1.0, float("nan"), 3.0])))
    2.0
    """
    return ew.div(nansum(as_float(x), axis, keepdims), _numbers(x, axis, keepdims))


@public
@in_float32
def nanvar(x: ArrayLike, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance of what is not NaN."""
    got = as_float(x)
    apart = ew.sub(got, broadcast_to(nanmean(got, axis, True), got.aval.shape))
    count = ew.sub(_numbers(got, axis, keepdims), float(ddof))
    spread = ew.div(nansum(ew.mul(apart, apart), axis, keepdims), count)
    return ew.select(ew.gt(count, 0.0), spread, math.nan)


@public
@in_float32
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
    out = f(filled(got, fill), axis, keepdims)
    if got.aval.dtype.kind != "f":
        return out
    return ew.select(ew.eq(_numbers(got, axis, keepdims), 0.0), math.nan, out)


@public
def nanargmax(x: ArrayLike, axis: int | None = None) -> Any:
    """Where the largest element that is not NaN is; 0 where all are NaN."""
    return r.argmax(filled(x, -math.inf), axis)


@public
def nanargmin(x: ArrayLike, axis: int | None = None) -> Any:
    """Where the smallest element that is not NaN is; 0 where all are NaN."""
    return r.argmin(filled(x, math.inf), axis)


__all__ = [
    "nanargmax", "nanargmin", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum",
    "nanvar",
]  # fmt: skip
