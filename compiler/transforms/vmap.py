"""Batching: a graph for one example becomes a graph for many, without a loop."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ShapeError
from ..ir.core import GraphTrace, Operand, at_source, bind_all
from ..ir.graph import Atom, Graph, Var
from ..ir.primitive import Several
from ..ir.prims.common import with_batch


def vmap_graph(graph: Graph, batched: Sequence[bool], size: int) -> Graph:
    """``graph`` over ``size`` examples at once.

    Inputs marked ``batched`` gain the batch as axis 0, and so does every output (repeated when it
    depends on no batched input). What does not depend on the batch is computed once. Raises
    ShapeError for a negative size.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = parse_graph("graph f(a: f32[2], b: f32[2]) { c: f32[2] = mul(a, b) return c }")
    >>> print(vmap_graph(g, (True, False), 5).out_avals[0])
    f32[5,2]
    """
    if size < 0:
        raise ShapeError(f"vmap over a batch of {size}")
    with GraphTrace(f"{graph.name}_vmap") as trace:
        inputs = [
            trace.input(aval.with_shape((size, *aval.shape)) if b else aval)
            for aval, b in zip(graph.in_avals, batched, strict=True)
        ]
        return trace.finish(vmap_evaluate(graph, inputs, batched, size))


def vmap_evaluate(
    graph: Graph, args: Sequence[Operand], batched: Sequence[bool], size: int
) -> list[Operand]:
    """Binds ``graph`` over a batch in the current trace; every result has the batch as axis 0."""
    outs, marks = vmap_partly(graph, args, batched, size)
    return [with_batch(out, mark, size) for out, mark in zip(outs, marks, strict=True)]


def vmap_partly(
    graph: Graph, args: Sequence[Operand], batched: Sequence[bool], size: int
) -> tuple[list[Operand], list[bool]]:
    """As ``vmap_evaluate``, but results that are the same for all examples have no batch: which
    ones have is the second result.
    """
    values: dict[Var, Operand] = dict(zip(graph.inputs, args, strict=True))
    in_batch = {v for v, b in zip(graph.inputs, batched, strict=True) if b}

    def value(atom: Atom) -> Operand:
        return values[atom] if isinstance(atom, Var) else atom

    for eqn in graph.eqns:
        operands = [value(a) for a in eqn.inputs]
        marks = [a in in_batch for a in eqn.inputs]
        with at_source(eqn.source):
            if not any(marks):
                outs = bind_all(eqn.prim, *operands, **eqn.params)
            elif isinstance(eqn.prim, Several):
                outs = eqn.prim.batch(operands, marks, size, **eqn.params)
            else:
                outs = (eqn.prim.batch(operands, marks, size, **eqn.params),)
        values.update(zip(eqn.outs, outs, strict=True))
        in_batch.update(eqn.outs if any(marks) else ())
    return [value(a) for a in graph.outputs], [a in in_batch for a in graph.outputs]
