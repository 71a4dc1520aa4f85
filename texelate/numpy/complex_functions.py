"""Elementary functions of complex numbers, composed of real operations.

Formulas are Kahan's ("Branch cuts for complex elementary functions", 1987), so that branch cuts lie
where NumPy's do; parts that are infinite or NaN follow Annex G of C, as the array API asks. Each
works on the parts (a, b) of z = a + ib.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..compiler.errors import DtypeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import complex64, int32
from ..compiler.ir.prims import complexes as cx
from ..compiler.ir.prims import elementwise as ew

Parts = tuple[Any, Any]


def size(a: Any, b: Any) -> Value:
    """|a + ib| without overflow; its derivative at 0 is 0."""
    from ..autodiff import stop_gradient

    scale = stop_gradient(ew.max_(ew.abs_(a), ew.abs_(b)))
    usual = ew.and_(ew.gt(scale, 0.0), ew.is_finite(scale))
    safe = ew.select(usual, scale, 1.0)
    x, y = ew.div(a, safe), ew.div(b, safe)
    square = ew.add(ew.mul(x, x), ew.mul(y, y))
    root = ew.sqrt(ew.select(usual, square, 1.0))
    odd = ew.select(_infinite(a, b), math.inf, scale)
    return ew.select(usual, ew.mul(root, safe), odd)


def _infinite(a: Any, b: Any) -> Value:
    return ew.or_(ew.eq(ew.abs_(a), math.inf), ew.eq(ew.abs_(b), math.inf))


def _minus(b: Any) -> Value:
    """Whether the sign is minus, also that of -0: where branch cuts are told apart."""
    return ew.lt(ew.bitcast(b, dtype=int32), 0)


def _signed(size: Any, b: Any) -> Value:
    """``size`` with the sign of b."""
    return ew.mul(ew.select(_minus(b), -1.0, 1.0), size)


def _calm(b: Any, where: Value) -> Value:
    """b, but 0 for the infinite and NaN ``where`` they do not matter."""
    return ew.select(ew.and_(where, ew.not_(ew.is_finite(b))), 0.0, b)


def _kept(x: Any, out: Value) -> Value:
    """``out``, but x where that is 0 and the other factor made it NaN."""
    return ew.select(ew.and_(ew.eq(x, 0.0), ew.is_nan(out)), x, out)


def _far(a: Any, b: Any, near: Parts, limit: Callable[[Any, Any], Parts]) -> Parts:
    """``near``, but ``limit`` where a part is infinite; no derivative comes from there."""
    from ..autodiff import stop_gradient

    far, out = _infinite(a, b), limit(stop_gradient(a), stop_gradient(b))
    return ew.select(far, out[0], near[0]), ew.select(far, out[1], near[1])


def _exp(a: Any, b: Any, power: Callable[[Any], Value] = ew.exp) -> Parts:
    e = power(a)
    turn = ew.cos(_calm(b, ew.eq(ew.abs_(a), math.inf)))
    wave = ew.sin(_calm(b, ew.eq(a, -math.inf)))
    return ew.mul(e, turn), _kept(wave, ew.mul(e, wave))


def _expm1(a: Any, b: Any) -> Parts:
    half = ew.sin(ew.mul(b, 0.5))
    low = ew.mul(ew.mul(half, half), -2.0)
    up = ew.expm1(a)
    near = ew.add(up, ew.mul(ew.add(up, 1.0), low))
    re, im = _exp(a, b)
    return ew.select(ew.is_finite(near), near, ew.sub(re, 1.0)), im


def _log_size(a: Any, b: Any) -> Value:
    """log|a + ib|, exact near 1: |z|² - 1 = (x - 1)(x + 1) + y² for the larger part x."""
    upright = ew.ge(ew.abs_(a), ew.abs_(b))
    x, y = ew.select(upright, a, b), ew.select(upright, b, a)
    return _half_log1p(ew.add(ew.mul(ew.sub(x, 1.0), ew.add(x, 1.0)), ew.mul(y, y)), size(a, b))


def _half_log1p(excess: Value, length: Value) -> Value:
    """log(length), where length² = 1 + excess."""
    near = ew.and_(ew.gt(excess, -0.6), ew.lt(excess, 3.0))
    close = ew.mul(ew.log1p(ew.select(near, excess, 0.0)), 0.5)
    return ew.select(near, close, ew.log(length))


def _log(a: Any, b: Any) -> Parts:
    return _log_size(a, b), ew.atan2(b, a)


def _log1p(a: Any, b: Any) -> Parts:
    excess, shifted = ew.add(ew.mul(a, ew.add(a, 2.0)), ew.mul(b, b)), ew.add(a, 1.0)
    return _half_log1p(excess, size(shifted, b)), ew.atan2(b, shifted)


def _sqrt(a: Any, b: Any) -> Parts:
    """No abs here: its derivative at 0 would spoil those on the axes."""
    right = ew.ge(a, 0.0)
    total = ew.mul(ew.add(size(a, b), ew.select(right, a, ew.neg(a))), 0.5)
    zero = ew.eq(total, 0.0)
    root = ew.sqrt(ew.select(zero, 1.0, total))
    other = ew.div(ew.mul(_signed(b, b), 0.5), root)
    re, im = ew.select(right, root, other), ew.select(right, other, root)
    im = _signed(im, b)
    re, im = ew.select(zero, 0.0, re), ew.select(zero, b, im)
    endless = ew.eq(ew.abs_(b), math.inf)
    return ew.select(endless, math.inf, re), ew.select(endless, b, im)


def _sinh(a: Any, b: Any) -> Parts:
    turn = ew.cos(_calm(b, ew.eq(ew.abs_(a), math.inf)))
    up, wave = ew.sinh(a), ew.sin(b)
    return _kept(up, ew.mul(up, turn)), _kept(wave, ew.mul(ew.cosh(a), wave))


def _cosh(a: Any, b: Any) -> Parts:
    turn = ew.cos(_calm(b, ew.eq(ew.abs_(a), math.inf)))
    wave = ew.sin(_calm(b, ew.eq(a, 0.0)))
    return ew.mul(ew.cosh(a), turn), _kept(wave, ew.mul(ew.sinh(a), wave))


def _tanh(a: Any, b: Any) -> Parts:
    """Kahan's, which does not cancel at the poles. Beyond 20 the real part is ±1 in float32."""
    x, endless = ew.max_(ew.min_(a, 20.0), -20.0), ew.eq(ew.abs_(a), math.inf)
    up, slope = ew.sinh(x), ew.tan(_calm(b, endless))
    stretch = ew.add(ew.mul(slope, slope), 1.0)
    below = ew.add(ew.mul(stretch, ew.mul(up, up)), 1.0)
    ahead = ew.div(ew.mul(ew.mul(stretch, ew.cosh(x)), up), below)
    re = ew.select(endless, _signed(1.0, a), _kept(up, ahead))
    flat = ew.select(endless, ew.mul(slope, 0.0), ew.div(slope, below))
    return re, _kept(slope, flat)


