"""Complex numbers: their parts, and the elementary functions, composed of real operations.

Formulas are Kahan's ("Branch cuts for complex elementary functions", 1987), so that branch cuts lie
where NumPy's do. Each works on the parts (a, b) of z = a + ib.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..compiler.errors import DtypeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import complex64, float32
from ..compiler.ir.prims import complexes as cx
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, value
from ..traceback import public

Parts = tuple[Any, Any]


def is_complex(x: Any) -> bool:
    """Whether the dtype is complex64."""
    return bool(x.aval.dtype is complex64)


@public
def real(x: ArrayLike, /) -> Any:
    """The real parts (of real arrays: themselves).

    >>> import texelate.numpy as tnp
    >>> tnp.real(tnp.asarray([1 + 2j]))
    Array([1.], dtype=float32)
    """
    got = value(x)
    return cx.real(got) if is_complex(got) else got


@public
def imag(x: ArrayLike, /) -> Any:
    """The imaginary parts (of real arrays: zeros).

    >>> import texelate.numpy as tnp
    >>> tnp.imag(tnp.asarray([1 + 2j]))
    Array([2.], dtype=float32)
    """
    got = value(x)
    return cx.imag(got) if is_complex(got) else ew.mul(got, 0)


@public
def conj(x: ArrayLike, /) -> Any:
    """The complex conjugates (of real arrays: themselves).

    >>> import texelate.numpy as tnp
    >>> tnp.conj(tnp.asarray([1 + 2j]))
    Array([1.-2.j], dtype=complex64)
    """
    got = value(x)
    return cx.conj(got) if is_complex(got) else got


conjugate = conj


@public
def angle(x: ArrayLike, /) -> Any:
    """The angle to the positive real axis, in radians: (-π, π].

    >>> import texelate.numpy as tnp
    >>> tnp.angle(tnp.asarray([1j]))
    Array([1.5707964], dtype=float32)
    """
    got = value(x)
    if is_complex(got):
        return ew.atan2(cx.imag(got), cx.real(got))
    return ew.atan2(0.0, ew.convert(got, dtype=float32))


@public
def iscomplexobj(x: ArrayLike, /) -> bool:
    """Whether the dtype is complex."""
    return is_complex(value(x))


@public
def isrealobj(x: ArrayLike, /) -> bool:
    """Whether the dtype is not complex."""
    return not is_complex(value(x))


# --- elementary functions ------------------------------------------------------------------------


def size(a: Any, b: Any) -> Value:
    """|a + ib| without overflow; its derivative at 0 is 0."""
    from ..autodiff import stop_gradient

    scale = stop_gradient(ew.max_(ew.abs_(a), ew.abs_(b)))
    usual = ew.and_(ew.gt(scale, 0.0), ew.is_finite(scale))
    safe = ew.select(usual, scale, 1.0)
    x, y = ew.div(a, safe), ew.div(b, safe)
    square = ew.add(ew.mul(x, x), ew.mul(y, y))
    root = ew.sqrt(ew.select(usual, square, 1.0))
    odd = ew.max_(ew.abs_(a), ew.abs_(b))
    return ew.select(usual, ew.mul(root, safe), ew.select(ew.eq(odd, math.inf), math.inf, odd))


def _exp(a: Any, b: Any) -> Parts:
    e = ew.exp(a)
    return ew.mul(e, ew.cos(b)), ew.mul(e, ew.sin(b))


def _expm1(a: Any, b: Any) -> Parts:
    half = ew.sin(ew.mul(b, 0.5))
    low = ew.mul(ew.mul(half, half), -2.0)
    up = ew.expm1(a)
    return ew.add(up, ew.mul(ew.add(up, 1.0), low)), ew.mul(ew.exp(a), ew.sin(b))


def _log(a: Any, b: Any) -> Parts:
    return ew.log(size(a, b)), ew.atan2(b, a)


def _log1p(a: Any, b: Any) -> Parts:
    near = ew.mul(ew.log1p(ew.add(ew.mul(a, ew.add(a, 2.0)), ew.mul(b, b))), 0.5)
    shifted = ew.add(a, 1.0)
    small = ew.lt(size(a, b), 0.5)
    return ew.select(small, near, ew.log(size(shifted, b))), ew.atan2(b, shifted)


def _sqrt(a: Any, b: Any) -> Parts:
    total = ew.mul(ew.add(size(a, b), ew.abs_(a)), 0.5)
    zero = ew.eq(total, 0.0)
    root = ew.sqrt(ew.select(zero, 1.0, total))
    other = ew.div(ew.mul(ew.abs_(b), 0.5), root)
    right = ew.ge(a, 0.0)
    re, im = ew.select(right, root, other), ew.select(right, other, root)
    im = ew.select(_minus(b), ew.neg(im), im)
    return ew.select(zero, 0.0, re), ew.select(zero, b, im)


def _minus(b: Any) -> Value:
    """Whether the sign is minus, also that of -0: where branch cuts are told apart."""
    return ew.lt(ew.atan2(b, -1.0), 0.0)


def _sinh(a: Any, b: Any) -> Parts:
    return ew.mul(ew.sinh(a), ew.cos(b)), ew.mul(ew.cosh(a), ew.sin(b))


def _cosh(a: Any, b: Any) -> Parts:
    return ew.mul(ew.cosh(a), ew.cos(b)), ew.mul(ew.sinh(a), ew.sin(b))


def _tanh(a: Any, b: Any) -> Parts:
    """Beyond 20 the real part is ±1 in float32."""
    x, y = ew.mul(ew.max_(ew.min_(a, 20.0), -20.0), 2.0), ew.mul(b, 2.0)
    below = ew.add(ew.cosh(x), ew.cos(y))
    return ew.div(ew.sinh(x), below), ew.div(ew.sin(y), below)


def _roots(a: Any, b: Any) -> tuple[Parts, Parts]:
    """sqrt(1 - z) and sqrt(1 + z)"""
    return _sqrt(ew.sub(1.0, a), ew.neg(b)), _sqrt(ew.add(a, 1.0), b)


def _asin(a: Any, b: Any) -> Parts:
    (m, n), (p, q) = _roots(a, b)
    re = ew.atan2(a, ew.sub(ew.mul(m, p), ew.mul(n, q)))
    return re, ew.asinh(ew.sub(ew.mul(m, q), ew.mul(n, p)))


def _acos(a: Any, b: Any) -> Parts:
    (m, n), (p, q) = _roots(a, b)
    return ew.mul(ew.atan2(m, p), 2.0), ew.asinh(ew.sub(ew.mul(p, n), ew.mul(q, m)))


def _acosh(a: Any, b: Any) -> Parts:
    (m, n), (p, q) = _sqrt(ew.sub(a, 1.0), b), _sqrt(ew.add(a, 1.0), b)
    return ew.asinh(ew.add(ew.mul(m, p), ew.mul(n, q))), ew.mul(ew.atan2(n, p), 2.0)


def _atanh(a: Any, b: Any) -> Parts:
    """Half the difference of log1p(z) and log1p(-z)."""
    plus, minus = _log1p(a, b), _log1p(ew.neg(a), ew.neg(b))
    return tuple(ew.mul(ew.sub(p, m), 0.5) for p, m in zip(plus, minus))  # type: ignore[return-value]


def _turned(f: Callable[[Any, Any], Parts]) -> Callable[[Any, Any], Parts]:
    """-i f(iz): the circular function of a hyperbolic one, and back."""

    def turned(a: Any, b: Any) -> Parts:
        re, im = f(ew.neg(b), a)
        return im, ew.neg(re)

    return turned


def _times(f: Callable[[Any, Any], Parts], factor: float) -> Callable[[Any, Any], Parts]:
    def scaled(a: Any, b: Any) -> Parts:
        re, im = f(a, b)
        return ew.mul(re, factor), ew.mul(im, factor)

    return scaled


def _cos(a: Any, b: Any) -> Parts:
    return _cosh(ew.neg(b), a)


def _sign(a: Any, b: Any) -> Parts:
    length = size(a, b)
    zero = ew.eq(length, 0.0)
    safe = ew.select(zero, 1.0, length)
    return ew.div(a, safe), ew.div(b, safe)


def _exp2(a: Any, b: Any) -> Parts:
    return _exp(ew.mul(a, math.log(2)), ew.mul(b, math.log(2)))


FUNCTIONS: dict[str, Callable[[Any, Any], Parts]] = {
    "exp": _exp, "exp2": _exp2, "expm1": _expm1, "log": _log, "log1p": _log1p,
    "log2": _times(_log, 1 / math.log(2)), "log10": _times(_log, 1 / math.log(10)),
    "sqrt": _sqrt, "sinh": _sinh, "cosh": _cosh, "tanh": _tanh, "sin": _turned(_sinh), "cos": _cos,
    "tan": _turned(_tanh), "arcsin": _asin, "arccos": _acos, "arctan": _turned(_atanh),
    "arcsinh": _turned(_asin), "arccosh": _acosh, "arctanh": _atanh, "sign": _sign,
    "rint": lambda a, b: (ew.round_(a), ew.round_(b)),
    "reciprocal": lambda a, b: _parts(ew.div(1.0, cx.complex_(a, b))),
}  # fmt: skip
MEASURES: dict[str, Callable[[Any, Any], Value]] = {
    "abs": size,
    "isnan": lambda a, b: ew.or_(ew.is_nan(a), ew.is_nan(b)),
    "isfinite": lambda a, b: ew.and_(ew.is_finite(a), ew.is_finite(b)),
    "isinf": lambda a, b: ew.or_(ew.eq(ew.abs_(a), math.inf), ew.eq(ew.abs_(b), math.inf)),
}


def _parts(z: Value) -> Parts:
    return cx.real(z), cx.imag(z)


def apply(name: str, z: Value) -> Value:
    """The function that NumPy calls ``name``. DtypeError when it has no complex form."""
    if name in MEASURES:
        return MEASURES[name](*_parts(z))
    if name not in FUNCTIONS:
        raise DtypeError(f"{name} does not take complex numbers", fix="use abs, real or imag")
    return cx.complex_(*FUNCTIONS[name](*_parts(z)))


def power(x: Value, y: Value) -> Value:
    """exp(y log x); 0 to the y is 0, and 1 for y = 0."""
    nothing = ew.eq(x, 0.0)
    one = ew.convert(ew.eq(y, 0.0), dtype=complex64)
    log = apply("log", ew.select(nothing, 1.0, x))
    return ew.select(nothing, one, apply("exp", ew.mul(y, log)))


__all__ = ["angle", "conj", "conjugate", "imag", "iscomplexobj", "isrealobj", "real"]
