"""A scheduled group as a kernel, and what people see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .ir.graph import Eqn, Graph, Var
from .ir.index import Index
from .ir.kernel import LANE, Kernel, Param, is_vector_access
from .ir.primitive import Map
from .ir.text import Names, print_eqn
from .lower.scheduled import Scheduled
from .lower.trips import limit_trips
from .passes.flops import flops
from .passes.group import Group, fold_spec
from .passes.memory import device_bytes
from .target import Target


@dataclass(frozen=True)
class KernelInfo:
    """One kernel as users see it: what fused into it, what it moves and computes, its text."""

    title: str
    ops: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    schedule: str
    flops: int
    nbytes: int
    wgsl: str
    placed: Placed = field(repr=False, compare=False)

    @property
    def graph(self) -> Graph:
        """The equations of this kernel alone, as a graph."""
        placed = self.placed
        return Graph(placed.reads, placed.eqns, placed.group.outputs, _main_op(placed.group))


@dataclass(frozen=True)
class Placed:
    """A group with its schedule, the values it loads, and where every value lives."""

    group: Group
    scheduled: Scheduled
    reads: tuple[Var, ...]
    eqns: tuple[Eqn, ...]
    names: Mapping[Var, str]
    number: Mapping[Var, int]

    def kernel(self, program: str, i: int, short: Names, target: Target) -> Kernel:
        """Kernel ``i`` of its program; inputs that share an output's buffer go by its name."""
        s, names, number = self.scheduled, self.names, self.number
        written = {number[v]: names[v] for v in self.group.outputs}
        aliases = {names[v]: written[number[v]] for v in self.reads if number[v] in written}
        vec = {aliases.get(n, n) for n in _vector_buffers(s, names)}
        inputs = [v for v in self.reads if names[v] not in aliases and names[v] in s.loads]
        params = [
            Param(
                names[v],
                v.aval.dtype,
                v.aval.size,
                w,
                names[v] in vec,
                str(v.aval),
                target.packs(v.aval.dtype),
                device_bytes(v),
                target.window(device_bytes(v)),
            )
            for w, vs in ((False, inputs), (True, list(self.group.outputs)))
            for v in vs
        ]
        return Kernel(
            name=f"{_main_op(self.group)}_{i}",
            params=tuple(params),
            body=limit_trips(s.stmts),
            workgroup=s.workgroup,
            groups=s.groups,
            items=s.items,
            shared=s.shared,
            notes=self._notes(f"{program}, kernel {i}", short),
            aliases=tuple(aliases.items()),
            flops=sum(map(flops, self.eqns)),
            nbytes=sum(v.aval.nbytes for v in (*self.reads, *self.group.outputs)),
            schedule=s.schedule,
            subgroup=s.subgroup,
        )

    def _notes(self, place: str, short: Names) -> tuple[str, ...]:
        lines = [f"{place}: {_title(self.eqns)}"]
        lines += [f"  {print_eqn(e, short)}" for e in self.eqns]
        return (*lines, f"schedule: {self.scheduled.schedule}")

    def info(self, kernel: Kernel, wgsl: str) -> KernelInfo:
        """The kernel as users see it."""
        return KernelInfo(
            _title(self.eqns),
            tuple(e.prim.name for e in self.eqns),
            tuple(f"{self.names[v]}: {v.aval}" for v in self.reads),
            tuple(f"{self.names[v]}: {v.aval}" for v in self.group.outputs),
            kernel.schedule,
            kernel.flops,
            kernel.nbytes,
            wgsl,
            self,
        )


def _vector_buffers(s: Scheduled, names: Mapping[Var, str]) -> set[str]:
    """Buffers that some access reads or writes a whole vector of."""
    found = {n for n, offsets in s.loads.items() for o in offsets if _is_wide(o)}
    found |= {names[v] for v, offsets in s.stores.items() for o in offsets if _is_wide(o)}
    return found


def _is_wide(offset: Index) -> bool:
    return offset.depends(LANE) and is_vector_access(offset)


def _title(eqns: Sequence[Eqn]) -> str:
    """The arithmetic of a kernel in a line: its operations that are not index maps."""
    ops = [e.prim.name for e in eqns if not (isinstance(e.prim.lower, Map) and e.prim.lower.free)]
    ops = ops or [e.prim.name for e in eqns]
    shown = list(dict.fromkeys(ops))
    return " + ".join(shown[:8]) + (f" + {len(shown) - 8} more" if len(shown) > 8 else "")


def _main_op(group: Group) -> str:
    if group.root is not None:
        return group.root.prim.name
    if group.folds:
        return "_".join(dict.fromkeys(fold_spec(f).monoid for f in group.folds))
    return "map"
