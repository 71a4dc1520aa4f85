"""Rematerialisation: what is computed again when it is needed late, instead of kept, so that a
program's memory stays within ``knobs.memory_budget``.

It works on the finished kernels in their order, so what a step saves is known exactly and all
others compute what they did. While the most is alive at one time, the value that waits longest for
the least work (bytes x kernels / cost; greedily, as in XLA's HloRematerialization) is dropped
behind its last use before that time, and kernels that compute it again are put before its next
use. Products, scans, sorts and random bits are computed again only when nothing else helps;
control flow never is.

During the search a value that is written again is simply another copy of it from there on;
``renamed`` gives the copies variables of their own at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from ..ir.graph import Eqn, Graph, Var, vars_of
from ..ir.primitive import Control, Fold, Map
from .flops import flops
from .group import Group
from .memory import Use, alive_bytes, device_bytes, needed

FLOPS_A_BYTE = 8  # M: llvmpipe does 5 (50 GFLOP/s, 9 GB/s); data sheets of GPUs say 10 to 40
SMALL = 8  # values that are this much smaller (rows' statistics) are kept, not computed again

Fuse = Callable[[Graph], Sequence[Group]]


@dataclass(frozen=True)
class Turn:
    """A kernel or control flow, the equations that it computes, what it reads and writes, and
    whether that was computed before.
    """

    item: Group | Eqn
    eqns: tuple[Eqn, ...]
    use: Use
    again: bool = False


@dataclass(frozen=True)
class Again:
    """``eqns`` compute ``var`` from ``reads`` before step ``until``; unused since ``since``."""

    var: Var
    reads: tuple[Var, ...]
    eqns: tuple[Eqn, ...]
    since: int
    until: int

    @property
    def worth(self) -> float:
        """Bytes times steps for which they are saved, for a byte moved or as much arithmetic."""
        moved = sum(map(device_bytes, (*self.reads, self.var)))
        cost = moved + sum(map(flops, self.eqns)) / FLOPS_A_BYTE
        return device_bytes(self.var) * (self.until - self.since) / cost


@dataclass(frozen=True)
class Timeline:
    """Steps in order, and what is alive when."""

    graph: Graph
    turns: tuple[Turn, ...]
    donated: tuple[Var, ...]

    @cached_property
    def needed(self) -> list[frozenset[Var]]:
        """What later steps read, or is returned: before each step, and at the end."""
        uses = [turn.use for turn in self.turns]
        return needed(uses, self.graph.inputs, list(vars_of(self.graph.outputs)), self.donated)

    @cached_property
    def alive(self) -> list[int]:
        """Bytes of temporaries during each step: inputs and outputs have buffers of their own."""
        return alive_bytes([_among(self._temporary, t.use) for t in self.turns], (), (), ())[1:]

    @cached_property
    def peak(self) -> tuple[int, int]:
        """The most bytes of temporaries that are alive at one time, and at how many times."""
        most = max(self.alive, default=0)
        return most, self.alive.count(most)

    @cached_property
    def _temporary(self) -> Set[Var]:
        return self.graph.positions().keys() - set(self.graph.outputs)

    def idle(self, now: int) -> list[Var]:
        """Temporaries that wait while step ``now`` runs."""
        waiting = self.needed[now] & self.needed[now + 1] - set(self.turns[now].use.reads)
        return sorted(waiting & self._temporary, key=self.graph.positions().__getitem__)

    def gap(self, var: Var, now: int) -> tuple[int, int]:
        """The last step before ``now`` and the first behind it that use ``var``."""
        before = range(now - 1, -1, -1)
        since = next(i for i in before if var in (*self._reads(i), *self.turns[i].use.writes))
        return since, next(i for i in range(now + 1, len(self.turns)) if var in self._reads(i))

    def _reads(self, i: int) -> tuple[Var, ...]:
        return self.turns[i].use.reads

    def again(self, var: Var, now: int, heavy: bool) -> Again | None:
        """How ``var`` is computed before its next use behind ``now``; None if that saves nothing.

        From what is alive there, else from what is kept longer for it: small values and, unless
        ``heavy``, results of costly equations.
        """
        since, until = self.gap(var, now)
        producers, order = self.graph.producers(), self.graph.positions()
        eqns: dict[Var, Eqn] = {}
        reads: dict[Var, None] = {}
        stack = [var]
        while stack:
            top = stack.pop()
            if top in eqns or top in reads:
                continue
            if top is not var and self._kept(top, var, until, heavy):
                reads[top] = None
            elif top not in producers or not _may_repeat(producers[top], heavy):
                return None
            else:
                eqns[top] = producers[top]
                stack += vars_of(producers[top].inputs)
        longer = sum(device_bytes(v) for v in reads if v not in self.needed[now + 1])
        if longer >= device_bytes(var):
            return None
        ordered = tuple(eqns[v] for v in sorted(eqns, key=order.__getitem__))
        return Again(var, tuple(reads), ordered, since, until)

    def _kept(self, var: Var, wanted: Var, until: int, heavy: bool) -> bool:
        """Whether ``wanted`` is computed before step ``until`` from a buffer with ``var``."""
        if var in self.needed[until]:
            return True
        if self._written.get(var, until) >= until:
            return False
        small = SMALL * device_bytes(var) <= device_bytes(wanted)
        return small or not _may_repeat(self.graph.producers()[var], heavy)

    @cached_property
    def _written(self) -> dict[Var, int]:
        """The step that first writes each value."""
        last_first = reversed(list(enumerate(self.turns)))
        return {v: i for i, turn in last_first for v in turn.use.writes}

    def inserted(self, at: int, turns: Iterable[Turn]) -> Timeline:
        """With more steps before step ``at``."""
        every = (*self.turns[:at], *turns, *self.turns[at:])
        return Timeline(self.graph, every, self.donated)


def _among(values: Set[Var], use: Use) -> Use:
    reads, writes = (tuple(v for v in vs if v in values) for vs in (use.reads, use.writes))
    return Use(reads, writes, use.in_place)


def rematerialised(timeline: Timeline, goal: int, fuse: Fuse) -> Timeline:
    """``timeline`` with values computed again until its temporaries take at most ``goal`` bytes at
    any time; where that cannot be, as few as it gets. ``fuse`` makes kernels of a graph.
    """
    best = timeline
    while best.peak[0] > max(goal, 0):
        better = next(_better(timeline, fuse), None)
        if better is None:
            break
        timeline = better
        best = min(best, timeline, key=lambda t: t.peak[0])
    return best


def _better(timeline: Timeline, fuse: Fuse) -> Iterator[Timeline]:
    """Timelines with less alive at the peak, the best first."""
    now = timeline.alive.index(timeline.peak[0])
    for heavy in (False, True):
        found = (timeline.again(v, now, heavy) for v in timeline.idle(now))
        for again in sorted((a for a in found if a), key=lambda a: -a.worth):
            other = timeline.inserted(again.until, _turns(again, fuse))
            if other.peak < timeline.peak:
                yield other


def _may_repeat(eqn: Eqn, heavy: bool) -> bool:
    rule = eqn.prim.lower
    if heavy:
        return not isinstance(rule, Control)
    if isinstance(rule, Map):
        return not rule.rereads and eqn.prim.name != "random_bits"
    return isinstance(rule, Fold)


def _turns(again: Again, fuse: Fuse) -> list[Turn]:
    groups = fuse(Graph(again.reads, again.eqns, (again.var,)))
    stored = {v for g in groups for v in g.outputs}
    return [
        Turn(g, g.eqns(stored), Use(g.reads(stored), g.outputs, lambda write, read: False), True)
        for g in groups
    ]


def renamed(timeline: Timeline) -> tuple[Graph, list[Group | Eqn]]:
    """The graph with the copies' equations added, and its kernels and control flow in order."""
    current: dict[Var, Var] = {}
    more: list[Eqn] = []
    items: list[Group | Eqn] = []
    for turn in timeline.turns:
        names = {v: current[v] for v in turn.use.reads if v in current}
        if turn.again:
            names |= {v: Var(v.aval) for eqn in turn.eqns for v in eqn.outs}
            current.update((v, names[v]) for v in turn.use.writes)
        item = _with(turn, names) if names else turn.item
        items.append(item)
        if turn.again and isinstance(item, Group):
            more += item.graph.eqns
    return timeline.graph.replace((*timeline.graph.eqns, *more)), items


def _with(turn: Turn, names: Mapping[Var, Var]) -> Group | Eqn:
    """The same kernel or control flow, on other values."""

    def of(values: Sequence[Var]) -> tuple[Var, ...]:
        return tuple(names.get(v, v) for v in values)

    def moved(eqn: Eqn) -> Eqn:
        inputs = tuple(names.get(a, a) if isinstance(a, Var) else a for a in eqn.inputs)
        return Eqn(eqn.prim, inputs, eqn.params, of(eqn.outs), eqn.source)

    if isinstance(turn.item, Eqn):
        return moved(turn.item)
    new = {id(eqn): moved(eqn) for eqn in turn.eqns}
    graph = Graph(of(turn.use.reads), tuple(new.values()), of(turn.use.writes))

    def on(group: Group) -> Group:
        return Group(
            graph,
            of(group.outputs),
            tuple(new[id(fold)] for fold in group.folds),
            None if group.root is None else new[id(group.root)],
            tuple(map(on, group.parts)),
        )

    return on(turn.item)
