"""Reductions: over all axes, one, or several, with ``keepdims``."""

from __future__ import annotations

import math
from typing import Any

from ..compiler.errors import ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import as_dtype, bool_, int32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import reduction, structural
from ..compiler.ir.prims.calls import stop_gradient
from ..operands import ArrayLike, as_float, axes_of, axis_of, in_float32, value
from ..traceback import public
from .creation import full
from .elementwise import abs as size_of
from .elementwise import as_bool

Axis = int | tuple[int, ...] | None


def _reduce(x: Value, monoid: str, axis: Axis, keepdims: bool, name: str) -> Value:
    axes = axes_of(axis, x.aval.ndim, name)
    if monoid in ("max", "min") and 0 in [x.aval.shape[a] for a in axes]:
        raise ShapeError(
            f"{name} over an axis of extent 0 in shape {x.aval.shape}",
            why="the largest and smallest of no elements do not exist",
        )
    out = reduction.reduce(x, monoid=monoid, axes=axes) if axes else x
    return _kept(out, x, axes) if keepdims else out


def _kept(out: Value, x: Value, axes: tuple[int, ...]) -> Value:
    """The reduced axes back with extent 1."""
    shape = tuple(1 if a in axes else n for a, n in enumerate(x.aval.shape))
    return structural.reshape(out, shape=shape) if shape != out.aval.shape else out


def number_of(x: ArrayLike, dtype: Any) -> Value:
    """Booleans and narrow integers count in 32 bits (in NumPy in 64); ``dtype`` overrides."""
    got = value(x)
    wanted = as_dtype(dtype) if dtype is not None else got.aval.dtype
    if dtype is None and wanted.kind in "iu":
        wanted = wanted.wide
    wanted = int32 if wanted is bool_ else wanted
    return got if got.aval.dtype is wanted else ew.convert(got, dtype=wanted)


@public
def sum(x: ArrayLike, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Sum over ``axis`` (an int, a tuple, None: all). Booleans are counted; of nothing it is 0.

    Raises AxisError for an axis that does not exist or is named twice.

    >>> import texelate.numpy as tnp
    >>> tnp.sum(tnp.ones((2, 3)), axis=-1)
    Array([3., 3.], dtype=float32)
    """
    return _reduce(number_of(x, dtype), "sum", axis, keepdims, "sum")


@public
def prod(x: ArrayLike, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Product over ``axis``; of nothing it is 1."""
    return _reduce(number_of(x, dtype), "prod", axis, keepdims, "prod")


@public
def max(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """Largest element over ``axis``; NaN wins. ShapeError over an empty axis."""
    got = value(x)
    monoid = "any" if got.aval.dtype is bool_ else "max"
    return _reduce(got, monoid, axis, keepdims, "max")


@public
def min(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """Smallest element over ``axis``; NaN wins. ShapeError over an empty axis."""
    got = value(x)
    monoid = "all" if got.aval.dtype is bool_ else "min"
    return _reduce(got, monoid, axis, keepdims, "min")


amax, amin = max, min


@public
def any(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether some element over ``axis`` is not 0; of nothing it is False."""
    return _reduce(as_bool(x), "any", axis, keepdims, "any")


@public
def all(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether no element over ``axis`` is 0; of nothing it is True."""
    return _reduce(as_bool(x), "all", axis, keepdims, "all")


@public
def mean(x: ArrayLike, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Arithmetic mean over ``axis``, a float computed in float32; of nothing it is NaN."""
    got = as_float(x)
    if dtype is None:
        return _mean(got, axis, keepdims)
    wide = ew.convert(got, dtype=got.aval.dtype.wide)
    return ew.convert(_mean(wide, axis, keepdims), dtype=as_dtype(dtype))


@in_float32
def _mean(got: Value, axis: Axis, keepdims: bool) -> Value:
    total = _reduce(got, "sum", axis, keepdims, "mean")
    count = math.prod(got.aval.shape[a] for a in axes_of(axis, got.aval.ndim, "mean"))
    return ew.mul(total, 1 / count) if count else full(total.aval.shape, math.nan)


@public
@in_float32
def var(
    x: ArrayLike,
    /,
    axis: Axis = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """Variance over ``axis``: squared distances from the mean, divided by ``count - correction``.

    ``correction`` is the standard's name of NumPy's ``ddof``. NaN where the count is too small.
    """
    ddof = ddof if correction is None else correction
    got = as_float(x)
    axes = axes_of(axis, got.aval.ndim, "var")
    centre = mean(got, axes, keepdims=True)
    apart = ew.sub(got, _spread(centre, got))
    size = size_of(apart) if apart.aval.dtype.kind == "c" else apart
    total = _reduce(ew.mul(size, size), "sum", axes, keepdims, "var")
    count = math.prod(got.aval.shape[a] for a in axes) - ddof
    return ew.mul(total, 1 / count) if count > 0 else full(total.aval.shape, math.nan)


def _spread(x: Value, like: Value) -> Value:
    shape = like.aval.shape
    return structural.broadcast_in_dim(x, shape=shape, dims=tuple(range(len(shape))))


@public
@in_float32
def std(
    x: ArrayLike,
    /,
    axis: Axis = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """Standard deviation over ``axis``: the root of ``var``."""
    return ew.sqrt(var(x, axis, ddof, keepdims, correction=correction))


@public
def count_nonzero(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """How many elements over ``axis`` are not 0, as int32."""
    return sum(as_bool(x), axis, keepdims=keepdims)


@public
def argmax(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the largest element is along ``axis`` (None: in the flattened array), as int32.

    The first one of equals; the first NaN if there is one. ShapeError over an empty axis.
    """
    return _arg(x, reduction.argmax, axis, keepdims, "argmax")


@public
def argmin(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the smallest element is along ``axis``; see ``argmax``."""
    return _arg(x, reduction.argmin, axis, keepdims, "argmin")


def _arg(x: ArrayLike, prim: Any, axis: int | None, keepdims: bool, name: str) -> Value:
    got = value(x)
    got = ew.convert(got, dtype=int32) if got.aval.dtype is bool_ else got
    if axis is None:
        flat = structural.reshape(got, shape=(got.aval.size,))
        out: Value = prim(flat, axis=0)
        return structural.reshape(out, shape=(1,) * got.aval.ndim) if keepdims else out
    place = axis_of(axis, got.aval.ndim, name)
    out = prim(got, axis=place)
    return _kept(out, got, (place,)) if keepdims else out


@public
@in_float32
def logsumexp(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over ``axis`` without overflow, computed in float32."""
    got = as_float(x)
    axes = axes_of(axis, got.aval.ndim, "logsumexp")
    peak = _reduce(stop_gradient(got), "max", axes, True, "logsumexp")
    safe = ew.select(ew.is_finite(peak), peak, 0.0)
    total = _reduce(ew.exp(ew.sub(got, _spread(safe, got))), "sum", axes, True, "logsumexp")
    out = ew.add(ew.log(total), safe)
    shape = tuple(n for a, n in enumerate(got.aval.shape) if a not in axes)
    return out if keepdims or shape == out.aval.shape else structural.reshape(out, shape=shape)


__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "count_nonzero", "logsumexp", "max", "mean",
    "min", "prod", "std", "sum", "var",
]  # fmt: skip
