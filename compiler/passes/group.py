"""A group: the equations that become one kernel, and the space it runs over (made by ``fuse``)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property

from ..ir.graph import Eqn, Graph, Var, vars_of
from ..ir.index import Index, flatten, product, unflatten
from ..ir.primitive import Contract, ContractSpec, Fold, FoldSpec


@dataclass(eq=False)
class Group:
    """``outputs`` are stored; ``folds`` (in order) and ``root`` (a contraction or a scan) are
    computed on the way.

    A group without root is a loop nest: rows in parallel, and for each row some folds over an inner
    space. Equations between its loads and its outputs are inlined, so they need no list.
    With ``parts`` it is several independent maps that share a launch (made by ``batch``).
    """

    graph: Graph
    outputs: tuple[Var, ...]
    folds: tuple[Eqn, ...] = ()
    root: Eqn | None = None
    parts: tuple[Group, ...] = ()

    @cached_property
    def spec(self) -> FoldSpec | None:
        """The first fold's spec, which fixes the inner space."""
        return fold_spec(self.folds[0]) if self.folds else None

    @cached_property
    def contraction(self) -> ContractSpec:
        assert self.root is not None
        assert isinstance(self.root.prim.lower, Contract)
        return self.root.prim.lower.spec(self.root)

    @cached_property
    def row_shape(self) -> tuple[int, ...]:
        return self.folds[0].out.aval.shape if self.folds else self.outputs[0].aval.shape

    @cached_property
    def rows(self) -> int:
        return product(self.row_shape)

    @cached_property
    def inner(self) -> int:
        return product(self.spec.extents) if self.spec else 1

    def is_row_output(self, var: Var) -> bool:
        """Whether ``var`` has an element a row (else one for each row and inner index)."""
        return var.aval.size == self.rows

    def place(self, row: Index, inner: Index) -> Index:
        """The flat position in the folded operand of inner element ``inner`` of row ``row``."""
        spec = self.spec
        assert spec is not None
        assert spec.axes is not None
        rows = iter(unflatten(row, self.row_shape))
        inners = iter(unflatten(inner, spec.extents))
        shape = self.operand_shape
        index = [next(inners) if axis in spec.axes else next(rows) for axis in range(len(shape))]
        return flatten(index, shape)

    @property
    def operand_shape(self) -> tuple[int, ...]:
        """The shape of the folded operand: rows and inner space together."""
        return self.folds[0].inputs[0].aval.shape

    def reads(self, stored: Container[Var]) -> tuple[Var, ...]:
        """The vars this group loads: graph inputs and others' outputs, in order of first use."""
        own = set(self.outputs)
        producers = self.graph.producers()
        seen: dict[Var, bool] = {}
        stack = list(reversed(self.outputs))
        while stack:
            var = stack.pop()
            if var in seen:
                continue
            external = var not in producers or (var in stored and var not in own)
            seen[var] = external
            if not external:
                stack.extend(reversed(list(vars_of(producers[var].inputs))))
        return tuple(v for v, external in seen.items() if external)

    def eqns(self, stored: Container[Var]) -> tuple[Eqn, ...]:
        """The equations computed here, in graph order."""
        own, producers = set(self.outputs), self.graph.producers()
        found: dict[Var, Eqn] = {}
        stack = list(self.outputs)
        while stack:
            var = stack.pop()
            if var in found or var not in producers or (var in stored and var not in own):
                continue
            found[var] = producers[var]
            stack.extend(vars_of(producers[var].inputs))
        positions = self.graph.positions()
        return tuple(found[v] for v in sorted(found, key=positions.__getitem__))


def fold_spec(eqn: Eqn) -> FoldSpec:
    assert isinstance(eqn.prim.lower, Fold)
    return eqn.prim.lower.spec(eqn)


def phases(group: Group, loaded: Container[Var]) -> list[list[Eqn]]:
    """The folds in rounds: each round depends only on earlier ones, so a round shares a loop.

    ``loaded``: what the group reads from buffers.
    """
    depth: dict[Var, int] = {}
    rounds: list[list[Eqn]] = []
    for fold in group.folds:
        level = max((depth[v] for v in _folds_below(group, fold, depth, loaded)), default=-1) + 1
        depth[fold.out] = level
        if level == len(rounds):
            rounds.append([])
        rounds[level].append(fold)
    return rounds


def _folds_below(
    group: Group, fold: Eqn, known: Container[Var], loaded: Container[Var]
) -> set[Var]:
    producers = group.graph.producers()
    stack, seen, found = list(vars_of(fold.inputs)), set[Var](), set[Var]()
    while stack:
        var = stack.pop()
        if var in known:
            found.add(var)
        elif var not in seen and var not in loaded and var in producers:
            seen.add(var)
            stack.extend(vars_of(producers[var].inputs))
    return found
