"""The rewriting engine: one forward sweep that rebuilds a graph through local rules.

A rule looks at one equation, whose operands are already in final form, and at their producers. It
returns the atom that replaces the result (usually made with ``Rewriter.emit``, which applies the
rules to what it makes) or None. Since each rule makes its equation smaller or simpler, the sweep
reaches the fixed point, in time linear in the number of equations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..ir.aval import Shape
from ..ir.graph import Atom, Eqn, Graph, Var, vars_of
from ..ir.primitive import Primitive, Several, lookup
from ..source import Source

Rule = Callable[[Eqn, "Rewriter"], Atom | None]
Rules = Mapping[str, Sequence[Rule]]
"""The rules for each primitive, in the order they are tried; those of ANY come first."""
ANY = "*"


def rewrite(graph: Graph, rules: Rules) -> Graph:
    """``graph`` rebuilt through ``rules``; shapes and dtypes of the outputs stay, not weakness."""
    return Rewriter(graph, rules).run()


class Rewriter:
    """The graph under construction. Rules read producers from it and emit equations into it."""

    def __init__(self, graph: Graph, rules: Rules) -> None:
        self._graph = graph
        self._rules = rules
        self._eqns: list[Eqn] = []
        self._producers: dict[Var, Eqn] = {}
        self._final: dict[Var, Atom] = {}
        self._uses = Counter(vars_of(a for e in graph.eqns for a in e.inputs))
        self._uses.update(vars_of(graph.outputs))
        self._source: Source | None = None

    def run(self) -> Graph:
        for eqn in self._graph.eqns:
            self._source = eqn.source
            if isinstance(eqn.prim, Several):
                self._keep(eqn)
            else:
                self._replace(eqn, self._apply(self._moved(eqn)))
        outputs = tuple(map(self._get, self._graph.outputs))
        return self._graph.replace(self._eqns, outputs)

    def emit(self, name: str, *inputs: Atom, **params: Any) -> Atom:
        """The result of a primitive on atoms of the new graph, itself simplified."""
        return self._apply(self._equation(lookup(name), inputs, params))

    def splat(self, scalar: Atom, shape: Shape) -> Atom:
        """A rank-0 atom repeated over ``shape``."""
        if shape == ():
            return scalar
        return self.emit("broadcast_in_dim", scalar, shape=shape, dims=())

    def producer(self, atom: Atom, *names: str) -> Eqn | None:
        """The equation that makes ``atom``, if its primitive is one of ``names``."""
        eqn = self._producers.get(atom) if isinstance(atom, Var) else None
        return eqn if eqn is not None and eqn.prim.name in names else None

    def splat_of(self, atom: Atom) -> Atom | None:
        """The scalar that ``atom``, of rank 1 or more, repeats everywhere, if it does."""
        eqn = self.producer(atom, "broadcast_in_dim")
        return eqn.inputs[0] if eqn is not None and not eqn.inputs[0].aval.shape else None

    def used_once(self, atom: Atom) -> bool:
        """Whether nothing else reads ``atom``, so that its computation would not be repeated."""
        return isinstance(atom, Var) and self._uses[atom] <= 1

    def _get(self, atom: Atom) -> Atom:
        return self._final.get(atom, atom) if isinstance(atom, Var) else atom

    def _equation(
        self, prim: Primitive, inputs: tuple[Atom, ...], params: Mapping[str, Any]
    ) -> Eqn:
        aval = prim.abstract(*(a.aval for a in inputs), **params)
        return Eqn(prim, inputs, params, (Var(aval),), self._source)

    def _keep(self, old: Eqn) -> None:
        """Several results: no rule looks at those, only the operands are replaced."""
        inputs = tuple(map(self._get, old.inputs))
        eqn = Eqn(old.prim, inputs, old.params, old.outs, old.source)
        self._eqns.append(eqn)
        self._producers.update((v, eqn) for v in eqn.outs)

    def _moved(self, old: Eqn) -> Eqn:
        """``old`` on the new operands; the same variable as long as its aval is the same."""
        inputs = tuple(map(self._get, old.inputs))
        if all(a is b for a, b in zip(inputs, old.inputs, strict=True)):
            return old
        new = self._equation(old.prim, inputs, old.params)
        if new.out.aval == old.out.aval:
            new.outs = old.outs
        return new

    def _apply(self, eqn: Eqn) -> Atom:
        for rule in (*self._rules.get(ANY, ()), *self._rules.get(eqn.prim.name, ())):
            atom = rule(eqn, self)
            if atom is not None:
                return atom if atom.aval.shape else self.splat(atom, eqn.out.aval.shape)
        self._eqns.append(eqn)
        self._producers[eqn.out] = eqn
        return eqn.out

    def _replace(self, old: Eqn, new: Atom) -> None:
        self._final[old.out] = new
        if isinstance(new, Var) and new is not old.out:
            self._uses[new] += self._uses[old.out] - (new in map(self._get, old.inputs))
