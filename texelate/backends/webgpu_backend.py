"""The WebGPU backend: compiles graphs to Programs and runs them through ``runtime``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import runtime
from ..compiler.driver import Compiled, compile_graph
from ..compiler.ir.aval import Aval
from ..compiler.ir.dtypes import bool_
from ..compiler.ir.graph import Graph
from ..compiler.knobs import knobs
from ..compiler.target import Target
from ..debug import show_compiled

Array = np.ndarray[Any, Any]


class WebGPUBackend:
    """Storage is a device buffer of 32-bit words; a bool is a word that is 0 or 1."""

    name = "webgpu"

    def __init__(self) -> None:
        self.device = runtime.open_device(knobs.adapter)
        info = self.device.info
        self.target = Target.of(software=info.software, limits=info.limits, features=info.features)

    def compile(self, graph: Graph, donated: tuple[int, ...]) -> WebGPUExecutable:
        compiled = compile_graph(graph, self.target, donated=donated, name=graph.name)
        show_compiled(compiled)
        return WebGPUExecutable(compiled, self.device.load(compiled.program))

    def upload(self, array: Array) -> Any:
        words = array.astype(np.uint32) if array.dtype == np.bool_ else array
        return self.device.upload(np.ascontiguousarray(words))

    def read(self, stored: Any, aval: Aval) -> Array:
        return _shaped(self.device.read(stored, _word(aval), aval.size), aval)

    async def read_async(self, stored: Any, aval: Aval) -> Array:
        return _shaped(await self.device.read_async(stored, _word(aval), aval.size), aval)

    def wait(self) -> None:
        self.device.sync()


class WebGPUExecutable:
    """A Program on the device. ``compiled`` has what the compiler made on the way."""

    def __init__(self, compiled: Compiled, loaded: Any) -> None:
        self.compiled = compiled
        self._loaded = loaded

    def __call__(self, inputs: Sequence[Any], donated: Sequence[bool]) -> list[Any]:
        result: list[Any] = self._loaded.run(inputs, donated)
        return result


def _word(aval: Aval) -> np.dtype[Any]:
    return np.dtype(np.uint32) if aval.dtype is bool_ else aval.dtype.numpy


def _shaped(words: Array, aval: Aval) -> Array:
    return np.asarray(words.astype(aval.dtype.numpy, copy=False).reshape(aval.shape))
