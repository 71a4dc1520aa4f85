"""The WebGPU backend: compiles graphs to Programs and runs them through ``runtime``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import runtime
from ..compiler.cache import cached
from ..compiler.driver import Compiled, compile_graph
from ..compiler.errors import DeviceLostError
from ..compiler.ir.aval import Aval
from ..compiler.ir.graph import Graph
from ..compiler.knobs import knobs
from ..compiler.passes.hosted import host_equations
from ..compiler.passes.placement import place
from ..compiler.program import Program
from ..compiler.target import Target
from ..debug import show_compiled
from ..tuning.table import Table
from .hosted import HostedExecutable

Array = np.ndarray[Any, Any]


class WebGPUBackend:
    """Storage is a device buffer of 32-bit words (see ``runtime.words``)."""

    name = "webgpu"

    def __init__(self) -> None:
        self._open()

    def _open(self) -> None:
        self._device = runtime.open_device(knobs.adapter)
        info = self._device.info
        target = Target.of(info.software, info.limits, info.features, info.subgroup)
        self.target = replace(target, tuned=Table.read().of(info.name))

    @property
    def device(self) -> runtime.Device:
        """The device; a fresh one after the last was lost."""
        if self._device.lost:
            self._open()
        return self._device

    def compile(
        self, graph: Graph, donated: tuple[int, ...]
    ) -> WebGPUExecutable | HostedExecutable:
        graph = place(graph, self.target)
        if host_equations(graph):
            return HostedExecutable(self, graph)
        program = cached(graph, self.target, donated, lambda: self._lower(graph, donated))
        return WebGPUExecutable(self, program)

    def _lower(self, graph: Graph, donated: tuple[int, ...]) -> Program:
        compiled = compile_graph(graph, self.target, donated=donated, name=graph.name)
        if knobs.tune and self._tuned(compiled):
            compiled = compile_graph(graph, self.target, donated=donated, name=graph.name)
        show_compiled(compiled)
        return compiled.program

    def _tuned(self, compiled: Compiled) -> bool:
        """Measures the schedules of kernels of new kinds; whether the target knows more now."""
        from ..tuning import tune

        trials = tune(compiled, self.device)
        self.target = replace(self.target, tuned=Table.read().of(self.device.info.name))
        return bool(trials)

    def upload(self, array: Array) -> Any:
        return self.device.upload(runtime.to_words(array))

    def holds(self, stored: Any) -> bool:
        device = self._device  # not the property, which opens another when this one is lost
        return stored.pool is device.pool and device.driver.lost is None

    def read(self, stored: Any, aval: Aval) -> Array:
        words = self._holder(stored, aval).read(stored, np.uint32, _count(aval))
        return runtime.from_words(words, aval.shape, aval.dtype.numpy)

    async def read_async(self, stored: Any, aval: Aval) -> Array:
        holder = self._holder(stored, aval)
        words = await holder.read_async(stored, np.uint32, _count(aval))
        return runtime.from_words(words, aval.shape, aval.dtype.numpy)

    def _holder(self, stored: Any, aval: Aval) -> runtime.Device:
        """The device that has ``stored``. DeviceLostError when it is gone."""
        if not self.holds(stored):
            raise DeviceLostError(
                f"an array {aval} lived only on a device that was lost",
                fix="compute it again from data on the host; a new device is open",
            )
        return self._device

    def wait(self) -> None:
        self.device.sync()


class WebGPUExecutable:
    """A Program on the backend's device."""

    def __init__(self, backend: WebGPUBackend, program: Program) -> None:
        self.program = program
        self._backend = backend
        self._loaded = backend.device.load(program)

    def warm(self) -> None:
        self._loaded.warm()

    def __call__(self, inputs: Sequence[Any], donated: Sequence[bool]) -> list[Any]:
        if self._loaded.device is not self._backend.device:
            self._loaded = self._backend.device.load(self.program)
        return self._loaded.run(inputs, donated)


def _count(aval: Aval) -> int:
    return runtime.count_words(aval.shape, aval.dtype.numpy)
