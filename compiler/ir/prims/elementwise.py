"""Elementwise primitives: one line each, with their derivatives.

Operands have one shape, or rank 0, which broadcasts; and one dtype (``select`` and comparisons aside).
Integer division truncates, and dividing by zero gives 0 (as NumPy); float semantics are IEEE.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import DtypeError, ShapeError
from .. import kernel as K
from ..aval import Aval
from ..core import Value
from ..dtypes import DType, bool_, float32, int32, uint32
from ..graph import Eqn
from ..index import Index
from ..primitive import Linear, Map, Primitive, Read

FLOAT, INT, NUMBER = "f", "iu", "fiu"
SIGNED, BITS, ANY = "fi", "iub", "fiub"
Array = np.ndarray[Any, Any]


# --- the rules that all elementwise primitives share ---------------------------------------------


def broadcast_shapes(name: str, avals: Sequence[Aval]) -> tuple[int, ...]:
    """The one shape of the operands that are not rank 0."""
    shapes = {a.shape for a in avals if a.shape}
    if len(shapes) > 1:
        listed = ", ".join(str(a) for a in avals)
        raise ShapeError(f"{name}: operands have different shapes: {listed}")
    return shapes.pop() if shapes else ()


def _check_kind(name: str, aval: Aval, kinds: str) -> None:
    if aval.dtype.kind not in kinds:
        words = {"f": "float32", "i": "int32", "u": "uint32", "b": "bool"}
        wanted = ", ".join(words[k] for k in kinds)
        raise DtypeError(f"{name} does not take {aval.dtype} (operand {aval})", fix=f"use {wanted}")


def _abstract(name: str, kinds: str, result: DType | None) -> Callable[..., Aval]:
    def abstract(*avals: Aval, **_: Any) -> Aval:
        for a in avals:
            _check_kind(name, a, kinds)
            if a.dtype is not avals[0].dtype:
                raise DtypeError(f"{name}: operands have different dtypes: {avals[0]}, {a}")
        weak = all(a.weak for a in avals) and result is None
        return Aval(broadcast_shapes(name, avals), result or avals[0].dtype, weak)

    return abstract


def _quiet(f: Callable[..., Array]) -> Callable[..., Array]:
    def reference(*args: Array, **params: Any) -> Array:
        with np.errstate(all="ignore"):
            return f(*args, **params)

    return reference


def _batch(prim: str) -> Callable[..., Value]:
    def batch(args: Sequence[Any], batched: Sequence[bool], size: int, **params: Any) -> Value:
        """Batched operands meet others by equal rank; those of rank 0 broadcast by themselves."""
        from ..primitive import REGISTRY
        from .structural import broadcast_in_dim

        shape = next((a.shape[b:] for a, b in zip(args, batched) if a.aval.shape[b:]), ())
        full = (size, *shape)

        def fit(a: Any, b: bool) -> Any:
            if not b:
                return a if a.aval.shape == () else broadcast_in_dim(
                    a, shape=full, dims=tuple(range(1, len(full)))
                )
            if len(a.shape) == len(full):
                return a
            return broadcast_in_dim(a, shape=full, dims=(0,))

        return REGISTRY[prim](*map(fit, args, batched), **params)

    return batch


def _emit(op: str) -> Callable[[Read, tuple[Index, ...], Eqn], K.Expr]:
    def emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
        args = (read(k, index if a.aval.shape else ()) for k, a in enumerate(eqn.inputs))
        return K.call(op, *args, dtype=eqn.out.aval.dtype)

    return emit


def unbroadcast(ct: Value, aval: Aval) -> Value:
    """The cotangent of a rank-0 operand that broadcast."""
    if ct.aval.shape == aval.shape:
        return ct
    from .reduction import reduce

    return reduce(ct, monoid="sum", axes=tuple(range(len(ct.aval.shape))))


def elementwise(
    name: str,
    reference: Callable[..., Array],
    kinds: str = FLOAT,
    *,
    jvp: Callable[..., Any] | None = None,
    transpose: Callable[..., Sequence[Any]] | None = None,
    result: DType | None = None,
    cost: int = 1,
    no_jvp: str = "",
    no_transpose: str = "no jvp rule applies it to a tangent",
) -> Primitive:
    """Registers an elementwise primitive of any arity."""
    return Primitive(
        name,
        _abstract(name, kinds, result),
        _quiet(reference),
        _batch(name),
        Map(_emit(name), cost=cost),
        jvp=jvp,
        transpose=transpose,
        no_jvp=no_jvp if jvp is None else "",
        no_transpose=no_transpose if transpose is None else "",
    )


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


def locally_constant(
    name: str, reference: Callable[..., Array], kinds: str, result: DType | None = None
) -> Primitive:
    """Derivative zero wherever there is one."""
    return elementwise(name, reference, kinds, jvp=lambda *_: None, result=result)


def discrete(
    name: str, reference: Callable[..., Array], kinds: str, result: DType | None = None, **kw: Any
) -> Primitive:
    """Integer or boolean in or out: there is no tangent."""
    return elementwise(name, reference, kinds, jvp=lambda *_, **__: None, result=result, **kw)


# --- arithmetic ----------------------------------------------------------------------------------


def _both(
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


def fill_shape(x: Value, shape: tuple[int, ...]) -> Value:
    """A rank-0 value broadcast to ``shape`` (tangents have the shape of their primal)."""
    if x.aval.shape == shape:
        return x
    from .structural import broadcast_in_dim

    return broadcast_in_dim(x, shape=shape, dims=())


def _linear_both(ct: Value, operands: Sequence[Any], sign: Callable[[Any], Any]) -> tuple[Any, Any]:
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
    if a.dtype.kind == "f":
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
    NUMBER,
    jvp=lambda p, t, out: neg(t[0]),
    transpose=lambda ct, ops: (neg(ct),),
)
add: Primitive = elementwise(
    "add",
    np.add,
    NUMBER,
    jvp=_both(lambda t, *_: t, lambda t, *_: t),
    transpose=lambda ct, ops: _linear_both(ct, ops, lambda c: c),
)
sub: Primitive = elementwise(
    "sub",
    np.subtract,
    NUMBER,
    jvp=_both(lambda t, *_: t, lambda t, *_: neg(t)),
    transpose=lambda ct, ops: _linear_both(ct, ops, lambda c: neg(c)),
)
mul: Primitive = elementwise(
    "mul",
    np.multiply,
    NUMBER,
    jvp=_both(lambda t, a, b, _: mul(t, b), lambda t, a, b, _: mul(t, a)),
    transpose=_mul_transpose,
)
div: Primitive = elementwise(
    "div",
    _truncated_div,
    NUMBER,
    jvp=_both(lambda t, a, b, _: div(t, b), lambda t, a, b, y: neg(mul(t, div(y, b)))),
    transpose=_div_transpose,
    cost=4,
)
rem: Primitive = elementwise(
    "rem",
    _remainder,
    NUMBER,
    jvp=_both(lambda t, *_: t, lambda t, a, b, _: neg(mul(t, trunc(div(a, b))))),
    cost=4,
)


def _extremum_jvp(wins: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Ties share the derivative equally (as JAX): weights 1, 0 or a half."""

    def weight(a: Any, b: Any) -> Value:
        return select(wins(a, b), 1.0, select(eq(a, b), 0.5, 0.0, dtype=float32), dtype=float32)

    def jvp(primals: Sequence[Any], tangents: Sequence[Any], out: Value) -> Any:
        rule = _both(
            lambda t, a, b, _: mul(t, weight(a, b)), lambda t, a, b, _: mul(t, weight(b, a))
        )
        return rule(primals, tangents, out)

    return jvp


