"""Independent small kernels become one dispatch: each part has a range of its workgroups.

A dispatch of a few hundred elements costs what the launch costs (docs/design/measurements.md). What
is left of a program after fusion in small maps on arrays of different shapes (updates of many
parameters, their running averages, a batch of initial values) shares launches as far as the
buffers of a kernel go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .group import Group

if TYPE_CHECKING:
    from .fuse import Fusion

MAX_ELEMENTS = 1 << 15  # M: beyond, a map takes longer than its launch
LOOK_BACK = 8  # batches begun before, that a map may join: so the search stays linear


def batch(fusion: Fusion) -> None:
    """Merges what ``fusion`` has left of small maps."""
    begun: list[Group] = []
    for group in fusion.in_order():
        if not _is_small_map(group):
            continue
        for i, mate in enumerate(begun):
            merged = _joined(fusion, mate, group)
            if merged is not None:
                fusion.replace(mate, group, merged)
                begun[i] = merged
                break
        else:
            begun = [*begun, group][-LOOK_BACK:]


def _is_small_map(group: Group) -> bool:
    return group.root is None and not group.folds and 0 < group.rows <= MAX_ELEMENTS


def _joined(fusion: Fusion, a: Group, b: Group) -> Group | None:
    """Both as parts of one kernel; None where one needs the other, or the buffers are too many."""
    if fusion.depends(a, b) or fusion.depends(b, a):
        return None
    parts = (*(a.parts or (a,)), *(b.parts or (b,)))
    merged = Group(fusion.graph, (*a.outputs, *b.outputs), parts=parts)
    reads, eqns = merged.reads(fusion.stored), merged.eqns(fusion.stored)
    few = len(eqns) <= fusion.limits.max_eqns and fusion.bind(
        merged, reads, eqns, (a, b), fusion.limits.batched
    )
    return merged if few else None
