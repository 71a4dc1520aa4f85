"""Replaces primitives that are lowered by others by the equations their ``Expand`` rules bind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    return replaced(graph, _expansion)


Body = Callable[..., Any]


def _expansion(eqn: Eqn) -> Body | None:
    rule = eqn.prim.lower
    return rule.body if isinstance(rule, Expand) else None


def replaced(graph: Graph, body_of: Callable[[Eqn], Body | None]) -> Graph:
    """``graph`` with what ``body_of`` binds in place of every equation it gives a function for."""
    while any(map(body_of, graph.eqns)):
        graph = _replace_once(graph, body_of)
    return graph


def _replace_once(graph: Graph, body_of: Callable[[Eqn], Body | None]) -> Graph:
    eqns: list[Eqn] = []
    known: dict[Var, Atom] = {}

    def get(atom: Atom) -> Atom:
        return known.get(atom, atom) if isinstance(atom, Var) else atom

    for eqn in graph.eqns:
        inputs = tuple(map(get, eqn.inputs))
        function = body_of(eqn)
        if function is not None:
            body = _recorded(function, eqn, inputs)
            eqns += body.eqns
            known.update(zip(eqn.outs, body.outputs, strict=True))
        else:
            eqns.append(Eqn(eqn.prim, inputs, eqn.params, eqn.outs, eqn.source))
    return graph.replace(eqns, map(get, graph.outputs))


def _recorded(function: Body, eqn: Eqn, inputs: tuple[Atom, ...]) -> Graph:
    """One expansion: its equations, and the atoms that are its results."""
    with GraphTrace(eqn.prim.name) as trace, at_source(eqn.source):
        made = function(*(trace.tracer(trace, a) for a in inputs), **eqn.params)
        return trace.finish(made if isinstance(eqn.prim, Several) else [made])
