"""Which schedules compete for a kernel, when it is tuned."""

from __future__ import annotations

import heapq
from functools import partial

from ..ir.primitive import Contract
from ..passes.group import Group
from ..target import Target
from .choose import Problem, candidates, cost
from .contract import ContractSchedule
from .nest import NestSchedule
from .schedule import is_allowed

MOST = 16  # contractions tried: those that the model expects to be the fastest
THREADS = (1, 32, 64, 128, 256)
VECTORS = (1, 2, 4, 8)


def alternatives(group: Group, target: Target) -> list[ContractSchedule] | list[NestSchedule]:
    """The schedules that compete for ``group``, the most promising first; empty: no choice."""
    if group.parts:
        return []
    if group.root is None:
        return _nests(group, target)
    if not isinstance(group.root.prim.lower, Contract):
        return []
    problem = Problem.of(group.contraction)
    price = partial(cost, problem, target=target)
    return heapq.nsmallest(MOST, candidates(problem, target), key=price)


def _nests(group: Group, target: Target) -> list[NestSchedule]:
    every = (
        NestSchedule(lanes, threads, vectors)
        for threads in THREADS
        for lanes in ("inner", "rows", "")
        for vectors in VECTORS
    )
    return [s for s in every if is_allowed(group, target, s)]
