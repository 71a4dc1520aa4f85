"""Forward mode: a graph that also computes how its outputs change along given tangents.

A tangent that is zero for certain is ``None`` and costs nothing: rules never see a tangent of an
integer, of a constant, or of an input that is not differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import GradientError
from ..ir.core import GraphTrace, Operand, Value, at_source, bind, bind_all
from ..ir.graph import Atom, Eqn, Graph, Var
from ..ir.primitive import Several
from ..ir.prims.structural import zeros

Tangent = Operand | None


def jvp_graph(graph: Graph, nonzero: Sequence[bool]) -> Graph:
    """The function and its derivative along tangents of the inputs marked ``nonzero``.

    Inputs: those of ``graph``, then a tangent for each nonzero one. Outputs: those of ``graph``,
    then a tangent for each float output, in order. Raises GradientError for a nonzero integer
    input and for an operation without a derivative.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = parse_graph("graph f(a: f32[2]) { b: f32[2] = mul(a, a) return b }")
    >>> [str(a) for a in jvp_graph(g, (True,)).out_avals]
    ['f32[2]', 'f32[2]']
    """
    check_differentiable(graph, nonzero)
    with GraphTrace(f"{graph.name}_jvp") as trace:
        primals = [trace.input(aval) for aval in graph.in_avals]
        tangents: list[Tangent] = [
            trace.input(aval.strong()) if n else None
            for aval, n in zip(graph.in_avals, nonzero, strict=True)
        ]
        outs, out_tangents = jvp_evaluate(graph, primals, tangents)
        rates = [
            zeros(out.aval.strong()) if t is None else t
            for out, t in zip(outs, out_tangents, strict=True)
            if is_float(out)
        ]
        return trace.finish([*outs, *rates])


def jvp_evaluate(
    graph: Graph, primals: Sequence[Operand], tangents: Sequence[Tangent]
) -> tuple[list[Operand], list[Tangent]]:
    """Binds ``graph`` and its derivative in the current trace; a ``None`` tangent is zero."""
    values: dict[Var, Operand] = dict(zip(graph.inputs, primals, strict=True))
    rates: dict[Var, Tangent] = dict(zip(graph.inputs, tangents, strict=True))

    def value(atom: Atom) -> Operand:
        return values[atom] if isinstance(atom, Var) else atom

    def rate(atom: Atom) -> Tangent:
        return rates[atom] if isinstance(atom, Var) else None

    for eqn in graph.eqns:
        with at_source(eqn.source):
            inputs, moved = [value(a) for a in eqn.inputs], [rate(a) for a in eqn.inputs]
            several = isinstance(eqn.prim, Several)
            outs, out_rates = (_apply_several if several else _apply)(eqn, inputs, moved)
            values.update(zip(eqn.outs, outs, strict=True))
            rates.update(zip(eqn.outs, out_rates, strict=True))
    return [value(a) for a in graph.outputs], [rate(a) for a in graph.outputs]


def _apply(
    eqn: Eqn, primals: Sequence[Operand], tangents: Sequence[Tangent]
) -> tuple[Sequence[Operand], Sequence[Tangent]]:
    out = bind(eqn.prim, *primals, **eqn.params)
    return (out,), (_tangent(eqn, primals, tangents, out),)


def _apply_several(
    eqn: Eqn, primals: Sequence[Operand], tangents: Sequence[Tangent]
) -> tuple[Sequence[Operand], Sequence[Tangent]]:
    if all(t is None for t in tangents):
        return bind_all(eqn.prim, *primals, **eqn.params), (None,) * len(eqn.outs)
    outs, rates = _rule(eqn)(primals, tangents, **eqn.params)
    return outs, rates


def _rule(eqn: Eqn) -> Callable[..., Any]:
    if eqn.prim.jvp is None:
        raise GradientError(
            f"{eqn.prim.name} has no derivative: {_signature(eqn)}",
            why=eqn.prim.no_jvp,
            fix="stop the gradient before it with stop_gradient",
            where=eqn.source,
        )
    return eqn.prim.jvp


def _tangent(
    eqn: Eqn, primals: Sequence[Operand], tangents: Sequence[Tangent], out: Value
) -> Tangent:
    if not is_float(out) or all(t is None for t in tangents):
        return None
    tangent: Tangent = _rule(eqn)(primals, tangents, out, **eqn.params)
    if tangent is not None and tangent.aval.shape != out.aval.shape:
        raise AssertionError(f"the jvp rule of {eqn.prim.name} gave {tangent.aval} for {out.aval}")
    return tangent


def _signature(eqn: Eqn) -> str:
    inputs, outs = (", ".join(str(a.aval) for a in atoms) for atoms in (eqn.inputs, eqn.outs))
    return f"({inputs}) -> {outs}"


def is_float(x: Operand | Atom) -> bool:
    """Whether a value can have a tangent."""
    return x.aval.dtype.kind in "fc"


def check_differentiable(graph: Graph, wanted: Sequence[bool]) -> None:
    """GradientError unless every wanted input is floating point."""
    if len(wanted) != len(graph.inputs):
        raise ValueError(f"{graph.name} has {len(graph.inputs)} inputs, not {len(wanted)}")
    for i, (var, w) in enumerate(zip(graph.inputs, wanted, strict=True)):
        if w and not is_float(var):
            raise GradientError(
                f"{graph.name}: input {i} is {var.aval}: only floats and complex have gradients",
                why="the derivative by an integer or a bool is not defined",
                fix="convert it to float32, or do not differentiate by it",
            )
