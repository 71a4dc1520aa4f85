"""Elementwise functions of floats that mind infinities, NaN, overflow and the gaps of floats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..compiler.ir.core import Operand, Value
from ..compiler.ir.dtypes import float32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, fresh, promoted, value
from ..traceback import public
from .elementwise import SIGNED_BITS, divide, multiply


@public
def nextafter(x: ArrayLike, y: ArrayLike, /) -> Any:
    """The next number after x on the way to y. Next to 0 that is a subnormal number."""
    a, b = (value(v) for v in promoted("nextafter", x, y, at_least=float32))
    dtype, whole = a.aval.dtype, SIGNED_BITS[a.aval.dtype]
    bits, minus_zero = ew.bitcast(a, dtype=whole), -(1 << (8 * whole.itemsize - 1))
    away = ew.eq(ew.lt(a, b), ew.gt(a, 0.0))
    stepped = ew.bitcast(ew.add(bits, ew.select(away, 1, -1, dtype=whole)), dtype=dtype)
    tiny = ew.bitcast(ew.select(ew.gt(b, 0.0), 1, minus_zero + 1, dtype=whole), dtype=dtype)
    moved = ew.select(ew.eq(bits, 0), tiny, ew.select(ew.eq(bits, minus_zero), tiny, stepped))
    moved = ew.select(ew.eq(a, b), b, moved)
    return ew.select(ew.or_(ew.is_nan(a), ew.is_nan(b)), math.nan, moved)


@public
def sinc(x: ArrayLike, /) -> Any:
    """sin(πx) / πx, and 1 at 0; exactly 0 at the other whole numbers."""
    got = as_float(x)
    zero, whole = ew.eq(got, 0.0), ew.round_(got)
    half = ew.mul(whole, 0.5)
    wave = ew.sin(ew.mul(ew.sub(got, whole), math.pi))
    wave = ew.select(ew.eq(half, ew.floor(half)), wave, ew.neg(wave))
    return ew.select(zero, 1.0, ew.div(wave, ew.mul(ew.select(zero, 1.0, got), math.pi)))


@public
def heaviside(x: ArrayLike, at_zero: ArrayLike, /) -> Any:
    """0 below 0, 1 above, ``at_zero`` there."""
    a, b = promoted("heaviside", x, at_zero, at_least=float32)
    step = ew.select(ew.gt(a, 0.0), 1.0, ew.select(ew.lt(a, 0.0), 0.0, a))
    return ew.select(ew.eq(a, 0.0), b, step)


@public
def logaddexp(x: ArrayLike, y: ArrayLike, /) -> Any:
    """log(exp(x) + exp(y)) without overflow; infinities as NumPy."""
    a, b = promoted("logaddexp", x, y, at_least=float32)
    high, apart = ew.max_(a, b), ew.sub(a, b)
    sum_ = ew.add(high, ew.log1p(ew.exp(ew.neg(ew.abs_(apart)))))
    return ew.select(ew.is_nan(apart), ew.add(a, b), sum_)


@public
def logaddexp2(x: ArrayLike, y: ArrayLike, /) -> Any:
    """log2(2^x + 2^y) without overflow."""
    two = math.log(2)
    return divide(logaddexp(multiply(x, two), multiply(y, two)), two)


@public
def hypot(x: ArrayLike, y: ArrayLike, /) -> Any:
    """sqrt(x² + y²), without overflow in between."""
    a, b = promoted("hypot", x, y, at_least=float32)
    a, b = ew.abs_(a), ew.abs_(b)
    high, low = ew.max_(a, b), ew.min_(a, b)
    ratio = ew.div(low, ew.select(ew.eq(high, 0.0), 1.0, high))
    length = ew.mul(high, ew.sqrt(ew.add(1.0, ew.mul(ratio, ratio))))
    endless = ew.or_(ew.eq(a, math.inf), ew.eq(b, math.inf))
    return ew.select(endless, math.inf, length)


@public
def fmax(x: ArrayLike, y: ArrayLike, /) -> Any:
    """The larger one; a number wins over NaN."""
    a, b = promoted("fmax", x, y)
    larger = ew.max_(a, b)
    return _numbers_first(a, b, larger) if larger.dtype.kind == "f" else larger


@public
def fmin(x: ArrayLike, y: ArrayLike, /) -> Any:
    """The smaller one; a number wins over NaN."""
    a, b = promoted("fmin", x, y)
    smaller = ew.min_(a, b)
    return _numbers_first(a, b, smaller) if smaller.dtype.kind == "f" else smaller


def _numbers_first(a: Operand, b: Operand, chosen: Value) -> Value:
    return ew.select(ew.is_nan(a), b, ew.select(ew.is_nan(b), a, chosen))


@public
def nan_to_num(
    x: ArrayLike, /, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """NaN and infinities replaced; by default 0 and the largest finite numbers."""
    got = value(x)
    if got.dtype.kind != "f":
        return fresh(got)
    top = float(np.finfo(got.dtype.numpy).max)
    high, low = top if posinf is None else posinf, -top if neginf is None else neginf
    got = ew.select(ew.is_nan(got), nan, got)
    got = ew.select(ew.eq(got, math.inf), high, got)
    return ew.select(ew.eq(got, -math.inf), low, got)


def filled(x: ArrayLike, fill: float) -> Value:
    """``x`` with another number for NaN."""
    got = value(x)
    return ew.select(ew.is_nan(got), fill, got) if got.aval.dtype.kind == "f" else got


__all__ = [
    "fmax", "fmin", "heaviside", "hypot", "logaddexp", "logaddexp2", "nan_to_num",
    "nextafter", "sinc",
]  # fmt: skip