max_: Primitive = elementwise("max", np.maximum, ANY, jvp=_extremum_jvp(lambda a, b: gt(a, b)))
min_: Primitive = elementwise("min", np.minimum, ANY, jvp=_extremum_jvp(lambda a, b: lt(a, b)))


def _pow_dx(t: Any, x: Any, y: Any, _: Any) -> Any:
    # y = 0 gives 0 even at x = 0, where x^(y-1) is infinite.
    safe = select(eq(y, 0.0), 1.0, sub(y, 1.0), dtype=float32)
    return mul(t, mul(y, pow_(x, safe)))


def _pow_dy(t: Any, x: Any, y: Any, out: Any) -> Any:
    log_x = log(select(eq(x, 0.0), 1.0, x, dtype=float32))
    return mul(t, mul(out, log_x))


pow_: Primitive = elementwise("pow", np.power, FLOAT, jvp=_both(_pow_dx, _pow_dy), cost=16)


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


integer_pow: Primitive = Primitive(
    "integer_pow",
    _abstract("integer_pow", NUMBER, None),
    _quiet(_integer_power),
    _batch("integer_pow"),
    Map(_emit_integer_pow, cost=3),
    jvp=_integer_pow_jvp,
    no_transpose="no jvp rule applies it to a tangent",
)


