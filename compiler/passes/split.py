"""Splits what one kernel cannot do, or not well, into equations that can be kernels.

A reduction to few results over many elements becomes partial results (whose number fills the
machine) and a reduction of those. The split is written in the graph, so both steps fuse and
schedule as any other reduction. A concatenation of more operands than a kernel may bind becomes a
tree.
"""

from __future__ import annotations

from ..ir.graph import Eqn, Graph, Var
from ..ir.index import product
from ..ir.primitive import lookup

CONCATENATE = 4  # operands a concatenation keeps: they and their sum stay within any limit
MIN_INNER = 4096  # below, one invocation's loop is over before a second dispatch would start
PARTIALS = 2048  # M: a sum of 4M is fastest with some thousand partial sums, then a second pass


def split_reductions(graph: Graph) -> Graph:
    """``reduce`` to fewer than ``PARTIALS`` rows over at least ``MIN_INNER`` elements, in two
    steps.
    """
    eqns: list[Eqn] = []
    for eqn in graph.eqns:
        parts = _parts(eqn)
        eqns += _split(eqn, parts) if parts > 1 else [eqn]
    return graph.replace(eqns)


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


def _parts(eqn: Eqn) -> int:
    """Into how many partial results the reduced space is cut: a divisor of its leading extent."""
    if eqn.prim.name != "reduce":
        return 1
    shape, axes = eqn.inputs[0].aval.shape, eqn.params["axes"]
    inner = product(shape[a] for a in axes)
    rows = max(eqn.out.aval.size, 1)
    if inner < MIN_INNER or rows >= PARTIALS or not _is_run(axes):
        return 1
    want = min(PARTIALS // rows, inner // 64)
    return max((d for d in _divisors(inner) if d <= want and (inner // d) % 4 == 0), default=1)


def _is_run(axes: tuple[int, ...]) -> bool:
    """Consecutive axes can be seen as one by a reshape."""
    return axes == tuple(range(axes[0], axes[0] + len(axes)))


def _divisors(n: int) -> list[int]:
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return small + [n // d for d in small]


def _split(eqn: Eqn, parts: int) -> list[Eqn]:
    x, axes = eqn.inputs[0], eqn.params["axes"]
    before, after = x.aval.shape[: axes[0]], x.aval.shape[axes[-1] + 1 :]
    inner = product(x.aval.shape[a] for a in axes)
    cut = Var(x.aval.with_shape((*before, parts, inner // parts, *after)))
    partial = Var(eqn.out.aval.with_shape((*before, parts, *after)))
    at, monoid = len(before), eqn.params["monoid"]
    reduce = eqn.prim
    return [
        Eqn(lookup("reshape"), (x,), {"shape": cut.aval.shape}, (cut,), eqn.source),
        Eqn(reduce, (cut,), {"monoid": monoid, "axes": (at + 1,)}, (partial,), eqn.source),
        Eqn(reduce, (partial,), {"monoid": monoid, "axes": (at,)}, eqn.outs, eqn.source),
    ]
