"""Tuning: every schedule that competes for a kernel is compiled, checked and timed on the device.

A kernel's first schedule is the compiler's own choice. Others must give the same results. The
search for a kernel ends early where it runs at ``NEAR`` of what the adapter can do at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..compiler.driver import Compiled, compile_graph
from ..compiler.ir.graph import Graph, Var
from ..compiler.kernels import KernelInfo
from ..compiler.lower.alternatives import alternatives
from ..compiler.lower.kinds import kind_of
from ..compiler.target import Target
from ..compiler.tuned import Tuned
from ..runtime import Device, Executable, to_words
from .roofline import Roofline
from .table import Table

RUNS = 5  # of which the fastest counts
NEAR = 0.9
TOLERANCE = 1e-3  # relative to the largest result: schedules add up in other orders

Progress = Callable[["Trial"], None]


@dataclass(frozen=True)
class Trial:
    """What tuning found for a kind of kernel. Times in nanoseconds; ``limit`` is the roofline's."""

    title: str
    kind: str
    chosen: str
    best: str
    before: float
    after: float
    tried: int
    limit: float

    @property
    def gain(self) -> float:
        """How many times faster the best is than the compiler's own choice."""
        return self.before / self.after


def tune(
    compiled: Compiled, device: Device, *, again: bool = False, progress: Progress | None = None
) -> list[Trial]:
    """Measures the schedules of ``compiled``'s kernels and writes the table, after each kernel.

    Kinds that the table has are left alone unless ``again``. ``progress`` is called with each
    trial. A target made from the new table (``Table.read().of(device.info.name)``) compiles to the
    schedules found.
    """
    table, roofline, found = Table.read(), Roofline.of(device), list[Trial]()
    known = set() if again else set(table.adapters.get(device.info.name, {}))
    for info in compiled.kernels:
        kind = kind_of(info.placed.group, dict(info.placed.names))
        if not kind or kind in known:
            continue
        known.add(kind)
        search = _Search(info, kind, replace(compiled.target, tuned=Tuned()), device)
        trial, best = search.run(roofline.limit(info.flops, info.nbytes))
        if trial is None:
            continue
        table.record(device.info.name, kind, best, search.times)
        table.write()
        found.append(trial)
        if progress is not None:
            progress(trial)
    return found


class _Search:
    """The competition for one kernel."""

    def __init__(self, info: KernelInfo, kind: str, target: Target, device: Device) -> None:
        self.info, self.kind, self.target, self.device = info, kind, target, device
        self.graph = info.graph
        self.times: dict[str, float] = {}
        self._inputs = [device.upload(to_words(_noise(v))) for v in self.graph.inputs]
        self._expected: list[Any] | None = None

    def run(self, limit: float) -> tuple[Trial | None, dict[str, Any]]:
        """The result and the fields of the best schedule; None where there is no choice."""
        own, best, fields = "", float("inf"), dict[str, Any]()
        for schedule, program in self._programs():
            name = program.kernels[0].schedule
            time = self._time(program)
            if time is None:
                continue
            self.times[name] = time
            own = own or name
            if time < best:
                best, fields = time, asdict(schedule)
            if best * NEAR <= limit:
                break
        if not self.times:
            return None, {}
        fastest = min(self.times, key=lambda name: self.times[name])
        before, after = self.times[own], self.times[fastest]
        title, tried = self.info.title, len(self.times)
        return Trial(title, self.kind, own, fastest, before, after, tried, limit), fields

    def _programs(self) -> Iterator[tuple[Any, Compiled]]:
        """Each different program that some schedule makes, the compiler's own first."""
        group = self.info.placed.group
        seen: set[str] = set()
        options = alternatives(group, self.target)
        own = compile_graph(self.graph, self.target)
        options.sort(key=lambda s: str(s) != own.kernels[0].schedule)
        for schedule in options:
            target = replace(self.target, tuned=Tuned.of({self.kind: asdict(schedule)}))
            program = compile_graph(self.graph, target)
            text = program.wgsl
            if len(program.kernels) == 1 and text not in seen:
                seen.add(text)
                yield schedule, program

    def _time(self, program: Compiled) -> float | None:
        """Nanoseconds of the fastest run; None where the results differ from the first one's."""
        executable = self.device.load(program.program)
        outputs = self._outputs(executable, program.graph)
        if self._expected is None:
            self._expected = outputs
        if not all(map(_agree, outputs, self._expected)):
            return None
        runs = [executable.profile(self._inputs) for _ in range(RUNS)]
        return float(min(sum(ns for _, ns in run) for run in runs))

    def _outputs(self, executable: Executable, graph: Graph) -> list[Any]:
        made = executable.run(self._inputs, [False] * len(self._inputs))
        return [
            self.device.read(buffer, np.dtype(np.float32), buffer.nbytes // 4)
            for buffer, var in zip(made, graph.outputs, strict=True)
            if var.aval.dtype.name == "float32"
        ]


def _noise(var: Var) -> Any:
    """Numbers for an operand: time depends on shapes, but results must show what differs."""
    rng, shape, dtype = np.random.default_rng(0), var.aval.shape, var.aval.dtype.numpy
    if dtype.kind == "f":
        return rng.standard_normal(shape, np.float32).astype(dtype)
    return rng.integers(0, 2, shape).astype(dtype)


def _agree(got: Any, want: Any) -> bool:
    scale = float(np.nanmax(np.abs(want), initial=1e-30))
    return bool(np.allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True))


def summary(trials: Sequence[Trial]) -> str:
    """A line for people: how many kinds were tuned, and what it gained."""
    before, after = sum(t.before for t in trials), sum(t.after for t in trials)
    if not trials:
        return "nothing to tune: every kind of kernel is in the table"
    return f"{len(trials)} kinds of kernels tuned, {before / after:.2f} times faster together"
