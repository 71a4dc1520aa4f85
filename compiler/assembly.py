"""From an optimised graph to a Program: kernels and control flow as steps over one buffer table.

A block is one graph: the whole, a branch, the body of a loop. Its equations become segments of
kernels with control flow between, and its values get buffers by one memory plan. Blocks share the
tables of the Program, not their temporaries. A sub-graph reads the buffers of its operands where
they are; a loop's carry lives in the buffers of the loop's results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from .codegen_wgsl.module import grid, print_wgsl
from .ir.graph import Eqn, Graph, Var, vars_of
from .ir.kernel import Kernel
from .ir.text import Names
from .kernels import KernelInfo, Placed
from .lower.names import buffer_names
from .lower.schedule import fits
from .passes.fuse import FusionLimits, fuse
from .passes.group import Group
from .passes.memory import Plan, Use, device_bytes, plan
from .passes.segments import segments
from .program import Branch, Buffer, Copy, Dispatch, Loop, Program, Shader, Signature, Step
from .repeats import Sample, Samples
from .target import Target


class Assembly:
    """The tables of a Program under construction."""

    def __init__(self, target: Target, name: str) -> None:
        self.target, self.name = target, name
        self.buffers: list[Buffer] = []
        self.shaders: dict[Shader, int] = {}
        self.infos: list[KernelInfo] = []
        self.samples = Samples(target)
        self._printed: dict[tuple[Sample, tuple[int, ...]], tuple[Kernel, str]] = {}

    def buffer(self, role: str, index: int, nbytes: int) -> int:
        """The number of a new buffer."""
        self.buffers.append(Buffer(role, index, nbytes))  # type: ignore[arg-type]
        return len(self.buffers) - 1

    def temp(self, var: Var) -> int:
        return self.buffer("temp", -1, device_bytes(var))

    def program(self, graph: Graph, donated: tuple[int, ...]) -> Program:
        """The Program of ``graph``. ``donated``: inputs whose memory outputs may take."""
        block = Block(self, graph, [graph.inputs[i] for i in donated])
        for i, var in enumerate(graph.inputs):
            block.number[var] = self.buffer("input", i, device_bytes(var))
        outputs = list(vars_of(block.graph.outputs))
        for i, var in enumerate(outputs):
            if var in block.plan.inputs:
                block.number[var] = block.number[block.plan.inputs[var]]
            elif var not in block.number:
                block.number[var] = self.buffer("output", i, device_bytes(var))
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
        access = "".join("w" if p.writable else "r" for p in kernel.params)
        workgroup = (kernel.workgroup, 1, 1)
        shader = Shader(kernel.name, wgsl, workgroup, access, features=kernel.features)
        by_name = {placed.names[v]: placed.number[v] for v in placed.number if v in placed.names}
        return Dispatch(
            self.shaders.setdefault(shader, len(self.shaders)),
            tuple(by_name[p.name] for p in kernel.params),
            grid(kernel, self.target.max_groups),
            self.infos[-1].title,
            kernel.flops,
            kernel.nbytes,
        )

    def _print(self, placed: Placed, sample: Sample) -> tuple[Kernel, str]:
        """The kernel and its text, made once for all groups that share buffers the same way."""
        numbers = list(placed.number.values())
        key = sample, tuple(map(numbers.index, numbers))
        if key not in self._printed:
            kernel = placed.kernel(self.name, len(self.infos), sample.short, self.target)
            self._printed[key] = kernel, print_wgsl(kernel, self.target.max_groups)
        return self._printed[key]


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
        target = assembly.target
        limits = FusionLimits(bindings=target.max_storage_buffers)
        self.items: list[Group | Eqn] = []
        for segment in parts:
            groups = fuse(segment.graph, limits, partial(fits, target))
            self.items += [g for g in groups if any(v.aval.size for v in g.outputs)]
            self.items += segment.control
        stored = {v: g for g in self.items if isinstance(g, Group) for v in g.outputs}
        written = [v for item in self.items for v in _results(item)]
        self.names = buffer_names(self.graph, written)
        self.reads = [_reads(item, stored) for item in self.items]
        self.eqns = [g.eqns(stored) if isinstance(g, Group) else () for g in self.items]
        short = Names(self.graph)
        self.samples = [
            assembly.samples.of(item, reads, eqns, self.names, short)
            if isinstance(item, Group)
            else None
            for item, reads, eqns in zip(self.items, self.reads, self.eqns, strict=True)
        ]
        self.plan = self._plan(donated, partner)

    def _plan(self, donated: Sequence[Var], partner: Mapping[Var, Var] | None) -> Plan:
        uses = [
            Use(reads, _results(item), _in_place_test((*reads, *_results(item)), sample))
            for item, reads, sample in zip(self.items, self.reads, self.samples, strict=True)
        ]
        outputs = list(vars_of(self.graph.outputs))
        inputs = set(self.graph.inputs)
        return plan(uses, outputs, donated, [v for v in outputs if v in inputs], partner)

    def signature(self, var: Var) -> Signature:
        name = self.names.get(var, "zero_size")
        return Signature(name, var.aval.shape, var.aval.dtype.short, self.number[var])

    def steps(self) -> list[Step]:
        """All steps. Inputs and outputs that have buffers of their own are in ``number``."""
        temps = [self.assembly.buffer("temp", -1, nbytes) for nbytes in self.plan.temps]
        self.number.update((v, temps[slot]) for v, slot in self.plan.slot.items())
        for var, source in self.plan.inputs.items():
            self.number.setdefault(var, self.number[source])
        for item, reads in zip(self.items, self.reads):
            for var in (*reads, *_results(item)):
                if var not in self.number:
                    self.number[var] = self.assembly.temp(var)
        out: list[Step] = []
        for item, sample, reads, eqns in zip(self.items, self.samples, self.reads, self.eqns):
            if isinstance(item, Eqn):
                out += _CONTROL[item.prim.name](self, item)
            else:
                assert sample is not None
                own = Placed(item, sample.scheduled, reads, eqns, self.names, self.number)
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
                self.number[var] = self.assembly.temp(var)
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


# --- control flow --------------------------------------------------------------------------------


def _copy(source: int, target: int, var: Var) -> list[Step]:
    """Copies a whole value, unless it is there already."""
    return [Copy(source, target, var.aval.nbytes)] if source != target and var.aval.size else []


def _numbers(block: Block, eqn: Eqn) -> list[int]:
    return [block.number[v] for v in vars_of(eqn.inputs)]


def _cond(block: Block, eqn: Eqn) -> list[Step]:
    index, *operands = _numbers(block, eqn)
    targets = [block.number[v] for v in eqn.outs]
    bodies = []
    for branch in eqn.params["branches"]:
        steps, where = Block(block.assembly, branch).run(operands, targets)
        for source, target, var in zip(where, targets, eqn.outs, strict=True):
            steps += _copy(source, target, var)
        bodies.append(tuple(steps))
    return [Branch(index, tuple(bodies))]


def _start(block: Block, eqn: Eqn, given: Sequence[int]) -> tuple[list[Step], list[int]]:
    """Puts the initial values of a loop's carry where its results will be."""
    n = eqn.params["n_carry"]
    carry = [block.number[v] for v in eqn.outs[:n]]
    rows = zip(given[:n], carry, eqn.outs[:n], strict=True)
    return [step for row in rows for step in _copy(*row)], carry


