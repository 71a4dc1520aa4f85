"""Linearization: the derivative at a point, split into what is known there and what is linear.

The graph of ``jvp`` has equations that depend on tangents and others that do not. The first make
the linear graph; values that cross over are *residuals*: outputs of the known graph, inputs of the
linear one.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.graph import Eqn, Graph, Var, vars_of
from .jvp import is_float, jvp_graph


def linearize_graph(graph: Graph, nonzero: Sequence[bool]) -> tuple[Graph, Graph, int]:
    """``(known, linear, n)``: the two halves of the derivative, and the number of residuals.

    ``known``: inputs of ``graph`` -> its outputs, then n residuals. ``linear``: n residuals, then a
    tangent for each nonzero input -> a tangent for each float output; linear in the tangents.
    Raises as ``jvp_graph``.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = parse_graph("graph f(a: f32[2]) { b: f32[2] = sin(a) return b }")
    >>> print(linearize_graph(g, (True,))[1])
    graph f_linear(a: f32[2], b: f32[2]) {
      c: f32[2] = mul(b, a)
      return c
    }
    """
    return split(graph, jvp_graph(graph, nonzero))


def split(graph: Graph, jvp: Graph) -> tuple[Graph, Graph, int]:
    """Parts the graph of ``jvp_graph(graph, …)`` into its known and its linear half."""
    n_in, n_out = len(graph.inputs), len(graph.outputs)
    primals, tangents = jvp.inputs[:n_in], jvp.inputs[n_in:]
    known, linear = _by_dependence(jvp, tangents)
    linear = [*_constants_of(known, linear, jvp.outputs[n_out:]), *linear]
    defined = {*tangents, *(v for e in linear for v in e.outs)}
    reads = [a for e in linear for a in e.inputs] + list(jvp.outputs[n_out:])
    residuals = tuple(dict.fromkeys(v for v in vars_of(reads) if v not in defined))
    assert len(jvp.outputs) - n_out == sum(map(is_float, graph.outputs))
    known_outputs = (*jvp.outputs[:n_out], *residuals)
    return (
        Graph(primals, tuple(known), known_outputs, f"{graph.name}_known"),
        Graph((*residuals, *tangents), tuple(linear), jvp.outputs[n_out:], f"{graph.name}_linear"),
        len(residuals),
    )


def _by_dependence(graph: Graph, on: Sequence[Var]) -> tuple[list[Eqn], list[Eqn]]:
    """The equations that do not depend on the variables, and those that do."""
    dependent = set(on)
    parts: tuple[list[Eqn], list[Eqn]] = [], []
    for eqn in graph.eqns:
        depends = any(v in dependent for v in vars_of(eqn.inputs))
        parts[depends].append(eqn)
        dependent.update(eqn.outs if depends else ())
    return parts


def _constants_of(
    known: Sequence[Eqn], linear: Sequence[Eqn], outputs: Sequence[object]
) -> list[Eqn]:
    """Known equations without any variable that the linear half reads: cheaper made than kept."""
    makers: dict[Var, Eqn] = {}
    for eqn in known:
        if all(v in makers for v in vars_of(eqn.inputs)):
            makers.update((v, eqn) for v in eqn.outs)
    needed: dict[Eqn, None] = {}
    pending = [v for e in linear for v in vars_of(e.inputs)]
    pending += [v for v in outputs if isinstance(v, Var)]
    while pending:
        maker = makers.get(pending.pop())
        if maker is not None and maker not in needed:
            needed[maker] = None
            pending += vars_of(maker.inputs)
    return [e for e in known if e in needed]
