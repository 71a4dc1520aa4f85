"""Runs graphs that leave the device in between: programs, and NumPy on what they computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..compiler.ir.aval import Aval
from ..compiler.ir.graph import Atom, Eqn, Graph, Literal, Var
from ..compiler.passes.hosted import staged
from ..compiler.passes.outputs import materialise_outputs
from . import Executable


class Store(Protocol):
    """Where values are between the stages."""

    def compile(self, graph: Graph, donated: tuple[int, ...], /) -> Executable: ...

    def upload(self, array: np.ndarray[Any, Any], /) -> Any: ...

    def read(self, stored: Any, aval: Aval, /) -> np.ndarray[Any, Any]: ...


class HostedExecutable:
    """A graph with host equations: each stage's program runs, is read back, and feeds the next.

    Memory is not donated: every stage owns what it makes.
    """

    def __init__(self, store: Store, graph: Graph) -> None:
        self._store = store
        self._graph = materialise_outputs(graph)
        self._stages = [
            (stage, store.compile(stage.device, ()) if stage.device.outputs else None)
            for stage in staged(self._graph)
        ]

    def warm(self) -> None:
        """Warms the stages' programs."""
        for _, program in self._stages:
            if program is not None:
                program.warm()

    def __call__(self, inputs: Sequence[Any], donated: Sequence[bool]) -> list[Any]:
        values: dict[Var, Any] = dict(zip(self._graph.inputs, inputs, strict=True))
        for stage, program in self._stages:
            if program is not None:
                args = [values[v] for v in stage.device.inputs]
                results = program(args, (False,) * len(args))
                values.update(zip(stage.device.outputs, results, strict=True))  # type: ignore[arg-type]
            for eqn in stage.host:
                values[eqn.out] = self._store.upload(self._compute(eqn, values))
        return [values[v] for v in self._graph.outputs]  # type: ignore[index]

    def _compute(self, eqn: Eqn, values: dict[Var, Any]) -> np.ndarray[Any, Any]:
        def get(atom: Atom) -> np.ndarray[Any, Any]:
            if isinstance(atom, Literal):
                return np.asarray(atom.value)
            return self._store.read(values[atom], atom.aval)

        with np.errstate(all="ignore"):
            result = eqn.prim.reference(*map(get, eqn.inputs), **eqn.params)
        return np.asarray(result, eqn.out.aval.dtype.numpy)
