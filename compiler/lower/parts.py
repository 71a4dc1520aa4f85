"""Kernels of several parts: which one an invocation computes depends on its number.

Parts begin at whole workgroups, so that no workgroup goes two ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ir import kernel as K
from ..ir.graph import Var
from ..ir.index import Index, Loop
from ..ir.kernel import Declare, If, Stmt
from .scheduled import Scheduled


def join_parts(make: Sequence[Callable[[str], Scheduled]], workgroup: int) -> Scheduled:
    """One schedule of several. ``make[k](item)`` gives a part whose invocations count ``item``."""
    parts = [schedule(f"item{k}") for k, schedule in enumerate(make)]
    starts, total = [], 0
    for part in parts:
        assert part.items is not None
        starts.append(-(-total // workgroup) * workgroup)
        total = starts[-1] + part.items
    item = Index.of(K.item(total))
    stmts: list[Stmt] = []
    loads: dict[str, set[Index]] = {}
    stores: dict[Var, set[Index]] = {}
    for k, (part, start) in enumerate(zip(parts, starts)):
        mine = Declare(f"item{k}", K.index_value(item - start))
        inside = K.inside(item, start, start + (part.items or 0)) or K.TRUE
        stmts.append(If(inside, (mine, *part.stmts)))
        own = Index.of(Loop(f"part{k}", 2))  # one part never writes over what another reads
        stores.update((v, offsets | {own}) for v, offsets in part.stores.items())
        for name, offsets in part.loads.items():
            loads.setdefault(name, set()).update(offsets | {own})
    words = " | ".join(dict.fromkeys(part.schedule for part in parts))
    title = f"{len(parts)} parts: {words}"
    groups = -(-total // workgroup)
    return Scheduled(tuple(stmts), workgroup, groups, total, title, loads, stores)
