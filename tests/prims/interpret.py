"""The meaning of lowering rules, executable: evaluated with NumPy, element by element.

A rule is asked once for its expression over loop variables; the expression is then evaluated for
all loop values together (every loop is an axis). Reading an operand outside its shape gives
garbage (NaN, or a large number), so a missing predicate shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from texelate.compiler.ir.dtypes import bool_, float32
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Eqn, Graph, vars_of
from texelate.compiler.ir.index import Div, Dyn, Index, IndexAtom, Loop, Mod
from texelate.compiler.ir.kernel import Expr, const_value, register
from texelate.compiler.ir.primitive import (
    REGISTRY,
    Contract,
    Expand,
    Fold,
    FoldSpec,
    Map,
    Scan,
    ScanSpec,
    Stream,
    StreamSpec,
)
from texelate.compiler.passes.expand import expand

Array = np.ndarray[Any, Any]
GARBAGE = {"f": np.nan, "i": -123_456_789, "u": 3_123_456_789, "b": True}
UFUNC = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "any": np.logical_or,
    "all": np.logical_and,
}


def run(eqn: Eqn, operands: Sequence[Array]) -> Array:
    """The result of one equation by its lowering rule."""
    rule = eqn.prim.lower
    with np.errstate(all="ignore"):
        if isinstance(rule, Map):
            result = _run_map(rule, eqn, operands)
        elif isinstance(rule, Fold):
            result = _run_fold(rule.spec(eqn), eqn, operands)
        elif isinstance(rule, Scan):
            result = _run_scan(rule.spec(eqn), operands[0])
        elif isinstance(rule, Stream):
            result = _run_stream(rule.spec(eqn), eqn, operands)
        elif isinstance(rule, Expand):
            graph = expand(Graph(tuple(vars_of(eqn.inputs)), (eqn,), eqn.outs))
            (result,) = evaluate_numpy(graph, operands)
        else:
            result = _run_contract(rule, eqn, operands)
    aval = eqn.out.aval
    assert result.dtype == aval.dtype.numpy, f"{eqn.prim.name}: {result.dtype} for {aval}"
    return result


class Space:
    """An iteration space of named loops, each an axis, and expressions evaluated over all of it."""

    def __init__(self, operands: Sequence[Array], *groups: Sequence[int]) -> None:
        self.operands = operands
        self.shape = tuple(n for extents in groups for n in extents)
        loops = [Loop(f"i{d}", n) for d, n in enumerate(self.shape)]
        self.axis: dict[IndexAtom, int] = {loop: d for d, loop in enumerate(loops)}
        indices = iter(map(Index.of, loops))
        self.groups = [tuple(next(indices) for _ in extents) for extents in groups]
        self._known: dict[int, Array] = {}
        self._kept: list[Expr] = []  # keeps ids unique

    def read(self, eqn: Eqn) -> Any:
        """The ``read`` that rules are written against."""

        def read(k: int, index: tuple[Index, ...]) -> Expr:
            aval = eqn.inputs[k].aval
            assert len(index) == aval.ndim, f"{eqn.prim.name} reads {aval} at {index}"
            return Expr("element", (), aval.dtype, 1, (k, tuple(map(Index.of, index))))

        return read

    def bound(self, values: Array, name: str) -> Expr:
        """An expression that has these values over the whole space."""
        x = register(name, float32)
        self._kept.append(x)
        self._known[id(x)] = values
        return x

    def value(self, x: Expr | None) -> Array:
        """The value of an expression everywhere; ``None`` is a condition that always holds."""
        return np.broadcast_to(np.asarray(True) if x is None else self._value(x), self.shape)

    def _value(self, x: Expr) -> Array:
        if id(x) not in self._known:
            self._kept.append(x)
            result = np.asarray(self._compute(x))
            assert result.dtype == x.dtype.numpy, f"{x.op} gave {result.dtype}, not {x.dtype}"
            self._known[id(x)] = result
        return self._known[id(x)]

    def _compute(self, x: Expr) -> Any:
        if x.op == "const":
            return const_value(x)
        if x.op == "index":
            return self.index(x.attr).astype(np.int32)
        if x.op == "element":
            return self._element(*x.attr)
        args = [self._value(a) for a in x.args]
        if x.op in ("convert", "bitcast"):
            return REGISTRY[x.op].reference(*args, dtype=x.dtype)
        dtypes = {a.dtype for a in x.args[1 if x.op == "select" else 0 :]}
        assert len(dtypes) == 1, f"{x.op} of {[a.dtype for a in x.args]}"
        assert x.op != "select" or x.args[0].dtype is bool_
        return REGISTRY[x.op].reference(*args)

    def index(self, index: Index) -> Array:
        total = np.asarray(index.const, np.int64)
        for atom, coefficient in index.terms.items():
            total = total + coefficient * self._atom(atom)
        return total

    def _atom(self, atom: IndexAtom) -> Array:
        if isinstance(atom, Div):
            return self.index(atom.arg) // atom.divisor
        if isinstance(atom, Mod):
            return self.index(atom.arg) % atom.divisor
        if isinstance(atom, Dyn):
            value = self._value(atom.expr).astype(np.int64)
            promised = ((value >= 0) & (value < atom.extent)).all()
            assert promised or 0 in self.shape, "a Dyn out of its promised range"
            return value
        d = self.axis[atom]
        return np.arange(self.shape[d]).reshape([-1] + [1] * (len(self.shape) - d - 1))

    def _element(self, k: int, index: tuple[Index, ...]) -> Array:
        x = self.operands[k]
        at = [self.index(i) for i in index]
        inside: Any = np.asarray(True)
        for i, n in zip(at, x.shape, strict=True):
            inside = inside & (i >= 0) & (i < n)
        if not x.size:
            return np.full(
                np.broadcast_shapes(*(i.shape for i in at)), GARBAGE[x.dtype.kind], x.dtype
            )
        clipped = tuple(np.clip(i, 0, n - 1) for i, n in zip(at, x.shape, strict=True))
        return np.where(inside, x[clipped], np.asarray(GARBAGE[x.dtype.kind], x.dtype))


def _run_map(rule: Map, eqn: Eqn, operands: Sequence[Array]) -> Array:
    space = Space(operands, eqn.out.aval.shape)
    return space.value(rule.emit(space.read(eqn), space.groups[0], eqn))


def _run_fold(spec: FoldSpec, eqn: Eqn, operands: Sequence[Array]) -> Array:
    out_shape = eqn.out.aval.shape
    space = Space(operands, out_shape, spec.extents)
    predicate, value, *position = spec.element(space.read(eqn), *space.groups)
    flat = (*out_shape, int(np.prod(spec.extents, dtype=int)))
    inside = space.value(predicate).reshape(flat)
    values = space.value(value).reshape(flat)
    if position:
        return _first_extremum(spec.monoid, inside, values, space.value(position[0]).reshape(flat))
    start = _identity(spec.monoid, values.dtype)
    folded = UFUNC[spec.monoid].reduce(np.where(inside, values, start), -1, initial=start)
    return np.asarray(folded, values.dtype)


def _run_scan(spec: ScanSpec, x: Array) -> Array:
    rows = np.moveaxis(x.copy(), spec.axis, 0)
    rows = rows[::-1] if spec.reverse else rows
    for i in range(1, len(rows)):
        rows[i] = UFUNC[spec.monoid](rows[i - 1], rows[i])
    return np.moveaxis(rows[::-1] if spec.reverse else rows, 0, spec.axis)


def _run_stream(spec: StreamSpec, eqn: Eqn, operands: Sequence[Array]) -> Array:
    space = Space(operands, (spec.batch,), (spec.rows,), (spec.steps,))
    (b,), (i,), (j,) = space.groups
    products = [
        space.bound(np.einsum("bih,bjh->bij", operands[rows], operands[steps]), f"product{n}")
        for n, (rows, steps, _) in enumerate(spec.products)
    ]
    weight = space.value(spec.weight(space.read(eqn), (b, i, j), products))
    seen = space.value(spec.seen(i, j))
    if not spec.softmax:
        return np.asarray(np.where(seen, weight, 0) @ operands[spec.values or 0], np.float32)
    top = np.max(np.where(seen, weight, -np.inf), -1, keepdims=True, initial=-3.4028235e38)
    power = np.where(seen, np.exp(weight - top), 0)
    total = power.sum(-1, keepdims=True)
    if spec.values is None:
        return np.asarray(top + np.log(total), np.float32)[..., 0]
    return np.asarray(power @ operands[spec.values] / total, np.float32)


def _identity(monoid: str, dtype: np.dtype[Any]) -> Any:
    if monoid in ("sum", "any", "prod", "all"):
        return dtype.type(monoid in ("prod", "all"))
    lowest = -np.inf if dtype.kind == "f" else np.iinfo(dtype).min
    highest = np.inf if dtype.kind == "f" else np.iinfo(dtype).max
    return dtype.type(lowest if monoid in ("max", "argmax") else highest)


def _first_extremum(monoid: str, inside: Array, values: Array, position: Array) -> Array:
    """The position of the first best element; 0 when none is better than the identity."""
    start = _identity(monoid, values.dtype)
    values = np.where(inside, values, start)
    best = (np.argmax if monoid == "argmax" else np.argmin)(values, -1)[..., None]
    chosen = np.take_along_axis(values, best, -1)
    found = np.where(chosen == start, 0, np.take_along_axis(position, best, -1))
    return found[..., 0].astype(np.int32)


def _run_contract(rule: Contract, eqn: Eqn, operands: Sequence[Array]) -> Array:
    spec = rule.spec(eqn)
    space = Space(operands, spec.batch, spec.m, spec.n, spec.k)
    b, m, n, k = space.groups
    read = space.read(eqn)
    factors = []
    for operand, (predicate, index) in enumerate((spec.lhs(b, m, k), spec.rhs(b, k, n))):
        value = space.value(read(operand, index))
        factors.append(np.where(space.value(predicate), value, value.dtype.type(0)))
    axes = tuple(range(len(space.shape) - len(k), len(space.shape)))
    total = np.sum(factors[0] * factors[1], axes, dtype=factors[0].dtype)
    out = np.zeros(eqn.out.aval.shape, total.dtype)
    writes = np.zeros(eqn.out.aval.shape, int)
    target = tuple(
        np.broadcast_to(_without(space.index(i), axes), total.shape) for i in spec.out(b, m, n)
    )
    out[target] = total
    np.add.at(writes, target, 1)
    assert (writes == 1).all(), "every element of the result is written once"
    return out


def _without(index: Array, axes: tuple[int, ...]) -> Array:
    """An index array that does not vary along the trailing (contracted) axes, without them."""
    return index.reshape(index.shape[: index.ndim - len(axes)] or ()) if index.ndim else index
