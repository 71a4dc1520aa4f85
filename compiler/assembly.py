"""From an optimised graph to a Program: kernels and control flow as steps over one buffer table.

A block is one graph: the whole, a branch, the body of a loop. Its equations become segments of
kernels with control flow between (``flow.py``), and its values get buffers by one memory plan.
Blocks share the tables of the Program, and temporaries: one inside another takes what the outer one
does not need meanwhile, those of branches or of loops one after the other take the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from .codegen_wgsl.module import grid, print_wgsl
from .codegen_wgsl.windows import windows
from .flow import control_steps
from .ir.graph import Eqn, Graph, Var, vars_of
from .ir.kernel import Kernel
from .ir.text import Names
from .kernels import KernelInfo, Placed
from .knobs import knobs
from .lower.names import buffer_names
from .lower.schedule import fits
from .passes.fuse import FusionLimits, fuse
from .passes.group import Group
from .passes.memory import Plan, Use, device_bytes, least_bytes, plan, roomy
from .passes.remat import Timeline, Turn, rematerialised, renamed
from .passes.segments import segments
from .program import Buffer, Dispatch, Program, Shader, Signature, Step
from .repeats import Sample, Samples
from .target import Target


class Assembly:
    """The tables of a Program under construction."""

    def __init__(self, target: Target, name: str) -> None:
        self.target, self.name = target, name
        self.buffers: list[Buffer] = []
        self.shaders: dict[Shader, int] = {}
        self.infos: list[KernelInfo] = []
        self.idle: list[int] = []
        self.least_bytes = 0
        self.samples = Samples(target)
        self._printed: dict[tuple[Sample, tuple[int, ...]], tuple[Kernel, str]] = {}

    def buffer(self, role: str, index: int, nbytes: int) -> int:
        """The number of a new buffer."""
        self.buffers.append(Buffer(role, index, nbytes))  # type: ignore[arg-type]
        return len(self.buffers) - 1

    def take(self, nbytes: int) -> int:
        """A temporary: the smallest idle one that fits and is not far too large, or a new one."""
        fitting = [b for b in self.idle if nbytes <= self.buffers[b].nbytes <= roomy(nbytes)]
        if not fitting:
            return self.buffer("temp", -1, nbytes)
        best = min(fitting, key=lambda b: self.buffers[b].nbytes)
        self.idle.remove(best)
        return best

    @contextmanager
    def lending(self, buffers: Sequence[int]) -> Iterator[None]:
        """Lets others take ``buffers`` for a while; they have given them back by its end."""
        self.idle += buffers
        yield
        self.idle = [b for b in self.idle if b not in set(buffers)]

    def program(self, graph: Graph, donated: tuple[int, ...]) -> Program:
        """The Program of ``graph``. ``donated``: inputs whose memory outputs may take."""
        block = Block(self, graph, [graph.inputs[i] for i in donated])
        if knobs.memory_budget:
            block.rematerialise(knobs.memory_budget)
        for i, var in enumerate(graph.inputs):
            block.number[var] = self.buffer("input", i, device_bytes(var))
        outputs = list(vars_of(block.graph.outputs))
        for i, var in enumerate(outputs):
            if var in block.plan.inputs:
                block.number[var] = block.number[block.plan.inputs[var]]
            elif var not in block.number:
                block.number[var] = self.buffer("output", i, device_bytes(var))
        self.least_bytes = least_bytes(block.uses, graph.inputs, outputs, block.donated)
        steps = block.steps()
        return Program(
            self.name,
            tuple(self.buffers),
            tuple(self.shaders),
            tuple(steps),
            tuple(block.signature(v) for v in graph.inputs),
            tuple(block.signature(v) for v in outputs),
            donated=tuple(sorted(graph.inputs.index(v) for v in block.plan.inputs.values())),
            target=self.target.to_json(),
        )

    def dispatch(self, own: Placed, sample: Sample) -> Dispatch:
        """The step that runs a group, by its sample's kernel."""
        placed = sample.placed([own.number[v] for v in (*own.reads, *own.group.outputs)])
        kernel, wgsl = self._print(placed, sample)
        self.infos.append(own.info(kernel, wgsl))
        access = "".join(("w" if p.writable else "r") * len(windows(p)) for p in kernel.params)
        workgroup = (kernel.workgroup, 1, 1)
        shader = Shader(kernel.name, wgsl, workgroup, access, features=kernel.features)
        by_name = {placed.names[v]: placed.number[v] for v in placed.number if v in placed.names}
        return Dispatch(
            self.shaders.setdefault(shader, len(self.shaders)),
            tuple(by_name[p.name] for p in kernel.params for _ in windows(p)),
            grid(kernel, self.target.max_groups),
            self.infos[-1].title,
            kernel.flops,
            kernel.nbytes,
            *_windows(kernel),
        )

    def _print(self, placed: Placed, sample: Sample) -> tuple[Kernel, str]:
        """The kernel and its text, made once for all groups that share buffers the same way."""
        numbers = list(placed.number.values())
        key = sample, tuple(map(numbers.index, numbers))
        if key not in self._printed:
            kernel = placed.kernel(self.name, len(self.infos), sample.short, self.target)
            self._printed[key] = kernel, print_wgsl(kernel, self.target.max_groups)
        return self._printed[key]


