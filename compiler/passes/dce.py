"""Dead code elimination: equations that no output depends on are dropped."""

from __future__ import annotations

from ..ir.graph import Eqn, Graph, Var, vars_of


def dce(graph: Graph) -> Graph:
    """``graph`` without the equations whose results nothing reads; the inputs all stay.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> len(dce(parse_graph("graph f(a: f32[2]) { b: f32[2] = exp(a) return a }")).eqns)
    0
    """
    live: set[Var] = set(vars_of(graph.outputs))
    kept: list[Eqn] = []
    for eqn in reversed(graph.eqns):
        if not live.isdisjoint(eqn.outs):
            kept.append(eqn)
            live.update(vars_of(eqn.inputs))
    return graph.replace(eqns=reversed(kept))
