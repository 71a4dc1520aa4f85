"""Floats taken apart: mantissa and exponent, whole and fraction, the gap to the next one; roots."""

from __future__ import annotations

import math
from typing import Any

from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import complex64, float32, int32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, in_float32, promoted, value
from ..traceback import public
from .complexes import imag, is_complex, real
from .creation import full_like
from .elementwise import clip, copysign, isfinite, power, trunc, where
from .floats import nextafter

_MANTISSA, _BIAS = 23, 127


def _bits(x: Value) -> Any:
    return ew.bitcast(x, dtype=int32)


def _float(bits: Any) -> Any:
    return ew.bitcast(bits, dtype=float32)


@public
@in_float32
def frexp(x: ArrayLike, /) -> tuple[Any, Any]:
    """Mantissas from ±[0.5, 1) and int32 exponents: ``x = mantissa · 2^exponent``.

    0, infinities and NaN are their own mantissas, with exponent 0.

    >>> import texelate.numpy as tnp
    >>> tnp.frexp([8.0, -0.3])
    (Array([ 0.5, -0.6], dtype=float32), Array([ 4, -1], dtype=int32))
    """
    got: Any = as_float(x)
    odd = (got == 0) | ~isfinite(got)
    fraction = _bits(got) & 0x7FFFFF
    tiny = (_bits(got) & 0x7F800000) == 0  # a subnormal number: its bits are a whole number
    normal = where(tiny, ew.convert(fraction, dtype=float32), got)
    field = (_bits(normal) >> _MANTISSA) & 0xFF
    exponent = where(odd, 0, field - (_BIAS - 1) - where(tiny, _BIAS + _MANTISSA - 1, 0))
    size = _float((_bits(normal) & 0x7FFFFF) | ((_BIAS - 1) << _MANTISSA))
    return _scaled(got, exponent, where(odd, got, copysign(size, got))), exponent


def _scaled(x: Any, exponent: Any, mantissa: Any) -> Any:
    """The mantissa, with the derivative that x has: 2^-exponent."""
    from ..autodiff import stop_gradient

    rate = _power_of_two(-exponent)
    return stop_gradient(mantissa) + where(ew.is_finite(x), (x - stop_gradient(x)) * rate, 0.0)


def _power_of_two(n: Any) -> Any:
    """2^n for whole n from -126 to 127; beyond, the nearest of these."""
    return _float((clip(n, -126, 127) + _BIAS) << _MANTISSA)


@public
def ldexp(x: ArrayLike, n: ArrayLike, /) -> Any:
    """x · 2^n for whole n of any size.

    >>> import texelate.numpy as tnp
    >>> tnp.ldexp(tnp.asarray([0.75, -1.0]), [3, 0])
    Array([ 6., -1.], dtype=float32)
    """
    out: Any = as_float(x)
    rest = clip(ew.convert(value(n), dtype=int32), -400, 400)
    for _ in range(4):  # 4 · 100 reaches from the largest float to the smallest subnormal one
        step = clip(rest, -100, 100)
        out, rest = out * _power_of_two(step), rest - step
    return out


@public
def modf(x: ArrayLike, /) -> tuple[Any, Any]:
    """The fraction and the whole part, both with the sign of x.

    >>> import texelate.numpy as tnp
    >>> tnp.modf([1.5, -2.25])
    (Array([ 0.5 , -0.25], dtype=float32), Array([ 1., -2.], dtype=float32))
    """
    got: Any = as_float(x)
    whole = trunc(got)
    rest = where(abs(got) == math.inf, 0.0, got - whole)
    return copysign(rest, got) if rest.aval.dtype is float32 else rest, whole


@public
def fix(x: ArrayLike, /) -> Any:
    """x without its fraction: ``trunc``. The dtype stays."""
    return trunc(x)


@public
def spacing(x: ArrayLike, /) -> Any:
    """The distance to the next float32 away from 0, with the sign of x."""
    got: Any = as_float(x)
    away = nextafter(got, copysign(math.inf, got))
    return where(ew.is_finite(got), away - got, math.nan)


@public
def cbrt(x: ArrayLike, /) -> Any:
    """The real cube root, also of negative numbers.

    >>> import texelate.numpy as tnp
    >>> print(tnp.cbrt([27.0, -8.0]))
    [ 3. -2.]
    """
    got: Any = as_float(x)
    special = (got == 0) | ~isfinite(got)
    size = where(special, 1.0, abs(got))
    guess: Any = ew.exp(ew.mul(ew.log(size), 1 / 3))  # and a step of Newton's to full precision
    root = guess - (guess - size / (guess * guess)) * (1 / 3)
    return where(special, got, copysign(root, got))


@public
def float_power(x: ArrayLike, y: ArrayLike, /) -> Any:
    """x to the y as float32 (or complex64), also of integers to negative powers."""
    a, b = promoted("float_power", x, y, at_least=float32)
    return power(a, b)


@public
def isposinf(x: ArrayLike, /) -> Any:
    """Whether x is +infinity."""
    return ew.eq(as_float(x), math.inf)


@public
def isneginf(x: ArrayLike, /) -> Any:
    """Whether x is -infinity."""
    return ew.eq(as_float(x), -math.inf)


@public
def iscomplex(x: ArrayLike, /) -> Any:
    """Whether an element has an imaginary part other than 0."""
    got = value(x)
    return ew.ne(imag(got), 0) if is_complex(got) else full_like(got, False, bool)


@public
def isreal(x: ArrayLike, /) -> Any:
    """Whether an element has no imaginary part other than 0."""
    got = value(x)
    return ew.eq(imag(got), 0) if is_complex(got) else full_like(got, True, bool)


@public
def real_if_close(x: ArrayLike, tol: float = 100.0) -> Any:
    """The real parts, where all imaginary parts are below ``tol`` (above 1: times the gap at 1).

    The dtype depends on the values, so complex arrays are a ConcretizationError inside ``jit``.
    """
    from .sets import host_value

    got = value(x)
    if got.aval.dtype is not complex64:
        return got
    limit = tol * 2.0**-23 if tol > 1 else tol
    close = (abs(host_value(imag(got), "real_if_close()")) < limit).all()
    return real(got) if close else got


__all__ = [
    "cbrt", "fix", "float_power", "frexp", "iscomplex", "isneginf", "isposinf", "isreal", "ldexp",
    "modf", "real_if_close", "spacing",
]  # fmt: skip