def _windows(kernel: Kernel) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Offset and bytes of each binding (0: all there is); empty where all are whole buffers."""
    if not any(p.window for p in kernel.params):
        return (), ()
    rows = [w for p in kernel.params for w in windows(p)]
    return tuple(at for at, _ in rows), tuple(size for _, size in rows)


class Block:
    """One graph: its kernels and control flow in order, and the buffer of each value."""

    def __init__(
        self,
        assembly: Assembly,
        graph: Graph,
        donated: Sequence[Var] = (),
        partner: Mapping[Var, Var] | None = None,
    ) -> None:
        self.assembly = assembly
        self.graph, parts = segments(graph)
        self.number: dict[Var, int] = {}
        self.taken: list[int] = []
        target = assembly.target
        self.donated, self.partner = donated, partner
        limits = FusionLimits(
            target.max_storage_buffers,
            window=target.max_binding_bytes,
            batched=target.max_batched_buffers,
        )
        self._fuse = partial(fuse, limits=limits, fits=partial(fits, target))
        surely = donated if partner is None and len(parts) == 1 else ()
        items: list[Group | Eqn] = []
        for segment in parts:
            groups = self._fuse(segment.graph, donated=surely)
            items += [g for g in groups if any(v.aval.size for v in g.outputs)]
            items += segment.control
        self._adopt(self.graph, items)

    def _adopt(self, graph: Graph, items: list[Group | Eqn]) -> None:
        """Names, schedules and the memory plan of kernels and control flow in their order."""
        self.graph, self.items = graph, items
        stored = {v: g for g in items if isinstance(g, Group) for v in g.outputs}
        self.names = buffer_names(graph, [v for item in items for v in _results(item)])
        self.reads = [_reads(item, stored) for item in items]
        self.eqns = [g.eqns(stored) if isinstance(g, Group) else () for g in items]
        short = Names(graph)
        self.samples = [
            self.assembly.samples.of(item, reads, eqns, self.names, short)
            if isinstance(item, Group)
            else None
            for item, reads, eqns in zip(items, self.reads, self.eqns, strict=True)
        ]
        self.uses = [
            Use(reads, _results(item), _in_place_test((*reads, *_results(item)), sample))
            for item, reads, sample in zip(items, self.reads, self.samples, strict=True)
        ]
        self.plan = self._plan()

    def rematerialise(self, budget: int) -> None:
        """Computes values again rather than keeping them, until the plan fits (``remat.py``)."""
        turns = tuple(map(Turn, self.items, self.eqns, self.uses))
        timeline = Timeline(self.graph, turns, tuple(self.donated))
        known = {self.planned_bytes: (self.graph, self.items)}
        while (excess := self.planned_bytes - budget) > 0:
            better = rematerialised(timeline, timeline.peak[0] - excess, self._fuse)
            if better is timeline:
                break
            timeline = better
            self._adopt(*renamed(timeline))
            known.setdefault(self.planned_bytes, (self.graph, self.items))
        graph, items = known[min(known)]
        if items is not self.items:
            self._adopt(graph, items)

    @property
    def planned_bytes(self) -> int:
        """Bytes of all buffers, but for the temporaries inside loops and branches."""
        own = {*self.graph.inputs, *vars_of(self.graph.outputs)} - self.plan.inputs.keys()
        return sum(self.plan.temps) + sum(map(device_bytes, own))

    def _plan(self) -> Plan:
        outputs = list(vars_of(self.graph.outputs))
        inputs = set(self.graph.inputs)
        kept = [v for v in outputs if v in inputs]
        return plan(self.uses, outputs, self.donated, kept, self.partner)

    def signature(self, var: Var) -> Signature:
        name = self.names.get(var, "zero_size")
        return Signature(name, var.aval.shape, var.aval.dtype.short, self.number[var])

    def take(self, nbytes: int) -> int:
        """A temporary that is this block's until it is released."""
        self.taken.append(self.assembly.take(nbytes))
        return self.taken[-1]

    def release(self) -> None:
        """Gives all temporaries back, when nothing reads this block's values any more."""
        self.assembly.idle += self.taken
        self.taken = []

    def inner(
        self, graph: Graph, donated: Sequence[Var] = (), partner: Mapping[Var, Var] | None = None
    ) -> Block:
        """A block for a sub-graph."""
        return Block(self.assembly, graph, donated, partner)

    def steps(self) -> list[Step]:
        """All steps. Inputs and outputs that have buffers of their own are in ``number``."""
        temps = list(map(self.take, self.plan.temps))
        self.number.update((v, temps[slot]) for v, slot in self.plan.slot.items())
        for var, source in self.plan.inputs.items():
            self.number.setdefault(var, self.number[source])
        for item, reads in zip(self.items, self.reads):
            for var in (*reads, *_results(item)):
                if var not in self.number:
                    self.number[var] = self.take(device_bytes(var))
        out: list[Step] = []
        for now, (item, sample) in enumerate(zip(self.items, self.samples)):
            if isinstance(item, Eqn):
                with self.assembly.lending([temps[slot] for slot in self.plan.idle(now)]):
                    out += control_steps(self, item)
            else:
                assert sample is not None
                group = item, sample.scheduled, self.reads[now], self.eqns[now]
                own = Placed(*group, self.names, self.number)
                out.append(self.assembly.dispatch(own, sample))
        return out

    def run(
        self, inputs: Sequence[int], targets: Sequence[int | None]
    ) -> tuple[list[Step], list[int]]:
        """The steps of a sub-graph on buffers, and the buffer in which each output then is.

        An output goes to its target unless that is None, or it is an input or listed before.
        """
        self.number.update(zip(self.graph.inputs, inputs, strict=True))
        for var, target in zip(vars_of(self.graph.outputs), targets, strict=True):
            if target is not None and var not in self.number and var not in self.plan.inputs:
                self.number[var] = target
        steps = self.steps()
        for var in vars_of(self.graph.outputs):
            if var not in self.number:  # of size zero: nothing computes it
                self.number[var] = self.take(device_bytes(var))
        return steps, [self.number[v] for v in vars_of(self.graph.outputs)]


def _in_place_test(values: Sequence[Var], sample: Sample | None) -> Callable[[Var, Var], bool]:
    """Whether the old value is read exactly where the new one is written."""
    if sample is None:
        return lambda write, read: False
    return lambda write, read: sample.may_share(values.index(write), values.index(read))


def _results(item: Group | Eqn) -> tuple[Var, ...]:
    return item.outs if isinstance(item, Eqn) else item.outputs


def _reads(item: Group | Eqn, stored: Mapping[Var, Group]) -> tuple[Var, ...]:
    return (
        tuple(dict.fromkeys(vars_of(item.inputs))) if isinstance(item, Eqn) else item.reads(stored)
    )