def _atan2_terms() -> Callable[..., Any]:
    def over(t: Any, a: Any, b: Any, c: Any) -> Any:
        return mul(t, div(c, add(mul(a, a), mul(b, b))))

    return _both(lambda t, a, b, _: over(t, a, b, b), lambda t, a, b, _: neg(over(t, a, b, a)))


atan2: Primitive = elementwise("atan2", np.arctan2, FLOAT, jvp=_atan2_terms(), cost=20)

# --- float functions -----------------------------------------------------------------------------


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
expm1: Primitive = unary("expm1", np.expm1, lambda x, y: add(y, 1.0))
log: Primitive = unary("log", np.log, lambda x, y: div(1.0, x))
log1p: Primitive = unary("log1p", np.log1p, lambda x, y: div(1.0, add(x, 1.0)))
sqrt: Primitive = unary("sqrt", np.sqrt, lambda x, y: div(0.5, y), cost=4)
rsqrt: Primitive = unary("rsqrt", lambda x: 1 / np.sqrt(x), lambda x, y: mul(div(y, x), -0.5), cost=4)
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
logistic: Primitive = unary("logistic", _logistic_reference, lambda x, y: mul(y, sub(1.0, y)), cost=12)
erf: Primitive = unary(
    "erf", _vectorised(math.erf), lambda x, y: mul(exp(neg(mul(x, x))), _TWO_OVER_SQRT_PI), cost=16
)
erf_inv: Primitive = unary(
    "erf_inv", _erf_inv_reference, lambda x, y: mul(exp(mul(y, y)), _HALF_SQRT_PI), cost=24
)

abs_: Primitive = elementwise("abs", np.abs, SIGNED, jvp=lambda p, t, out: mul(t[0], sign(p[0])))
sign: Primitive = locally_constant("sign", np.sign, NUMBER)
floor: Primitive = locally_constant("floor", np.floor, FLOAT)
ceil: Primitive = locally_constant("ceil", np.ceil, FLOAT)
round_: Primitive = locally_constant("round", np.rint, FLOAT)
trunc: Primitive = locally_constant("trunc", np.trunc, FLOAT)

# --- comparisons, logic, bits --------------------------------------------------------------------

eq: Primitive = discrete("eq", np.equal, ANY, bool_)
ne: Primitive = discrete("ne", np.not_equal, ANY, bool_)
lt: Primitive = discrete("lt", np.less, ANY, bool_)
le: Primitive = discrete("le", np.less_equal, ANY, bool_)
gt: Primitive = discrete("gt", np.greater, ANY, bool_)
ge: Primitive = discrete("ge", np.greater_equal, ANY, bool_)
is_nan: Primitive = discrete("is_nan", np.isnan, FLOAT, bool_)
is_finite: Primitive = discrete("is_finite", np.isfinite, FLOAT, bool_)
and_: Primitive = discrete("and", np.bitwise_and, BITS)
or_: Primitive = discrete("or", np.bitwise_or, BITS)
xor: Primitive = discrete("xor", np.bitwise_xor, BITS)
not_: Primitive = discrete("not", np.invert, BITS)
popcount: Primitive = discrete("popcount", lambda x: np.bitwise_count(_unsigned(x)).astype(x.dtype), INT)


def _unsigned(x: Array) -> Array:
    return x.view(np.uint32)


def _shift(op: Callable[..., Array], fill_sign: bool) -> Callable[[Array, Array], Array]:
    """Shifting by 32 or more (or a negative amount) moves every bit out."""

    def reference(x: Array, by: Array) -> Array:
        out = (by < 0) | (by >= 32)
        rest = np.where(x < 0, -1, 0) if fill_sign else np.zeros_like(x)
        return np.where(out, rest, op(x, np.where(out, 0, by))).astype(x.dtype)

    return reference


def _logical_right(x: Array, by: Array) -> Array:
    return np.right_shift(np.asarray(x).view(np.uint32), by.astype(np.uint32)).view(x.dtype)