def _body(
    block: Block, body: Graph, carry: Sequence[int], others: Sequence[int]
) -> tuple[list[Step], list[int], list[Step]]:
    """One iteration: its steps, where its other outputs then are, and what renews the carry.

    A new value is written over the old one where that is safe; else it is copied there at the end,
    by way of a temporary when it is the old value of another.
    """
    n = len(carry)
    partner = dict(zip(vars_of(body.outputs[:n]), body.inputs[:n], strict=True))
    inner = Block(block.assembly, body, body.inputs[:n], partner)
    steps, where = inner.run([*carry, *others], [None] * len(body.outputs))
    staged: list[Step] = []
    moves: list[Step] = []
    for source, target, var in zip(where[:n], carry, body.inputs[:n], strict=True):
        if source != target and source in carry:
            copied = block.assembly.temp(var)
            staged += _copy(source, copied, var)
            source = copied
        moves += _copy(source, target, var)
    return steps, where[n:], [*staged, *moves]


def _while_loop(block: Block, eqn: Eqn) -> list[Step]:
    n, n_test = eqn.params["n_carry"], eqn.params["n_test"]
    given = _numbers(block, eqn)
    start, carry = _start(block, eqn, given)
    test, (condition,) = Block(block.assembly, eqn.params["test"]).run(
        [*carry, *given[n : n + n_test]], [None]
    )
    steps, _, moves = _body(block, eqn.params["body"], carry, given[n + n_test :])
    return [*start, Loop((*steps, *moves), None, False, tuple(test), condition)]


def _scan(block: Block, eqn: Eqn) -> list[Step]:
    """Each step copies its rows of ``xs`` to buffers of the body, and its ``y`` to its row."""
    p = eqn.params
    n, inner, body = p["n_carry"], p["n_carry"] + p["n_xs"], p["body"]
    given = _numbers(block, eqn)
    start, carry = _start(block, eqn, given)
    steps: list[Step] = []
    rows = []
    used = {*vars_of(body.outputs), *(v for e in body.eqns for v in vars_of(e.inputs))}
    for source, var in zip(given[n:inner], body.inputs[n:inner], strict=True):
        rows.append(block.assembly.temp(var))
        if var in used and var.aval.size:
            steps.append(Copy(source, rows[-1], var.aval.nbytes, source_stride=var.aval.nbytes))
    more, ys, moves = _body(block, body, carry, [*rows, *given[inner:]])
    steps += more
    for source, stacked, var in zip(ys, eqn.outs[n:], body.outputs[n:], strict=True):
        if var.aval.size:
            nbytes = var.aval.nbytes
            steps.append(Copy(source, block.number[stacked], nbytes, target_stride=nbytes))
    return [*start, Loop((*steps, *moves), p["length"], p["reverse"])]


_CONTROL: dict[str, Callable[[Block, Eqn], list[Step]]] = {
    "cond": _cond,
    "scan": _scan,
    "while_loop": _while_loop,
}
