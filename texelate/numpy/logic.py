"""Comparisons, logic and bits, by NumPy's names and broadcasting; results are bool or integer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..compiler.errors import DtypeError
from ..compiler.ir.core import Operand, Value
from ..compiler.ir.dtypes import float32, int32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, broadcast, fits, promoted, value
from ..traceback import public
from .elementwise import _binary, _named, absolute, as_bool, isfinite, isnan


def _comparison(name: str, f: Callable[[Any, Any], Value], meaning: str) -> Any:
    """Of narrow integers with any Python int, as NumPy: also with those that they cannot be."""

    def function(x: ArrayLike, y: ArrayLike, /) -> Any:
        a, b = promoted(name, _beside(x, y), _beside(y, x))
        return f(a, b)

    return _named(function, name, f"{meaning}, elementwise, with broadcasting.")


def _beside(x: ArrayLike, other: ArrayLike) -> ArrayLike:
    """``x`` in 32 bits where it is narrow and ``other`` a Python int that does not fit."""
    if type(other) is not int or not isinstance(x, Value) or not x.dtype.is_narrow:
        return x
    narrow_integer = x.dtype.kind in "iu" and not fits(other, x.dtype)
    return ew.convert(x, dtype=int32) if narrow_integer else x


equal = _comparison("equal", ew.eq, "x == y")
not_equal = _comparison("not_equal", ew.ne, "x != y")
less = _comparison("less", ew.lt, "x < y")
less_equal = _comparison("less_equal", ew.le, "x <= y")
greater = _comparison("greater", ew.gt, "x > y")
greater_equal = _comparison("greater_equal", ew.ge, "x >= y")
bitwise_and = _binary("bitwise_and", ew.and_, "Bitwise and (booleans: logical)")
bitwise_or = _binary("bitwise_or", ew.or_, "Bitwise or (booleans: logical)")
bitwise_xor = _binary("bitwise_xor", ew.xor, "Bitwise exclusive or (booleans: logical)")
left_shift = bitwise_left_shift = _binary(
    "left_shift", ew.shift_left, "x · 2^y; 0 when y is the width or more", at_least=int32
)


def _shift_right(a: Operand, b: Operand) -> Value:
    signed = a.aval.dtype.kind == "i"
    return (ew.shift_right_arithmetic if signed else ew.shift_right_logical)(a, b)


right_shift = bitwise_right_shift = _binary(
    "right_shift", _shift_right, "x / 2^y rounded down; the sign is kept", at_least=int32
)


def _both(x: ArrayLike, y: ArrayLike, name: str) -> list[Operand]:
    return broadcast(name, [as_bool(x), as_bool(y)])


@public
def logical_and(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Whether both are not 0."""
    return ew.and_(*_both(x, y, "logical_and"))


@public
def logical_or(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Whether one is not 0."""
    return ew.or_(*_both(x, y, "logical_or"))


@public
def logical_xor(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Whether exactly one is not 0."""
    return ew.xor(*_both(x, y, "logical_xor"))


@public
def logical_not(x: ArrayLike, /) -> Any:
    """Whether x is 0."""
    return ew.not_(as_bool(x))


@public
def bitwise_count(x: ArrayLike, /) -> Any:
    """The number of one bits. DtypeError unless x is an integer."""
    got = value(x)
    if got.aval.dtype.kind not in "iu":
        raise DtypeError(f"bitwise_count needs integers, got {got.aval}")
    return ew.popcount(got)


@public
def isclose(
    x: ArrayLike, y: ArrayLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether |x - y| <= atol + rtol·|y|, elementwise; equal infinities are close."""
    a, b = promoted("isclose", x, y, at_least=float32)
    limit = ew.add(ew.mul(absolute(b), rtol), atol)
    near = ew.and_(ew.le(absolute(ew.sub(a, b)), limit), isfinite(b))
    near = ew.or_(near, ew.eq(a, b))
    return ew.or_(near, ew.and_(isnan(a), isnan(b))) if equal_nan else near


@public
def allclose(
    x: ArrayLike, y: ArrayLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether all elements are close; a bool array of rank 0."""
    from .reductions import all as all_of

    return all_of(isclose(x, y, rtol, atol, equal_nan))


@public
def array_equal(x: ArrayLike, y: ArrayLike) -> Any:
    """Whether shapes and all elements are equal; a bool array of rank 0."""
    from .reductions import all as all_of

    a, b = value(x), value(y)
    return all_of(equal(a, b)) if a.aval.shape == b.aval.shape else value(False)


__all__ = [
    "allclose", "array_equal", "bitwise_and", "bitwise_count", "bitwise_left_shift",
    "bitwise_or", "bitwise_right_shift", "bitwise_xor", "equal", "greater", "greater_equal",
    "isclose", "left_shift", "less", "less_equal", "logical_and", "logical_not", "logical_or",
    "logical_xor", "not_equal", "right_shift",
]  # fmt: skip
