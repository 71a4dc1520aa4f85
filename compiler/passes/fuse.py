"""Fusion: which equations become one kernel.

Two steps. First, which values are *stored*: outputs, results of folds and contractions, values that
several kernels would otherwise recompute, and what feeds a contraction through arithmetic (each
element is read many times there). All other maps are inlined where they are read. Second, the
groups of stored values are merged: epilogues into contractions and folds, folds over the same rows
into a row chain (softmax, layer norm), maps that share their space or their operands into one
kernel with several outputs. Every merge is tried out: ``fits`` emits it and says whether that
worked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass

from ..ir.graph import Eqn, Graph, Var, vars_of
from ..ir.primitive import Contract, Fold, Map, Scan, Stream
from .batch import batch
from .form import Form, form_of
from .group import Group
from .in_place import overwritten
from .stored import choose_stored


@dataclass(frozen=True)
class FusionLimits:
    """``bindings``: buffers a kernel may have. ``min_chain_rows``: a row chain on fewer rows would
    leave the machine idle. ``max_eqns``: a giant kernel compiles for seconds
    (docs/design/measurements.md). ``window``: bytes a binding; larger buffers take
    several. ``batched``: buffers of a kernel that does the work of several.
    """

    bindings: int = 8
    min_chain_rows: int = 16
    max_eqns: int = 120
    max_depth: int = 48
    max_chain_inner: int = 1 << 14  # three loops over a row stay below the limit of lower/trips
    window: int = 1 << 62
    batched: int = 8

    def count(self, values: Iterable[Var]) -> int:
        """The bindings of these values' buffers."""
        return sum(max(1, -(-v.aval.nbytes // self.window)) for v in values)


Fits = Callable[[Group, tuple[Var, ...]], bool]
"""``fits(group, reads)``: whether its equations can be one kernel."""


def fuse(
    graph: Graph, limits: FusionLimits, fits: Fits, donated: Collection[Var] = ()
) -> list[Group]:
    """The kernels of ``graph``, in an order that respects their dependencies.

    ``donated``: inputs that outputs may overwrite; kernels that do so run after other readers.
    """
    return Fusion(graph, limits, fits, donated).run()


def _recomputes(eqns: Sequence[Eqn]) -> bool:
    """Whether a search among the equations of a kernel reads what the kernel computes itself."""
    busy: set[Var] = set()  # results of arithmetic, perhaps seen through index maps
    for eqn in eqns:
        rule = eqn.prim.lower
        reads_busy = any(v in busy for v in vars_of(eqn.inputs))
        if isinstance(rule, Map) and rule.rereads and reads_busy:
            return True
        if reads_busy or not (isinstance(rule, Map) and rule.free):
            busy.update(eqn.outs)
    return False


class Fusion:
    """Groups under construction. ``bits`` numbers them, each a bit of an int; ``above`` has the
    bits of all that a group depends on.
    """

    def __init__(
        self, graph: Graph, limits: FusionLimits, fits: Fits, donated: Collection[Var]
    ) -> None:
        self.graph, self.limits, self.fits = graph, limits, fits
        self.stored = choose_stored(graph, limits)
        self.outputs = set(vars_of(graph.outputs))
        self.donated = set(donated) - self.outputs
        self.overwrites: dict[Group, list[Var]] = {}
        self.owner: dict[Var, Group] = {}
        self.reads: dict[Group, tuple[Var, ...]] = {}
        self.readers: dict[Var, dict[Group, None]] = {}
        self.refused: set[tuple[Group, Group]] = set()
        self.tried: dict[Form, bool] = {}
        self.bits: dict[Group, int] = {}
        self.above: dict[Group, int] = {}
        for number, (var, eqn) in enumerate(self.stored.items()):
            group = _initial(graph, eqn, var)
            self._adopt(group)
            self.bits[group] = 1 << number
            self.above[group] = 0
            for producer in self._producers(group):
                self.above[group] |= self.above[producer] | self.bits[producer]

    def run(self) -> list[Group]:
        while self._merge_all(self._vertical_pairs) or self._merge_all(self._sibling_pairs):
            pass
        batch(self)
        return self.in_order()

    def _adopt(self, group: Group) -> None:
        for var in group.outputs:
            self.owner[var] = group
        self.reads[group] = group.reads(self.stored)
        for var in self.reads[group]:
            self.readers.setdefault(var, {})[group] = None

    # --- candidates ------------------------------------------------------------------------------

    def _producers(self, group: Group) -> list[Group]:
        return list(dict.fromkeys(self.owner[v] for v in self.reads[group] if v in self.owner))

    def _before(self, group: Group) -> list[Group]:
        """What must run before ``group``: producers, and readers of what it overwrites."""
        lost = self.overwrites.get(group, ())
        readers = [g for v in lost for g in self.readers[v] if g is not group]
        return [*self._producers(group), *readers]

    def _vertical_pairs(self, consumer: Group) -> Iterable[tuple[Group, Group]]:
        for producer in reversed(self._producers(consumer)):
            yield producer, consumer

    def _sibling_pairs(self, group: Group) -> Iterable[tuple[Group, Group]]:
        """Groups over the same space that load the same array."""
        if group.root is not None:
            return
        for var in self.reads[group]:
            for other in list(self.readers[var]) if var.aval.size > 1 else ():
                if other is group:
                    break
                if other.root is None and _same_space(other, group):
                    yield other, group

    # --- merging ---------------------------------------------------------------------------------

    def _merge_all(self, pairs: Callable[[Group], Iterable[tuple[Group, Group]]]) -> bool:
        """One sweep over the groups, each merged as often as it goes; True when any was."""
        changed = False
        for group in self.in_order():
            now: Group | None = group if group in self.reads else None
            while now is not None:
                now = self._merge_first(pairs(now))
                changed |= now is not None
        return changed

    def _merge_first(self, pairs: Iterable[tuple[Group, Group]]) -> Group | None:
        for a, b in pairs:
            if (a, b) in self.refused:
                continue
            merged = self._try(a, b)
            if merged is not None:
                self.replace(a, b, merged)
                return merged
            self.refused.add((a, b))
        return None

    def _try(self, a: Group, b: Group) -> Group | None:
        if not self._compatible(a, b) or self._blocked(a, b):
            return None
        merged = self._merged(a, b)
        if self._binds_too_many(a, b, merged):
            return None
        outside = _Without(self.stored, {*a.outputs, *b.outputs})
        reads = merged.reads(outside)
        eqns = merged.eqns(outside)
        if not self.bind(merged, reads, eqns, (a, b), self.limits.bindings):
            return None
        if len(eqns) > self.limits.max_eqns or not self._busy(merged) or _recomputes(eqns):
            return None
        return merged if self._fits(merged, reads, eqns) else None

    def _binds_too_many(self, a: Group, b: Group, merged: Group) -> bool:
        """What ``bind`` would refuse anyhow, told before any equation is looked at."""
        reads = {*self.reads[a], *self.reads[b]} - {*a.outputs, *b.outputs}
        count = self.limits.count
        spared = count(self.donated & reads) if self.donated else 0
        return count(reads) + count(merged.outputs) - spared > self.limits.bindings

    def bind(
        self,
        merged: Group,
        reads: Sequence[Var],
        eqns: Sequence[Eqn],
        parts: Sequence[Group],
        most: int,
    ) -> bool:
        """Whether the buffers are at most ``most``, if need be with donated inputs overwritten."""
        excess = self.limits.count((*reads, *merged.outputs)) - most
        if excess <= 0:
            return True
        mine = sum(self.bits[g] for g in parts)
        lost = [
            v
            for v in overwritten(merged, reads, eqns, self.donated, self.outputs)
            if not any(self.above[g] & mine for g in self.readers[v] if g not in parts)
        ]
        self.overwrites[merged] = lost
        return self.limits.count(lost) >= excess

    def _fits(self, merged: Group, reads: tuple[Var, ...], eqns: tuple[Eqn, ...]) -> bool:
        form = form_of(merged, reads, eqns)
        if form not in self.tried:
            self.tried[form] = self.fits(merged, reads)
        return self.tried[form]

    def depends(self, group: Group, on: Group) -> bool:
        """Whether ``group`` must run after ``on``."""
        return bool(self.above[group] & self.bits[on])

    def _blocked(self, a: Group, b: Group) -> bool:
        """Whether a third group lies between them, or ``a`` depends on ``b``."""
        between = (self.above[g] & self.bits[a] for g in self._before(b) if g is not a)
        return any(between) or self.depends(a, b)

    def _busy(self, merged: Group) -> bool:
        """Row chains with full-size outputs or several rounds need rows to share out."""
        if not merged.folds or merged.spec is None:
            return True
        wide = any(not merged.is_row_output(v) for v in merged.outputs)
        enough = merged.rows >= self.limits.min_chain_rows
        fits = merged.inner <= self.limits.max_chain_inner
        return not wide or (enough and fits) or merged.inner <= 64

    def _compatible(self, a: Group, b: Group) -> bool:
        if b.root is not None:
            return False
        if a.root is not None:
            return not b.folds and all(v.aval.size == a.root.out.aval.size for v in b.outputs)
        if a.folds and b.folds:
            return _same_space(a, b)
        if a.folds or b.folds:
            chain, maps = (a, b) if a.folds else (b, a)
            sizes = {chain.rows}
            if chain.spec is not None and chain.spec.axes is not None:
                sizes.add(chain.rows * chain.inner)
            return all(v.aval.size in sizes for v in maps.outputs)
        return a.rows == b.rows

    def _merged(self, a: Group, b: Group) -> Group:
        kept = (v for v in a.outputs if v in self.outputs or self.readers.get(v, {}).keys() - {b})
        order = self.graph.positions()
        folds = tuple(sorted({*a.folds, *b.folds}, key=lambda e: order[e.out]))
        outputs = tuple(sorted({*kept, *b.outputs}, key=lambda v: order[v]))
        return Group(self.graph, outputs, folds, a.root)

    def replace(self, a: Group, b: Group, merged: Group) -> None:
        """``merged`` takes the place of its two halves."""
        for group in (a, b):
            for var in self.reads.pop(group):
                del self.readers[var][group]
            for var in group.outputs:
                if var not in merged.outputs:
                    del self.owner[var]
                    del self.stored[var]
        self._adopt(merged)
        mine = self.bits[merged] = self.bits.pop(a) | self.bits.pop(b)
        above = self.above.pop(a) | self.above.pop(b)
        for group in self._before(merged):
            above |= self.above[group] | self.bits[group]
        above &= ~mine
        self.above[merged] = above
        for group, bits in self.above.items():
            if bits & mine:
                self.above[group] = bits | above | mine

    def in_order(self) -> list[Group]:
        """All groups, producers first."""
        order: dict[Group, None] = {}
        for group in self.reads:
            stack = [] if group in order else [(group, iter(self._before(group)))]
            while stack:
                top, rest = stack[-1]
                child = next((c for c in rest if c not in order), None)
                if child is None:
                    order[top] = None
                    stack.pop()
                else:
                    stack.append((child, iter(self._before(child))))
        return list(order)


@dataclass(frozen=True)
class _Without:
    """The stored values but some."""

    stored: Container[Var]
    removed: Container[Var]

    def __contains__(self, var: object) -> bool:
        return var in self.stored and var not in self.removed


def _initial(graph: Graph, eqn: Eqn, var: Var) -> Group:
    rule = eqn.prim.lower
    if isinstance(rule, (Contract, Scan, Stream)):
        return Group(graph, (var,), root=eqn)
    return Group(graph, (var,), folds=(eqn,) if isinstance(rule, Fold) else ())


def _same_space(a: Group, b: Group) -> bool:
    """Whether two loop nests walk the same rows and inner space."""
    if bool(a.folds) != bool(b.folds):
        return False
    if not a.folds:
        return a.rows == b.rows
    first, second = a.spec, b.spec
    if first is None or second is None:
        return False
    return (
        first.axes is not None and first.axes == second.axes and a.operand_shape == b.operand_shape
    )
