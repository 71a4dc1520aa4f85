"""Rewrites of elementwise equations. Only IEEE-exact identities: ``x + 0`` turns -0 into 0, so it
stays, ``x * 0`` is not 0 for infinities; ``x + -0`` and ``x - 0`` are ``x``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...ir.dtypes import DType
from ...ir.graph import Atom, Eqn, Literal
from ...ir.primitive import Primitive
from ...ir.prims import elementwise
from ..rewrite import Rewriter, Rule

ELEMENTWISE = tuple(p.name for p in vars(elementwise).values() if isinstance(p, Primitive))
COMMUTATIVE = ("add", "mul", "max", "min", "and", "or", "xor", "eq", "ne")

Constant = Callable[[DType], bool | int | float | None]


def _low(dtype: DType) -> bool | int | float:
    """Below every value."""
    if dtype.kind in "iu":
        return int(np.iinfo(dtype.numpy).min)
    return False if dtype.kind == "b" else -math.inf


def _high(dtype: DType) -> bool | int | float:
    """Above every value."""
    if dtype.kind in "iu":
        return int(np.iinfo(dtype.numpy).max)
    return True if dtype.kind == "b" else math.inf


def _ones(dtype: DType) -> bool | int:
    """All bits set."""
    return True if dtype.kind == "b" else -1 if dtype.kind == "i" else 2**32 - 1


def _integral(constant: Constant) -> Constant:
    return lambda dtype: None if dtype.kind == "f" else constant(dtype)


IDENTITY: dict[str, Constant] = {
    "add": lambda d: -0.0 if d.kind == "f" else 0,
    "sub": lambda d: 0,
    "mul": lambda d: 1,
    "div": lambda d: 1,
    "pow": lambda d: 1,
    "max": _low,
    "min": _high,
    "and": _ones,
    "or": lambda d: 0,
    "xor": lambda d: 0,
    "shift_left": lambda d: 0,
    "shift_right_logical": lambda d: 0,
    "shift_right_arithmetic": lambda d: 0,
}
"""``x op c`` is ``x``."""

ABSORBING: dict[str, Constant] = {
    "mul": _integral(lambda d: 0),
    "and": lambda d: 0,
    "or": _ones,
    "max": _integral(_high),
    "min": _integral(_low),
}
"""``x op c`` is ``c``. Not for floats, where NaN wins."""


def _is(atom: Atom, value: bool | int | float | None) -> bool:
    """Whether ``atom`` is the literal ``value``, to the bit."""
    return (
        isinstance(atom, Literal) and value is not None and atom == Literal(value, atom.aval.dtype)
    )


def scalar_operands(eqn: Eqn, b: Rewriter) -> Atom | None:
    """An operand that repeats one scalar is the scalar itself: rank 0 broadcasts."""
    inputs = tuple(b.splat_of(a) or a for a in eqn.inputs)
    return None if inputs == eqn.inputs else b.emit(eqn.prim.name, *inputs, **eqn.params)


def literal_right(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Commutative operations have their literal on the right."""
    x, y = eqn.inputs
    swap = isinstance(x, Literal) and not isinstance(y, Literal)
    return b.emit(eqn.prim.name, y, x) if swap else None


def identity_element(eqn: Eqn, _: Rewriter) -> Atom | None:
    """x + -0, x - 0, x * 1, x / 1, x ** 1, max(x, -inf), x & true …: x"""
    x, y = eqn.inputs
    return x if _is(y, IDENTITY[eqn.prim.name](x.aval.dtype)) else None


def absorbing_element(eqn: Eqn, _: Rewriter) -> Atom | None:
    """x & false, x | true, and for integers x * 0: the constant"""
    x, y = eqn.inputs
    return y if _is(y, ABSORBING[eqn.prim.name](x.aval.dtype)) else None


def nan_wins(eqn: Eqn, _: Rewriter) -> Atom | None:
    """x + NaN, x · NaN, max(x, NaN) …: NaN. (A driver that assumes there is none would lose it.)"""
    return next((a for a in eqn.inputs if isinstance(a, Literal) and a.value != a.value), None)


