"""Splits what one kernel cannot do, or not well, into equations that can be kernels.

Reductions and contractions to few results over many elements become partial results (whose number
fills the machine) and a reduction of those, scans of few long rows scans of blocks. The split is
written in the graph, so all steps fuse and schedule as any other. A concatenation of more operands
than a kernel may bind becomes a tree.
"""

from __future__ import annotations

from ..ir.graph import Eqn, Graph, Var
from ..target import Target
from .split_contract import split_contraction
from .split_reduce import split_reduction
from .split_scan import split_scan

CONCATENATE = 4  # operands a concatenation keeps: they and their sum stay within any limit


def split(graph: Graph, target: Target) -> Graph:
    """All the splits."""
    graph = split_reductions(split_scans(split_concatenations(graph)))
    return graph.replace([part for eqn in graph.eqns for part in split_contraction(eqn, target)])


def split_scans(graph: Graph) -> Graph:
    """Long scans of few rows, in blocks."""
    return graph.replace([part for eqn in graph.eqns for part in split_scan(eqn)])


def split_reductions(graph: Graph) -> Graph:
    """Long reductions to few results, in two steps."""
    return graph.replace([part for eqn in graph.eqns for part in split_reduction(eqn)])


def split_concatenations(graph: Graph) -> Graph:
    """Concatenations of more than ``CONCATENATE`` operands, as trees of smaller ones."""
    eqns: list[Eqn] = []
    for eqn in graph.eqns:
        wide = eqn.prim.name == "concatenate" and len(eqn.inputs) > CONCATENATE
        eqns += _tree(eqn) if wide else [eqn]
    return graph.replace(eqns)


def _tree(eqn: Eqn) -> list[Eqn]:
    level, out = list(eqn.inputs), list[Eqn]()
    while len(level) > CONCATENATE:
        parts = [tuple(level[i : i + CONCATENATE]) for i in range(0, len(level), CONCATENATE)]
        level = []
        for part in parts:
            if len(part) == 1:
                level.append(part[0])
                continue
            aval = eqn.prim.abstract(*(a.aval for a in part), **eqn.params)
            out.append(Eqn(eqn.prim, part, eqn.params, (Var(aval),), eqn.source))
            level.append(out[-1].out)
    return [*out, Eqn(eqn.prim, tuple(level), eqn.params, eqn.outs, eqn.source)]
