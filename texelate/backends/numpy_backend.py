"""The reference backend: NumPy evaluates the graph by every primitive's own reference rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiler.errors import OutOfMemoryError
from ..compiler.ir.aval import Aval
from ..compiler.ir.evaluate import evaluate_numpy
from ..compiler.ir.graph import Graph
from ..compiler.ir.verify import verify
from ..compiler.knobs import knobs

Array = np.ndarray[Any, Any]


class NumpyBackend:
    """Storage is the host array itself."""

    name = "numpy"

    def compile(self, graph: Graph, donated: tuple[int, ...]) -> NumpyExecutable:
        if knobs.verify:
            verify(graph)
        return NumpyExecutable(graph)

    def upload(self, array: Array) -> Array:
        return array

    def holds(self, stored: Array) -> bool:
        return True

    def read(self, stored: Array, aval: Aval) -> Array:
        return stored

    async def read_async(self, stored: Array, aval: Aval) -> Array:
        return stored

    def wait(self) -> None:
        """Nothing is ever under way."""


class NumpyExecutable:
    """A graph, evaluated equation by equation."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def warm(self) -> None:
        """NumPy compiles nothing."""

    def __call__(self, inputs: Sequence[Array], donated: Sequence[bool]) -> list[Array]:
        try:
            return evaluate_numpy(self._graph, inputs)
        except MemoryError as e:
            raise OutOfMemoryError(
                f"no memory for an array of {self._graph.name}",
                why=str(e),
                fix="use smaller arrays",
            ) from e
