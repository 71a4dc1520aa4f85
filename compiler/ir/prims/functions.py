"""Functions of floats: powers, exponentials, trigonometry, error functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import Value
from ..primitive import Primitive
from .arithmetic import add, both, div, mul, neg, sub
from .building import FLOAT, Array, elementwise
from .logic import eq, select


def unary(
    name: str,
    reference: Callable[[Array], Array],
    derivative: Callable[[Any, Any], Any],
    *,
    cost: int = 8,
) -> Primitive:
    """A float function: ``derivative(x, y)`` is f'(x), with y = f(x)."""

    def jvp(primals: Sequence[Any], tangents: Sequence[Any], out: Value) -> Value:
        return mul(tangents[0], derivative(primals[0], out))

    return elementwise(name, reference, jvp=jvp, cost=cost)


def _pow_dx(t: Any, x: Any, y: Any, _: Any) -> Any:
    # y = 0 gives 0 even at x = 0, where x^(y-1) is infinite.
    safe = select(eq(y, 0.0), 1.0, sub(y, 1.0))
    return mul(t, mul(y, pow_(x, safe)))


def _pow_dy(t: Any, x: Any, y: Any, out: Any) -> Any:
    log_x = log(select(eq(x, 0.0), 1.0, x))
    return mul(t, mul(out, log_x))


pow_: Primitive = elementwise("pow", np.power, FLOAT, jvp=both(_pow_dx, _pow_dy), cost=16)


def _atan2_terms() -> Callable[..., Any]:
    def over(t: Any, a: Any, b: Any, c: Any) -> Any:
        return mul(t, div(c, add(mul(a, a), mul(b, b))))

    return both(lambda t, a, b, _: over(t, a, b, b), lambda t, a, b, _: neg(over(t, a, b, a)))


atan2: Primitive = elementwise("atan2", np.arctan2, FLOAT, jvp=_atan2_terms(), cost=20)


def _vectorised(f: Callable[[float], float]) -> Callable[[Array], Array]:
    def reference(x: Array) -> Array:
        return np.asarray(np.vectorize(f, otypes=[np.float64])(x.astype(np.float64)), x.dtype)

    return reference


def _erf_inv_reference(x: Array) -> Array:
    """Newton on erf in float64 from Giles' single-precision start (GPU Computing Gems, 2011)."""
    x64 = x.astype(np.float64)
    w = -np.log((1 - x64) * (1 + x64))
    big = np.sqrt(np.maximum(w, 5.0)) - 3.0
    small = np.minimum(w, 5.0) - 2.5
    y = np.where(w < 5.0, np.polyval(ERF_INV_CENTRAL, small), np.polyval(ERF_INV_TAIL, big)) * x64
    erf64 = np.vectorize(math.erf, otypes=[np.float64])
    for _ in range(2):
        step = (erf64(y) - x64) / (2 / math.sqrt(math.pi) * np.exp(-y * y))
        y = np.where(np.isfinite(step), y - step, y)
    y = np.where(np.abs(x64) == 1, np.copysign(np.inf, x64), np.where(np.abs(x64) > 1, np.nan, y))
    return np.asarray(y, x.dtype)


ERF_INV_CENTRAL = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
ERF_INV_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
    -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


def _logistic_reference(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + e), e / (1 + e)), x.dtype)


_TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)
_HALF_SQRT_PI = math.sqrt(math.pi) / 2

exp: Primitive = unary("exp", np.exp, lambda x, y: y)
exp2: Primitive = unary("exp2", np.exp2, lambda x, y: mul(y, math.log(2)))
expm1: Primitive = unary("expm1", np.expm1, lambda x, y: add(y, 1.0))
log: Primitive = unary("log", np.log, lambda x, y: div(1.0, x))
log2: Primitive = unary("log2", np.log2, lambda x, y: div(1 / math.log(2), x))
log10: Primitive = unary("log10", np.log10, lambda x, y: div(1 / math.log(10), x))
log1p: Primitive = unary("log1p", np.log1p, lambda x, y: div(1.0, add(x, 1.0)))
sqrt: Primitive = unary("sqrt", np.sqrt, lambda x, y: div(0.5, y), cost=4)
rsqrt: Primitive = unary(
    "rsqrt", lambda x: 1 / np.sqrt(x), lambda x, y: mul(div(y, x), -0.5), cost=4
)
sin: Primitive = unary("sin", np.sin, lambda x, y: cos(x), cost=12)
cos: Primitive = unary("cos", np.cos, lambda x, y: neg(sin(x)), cost=12)
tan: Primitive = unary("tan", np.tan, lambda x, y: add(mul(y, y), 1.0), cost=20)
asin: Primitive = unary("asin", np.arcsin, lambda x, y: rsqrt(sub(1.0, mul(x, x))), cost=16)
acos: Primitive = unary("acos", np.arccos, lambda x, y: neg(rsqrt(sub(1.0, mul(x, x)))), cost=16)
atan: Primitive = unary("atan", np.arctan, lambda x, y: div(1.0, add(mul(x, x), 1.0)), cost=16)
sinh: Primitive = unary("sinh", np.sinh, lambda x, y: cosh(x), cost=16)
cosh: Primitive = unary("cosh", np.cosh, lambda x, y: sinh(x), cost=16)
tanh: Primitive = unary("tanh", np.tanh, lambda x, y: sub(1.0, mul(y, y)), cost=12)
asinh: Primitive = unary("asinh", np.arcsinh, lambda x, y: rsqrt(add(mul(x, x), 1.0)), cost=16)
acosh: Primitive = unary(
    "acosh", np.arccosh, lambda x, y: mul(rsqrt(sub(x, 1.0)), rsqrt(add(x, 1.0))), cost=16
)
atanh: Primitive = unary("atanh", np.arctanh, lambda x, y: div(1.0, sub(1.0, mul(x, x))), cost=16)
logistic: Primitive = unary(
    "logistic", _logistic_reference, lambda x, y: mul(y, sub(1.0, y)), cost=12
)
erf: Primitive = unary(
    "erf", _vectorised(math.erf), lambda x, y: mul(exp(neg(mul(x, x))), _TWO_OVER_SQRT_PI), cost=16
)
erf_inv: Primitive = unary(
    "erf_inv", _erf_inv_reference, lambda x, y: mul(exp(mul(y, y)), _HALF_SQRT_PI), cost=24
)
