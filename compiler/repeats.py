"""Groups of one form share a schedule and a shader: those of the first, which is their sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .ir.graph import Eqn, Var
from .ir.text import Names
from .kernels import Placed
from .lower.schedule import schedule_group
from .lower.scheduled import Scheduled
from .passes.form import Form, form_of
from .passes.group import Group
from .target import Target


@dataclass(frozen=True, eq=False)
class Sample:
    """The first group of its form, its schedule, and what its values are called."""

    group: Group
    reads: tuple[Var, ...]
    eqns: tuple[Eqn, ...]
    names: Mapping[Var, str]
    short: Names
    scheduled: Scheduled

    @property
    def values(self) -> tuple[Var, ...]:
        """What it reads and writes."""
        return (*self.reads, *self.group.outputs)

    def placed(self, numbers: Sequence[int]) -> Placed:
        """The sample with its values in these buffers."""
        number = dict(zip(self.values, numbers, strict=True))
        return Placed(self.group, self.scheduled, self.reads, self.eqns, self.names, number)

    def may_share(self, write: int, read: int) -> bool:
        """Whether value ``read`` is read exactly where value ``write`` is written."""
        old, new = self.values[read], self.values[write]
        loads = self.scheduled.loads.get(self.names[old], set())
        same_dtype = new.aval.dtype is old.aval.dtype
        return same_dtype and loads <= self.scheduled.stores.get(new, set())


class Samples:
    """The samples of a program."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: dict[Form, Sample] = {}

    def of(
        self,
        group: Group,
        reads: tuple[Var, ...],
        eqns: tuple[Eqn, ...],
        names: Mapping[Var, str],
        short: Names,
    ) -> Sample:
        """The sample of the group's form: the group itself, scheduled, when it is the first."""
        form = form_of(group, reads, eqns)
        sample = self._known.get(form)
        if sample is None:
            own = {v: names[v] for v in (*reads, *group.outputs)}
            scheduled = schedule_group(group, self._target, own)
            sample = self._known[form] = Sample(group, reads, eqns, own, short, scheduled)
        return sample
