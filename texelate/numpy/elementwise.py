"""Elementwise functions, by NumPy's names, broadcasting and promotion."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..compiler.errors import ArgumentError, DtypeError
from ..compiler.ir.core import Operand, Value
from ..compiler.ir.dtypes import DType, as_dtype, bool_, float16, float32, int16, int32, uint32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, broadcast, cast, fresh, promoted, scalar, value
from ..traceback import public
from . import complex_functions
from .complexes import is_complex

SIGNED_BITS = {float32: int32, float16: int16}
"""The integers of as many bits as a float."""

REPEATED_SQUARINGS = 64
"""Whole exponents up to here are multiplications, beyond it a power function."""
EXACT_ENOUGH = 8
"""The same for floats: each multiplication rounds, and x⁸ is 4 units in the last place off."""


def _unary(name: str, f: Callable[[Value], Value], meaning: str) -> Callable[[ArrayLike], Any]:
    """A float function: integers and booleans are converted to float32 first."""

    def function(x: ArrayLike, /) -> Any:
        got = as_float(x, f"the argument of {name}")
        return complex_functions.apply(name, got) if is_complex(got) else f(got)

    return _named(function, name, f"{meaning}, elementwise. Takes any shape; gives floats.")


def _binary(
    name: str, f: Callable[[Any, Any], Value], meaning: str, at_least: DType | None = None
) -> Callable[[ArrayLike, ArrayLike], Any]:
    """A function of two arrays that broadcast together."""

    def function(x: ArrayLike, y: ArrayLike, /) -> Any:
        a, b = promoted(name, x, y, at_least=at_least)
        return f(a, b)

    return _named(function, name, f"{meaning}, elementwise, with broadcasting.")


def _named(function: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        doc + " Raises ShapeError for shapes that do not fit, ArgumentError for what is no array."
    )
    return public(function)


# --- functions of one array ----------------------------------------------------------------------

exp = _unary("exp", ew.exp, "e to the x")
expm1 = _unary("expm1", ew.expm1, "exp(x) - 1, exact near 0")
exp2 = _unary("exp2", ew.exp2, "2 to the x")
log = _unary("log", ew.log, "Natural logarithm")
log1p = _unary("log1p", ew.log1p, "log(1 + x), exact near 0")
log2 = _unary("log2", ew.log2, "Logarithm to base 2")
log10 = _unary("log10", ew.log10, "Logarithm to base 10")
sqrt = _unary("sqrt", ew.sqrt, "Square root, NaN below 0")
rsqrt = _unary("rsqrt", ew.rsqrt, "1 / sqrt(x)")
sin = _unary("sin", ew.sin, "Sine of radians")
cos = _unary("cos", ew.cos, "Cosine of radians")
tan = _unary("tan", ew.tan, "Tangent of radians")
asin = arcsin = _unary("arcsin", ew.asin, "Inverse sine, in radians")
acos = arccos = _unary("arccos", ew.acos, "Inverse cosine, in radians")
atan = arctan = _unary("arctan", ew.atan, "Inverse tangent, in radians")
sinh = _unary("sinh", ew.sinh, "Hyperbolic sine")
cosh = _unary("cosh", ew.cosh, "Hyperbolic cosine")
tanh = _unary("tanh", ew.tanh, "Hyperbolic tangent")
asinh = arcsinh = _unary("arcsinh", ew.asinh, "Inverse hyperbolic sine")
acosh = arccosh = _unary("arccosh", ew.acosh, "Inverse hyperbolic cosine")
atanh = arctanh = _unary("arctanh", ew.atanh, "Inverse hyperbolic tangent")
erf = _unary("erf", ew.erf, "The error function")
erf_inv = _unary("erf_inv", ew.erf_inv, "Inverse of the error function")
reciprocal = _unary("reciprocal", lambda x: ew.div(1.0, x), "1 / x")
isnan = _unary("isnan", ew.is_nan, "Whether x is not a number")
isfinite = _unary("isfinite", ew.is_finite, "Whether x is neither infinite nor NaN")
isinf = _unary("isinf", lambda x: ew.eq(ew.abs_(x), math.inf), "Whether x is infinite")
deg2rad = radians = _unary("radians", lambda x: ew.mul(x, math.pi / 180), "Degrees to radians")
rad2deg = degrees = _unary("degrees", lambda x: ew.mul(x, 180 / math.pi), "Radians to degrees")


def _keeping(
    name: str, kinds: str, f: Callable[[Value], Value], meaning: str
) -> Callable[..., Any]:
    """A function that does nothing to dtypes outside ``kinds`` (rounding an integer, say)."""

    def function(x: ArrayLike, /) -> Any:
        got = value(x, f"the argument of {name}")
        if is_complex(got):
            return complex_functions.apply(name, got)
        return f(got) if got.aval.dtype.kind in kinds else got

    return _named(function, name, f"{meaning}, elementwise. The dtype stays.")


floor = _keeping("floor", "f", ew.floor, "The largest whole number not above x")
ceil = _keeping("ceil", "f", ew.ceil, "The smallest whole number not below x")
trunc = _keeping("trunc", "f", ew.trunc, "x without its fraction")
rint = _keeping("rint", "f", ew.round_, "The nearest whole number, halves to even")
abs = absolute = _keeping("abs", "fi", ew.abs_, "Absolute value")
fabs = _unary("fabs", ew.abs_, "Absolute value as a float")
sign = _keeping("sign", "fiu", ew.sign, "-1, 0 or 1 (NaN stays NaN)")


@public
def signbit(x: ArrayLike, /) -> Any:
    """Whether the sign is minus: also of -0 and of NaN. Integers: whether x < 0."""
    got = value(x)
    if got.aval.dtype.kind != "f":
        return ew.lt(got, 0) if got.aval.dtype.kind == "i" else ew.and_(as_bool(got), False)
    return ew.lt(ew.bitcast(got, dtype=SIGNED_BITS[got.aval.dtype]), 0)


@public
def negative(x: ArrayLike, /) -> Any:
    """-x. DtypeError for bool: use ``logical_not``."""
    return ew.neg(value(x))


@public
def positive(x: ArrayLike, /) -> Any:
    """+x: x itself."""
    return fresh(value(x))


@public
def square(x: ArrayLike, /) -> Any:
    """x times x."""
    got = value(x)
    return multiply(got, got)


@public
def invert(x: ArrayLike, /) -> Any:
    """Bitwise not of integers, logical not of booleans. DtypeError for floats."""
    return ew.not_(value(x))


bitwise_not = bitwise_invert = invert


@public
def round(x: ArrayLike, /, decimals: int = 0) -> Any:
    """Rounded to ``decimals`` places, halves to even (as NumPy). The dtype stays."""
    got = value(x)
    if got.aval.dtype.kind != "f":
        return got
    if decimals == 0:
        return ew.round_(got)
    scale = math.pow(10.0, math.fabs(decimals))
    up, down = (ew.mul, ew.div) if decimals > 0 else (ew.div, ew.mul)
    return down(ew.round_(up(got, scale)), scale)


around = round

# --- arithmetic of two arrays --------------------------------------------------------------------


def _of_bools(name: str, number: Any, boolean: Any) -> Callable[[Any, Any], Value]:
    def f(a: Operand, b: Operand) -> Value:
        if a.aval.dtype is not bool_:
            return number(a, b)  # type: ignore[no-any-return]
        if boolean is None:
            raise DtypeError(f"{name} does not take booleans", fix="use logical_xor, or .astype")
        return boolean(a, b)  # type: ignore[no-any-return]

    return f


add = _binary("add", _of_bools("add", ew.add, ew.or_), "x + y (booleans: or)")
subtract = _binary("subtract", _of_bools("subtract", ew.sub, None), "x - y")
multiply = _binary("multiply", _of_bools("multiply", ew.mul, ew.and_), "x · y (booleans: and)")
divide = true_divide = _binary("divide", ew.div, "x / y as float32", at_least=float32)
fmod = _binary("fmod", ew.rem, "Remainder with the sign of x", at_least=uint32)
maximum = _binary("maximum", ew.max_, "The larger one; NaN wins")
minimum = _binary("minimum", ew.min_, "The smaller one; NaN wins")
atan2 = arctan2 = _binary("arctan2", ew.atan2, "The angle of the point (y, x)", at_least=float32)


def _wrong_sign(remainder: Value, y: Operand) -> Value:
    """Where a remainder is not zero and has not the sign of the divisor."""
    return ew.and_(ew.ne(remainder, 0), ew.ne(ew.lt(remainder, 0), ew.lt(y, 0)))


def _remainder(a: Operand, b: Operand) -> Value:
    r = ew.rem(a, b)
    if r.aval.dtype.kind == "u":
        return r
    moved = ew.select(_wrong_sign(r, b), ew.add(r, b), r)
    return _signed_zero(moved, b) if r.aval.dtype.kind == "f" else moved


def _signed_zero(x: Value, like: Operand) -> Value:
    """``x``, where it is 0 with the sign of ``like``."""
    return ew.select(ew.eq(x, 0.0), copysign(0.0, like), x)


def _floor_divide(a: Operand, b: Operand) -> Value:
    """Exact where the quotient is whole: from the remainder, as CPython and NumPy."""
    if a.aval.dtype.kind == "u":
        return ew.div(a, b)
    r = ew.rem(a, b)
    if a.aval.dtype.kind == "i":
        return ew.sub(ew.div(a, b), ew.convert(_wrong_sign(r, b), dtype=a.aval.dtype))
    q = ew.div(ew.sub(a, r), b)
    q = ew.select(_wrong_sign(r, b), ew.sub(q, 1.0), q)
    low = ew.floor(q)
    low = ew.select(ew.gt(ew.sub(q, low), 0.5), ew.add(low, 1.0), low)
    quotient = ew.div(a, b)
    return ew.select(ew.eq(b, 0.0), quotient, _signed_zero(low, quotient))


def _at_least_integer(f: Callable[[Operand, Operand], Value]) -> Callable[[Any, Any], Value]:
    def g(a: Operand, b: Operand) -> Value:
        if a.aval.dtype is bool_:
            a, b = cast(a, int32), cast(b, int32)
        return f(a, b)

    return g


remainder = mod = _binary(
    "remainder", _at_least_integer(_remainder), "Remainder with the sign of y, as Python's %"
)
floor_divide = _binary(
    "floor_divide",
    _at_least_integer(_floor_divide),
    "Quotient rounded down (integers: x // 0 is 0)",
)


@public
def divmod(x: ArrayLike, y: ArrayLike, /) -> tuple[Any, Any]:
    """``(floor_divide(x, y), remainder(x, y))``."""
    return floor_divide(x, y), remainder(x, y)


@public
def power(x: ArrayLike, y: ArrayLike, /) -> Any:
    """x to the y. Whole Python exponents are exact multiplications.

    Integer arrays to integer powers stay integers and wrap around; a negative array exponent gives
    0 there, except for bases 1 and -1. Raises ArgumentError for integers to a negative Python int.
    """
    whole = _whole(y)
    if whole is not None:
        base = promoted("power", x, y, at_least=int32)[0]
        if base.aval.dtype.kind in "iu" and whole < 0:
            raise ArgumentError(
                "integers to negative integer powers are not integers", fix="convert to float32"
            )
        limit = EXACT_ENOUGH if base.aval.dtype.kind == "f" else REPEATED_SQUARINGS
        if math.fabs(whole) <= limit:
            return ew.integer_pow(base, y=whole)
    a, b = promoted("power", x, y, at_least=int32)
    if is_complex(a):
        return complex_functions.power(*map(value, broadcast("power", (a, b))))
    return ew.pow_(a, b) if a.aval.dtype.kind == "f" else _integer_power(a, b)


pow = power


def _whole(y: ArrayLike) -> int | None:
    """A Python number that is whole, as an int."""
    if isinstance(y, (int, float)) and not isinstance(y, bool) and math.isfinite(y) and y == int(y):
        return int(y)
    return None


def _integer_power(x: Operand, y: Operand) -> Value:
    result: Any = scalar(1, x.aval.dtype)
    factor: Any = x
    for bit in range(8 * x.aval.dtype.itemsize - (x.aval.dtype.kind == "i")):
        chosen = ew.ne(ew.and_(y, scalar(1 << bit, y.aval.dtype)), 0)
        result = ew.select(chosen, ew.mul(result, factor), result)
        factor = ew.mul(factor, factor)
    if x.aval.dtype.kind == "u":
        return result  # type: ignore[no-any-return]
    odd = ew.sub(1, ew.mul(ew.and_(y, 1), 2))
    unit = ew.select(ew.eq(x, 1), 1, ew.select(ew.eq(x, -1), odd, 0))
    return ew.select(ew.lt(y, 0), unit, result)


@public
def copysign(x: ArrayLike, y: ArrayLike, /) -> Any:
    """|x| with the sign of y, also where y is -0 or NaN."""
    a, b = promoted("copysign", x, y, at_least=float32)
    size = ew.abs_(a)
    return ew.select(signbit(b), ew.neg(size), size)


@public
def where(condition: ArrayLike, x: ArrayLike, y: ArrayLike, /) -> Any:
    """``x`` where ``condition`` (anything but 0), else ``y``; the three broadcast together.

    >>> import texelate.numpy as tnp
    >>> tnp.where(tnp.asarray([True, False]), [1.0, 2.0], 0.0)
    Array([1., 0.], dtype=float32)
    """
    test = as_bool(condition)
    a, b = promoted("where", x, y)
    test, a, b = broadcast("where", [test, a, b])  # type: ignore[assignment]
    return ew.select_p(test, a, b)


def as_bool(x: ArrayLike) -> Value:
    """Whether each element is not 0."""
    got = value(x)
    return got if got.aval.dtype is bool_ else ew.ne(got, 0)


@public
def clip(x: ArrayLike, /, min: ArrayLike | None = None, max: ArrayLike | None = None) -> Any:
    """``x`` limited to ``[min, max]``; None is no limit."""
    got: Any = value(x)
    got = got if min is None else maximum(got, min)
    return got if max is None else minimum(got, max)


@public
def astype(x: ArrayLike, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """Converted to ``dtype``. Floats to integers truncate and saturate, NaN gives 0."""
    got, target = value(x), as_dtype(dtype)
    if got.aval.dtype is target and not got.aval.weak:
        return fresh(got) if copy else got
    return as_bool(got) if target is bool_ else ew.convert(got, dtype=target)


__all__ = [
    "abs", "absolute", "acos", "acosh", "add", "arccos", "arccosh", "arcsin", "arcsinh",
    "arctan", "arctan2", "arctanh", "around", "asin", "asinh", "astype", "atan", "atan2",
    "atanh", "bitwise_invert", "bitwise_not", "ceil", "clip", "copysign", "cos", "cosh",
    "deg2rad", "degrees", "divide", "divmod", "erf", "erf_inv", "exp", "exp2", "expm1", "fabs",
    "floor", "floor_divide", "fmod", "invert", "isfinite", "isinf", "isnan", "log", "log10",
    "log1p", "log2", "maximum", "minimum", "mod", "multiply", "negative", "positive", "pow",
    "power", "rad2deg", "radians", "reciprocal", "remainder", "rint", "round", "rsqrt", "sign",
    "signbit", "sin", "sinh", "sqrt", "square", "subtract", "tan", "tanh", "true_divide",
    "trunc", "where",
]  # fmt: skip
