"""Along which axis the operands of a contraction are read as vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..ir.graph import Var
from ..ir.index import Index, Loop, product
from ..ir.kernel import LANES
from ..passes.group import Group
from .contract import Block, ContractSchedule
from .emit import access_cost
from .multiply import Rows, Steps, inner_axes, lhs_values, rhs_values


def with_lanes(
    group: Group, schedule: ContractSchedule, buffers: dict[Var, str]
) -> ContractSchedule:
    """``schedule`` with each operand read along the axis that takes the fewest load instructions.

    Found by emitting a 4 x 4 block of four steps at a symbolic place.
    """
    rows, cols = min(schedule.rows, LANES), min(schedule.cols, LANES)
    probe = replace(schedule, rows=rows, cols=cols, share=0, stage=0)
    lhs = ["", "k", *(["m"] if schedule.rows % LANES == 0 else [])]

    def cost(values: Callable[[Block, Steps], Rows], **by: Any) -> int:
        block = Block(group, replace(probe, **by), buffers)
        seen: set[int] = set()
        return sum(access_cost(x, seen) for line in values(block, _place(block)) for x in line)

    return replace(
        schedule,
        lhs_lanes=min(lhs, key=lambda by: cost(lhs_values, lhs_lanes=by)),
        rhs_lanes=min(["n", "k"], key=lambda by: cost(rhs_values, rhs_lanes=by)),
    )


def _place(block: Block) -> Steps:
    """Four steps at any place; tiles are counted as if they were aligned and there were several."""
    tiles = (block.m_tiles, block.n_tiles, block.batch)
    block.place(*(Index.of(Loop(name, n)) for name, n in zip("mnb", tiles, strict=True)))
    k = block.spec.k or (1,)
    split = len(k) - inner_axes(k, block.schedule.unroll)
    outer = tuple(Index.of(Loop(f"k{axis}", n)) for axis, n in enumerate(k[:split]))
    trips = max(product(k[split:]) // LANES, 1)
    count = min(LANES, product(k[split:]))
    return Steps(outer, k[split:], Index.of(Loop("k", trips)) * LANES, count)
