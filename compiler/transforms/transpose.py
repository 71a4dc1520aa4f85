"""Reverse mode: the linear half of the derivative run backwards, from cotangents to cotangents."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import GradientError
from ..ir.core import GraphTrace, Operand, at_source, bind_all, evaluate
from ..ir.graph import Atom, Eqn, Graph, Var, vars_of
from ..ir.primitive import Linear, Several
from ..ir.prims.elementwise import add
from ..ir.prims.structural import zeros
from .jvp import is_float
from .linearize import linearize_graph


def vjp_graph(graph: Graph, wrt: Sequence[bool]) -> Graph:
    """The function and its vector-Jacobian product by the inputs marked ``wrt``.

    Inputs: those of ``graph``, then a cotangent for each float output. Outputs: those of ``graph``,
    then a cotangent for each ``wrt`` input (zeros when no output depends on it). Raises
    GradientError for an integer ``wrt`` input and for an operation without a derivative.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = parse_graph("graph f(a: f32[2]) { b: f32[2] = mul(a, a) return b }")
    >>> [str(a) for a in vjp_graph(g, (True,)).in_avals]
    ['f32[2]', 'f32[2]']
    """
    known, linear, n_residuals = linearize_graph(graph, wrt)
    with GraphTrace(f"{graph.name}_vjp") as trace:
        primals = [trace.input(aval) for aval in graph.in_avals]
        cts = [trace.input(v.aval.strong()) for v in graph.outputs if is_float(v)]
        results = evaluate(known, primals)
        outs, residuals = results[: len(graph.outputs)], results[len(graph.outputs) :]
        assert len(residuals) == n_residuals
        return trace.finish([*outs, *transpose_evaluate(linear, residuals, cts)])


def transpose_evaluate(
    linear: Graph, known: Sequence[Operand], cotangents: Sequence[Operand]
) -> list[Operand]:
    """Binds the transpose of a graph that is linear in all inputs after the ``known`` ones.

    Takes a cotangent for each output and gives one for each linear input, in the current trace.
    """
    values: dict[Var, Operand] = dict(zip(linear.inputs, known, strict=False))
    unknown = linear.inputs[len(known) :]
    backward = _evaluate_known(linear, values, set(unknown))
    sums: dict[Var, Operand] = {}

    def accumulate(atom: Atom, ct: Operand | None) -> None:
        if ct is not None and isinstance(atom, Var) and atom not in values:
            sums[atom] = add(sums[atom], ct) if atom in sums else ct

    for atom, ct in zip(linear.outputs, cotangents, strict=True):
        accumulate(atom, ct)
    for eqn in reversed(backward):
        if any(v in sums for v in eqn.outs):
            cts = [sums.pop(v, None) for v in eqn.outs]
            with at_source(eqn.source):
                for atom, part in zip(eqn.inputs, _cotangents(eqn, cts, values), strict=True):
                    accumulate(atom, part)
    return [sums[v] if v in sums else zeros(v.aval) for v in unknown]


def _evaluate_known(graph: Graph, values: dict[Var, Operand], linear: set[Var]) -> list[Eqn]:
    """Binds the equations without linear operands into ``values``; returns the others."""
    rest = []
    for eqn in graph.eqns:
        if any(v in linear for v in vars_of(eqn.inputs)):
            linear.update(eqn.outs)
            rest.append(eqn)
            continue
        args = [values[a] if isinstance(a, Var) else a for a in eqn.inputs]
        with at_source(eqn.source):
            values.update(zip(eqn.outs, bind_all(eqn.prim, *args, **eqn.params), strict=True))
    return rest


def _cotangents(
    eqn: Eqn, cts: Sequence[Operand | None], values: dict[Var, Operand]
) -> Sequence[Operand | None]:
    if eqn.prim.transpose is None:
        raise GradientError(
            f"{eqn.prim.name} cannot be differentiated backwards",
            why=eqn.prim.no_transpose,
            fix="use forward mode (jvp) for it",
            where=eqn.source,
        )
    operands = [
        (values[a] if a in values else Linear(a.aval)) if isinstance(a, Var) else a
        for a in eqn.inputs
    ]
    ct = cts if isinstance(eqn.prim, Several) else cts[0]
    return eqn.prim.transpose(ct, operands, **eqn.params)
