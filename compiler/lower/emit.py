"""Pulls scalar expressions out of a graph: what is the value of ``var`` at ``index``?

Map rules are followed recursively, so whatever a group of equations fuses becomes one expression.
Buffers end the recursion with a load, folds and contractions with a register that holds their
result at one known position; reading it anywhere else is ``Misaligned``, which is how fusion learns
that two equations cannot share a kernel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..ir import kernel as K
from ..ir.graph import Atom, Eqn, Graph, Literal, Var
from ..ir.index import Index, flatten, unflatten
from ..ir.kernel import LANE, LANES, Expr
from ..ir.primitive import Map

ELSEWHERE = Index.of(-1)
"""Recorded among the loads of a buffer that no store may share in place."""


class Misaligned(Exception):
    """A register was read at another position than the one it holds."""


@dataclass
class Registered:
    """A result held in a register: its value at flat position ``offset``."""

    offset: Index
    value: Expr


@dataclass
class Emitter:
    """Expressions of one kernel. ``buffers`` names the vars that are loaded; the rest is inlined.

    ``registers`` is changed by the schedule as it goes; ``loads`` records every access (buffer name
    → flat offsets), which tells the memory plan what may be updated in place.
    """

    graph: Graph
    buffers: Mapping[Var, str]
    registers: dict[Var, Registered] = field(default_factory=dict)
    loads: dict[str, set[Index]] = field(default_factory=dict)
    _memo: dict[tuple[Var, tuple[Index, ...]], Expr] = field(default_factory=dict)

    def read(self, atom: Atom, index: tuple[Index, ...]) -> Expr:
        """The scalar (or vector over LANE) of ``atom`` at ``index``."""
        if isinstance(atom, Literal):
            return K.const(atom.value, atom.aval.dtype)
        if not atom.aval.size:  # only reads that are masked everywhere come here
            return K.zero(atom.aval.dtype)
        held = self.registers.get(atom)
        if held is not None:
            if flatten(index, atom.aval.shape) != held.offset:
                raise Misaligned(atom)
            return held.value
        if atom in self.buffers:
            return self._load(atom, flatten(index, atom.aval.shape))
        key = (atom, index)
        if key not in self._memo:
            self._memo[key] = self._inline(self.graph.producers()[atom], index)
        return self._memo[key]

    @contextmanager
    def storing(self, position: Index) -> Iterator[None]:
        """Reads in the body are made between stores: only those at ``position`` may be in place."""
        before, self.loads = self.loads, {}
        yield
        for name, offsets in self.loads.items():
            moved = set() if offsets == {position} else {ELSEWHERE}
            before.setdefault(name, set()).update(offsets | moved)
        self.loads = before

    def forget(self) -> None:
        """Drops memoised expressions: registers have moved on."""
        self._memo.clear()

    def positions(self) -> Counter[Var]:
        """At how many different positions each value was computed in place."""
        return Counter(var for var, _ in self._memo)

    def read_output(self, var: Var, position: Index) -> Expr:
        """The value to store at flat ``position`` of an output."""
        return self.read(var, unflatten(position, var.aval.shape))

    def operand(self, eqn: Eqn, k: int, index: tuple[Index, ...]) -> Expr:
        return self.read(eqn.inputs[k], index if eqn.inputs[k].aval.shape else ())

    def _inline(self, eqn: Eqn, index: tuple[Index, ...]) -> Expr:
        rule = eqn.prim.lower
        if not isinstance(rule, Map):
            raise Misaligned(eqn.out)
        return rule.emit(lambda k, i: self.operand(eqn, k, i), index, eqn)

    def _load(self, var: Var, offset: Index) -> Expr:
        name, dtype = self.buffers[var], var.aval.dtype
        self.loads.setdefault(name, set()).add(offset)
        if not offset.depends(LANE):
            return _element(var, name, offset)
        if K.is_vector_access(offset):
            whole = (offset - Index.of(LANE)) // LANES
            return Expr("load", (K.index_value(whole),), dtype, LANES, name)
        parts = (offset.substitute({LANE: i}) for i in range(LANES))
        return K.vector([_element(var, name, p) for p in parts])


def _element(var: Var, name: str, offset: Index) -> Expr:
    """One element; zero where none can be (a masked lane), as WGSL refuses such an access."""
    if offset.hi < 0 or offset.lo >= var.aval.size:
        return K.zero(var.aval.dtype)
    return Expr("load", (K.index_value(offset),), var.aval.dtype, 1, name)


def access_cost(x: Expr, seen: set[int] | None = None) -> int:
    """Load instructions in an expression, each counted once: how the chooser compares
    vectorisations.
    """
    seen = set() if seen is None else seen
    if id(x) in seen:
        return 0
    seen.add(id(x))
    return (x.op == "load") + sum(access_cost(a, seen) for a in x.args)
