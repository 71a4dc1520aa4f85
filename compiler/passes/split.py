"""Splits what one kernel cannot do, or not well, into equations that can be kernels.

Reductions and contractions to few results over many elements become partial results (whose number
fills the machine) and a reduction of those, scans of few long rows scans of blocks. The split is
written in the graph, so all steps fuse and schedule as any other. A concatenation of more operands
than a kernel may bind becomes a tree.
"""

from __future__ import annotations

from typing import Any

from ..ir.graph import Atom, Eqn, Graph, Var
from ..ir.index import product
from ..ir.primitive import Contract, lookup
from ..target import Target
from .split_reduce import split_reduction
from .split_scan import split_scan

SOFTWARE_BLOCKS, GPU_BLOCKS = 96, 4096  # 4x4 blocks of results that fill the machine
MIN_SPLIT_FLOPS = 1 << 20  # below, the second dispatch costs more than idle lanes
MIN_SLICE = 64  # steps of k that a slice keeps
CONCATENATE = 4  # operands a concatenation keeps: they and their sum stay within any limit


def split(graph: Graph, target: Target) -> Graph:
    """All the splits."""
    graph = split_reductions(split_scans(split_concatenations(graph)))
    return split_contractions(graph, target)


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


def _divisors(n: int) -> list[int]:
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return small + [n // d for d in small]


# --- contractions --------------------------------------------------------------------------------


def split_contractions(graph: Graph, target: Target) -> Graph:
    """Long contractions to few results as several shorter ones, then a sum (split-K, two passes).

    The weight gradient of a convolution is one: nine taps, a few channels, but every pixel of the
    batch in its sum. Adding partial results in a fixed order keeps it deterministic.
    """
    eqns: list[Eqn] = []
    for eqn in graph.eqns:
        slices = _slices(eqn, target)
        eqns += _SPLITS[eqn.prim.name](eqn, slices) if slices > 1 else [eqn]
    return graph.replace(eqns)


def _slices(eqn: Eqn, target: Target) -> int:
    """How many slices of k: a divisor of the sliced extent that yields enough blocks of results."""
    rule = eqn.prim.lower
    if not isinstance(rule, Contract) or eqn.prim.name not in _SPLITS:
        return 1
    spec = rule.spec(eqn)
    m, n, k, batch = (product(e) for e in (spec.m, spec.n, spec.k, spec.batch))
    blocks = -(-m // 4) * -(-n // 4) * batch
    wanted = SOFTWARE_BLOCKS if target.is_software else GPU_BLOCKS
    if not spec.k or not blocks or blocks >= wanted or 2 * m * n * k * batch < MIN_SPLIT_FLOPS:
        return 1
    possible = [d for d in _divisors(spec.k[-1]) if k // d >= MIN_SLICE]
    return min((d for d in possible if blocks * d >= wanted), default=max(possible, default=1))


def _split_dot(eqn: Eqn, slices: int) -> list[Eqn]:
    """The last contracted axis becomes (slices, rest); slices join the batch axes."""
    (lc, rc), (lb, rb) = eqn.params["contract"], eqn.params["batch"]
    made, operands = list[Eqn](), list[Var]()
    for atom, axis in zip(eqn.inputs, (lc[-1], rc[-1])):
        shape = atom.aval.shape
        cut = (*shape[:axis], slices, shape[axis] // slices, *shape[axis + 1 :])
        operands.append(_emit(made, eqn, "reshape", (atom,), shape=cut))

    def moved(axes: tuple[int, ...], at: int) -> tuple[int, ...]:
        return tuple(a + (a >= at) for a in axes)

    contract = (*moved(lc[:-1], lc[-1]), lc[-1] + 1), (*moved(rc[:-1], rc[-1]), rc[-1] + 1)
    batch = (lc[-1], *moved(lb, lc[-1])), (rc[-1], *moved(rb, rc[-1]))
    parts = _emit(made, eqn, "dot_general", tuple(operands), contract=contract, batch=batch)
    return [*made, _sum(eqn, parts, 0)]


def _split_conv(eqn: Eqn, slices: int) -> list[Eqn]:
    """The channels become (slices, rest); slices join the groups, which lead."""
    made, operands = list[Eqn](), list[Var]()
    for atom, axis in zip(eqn.inputs, (-1, -2)):
        shape, axis = atom.aval.shape, len(atom.aval.shape) + axis
        cut = (*shape[:axis], slices, shape[axis] // slices, *shape[axis + 1 :])
        order = (0, axis, *(a for a in range(1, len(cut)) if a != axis))
        x = _emit(made, eqn, "reshape", (atom,), shape=cut)
        x = _emit(made, eqn, "transpose", (x,), perm=order)
        joined = (shape[0] * slices, *x.aval.shape[2:])
        operands.append(_emit(made, eqn, "reshape", (x,), shape=joined))
    parts = _emit(made, eqn, "conv_general", tuple(operands), **eqn.params)
    groups, rest = eqn.out.aval.shape[0], eqn.out.aval.shape[1:]
    apart = _emit(made, eqn, "reshape", (parts,), shape=(groups, slices, *rest))
    return [*made, _sum(eqn, apart, 1)]


def _emit(made: list[Eqn], origin: Eqn, name: str, inputs: tuple[Atom, ...], **params: Any) -> Var:
    prim = lookup(name)
    out = Var(prim.abstract(*(a.aval for a in inputs), **params))
    made.append(Eqn(prim, inputs, params, (out,), origin.source))
    return out


def _sum(eqn: Eqn, parts: Var, axis: int) -> Eqn:
    params = {"monoid": "sum", "axes": (axis,)}
    return Eqn(lookup("reduce"), (parts,), params, eqn.outs, eqn.source)


_SPLITS = {"dot_general": _split_dot, "conv_general": _split_conv}
