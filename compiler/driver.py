"""The compile driver: graph → passes → groups → kernels → WGSL → Program."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .codegen_wgsl.module import grid, print_wgsl
from .ir.graph import Eqn, Graph, Var, vars_of
from .ir.index import Index
from .ir.kernel import LANE, Kernel, Param, is_vector_access
from .ir.primitive import Contract, Map, Scan
from .ir.text import Names, print_eqn
from .ir.verify import verify
from .knobs import knobs
from .lower.names import buffer_names
from .lower.schedule import Scheduled, fits, schedule_group
from .lower.trips import limit_trips
from .passes.fuse import FusionLimits, fuse
from .passes.group import Group, fold_spec
from .passes.hosted import check_device_only
from .passes.memory import Plan, Use, device_bytes, plan
from .passes.pipeline import run_passes
from .program import Buffer, Dispatch, Program, Shader, Signature
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


@dataclass(frozen=True)
class Cost:
    """One run: floating-point operations, bytes moved by kernels, bytes held at the peak."""

    flops: int
    nbytes: int
    peak_bytes: int
    kernels: int


@dataclass(frozen=True)
class Compiled:
    """A compiled graph with everything that led to it."""

    graph: Graph
    stages: dict[str, Graph]
    kernels: tuple[KernelInfo, ...]
    program: Program
    target: Target

    @property
    def cost(self) -> Cost:
        return Cost(
            sum(k.flops for k in self.kernels),
            sum(k.nbytes for k in self.kernels),
            self.program.peak_bytes,
            len(self.kernels),
        )

    @property
    def wgsl(self) -> str:
        """All shaders, one after the other."""
        return "\n".join(k.wgsl for k in self.kernels)


def compile_graph(
    graph: Graph, target: Target, donated: Sequence[int] = (), name: str | None = None
) -> Compiled:
    """Compiles ``graph`` for ``target``. ``donated``: inputs whose memory outputs may take."""
    check_device_only(graph)
    check = verify if knobs.verify else lambda g: None
    stages = run_passes(graph, target, check)
    final = list(stages.values())[-1]
    limits = FusionLimits(bindings=target.max_storage_buffers)
    groups = [g for g in fuse(final, limits, fits) if any(v.aval.size for v in g.outputs)]
    return _Assembly(final, groups, target, tuple(donated), name or graph.name).run(graph, stages)


class _Assembly:
    """Turns scheduled groups into the tables of a Program."""

    def __init__(
        self,
        graph: Graph,
        groups: list[Group],
        target: Target,
        donated: tuple[int, ...],
        name: str,
    ) -> None:
        self.graph, self.groups, self.target, self.name = graph, groups, target, name
        self.donated = donated
        self.stored: dict[Var, Group] = {v: g for g in groups for v in g.outputs}
        self.names = buffer_names(graph, self.stored)
        self.short = Names(graph)
        self.reads = [g.reads(self.stored) for g in groups]

    def run(self, graph: Graph, stages: dict[str, Graph]) -> Compiled:
        scheduled = [
            schedule_group(g, self.target, {v: self.names[v] for v in (*reads, *g.outputs)})
            for g, reads in zip(self.groups, self.reads, strict=True)
        ]
        self.plan = self._plan(scheduled)
        self._number_buffers()
        by_name = {self.names[v]: self.number[v] for v in self.number if v in self.names}
        kernels = [self._kernel(i, s) for i, s in enumerate(scheduled)]
        infos, shaders, steps = [], dict[Shader, int](), []
        for i, kernel in enumerate(kernels):
            wgsl = print_wgsl(kernel, self.target.max_groups)
            infos.append(self._info(i, kernel, wgsl))
            access = "".join("w" if p.writable else "r" for p in kernel.params)
            shader = Shader(kernel.name, wgsl, (kernel.workgroup, 1, 1), access)
            steps.append(
                Dispatch(
                    shaders.setdefault(shader, len(shaders)),
                    tuple(by_name[p.name] for p in kernel.params),
                    grid(kernel, self.target.max_groups),
                    infos[-1].title,
                    kernel.flops,
                    kernel.nbytes,
                )
            )
        program = Program(
            self.name,
            tuple(self.buffers),
            tuple(shaders),
            tuple(steps),
            tuple(self._signature(v) for v in self.graph.inputs),
            tuple(self._signature(v) for v in vars_of(self.graph.outputs)),
            donated=tuple(sorted(self.graph.inputs.index(v) for v in self.plan.inputs.values())),
            target=self.target.to_json(),
        )
        return Compiled(graph, stages, tuple(infos), program, self.target)

    # --- buffers
    # -----------------------------------------------------------------------------------

    def _plan(self, scheduled: list[Scheduled]) -> Plan:
        uses = [
            Use(reads, g.outputs, self._in_place_test(s))
            for g, reads, s in zip(self.groups, self.reads, scheduled, strict=True)
        ]
        outputs = list(vars_of(self.graph.outputs))
        donated = [self.graph.inputs[i] for i in self.donated]
        return plan(uses, outputs, donated, [v for v in outputs if v in set(self.graph.inputs)])

    def _in_place_test(self, s: Scheduled) -> Callable[[Var, Var], bool]:
        """Whether the old value is read exactly where the new one is written."""

        def in_place(write: Var, read: Var) -> bool:
            loads = s.loads.get(self.names[read], set())
            return loads <= s.stores.get(write, set()) and write.aval.dtype is read.aval.dtype

        return in_place

    def _number_buffers(self) -> None:
        self.buffers: list[Buffer] = []
        self.number: dict[Var, int] = {}

        def add(role: str, index: int, nbytes: int) -> int:
            self.buffers.append(Buffer(role, index, nbytes))  # type: ignore[arg-type]
            return len(self.buffers) - 1

        for i, var in enumerate(self.graph.inputs):
            self.number[var] = add("input", i, device_bytes(var))
        for i, var in enumerate(vars_of(self.graph.outputs)):
            if var in self.plan.inputs:
                self.number[var] = self.number[self.plan.inputs[var]]
            elif var not in self.number:
                self.number[var] = add("output", i, device_bytes(var))
        temps = [add("temp", -1, nbytes) for nbytes in self.plan.temps]
        self.number.update((v, temps[slot]) for v, slot in self.plan.slot.items())

    def _signature(self, var: Var) -> Signature:
        name = self.names.get(var, "zero_size")
        return Signature(name, var.aval.shape, var.aval.dtype.short, self.number[var])

    # --- kernels
    # -----------------------------------------------------------------------------------

    def _kernel(self, i: int, s: Scheduled) -> Kernel:
        group, reads = self.groups[i], self.reads[i]
        written = {self.number[v]: self.names[v] for v in group.outputs}
        aliases = {
            self.names[v]: written[self.number[v]] for v in reads if self.number[v] in written
        }
        vec = {aliases.get(n, n) for n in _vector_buffers(s, self.names)}
        inputs = [v for v in reads if self.names[v] not in aliases and self.names[v] in s.loads]
        params = [
            Param(self.names[v], v.aval.dtype, v.aval.size, w, self.names[v] in vec, str(v.aval))
            for w, vs in ((False, inputs), (True, list(group.outputs)))
            for v in vs
        ]
        eqns = group.eqns(self.stored)
        return Kernel(
            name=f"{_main_op(group)}_{i}",
            params=tuple(params),
            body=limit_trips(s.stmts),
            workgroup=s.workgroup,
            groups=s.groups,
            items=s.items,
            shared=s.shared,
            notes=self._notes(i, eqns, s),
            aliases=tuple(aliases.items()),
            flops=sum(map(_flops, eqns)),
            nbytes=sum(v.aval.nbytes for v in (*reads, *group.outputs)),
            schedule=s.schedule,
        )

    def _notes(self, i: int, eqns: Sequence[Eqn], s: Scheduled) -> tuple[str, ...]:
        lines = [f"{self.name}, kernel {i}: {_title(eqns)}"]
        lines += [f"  {print_eqn(e, self.short)}" for e in eqns]
        return (*lines, f"schedule: {s.schedule}")

    def _info(self, i: int, kernel: Kernel, wgsl: str) -> KernelInfo:
        group, reads = self.groups[i], self.reads[i]
        eqns = group.eqns(self.stored)
        return KernelInfo(
            _title(eqns),
            tuple(e.prim.name for e in eqns),
            tuple(f"{self.names[v]}: {v.aval}" for v in reads),
            tuple(f"{self.names[v]}: {v.aval}" for v in group.outputs),
            kernel.schedule,
            kernel.flops,
            kernel.nbytes,
            wgsl,
        )


def _vector_buffers(s: Scheduled, names: dict[Var, str]) -> set[str]:
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


def _flops(eqn: Eqn) -> int:
    rule = eqn.prim.lower
    if isinstance(rule, Contract):
        spec = rule.spec(eqn)
        return 2 * math.prod((*spec.batch, *spec.m, *spec.n, *spec.k))
    if isinstance(rule, Map):
        return 0 if rule.free else rule.cost * eqn.out.aval.size
    if isinstance(rule, Scan):
        return eqn.out.aval.size
    return eqn.out.aval.size * math.prod(fold_spec(eqn).extents)
