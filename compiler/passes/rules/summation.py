"""Rewrites of reductions and contractions.

The sum of one element is that element: -0 stays -0, where a loop that starts from 0 gives 0.
"""

from __future__ import annotations

import math

import numpy as np

from ...ir.graph import Atom, Eqn, Literal
from ..rewrite import Rewriter, Rule

Ints = tuple[int, ...]
EXACT_BITS = 24
"""Integers up to 2**24 are float32 values."""


def reduce_nothing(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Over axes of extent 1 (or none) a reduction is a reshape."""
    (x,), axes = eqn.inputs, eqn.params["axes"]
    if any(x.aval.shape[a] != 1 for a in axes):
        return None
    return b.emit("reshape", x, shape=eqn.out.aval.shape)


def reduce_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """One reduction over both sets of axes, where order cannot matter (not for float sums)."""
    inner = b.producer(eqn.inputs[0], "reduce")
    if inner is None or inner.params["monoid"] != eqn.params["monoid"]:
        return None
    monoid, (x,) = eqn.params["monoid"], inner.inputs
    if monoid in ("sum", "prod") and x.aval.dtype.kind == "f":
        return None
    kept = [a for a in range(x.aval.ndim) if a not in inner.params["axes"]]
    axes = sorted((*inner.params["axes"], *(kept[a] for a in eqn.params["axes"])))
    return b.emit("reduce", x, monoid=monoid, axes=tuple(axes))


def reduce_scalar(eqn: Eqn, b: Rewriter) -> Atom | None:
    """One scalar over and over: itself, or for sums the literal times their number when exact."""
    (x,), monoid = eqn.inputs, eqn.params["monoid"]
    count = math.prod(x.aval.shape[a] for a in eqn.params["axes"])
    scalar = b.splat_of(x)
    if scalar is None or count == 0:
        return None
    if monoid in ("max", "min", "any", "all"):
        return scalar
    if monoid != "sum" or not isinstance(scalar, Literal):
        return None
    total = _exact_multiple(scalar.value, count)
    return None if total is None else Literal(total, scalar.aval.dtype, scalar.aval.weak)


def _exact_multiple(value: np.generic, count: int) -> int | float | None:
    """``value * count`` when every partial sum is exact too (integers wrap)."""
    if value.dtype.kind != "f":
        return int(np.array(int(value) * count % 2**32, np.uint32).astype(value.dtype))
    x = float(value)
    if not math.isfinite(x) or (x == 0 and math.copysign(1, x) < 0):
        return None
    numerator, _ = x.as_integer_ratio()
    odd = abs(numerator) // (numerator & -numerator or 1)
    fits = odd * count <= 2**EXACT_BITS and abs(x) * count <= float(np.finfo(np.float32).max)
    return x * count if fits else None


def dot_of_transpose(eqn: Eqn, b: Rewriter) -> Atom | None:
    """A contraction reads a transposed operand in place, when its free axes keep their order."""
    operands = list(eqn.inputs)
    contract, batch = list(eqn.params["contract"]), list(eqn.params["batch"])
    for side, x in enumerate(eqn.inputs):
        inner = b.producer(x, "transpose")
        if inner is None:
            continue
        perm, bound = inner.params["perm"], {*contract[side], *batch[side]}
        free = [p for axis, p in enumerate(perm) if axis not in bound]
        if free == sorted(free):
            operands[side] = inner.inputs[0]
            contract[side] = tuple(perm[a] for a in contract[side])
            batch[side] = tuple(perm[a] for a in batch[side])
    if tuple(operands) == eqn.inputs:
        return None
    return b.emit("dot_general", *operands, contract=tuple(contract), batch=tuple(batch))


def transpose_of_dot(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Swapping the free axes of the operands swaps the operands, when nothing else reads it."""
    (x,), perm = eqn.inputs, eqn.params["perm"]
    dot = b.producer(x, "dot_general")
    if dot is None or not b.used_once(x):
        return None
    (lhs, rhs), p = dot.inputs, dot.params
    batch, contracted = len(p["batch"][0]), len(p["contract"][0])
    middle, end = lhs.aval.ndim - contracted, len(perm)
    if perm != (*range(batch), *range(middle, end), *range(batch, middle)):
        return None
    return b.emit("dot_general", rhs, lhs, contract=p["contract"][::-1], batch=p["batch"][::-1])


RULES: dict[str, list[Rule]] = {
    "reduce": [reduce_nothing, reduce_scalar, reduce_twice],
    "dot_general": [dot_of_transpose],
    "transpose": [transpose_of_dot],
}
