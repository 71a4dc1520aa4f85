"""The memory plan: which physical buffer each stored value lives in.

Inputs, outputs and constants have buffers of their own. A temporary takes the buffer of a dead one
(the smallest that fits), or of a value its own kernel reads for the last time at exactly the
positions it writes (in place). An output may take a donated input's buffer once nothing reads that
input any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..ir.graph import Var

ALIGN = 16  # a whole vec4, so that the last vector of any array may be read and written
SMALLEST = 16


def device_bytes(var: Var) -> int:
    """Bytes of a value's buffer."""
    return max(SMALLEST, -(-var.aval.nbytes // ALIGN) * ALIGN)


def roomy(nbytes: int) -> int:
    """The largest buffer for a value of ``nbytes``: larger ones wait for larger values."""
    return 2 * nbytes + 4096


@dataclass(frozen=True)
class Use:
    """What a kernel reads and writes, in order of execution."""

    reads: tuple[Var, ...]
    writes: tuple[Var, ...]
    in_place: Callable[[Var, Var], bool]  # (write, read): may share a buffer within this kernel


@dataclass
class Plan:
    """``temps``: bytes of each physical temporary. ``slot``: a temporary's index there.

    ``inputs`` (output → input): outputs that overwrite a donated input. ``lives``: the first and
    the last use of a temporary.
    """

    temps: list[int] = field(default_factory=list)
    slot: dict[Var, int] = field(default_factory=dict)
    inputs: dict[Var, Var] = field(default_factory=dict)
    lives: dict[Var, tuple[int, int]] = field(default_factory=dict)

    def idle(self, now: int) -> list[int]:
        """The temporaries that hold no value while use ``now`` runs."""
        busy = {s for v, s in self.slot.items() if self.lives[v][0] <= now <= self.lives[v][1]}
        return [slot for slot in range(len(self.temps)) if slot not in busy]


def plan(
    uses: Sequence[Use],
    outputs: Sequence[Var],
    donated: Sequence[Var],
    keep: Sequence[Var],
    partner: Mapping[Var, Var] | None = None,
) -> Plan:
    """Plans the buffers of all values written by ``uses``; ``keep`` are inputs returned as they
    are. With ``partner`` an output may only take that input's buffer: a loop's carry its own.
    """
    free = [v for v in donated if v not in set(keep)]
    return _Planner(uses, set(outputs), free, partner).run()


def needed(
    uses: Sequence[Use], inputs: Sequence[Var], outputs: Sequence[Var], donated: Sequence[Var]
) -> list[frozenset[Var]]:
    """What later uses read, or is returned: before each of ``uses``, and at the end.

    Inputs live throughout, donated ones until they are read last. A value that is written again
    (``remat.py``) is not needed since it was read before that.
    """
    now = frozenset(outputs) | (frozenset(inputs) - frozenset(donated))
    found = [now]
    for use in reversed(uses):
        now = now.difference(use.writes).union(use.reads)
        found.append(now)
    return found[::-1]


def alive_bytes(
    uses: Sequence[Use], inputs: Sequence[Var], outputs: Sequence[Var], donated: Sequence[Var]
) -> list[int]:
    """Bytes of the values that are alive before the first of ``uses``, and then during each.

    Those of values that are needed before or behind it, and of what it writes.
    """
    later = needed(uses, inputs, outputs, donated)
    alive = {v: device_bytes(v) for v in inputs if v in later[0]}
    found = [sum(alive.values())]
    for now, use in enumerate(uses):
        dying = [v for v in use.reads if v not in later[now + 1]]
        for var in use.writes:
            alive[var] = device_bytes(var)
            replaced = next((v for v in dying if use.in_place(var, v)), None)
            if replaced is not None:
                dying.remove(replaced)
                del alive[replaced]
        found.append(sum(alive.values()))
        for var in (*use.reads, *use.writes):
            if var not in later[now + 1]:
                alive.pop(var, None)
    return found


def least_bytes(
    uses: Sequence[Use], inputs: Sequence[Var], outputs: Sequence[Var], donated: Sequence[Var]
) -> int:
    """The most bytes of values that are alive at one time: no plan for these kernels needs less."""
    return max(alive_bytes(uses, inputs, outputs, donated))


class _Planner:
    def __init__(
        self,
        uses: Sequence[Use],
        outputs: set[Var],
        donated: list[Var],
        partner: Mapping[Var, Var] | None,
    ) -> None:
        self.uses, self.outputs, self.donated, self.partner = uses, outputs, donated, partner
        self.last = {v: i for i, use in enumerate(uses) for v in (*use.reads, *use.writes)}
        self.plan = Plan()
        self.free: list[int] = []

    def run(self) -> Plan:
        for now, use in enumerate(self.uses):
            taken: set[Var] = set()
            for var in use.writes:
                if var in self.outputs:
                    self._place_output(now, use, var)
                else:
                    self._place_temp(now, use, var, taken)
            for var in dict.fromkeys((*use.reads, *use.writes)):
                if self.last[var] == now and var in self.plan.slot and var not in taken:
                    self.free.append(self.plan.slot[var])
        return self.plan

    def _place_output(self, now: int, use: Use, var: Var) -> None:
        for source in sorted(self.donated, key=lambda v: v not in use.reads):  # those read here
            if self.partner is not None and self.partner.get(var) is not source:
                continue
            same_size = device_bytes(source) == device_bytes(var)
            read_here = source in use.reads
            dead = self.last.get(source, -1) <= now
            if same_size and dead and (not read_here or use.in_place(var, source)):
                self.plan.inputs[var] = source
                self.donated.remove(source)
                return

    def _place_temp(self, now: int, use: Use, var: Var, taken: set[Var]) -> None:
        size = device_bytes(var)
        self.plan.lives[var] = now, self.last[var]
        for source in use.reads:
            dying = self.last[source] == now and source in self.plan.slot and source not in taken
            if dying and self._bytes(source) >= size and use.in_place(var, source):
                taken.add(source)
                self.plan.slot[var] = self.plan.slot[source]
                return
        fitting = [s for s in self.free if size <= self.plan.temps[s] <= roomy(size)]
        if fitting:
            slot = min(fitting, key=lambda s: self.plan.temps[s])
            self.free.remove(slot)
        else:
            slot = len(self.plan.temps)
            self.plan.temps.append(size)
        self.plan.slot[var] = slot

    def _bytes(self, var: Var) -> int:
        return self.plan.temps[self.plan.slot[var]]
