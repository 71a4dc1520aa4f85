"""Replaces primitives that are lowered by others by the equations their ``Expand`` rules bind."""

from __future__ import annotations

from ..ir.core import GraphTrace, at_source
from ..ir.graph import Atom, Eqn, Graph, Var
from ..ir.primitive import Expand, Several


def expand(graph: Graph) -> Graph:
    """``graph`` without such primitives, also where expansions hold others.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = parse_graph(
    ...     "graph f(a: u32[3]) { "
    ...     "b: i32[3] = sort_indices(a) {axis=0, descending=false} return b }"
    ... )
    >>> [e.prim.name for e in expand(g).eqns][-3:]
    ['iota', 'rank', 'put_along']
    """
    while any(isinstance(e.prim.lower, Expand) for e in graph.eqns):
        graph = _expand_once(graph)
    return graph


def _expand_once(graph: Graph) -> Graph:
    eqns: list[Eqn] = []
    known: dict[Var, Atom] = {}

    def get(atom: Atom) -> Atom:
        return known.get(atom, atom) if isinstance(atom, Var) else atom

    for eqn in graph.eqns:
        inputs = tuple(map(get, eqn.inputs))
        rule = eqn.prim.lower
        if isinstance(rule, Expand):
            body = _body(rule, eqn, inputs)
            eqns += body.eqns
            known.update(zip(eqn.outs, body.outputs, strict=True))
        else:
            eqns.append(Eqn(eqn.prim, inputs, eqn.params, eqn.outs, eqn.source))
    return graph.replace(eqns, map(get, graph.outputs))


def _body(rule: Expand, eqn: Eqn, inputs: tuple[Atom, ...]) -> Graph:
    """One expansion: its equations, and the atoms that are its results."""
    with GraphTrace(eqn.prim.name) as trace, at_source(eqn.source):
        made = rule.body(*(trace.tracer(trace, a) for a in inputs), **eqn.params)
        return trace.finish(made if isinstance(eqn.prim, Several) else [made])