shift_left: Primitive = discrete("shift_left", _shift(np.left_shift, False), INT)
shift_right_logical: Primitive = discrete("shift_right_logical", _shift(_logical_right, False), INT)
shift_right_arithmetic: Primitive = discrete("shift_right_arithmetic", _shift(np.right_shift, True), INT)

# --- select, clamp, convert, bitcast -------------------------------------------------------------


def _select_abstract(c: Aval, a: Aval, b: Aval, **_: Any) -> Aval:
    if c.dtype is not bool_:
        raise DtypeError(f"select: the condition must be bool, got {c}")
    if a.dtype is not b.dtype:
        raise DtypeError(f"select: the branches have different dtypes: {a}, {b}")
    return Aval(broadcast_shapes("select", (c, a, b)), a.dtype, a.weak and b.weak)


def _select_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Any:
    if t[1] is None and t[2] is None:
        return None
    yes, no = (0.0 if x is None else x for x in t[1:])
    return fill_shape(select(p[0], yes, no, dtype=float32), out.aval.shape)


def _select_transpose(ct: Value, operands: Sequence[Any]) -> tuple[Any, Any, Any]:
    c, a, b = operands
    return (
        None,
        unbroadcast(select(c, ct, 0.0, dtype=float32), a.aval) if isinstance(a, Linear) else None,
        unbroadcast(select(c, 0.0, ct, dtype=float32), b.aval) if isinstance(b, Linear) else None,
    )


select_p: Primitive = Primitive(
    "select",
    _select_abstract,
    lambda c, a, b: np.asarray(np.where(c, a, b), a.dtype),
    _batch("select"),
    Map(_emit("select")),
    jvp=_select_jvp,
    transpose=_select_transpose,
)


def select(condition: Any, yes: Any, no: Any, dtype: DType | None = None) -> Value:
    """``yes`` where ``condition`` else ``no``; Python scalars become ``dtype``."""
    from ..graph import Literal

    def operand(x: Any) -> Any:
        if not isinstance(x, (bool, int, float)):
            return x
        other = next((a.aval.dtype for a in (yes, no) if hasattr(a, "aval")), dtype)
        return Literal(x, dtype or other)

    return select_p(condition, operand(yes), operand(no))


def _convert_abstract(x: Aval, *, dtype: DType, weak: bool = False) -> Aval:
    return Aval(x.shape, dtype, weak)


def _convert_reference(x: Array, *, dtype: DType, weak: bool = False) -> Array:
    """Float to int saturates and NaN becomes 0, as on the GPU."""
    with np.errstate(all="ignore"):
        if x.dtype.kind == "f" and dtype.kind in "iu":
            info = np.iinfo(dtype.numpy)
            clipped = np.clip(np.trunc(np.nan_to_num(x.astype(np.float64))), info.min, info.max)
            return np.asarray(clipped.astype(dtype.numpy))
        return np.asarray(x.astype(dtype.numpy))


def _convert_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, **params: Any) -> Any:
    return convert(t[0], **params) if out.aval.dtype.kind == "f" else None


convert: Primitive = Primitive(
    "convert",
    _convert_abstract,
    _convert_reference,
    _batch("convert"),
    Map(lambda read, index, eqn: K.convert(read(0, index), eqn.out.aval.dtype), free=True),
    jvp=_convert_jvp,
    transpose=lambda ct, ops, **_: (convert(ct, dtype=ops[0].aval.dtype),),
)


def _bitcast_abstract(x: Aval, *, dtype: DType) -> Aval:
    if bool_ in (x.dtype, dtype):
        raise DtypeError(f"bitcast: bool has no fixed bits ({x} to {dtype})", fix="use convert")
    return Aval(x.shape, dtype)


bitcast: Primitive = Primitive(
    "bitcast",
    _bitcast_abstract,
    lambda x, *, dtype: np.asarray(x).view(dtype.numpy),
    _batch("bitcast"),
    Map(lambda read, index, eqn: K.bitcast(read(0, index), eqn.out.aval.dtype), free=True),
    jvp=lambda *_, **__: None,
    no_transpose="no jvp rule applies it to a tangent",
)

__all__ = [name for name, value in list(globals().items()) if isinstance(value, Primitive)]
__all__ += ["select", "fill_shape", "unbroadcast", "broadcast_shapes", "int32", "uint32"]