def _roots(a: Any, b: Any) -> tuple[Parts, Parts]:
    """sqrt(1 - z) and sqrt(1 + z)"""
    return _sqrt(ew.sub(1.0, a), ew.neg(b)), _sqrt(ew.add(a, 1.0), b)


def _asin(a: Any, b: Any) -> Parts:
    (m, n), (p, q) = _roots(a, b)
    re = ew.atan2(a, ew.sub(ew.mul(m, p), ew.mul(n, q)))
    near = _kept(a, re), ew.asinh(ew.sub(ew.mul(m, q), ew.mul(n, p)))
    return _far(a, b, near, lambda a, b: (ew.atan2(a, ew.abs_(b)), _signed(math.inf, b)))


def _acos(a: Any, b: Any) -> Parts:
    (m, n), (p, q) = _roots(a, b)
    re = _upright(a, b, ew.mul(ew.atan2(m, p), 2.0))
    near = re, ew.asinh(ew.sub(ew.mul(p, n), ew.mul(q, m)))
    return _far(a, b, near, lambda a, b: (ew.atan2(ew.abs_(b), a), _signed(-math.inf, b)))


def _upright(a: Any, b: Any, angle: Value) -> Value:
    """``angle``, but π/2 where a = 0 and b is NaN."""
    return ew.select(ew.and_(ew.eq(a, 0.0), ew.is_nan(b)), math.pi / 2, angle)


def _acosh(a: Any, b: Any) -> Parts:
    (m, n), (p, q) = _sqrt(ew.sub(a, 1.0), b), _sqrt(ew.add(a, 1.0), b)
    im = _upright(a, b, ew.mul(ew.atan2(n, p), 2.0))
    near = ew.asinh(ew.add(ew.mul(m, p), ew.mul(n, q))), im
    return _far(a, b, near, lambda a, b: (math.inf, ew.atan2(b, a)))


def _atanh(a: Any, b: Any) -> Parts:
    """No abs here either: the sign of a is a factor."""
    side = ew.select(_minus(a), -1.0, 1.0)
    right = ew.mul(a, side)
    gap = ew.sub(1.0, right)
    ratio = ew.div(ew.mul(right, 4.0), ew.add(ew.mul(gap, gap), ew.mul(b, b)))
    re = ew.mul(ew.mul(side, 0.25), ew.log1p(ratio))
    across = ew.sub(ew.mul(gap, ew.add(right, 1.0)), ew.mul(b, b))
    im = ew.mul(ew.atan2(ew.mul(b, 2.0), across), 0.5)

    def limit(a: Any, b: Any) -> Parts:
        return _signed(0.0, a), ew.select(ew.is_nan(b), b, _signed(math.pi / 2, b))

    return _far(a, b, (_kept(a, re), im), limit)


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
    """z / |z|; of one infinite part, a unit in its direction."""
    from ..autodiff import stop_gradient

    scale = stop_gradient(ew.max_(ew.abs_(a), ew.abs_(b)))
    zero = ew.eq(scale, 0.0)
    safe = ew.select(zero, 1.0, scale)
    x, y = ew.div(a, safe), ew.div(b, safe)
    square = ew.add(ew.mul(x, x), ew.mul(y, y))
    length = ew.sqrt(ew.select(zero, 1.0, square))
    near = tuple(ew.select(zero, 0.0, ew.div(v, length)) for v in (x, y))

    def unit(v: Any, w: Any) -> Value:
        alone = ew.select(ew.eq(ew.abs_(w), math.inf), math.nan, _signed(1.0, v))
        return ew.select(ew.eq(ew.abs_(v), math.inf), alone, 0.0)

    return _far(a, b, (near[0], near[1]), lambda a, b: (unit(a, b), unit(b, a)))


def _exp2(a: Any, b: Any) -> Parts:
    return _exp(a, ew.mul(b, math.log(2)), ew.exp2)


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
    "isinf": _infinite,
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


__all__ = ["apply", "power"]