def same_operands(eqn: Eqn, _: Rewriter) -> Atom | None:
    """max(x, x), min(x, x), x & x, x | x: x"""
    x, y = eqn.inputs
    return x if x == y else None


def cancels(eqn: Eqn, _: Rewriter) -> Atom | None:
    """x - x of integers, x ^ x: 0"""
    x, y = eqn.inputs
    dtype = x.aval.dtype
    exact = dtype.kind not in "fc"  # NaN - NaN and inf - inf are NaN
    return Literal(0, dtype, eqn.out.aval.weak) if x == y and exact else None


def add_negative(eqn: Eqn, b: Rewriter) -> Atom | None:
    """x + -y, -y + x: x - y"""
    for x, y in (eqn.inputs, eqn.inputs[::-1]):
        if negated := b.producer(y, "neg"):
            return b.emit("sub", x, negated.inputs[0])
    return None


def subtract_negative(eqn: Eqn, b: Rewriter) -> Atom | None:
    """x - -y: x + y"""
    x, y = eqn.inputs
    negated = b.producer(y, "neg")
    return b.emit("add", x, negated.inputs[0]) if negated else None


def subtract_from_zero(eqn: Eqn, b: Rewriter) -> Atom | None:
    """-0 - x: -x (for integers 0 - x)"""
    x, y = eqn.inputs
    zero = -0.0 if x.aval.dtype.kind == "f" else 0
    return b.emit("neg", y) if _is(x, zero) else None


def times_minus_one(eqn: Eqn, b: Rewriter) -> Atom | None:
    """x * -1, x / -1: -x"""
    x, y = eqn.inputs
    return b.emit("neg", x) if x.aval.dtype.kind == "f" and _is(y, -1.0) else None


def product_of_negatives(eqn: Eqn, b: Rewriter) -> Atom | None:
    """-x * -y: x * y, and -x * c: x * -c"""
    x, y = (b.producer(a, "neg") for a in eqn.inputs)
    if x and y:
        return b.emit("mul", x.inputs[0], y.inputs[0])
    c = eqn.inputs[1]
    if x and isinstance(c, Literal):
        return b.emit("mul", x.inputs[0], b.emit("neg", c))
    return None


def negative_multiple(eqn: Eqn, b: Rewriter) -> Atom | None:
    """-(x * c): x * -c"""
    inner = b.producer(eqn.inputs[0], "mul")
    if inner is None or not isinstance(inner.inputs[1], Literal):
        return None
    x, c = inner.inputs
    return b.emit("mul", x, b.emit("neg", c))


def divide_by_power_of_two(eqn: Eqn, b: Rewriter) -> Atom | None:
    """x / 2**k: x * 2**-k, when both are normal numbers"""
    x, y = eqn.inputs
    if not isinstance(y, Literal) or y.aval.dtype.kind != "f":
        return None
    divisor, limits = float(y.value), np.finfo(y.aval.dtype.numpy)
    if abs(math.frexp(divisor)[0]) != 0.5 or not limits.tiny <= abs(divisor) <= 1 / limits.tiny:
        return None
    return b.emit("mul", x, Literal(1 / divisor, y.aval.dtype, y.aval.weak))


def involution(eqn: Eqn, b: Rewriter) -> Atom | None:
    """neg(neg(x)), not(not(x)): x"""
    inner = b.producer(eqn.inputs[0], eqn.prim.name)
    return inner.inputs[0] if inner else None


def idempotent(eqn: Eqn, b: Rewriter) -> Atom | None:
    """abs(abs(x)), floor(floor(x)) …: the inner one"""
    return eqn.inputs[0] if b.producer(eqn.inputs[0], eqn.prim.name) else None


def abs_of_negative(eqn: Eqn, b: Rewriter) -> Atom | None:
    """|-x|: |x|"""
    inner = b.producer(eqn.inputs[0], "neg")
    return b.emit("abs", inner.inputs[0]) if inner else None


def not_of_equality(eqn: Eqn, b: Rewriter) -> Atom | None:
    """not(x == y): x != y, and the other way"""
    inner = b.producer(eqn.inputs[0], "eq", "ne")
    return b.emit({"eq": "ne", "ne": "eq"}[inner.prim.name], *inner.inputs) if inner else None


