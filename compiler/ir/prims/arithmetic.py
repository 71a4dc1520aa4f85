"""Arithmetic: one entry each, with its derivative.

Integer division truncates, and dividing by zero gives 0 (as NumPy); float semantics are IEEE.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError
from .. import kernel as K
from ..aval import Aval
from ..core import Value
from ..graph import Eqn
from ..index import Index
from ..primitive import Linear, Map, Primitive, Read
from .building import (
    ANY,
    FIELD,
    FLOAT,
    NUMBER,
    SIGNED,
    Array,
    batch_rule,
    elementwise,
    fill_shape,
    locally_constant,
    quiet,
    unbroadcast,
)
from .common import check_kind
from .logic import eq, gt, lt, select


def both(
    da: Callable[..., Any], db: Callable[..., Any]
) -> Callable[[Sequence[Any], Sequence[Any], Value], Any]:
    """The jvp of a binary operation from its two partial terms ``d(t, a, b, out)``."""

    def jvp(primals: Sequence[Any], tangents: Sequence[Any], out: Value) -> Any:
        ta, tb = tangents
        terms = [] if ta is None else [da(ta, *primals, out)]
        terms += [] if tb is None else [db(tb, *primals, out)]
        total = terms[0] if len(terms) == 1 else add(*terms)
        return fill_shape(total, out.aval.shape)

    return jvp


def linear_both(ct: Value, operands: Sequence[Any], sign: Callable[[Any], Any]) -> tuple[Any, Any]:
    a, b = operands
    return (
        unbroadcast(ct, a.aval) if isinstance(a, Linear) else None,
        unbroadcast(sign(ct), b.aval) if isinstance(b, Linear) else None,
    )


def _mul_transpose(ct: Value, operands: Sequence[Any]) -> tuple[Any, Any]:
    a, b = operands
    if isinstance(a, Linear):
        return unbroadcast(mul(ct, b), a.aval), None
    return None, unbroadcast(mul(ct, a), b.aval)


def _div_transpose(ct: Value, operands: Sequence[Any]) -> tuple[Any, Any]:
    a, b = operands
    return unbroadcast(div(ct, b), a.aval), None


def _truncated_div(a: Array, b: Array) -> Array:
    if a.dtype.kind in "fc":
        return np.true_divide(a, b)
    q = np.floor_divide(a, b)
    inexact = (q * b != a) & (b != 0)
    return np.where(inexact & (q < 0), q + 1, q).astype(a.dtype)


def _remainder(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.fmod(a, b)
    return np.where(b == 0, 0, a - b * _truncated_div(a, b)).astype(a.dtype)


neg: Primitive = elementwise(
    "neg",
    np.negative,
    FIELD,
    jvp=lambda p, t, out: neg(t[0]),
    transpose=lambda ct, ops: (neg(ct),),
)
add: Primitive = elementwise(
    "add",
    np.add,
    FIELD,
    jvp=both(lambda t, *_: t, lambda t, *_: t),
    transpose=lambda ct, ops: linear_both(ct, ops, lambda c: c),
)
sub: Primitive = elementwise(
    "sub",
    np.subtract,
    FIELD,
    jvp=both(lambda t, *_: t, lambda t, *_: neg(t)),
    transpose=lambda ct, ops: linear_both(ct, ops, neg),
)
mul: Primitive = elementwise(
    "mul",
    np.multiply,
    FIELD,
    jvp=both(lambda t, a, b, _: mul(t, b), lambda t, a, b, _: mul(t, a)),
    transpose=_mul_transpose,
)
div: Primitive = elementwise(
    "div",
    _truncated_div,
    FIELD,
    jvp=both(lambda t, a, b, _: div(t, b), lambda t, a, b, y: neg(mul(t, div(y, b)))),
    transpose=_div_transpose,
    cost=4,
)
rem: Primitive = elementwise(
    "rem",
    _remainder,
    NUMBER,
    jvp=both(lambda t, *_: t, lambda t, a, b, _: neg(mul(t, trunc(div(a, b))))),
    cost=4,
)


def _extremum_jvp(wins: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Ties share the derivative equally (as JAX): weights 1, 0 or a half."""

    def weight(a: Any, b: Any) -> Value:
        dtype = a.aval.dtype
        return select(wins(a, b), 1.0, select(eq(a, b), 0.5, 0.0, dtype=dtype), dtype=dtype)

    def jvp(primals: Sequence[Any], tangents: Sequence[Any], out: Value) -> Any:
        rule = both(
            lambda t, a, b, _: mul(t, weight(a, b)), lambda t, a, b, _: mul(t, weight(b, a))
        )
        return rule(primals, tangents, out)

    return jvp


max_: Primitive = elementwise("max", np.maximum, ANY, jvp=_extremum_jvp(gt))
min_: Primitive = elementwise("min", np.minimum, ANY, jvp=_extremum_jvp(lt))


abs_: Primitive = elementwise("abs", np.abs, SIGNED, jvp=lambda p, t, out: mul(t[0], sign(p[0])))
sign: Primitive = locally_constant("sign", np.sign, NUMBER)
floor: Primitive = locally_constant("floor", np.floor, FLOAT)
ceil: Primitive = locally_constant("ceil", np.ceil, FLOAT)
round_: Primitive = locally_constant("round", np.rint, FLOAT)
trunc: Primitive = locally_constant("trunc", np.trunc, FLOAT)


def _integer_pow_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, y: int) -> Any:
    return None if y == 0 else mul(t[0], mul(integer_pow(p[0], y=y - 1), float(y)))


def _emit_integer_pow(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    """By repeated squaring."""
    y, x = abs(eqn.params["y"]), read(0, index)
    result: K.Expr | None = None
    while y:
        if y & 1:
            result = x if result is None else K.call("mul", result, x)
        y >>= 1
        x = K.call("mul", x, x) if y else x
    result = result if result is not None else K.const(1, eqn.out.aval.dtype)
    return K.call("div", K.one(), result) if eqn.params["y"] < 0 else result


def _integer_power(x: Array, *, y: int) -> Array:
    return np.asarray(x ** np.asarray(y, x.dtype))


def _integer_pow_abstract(x: Aval, *, y: int) -> Aval:
    check_kind("integer_pow", x, FIELD)
    if not isinstance(y, int):
        raise ArgumentError(f"integer_pow: the exponent y={y!r} is not an integer", fix="use pow")
    return x


integer_pow: Primitive = Primitive(
    "integer_pow",
    _integer_pow_abstract,
    quiet(_integer_power),
    batch_rule("integer_pow"),
    Map(_emit_integer_pow, cost=3, pointwise=True),
    jvp=_integer_pow_jvp,
    no_transpose="no jvp rule applies it to a tangent",
)
