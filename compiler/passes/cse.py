"""Common subexpression elimination: what is computed twice is computed once."""

from __future__ import annotations

from ..ir.graph import Atom, Eqn, Graph, Var


def cse(graph: Graph) -> Graph:
    """``graph`` where equal equations (primitive, operands, parameters, aval) are one, the first.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = "graph f(a: f32[2]) { b: f32[2] = exp(a) c: f32[2] = exp(a) return b, c }"
    >>> len(cse(parse_graph(g)).eqns)
    1
    """
    known: dict[object, Eqn] = {}
    same: dict[Var, Var] = {}

    def resolve(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(same.get(a, a) if isinstance(a, Var) else a for a in atoms)

    for old in graph.eqns:
        inputs = resolve(old.inputs)
        eqn = old if inputs == old.inputs else Eqn(
            old.prim, inputs, old.params, old.outs, old.source
        )  # fmt: skip
        first = known.setdefault((eqn.key(), *(v.aval for v in eqn.outs)), eqn)
        same.update(zip(eqn.outs, first.outs, strict=True) if first is not eqn else ())
    return graph.replace(known.values(), resolve(graph.outputs))