def small_power(eqn: Eqn, b: Rewriter) -> Atom | None:
    """x ** 0: 1, x ** 1: x, x ** 2: x * x"""
    (x,), y = eqn.inputs, eqn.params["y"]
    if y == 0:
        return Literal(1, x.aval.dtype, x.aval.weak)
    return x if y == 1 else b.emit("mul", x, x) if y == 2 else None


def decided_select(eqn: Eqn, _: Rewriter) -> Atom | None:
    """A literal condition, or branches that are the same"""
    c, yes, no = eqn.inputs
    if isinstance(c, Literal):
        return yes if c.value else no
    return yes if yes == no else None


def select_on_not(eqn: Eqn, b: Rewriter) -> Atom | None:
    """select(not c, x, y): select(c, y, x)"""
    c, yes, no = eqn.inputs
    inner = b.producer(c, "not")
    return b.emit("select", inner.inputs[0], no, yes) if inner else None


def nested_select(eqn: Eqn, b: Rewriter) -> Atom | None:
    """A branch that selects by the same condition is decided."""
    c, yes, no = eqn.inputs
    first, second = b.producer(yes, "select"), b.producer(no, "select")
    if first and first.inputs[0] is c:
        return b.emit("select", c, first.inputs[1], no)
    if second and second.inputs[0] is c:
        return b.emit("select", c, yes, second.inputs[2])
    return None


def same_dtype(eqn: Eqn, _: Rewriter) -> Atom | None:
    """A conversion (or bit cast) to the dtype it has."""
    (x,) = eqn.inputs
    return x if x.aval.dtype is eqn.out.aval.dtype else None


def convert_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """A first conversion that loses nothing: from bool, to a wider dtype, or to one as wide of
    integers and back.
    """
    inner = b.producer(eqn.inputs[0], "convert")
    if inner is None:
        return None
    (x,), middle, last = inner.inputs, inner.out.aval.dtype, eqn.out.aval.dtype
    first = x.aval.dtype
    wider = first.itemsize <= middle.itemsize
    back = first is last and middle.kind in "iu" and last.kind in "iu"
    lossless = first.kind == "b" or (wider and (back or first.kind == middle.kind))
    return b.emit("convert", x, **eqn.params) if lossless else None


def bitcast_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Only the last bit cast counts."""
    inner = b.producer(eqn.inputs[0], "bitcast")
    return b.emit("bitcast", inner.inputs[0], **eqn.params) if inner else None


def _table() -> dict[str, list[Rule]]:
    rules: dict[str, list[Rule]] = {name: [scalar_operands] for name in ELEMENTWISE}
    families: list[tuple[Rule, tuple[str, ...]]] = [
        (literal_right, COMMUTATIVE),
        (identity_element, tuple(IDENTITY)),
        (absorbing_element, tuple(ABSORBING)),
        (nan_wins, ("add", "sub", "mul", "div", "max", "min")),
        (same_operands, ("max", "min", "and", "or")),
        (cancels, ("sub", "xor")),
        (add_negative, ("add",)),
        (subtract_negative, ("sub",)),
        (subtract_from_zero, ("sub",)),
        (times_minus_one, ("mul", "div")),
        (product_of_negatives, ("mul",)),
        (divide_by_power_of_two, ("div",)),
        (involution, ("neg", "not")),
        (negative_multiple, ("neg",)),
        (not_of_equality, ("not",)),
        (idempotent, ("abs", "floor", "ceil", "round", "trunc", "sign")),
        (abs_of_negative, ("abs",)),
        (small_power, ("integer_pow",)),
        (decided_select, ("select",)),
        (select_on_not, ("select",)),
        (nested_select, ("select",)),
        (same_dtype, ("convert", "bitcast")),
        (convert_twice, ("convert",)),
        (bitcast_twice, ("bitcast",)),
    ]
    for rule, names in families:
        for name in names:
            rules[name].append(rule)
    return rules


RULES = _table()
