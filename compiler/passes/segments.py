"""Parts a graph at its control flow: what becomes kernels, and the loops and branches between.

A value belongs to segment k when k loops or branches lie on its longest way from the inputs.
Segment k is one graph of all its other equations; then its loops and branches run, and begin
segment k + 1. Nothing fuses across a boundary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..ir.graph import Atom, Eqn, Graph, Var, vars_of
from ..ir.primitive import Control


@dataclass(frozen=True)
class Segment:
    """A graph over variables of the whole, and the control flow that follows it."""

    graph: Graph
    control: tuple[Eqn, ...]


def is_control(eqn: Eqn) -> bool:
    """Whether ``eqn`` runs sub-graphs."""
    return isinstance(eqn.prim.lower, Control)


def segments(graph: Graph) -> tuple[Graph, list[Segment]]:
    """``graph`` without barriers, and its segments in the order in which they run.

    A barrier begins a segment and is no step itself: what it kept apart is apart.
    """
    if not any(map(is_control, graph.eqns)):
        return graph, [Segment(graph, ())]
    depth: dict[Var, int] = dict.fromkeys(graph.inputs, 0)
    passed: dict[Var, Atom] = {}
    parts: list[tuple[list[Eqn], list[Eqn]]] = []

    def get(atom: Atom) -> Atom:
        return passed.get(atom, atom) if isinstance(atom, Var) else atom

    for eqn in graph.eqns:
        control, inputs = is_control(eqn), tuple(map(get, eqn.inputs))
        level = max((depth[v] for v in vars_of(eqn.inputs)), default=0)
        depth.update((v, level + control) for v in eqn.outs)
        if eqn.prim.name == "barrier":
            passed.update(zip(eqn.outs, inputs))
            continue
        while len(parts) <= level:
            parts.append(([], []))
        parts[level][control].append(Eqn(eqn.prim, inputs, eqn.params, eqn.outs, eqn.source))
    whole = graph.replace((e for p in parts for es in p for e in es), map(get, graph.outputs))
    return whole, [Segment(_graph(whole, plain), tuple(control)) for plain, control in parts]


def _graph(whole: Graph, eqns: list[Eqn]) -> Graph:
    """``eqns`` as a graph: what they read from outside, and what is read of them elsewhere."""
    mine = set(map(id, eqns))
    made = {v for e in eqns for v in e.outs}
    elsewhere = [a for e in whole.eqns if id(e) not in mine for a in e.inputs]
    read = dict.fromkeys(vars_of(a for e in eqns for a in e.inputs))
    outputs = dict.fromkeys(v for v in vars_of((*elsewhere, *whole.outputs)) if v in made)
    inputs = tuple(v for v in read if v not in made)
    return Graph(inputs, tuple(eqns), tuple(outputs), whole.name)


def map_bodies(graph: Graph, function: Callable[[Graph], Graph]) -> Graph:
    """``graph`` with ``function`` of every sub-graph of its control flow in its place."""
    if not any(map(is_control, graph.eqns)):
        return graph
    return graph.replace(mapped_eqn(e, function) if is_control(e) else e for e in graph.eqns)


def mapped_eqn(eqn: Eqn, function: Callable[[Graph], Graph]) -> Eqn:
    """``eqn`` with ``function`` of every graph among its parameters in its place."""
    params = {k: _mapped(v, function) for k, v in eqn.params.items()}
    return Eqn(eqn.prim, eqn.inputs, params, eqn.outs, eqn.source)


def _mapped(value: Any, function: Callable[[Graph], Graph]) -> Any:
    if isinstance(value, Graph):
        return function(value)
    if isinstance(value, tuple):
        return tuple(_mapped(v, function) for v in value)
    return value
