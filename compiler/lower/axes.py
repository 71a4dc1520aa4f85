"""Puts the axes of a contraction in the order that memory has them.

The order of the axes within m, n or k changes nothing in the result, but the last one is what
neighbouring registers and vector lanes run over: it should be the one that lies contiguous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..ir.graph import Var
from ..ir.index import Index, Loop
from ..ir.primitive import ContractSpec
from ..passes.group import Group
from .emit import Emitter

Order = tuple[int, ...]


def ordered(group: Group, buffers: Mapping[Var, str]) -> ContractSpec:
    """The group's contraction with the contiguous axis of each operand last among its kind."""
    spec = group.contraction
    lhs_b, lhs_m, lhs_k = _contiguous(group, buffers, "lhs")
    _, rhs_n, rhs_k = _contiguous(group, buffers, "rhs")
    return permuted(
        spec,
        _with_last(len(spec.batch), lhs_b),
        _with_last(len(spec.m), lhs_m),
        _with_last(len(spec.n), rhs_n),
        _with_last(len(spec.k), lhs_k if lhs_k is not None else rhs_k),
    )


def batch_is_contiguous(group: Group, buffers: Mapping[Var, str]) -> bool:
    """Whether in both operands neighbours along one batch axis are neighbours in memory."""
    lhs, _, _ = _contiguous(group, buffers, "lhs")
    rhs, _, _ = _contiguous(group, buffers, "rhs")
    return lhs is not None and lhs == rhs


def permuted(spec: ContractSpec, b: Order, m: Order, n: Order, k: Order) -> ContractSpec:
    """``spec`` with its axis lists reordered; the maps take indices in the new order."""

    def back(order: Order, index: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(index[order.index(axis)] for axis in range(len(order)))

    return replace(
        spec,
        batch=tuple(spec.batch[a] for a in b),
        m=tuple(spec.m[a] for a in m),
        n=tuple(spec.n[a] for a in n),
        k=tuple(spec.k[a] for a in k),
        lhs=lambda bi, mi, ki: spec.lhs(back(b, bi), back(m, mi), back(k, ki)),
        rhs=lambda bi, ki, ni: spec.rhs(back(b, bi), back(k, ki), back(n, ni)),
        out=lambda bi, mi, ni: spec.out(back(b, bi), back(m, mi), back(n, ni)),
    )


def _with_last(count: int, last: int | None) -> Order:
    axes = list(range(count))
    if last is not None:
        axes.append(axes.pop(last))
    return tuple(axes)


def _contiguous(
    group: Group, buffers: Mapping[Var, str], which: str
) -> tuple[int | None, int | None, int | None]:
    """Which batch axis, outer axis (m or n) and k axis of the operand has stride 1 in memory."""
    spec = group.contraction
    batch = [Loop(f"b{a}", n) for a, n in enumerate(spec.batch)]
    outer = [Loop(f"o{a}", n) for a, n in enumerate(spec.m if which == "lhs" else spec.n)]
    k = [Loop(f"k{a}", n) for a, n in enumerate(spec.k)]
    places = (tuple(map(Index.of, loops)) for loops in (batch, outer, k))
    offsets = _offsets(group, buffers, which, *places)
    return _unit_axis(batch, offsets), _unit_axis(outer, offsets), _unit_axis(k, offsets)


def _offsets(
    group: Group, buffers: Mapping[Var, str], which: str, batch: Any, outer: Any, k: Any
) -> list[Index]:
    """The offsets of the operand's loads at a symbolic index."""
    spec, root = group.contraction, group.root
    assert root is not None
    em = Emitter(group.graph, {v: n for v, n in buffers.items() if v not in group.outputs})
    _, index = spec.lhs(batch, outer, k) if which == "lhs" else spec.rhs(batch, k, outer)
    atom = root.inputs[0 if which == "lhs" else 1]
    em.read(atom, index if atom.aval.shape else ())
    return [o for offsets in em.loads.values() for o in offsets]


def _unit_axis(loops: Sequence[Loop], offsets: Sequence[Index]) -> int | None:
    """The longest axis that steps every load by one element."""
    unit = [
        a
        for a, loop in enumerate(loops)
        if loop.extent > 1 and offsets and all(o.coefficient(loop) == 1 for o in offsets)
    ]
    return max(unit, key=lambda a: loops[a].extent, default=None)
