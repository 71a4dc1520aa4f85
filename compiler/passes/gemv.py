"""A matrix times a vector, where rows of the matrix lie in one piece: a reduction of every row.

Then the invocations of a workgroup read a row together, neighbours reading neighbours, which is how
a GPU reads memory fast. As a contraction each invocation would walk rows of its own. Software
adapters do not care, and matrices whose columns lie in one piece are read well as they are.
"""

from __future__ import annotations

from ..ir.graph import Atom, Eqn, Graph, Var
from ..ir.index import product
from ..ir.primitive import Contract, lookup
from ..target import Target

MIN_ROW = 256  # A: from here on a workgroup a row is faster than an invocation a row


def gemv(graph: Graph, target: Target) -> Graph:
    """``dot_general(matrix, vector)`` as products and a sum, on GPUs."""
    if target.is_software:
        return graph
    return graph.replace([part for eqn in graph.eqns for part in _split(eqn)])


def _split(eqn: Eqn) -> list[Eqn]:
    if eqn.prim.name != "dot_general" or any(eqn.params["batch"]):
        return [eqn]
    assert isinstance(eqn.prim.lower, Contract)
    spec = eqn.prim.lower.spec(eqn)
    for side, rows in enumerate((product(spec.n), product(spec.m))):  # of the other operand
        matrix, vector = eqn.inputs[1 - side], eqn.inputs[side]
        contract = eqn.params["contract"][1 - side]
        long_rows = contract == (len(matrix.aval.shape) - 1,) and spec.k[0] >= MIN_ROW
        if vector.aval.size == product(spec.k) and rows > 1 and long_rows:
            return _rows_reduced(eqn, matrix, vector)
    return [eqn]


def _rows_reduced(eqn: Eqn, matrix: Atom, vector: Atom) -> list[Eqn]:
    made: list[Eqn] = []

    def emit(name: str, *inputs: Atom, **params: object) -> Var:
        prim = lookup(name)
        out = Var(prim.abstract(*(a.aval for a in inputs), **params))
        made.append(Eqn(prim, inputs, params, (out,), eqn.source))
        return out

    shape, last = matrix.aval.shape, len(matrix.aval.shape) - 1
    flat = emit("reshape", vector, shape=(shape[last],))
    wide = emit("broadcast_in_dim", flat, shape=shape, dims=(last,))
    total = emit("reduce", emit("mul", matrix, wide), monoid="sum", axes=(last,))
    made.append(
        Eqn(lookup("reshape"), (total,), {"shape": eqn.out.aval.shape}, eqn.outs, eqn.source)
    )
    return made
