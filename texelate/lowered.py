"""``Lowered``: what a function became, stage by stage, for people to read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .compiler.ir.graph import Graph

if TYPE_CHECKING:
    from .compiler.driver import Compiled
    from .compiler.program import Cost, Program


class Lowered:
    """``f.lower(*args)``: nothing has run. ``print`` it for the whole story.

    Compiled for the current device, or for a usual GPU where there is no device.
    """

    def __init__(self, name: str, graph: Graph, donated: tuple[int, ...]) -> None:
        self.name = name
        self.graph = graph
        """The traced graph, before any pass."""
        self._donated = donated

    @cached_property
    def _compiled(self) -> Compiled:
        from .compiler.driver import compile_graph

        return compile_graph(self.graph, _target(), donated=self._donated, name=self.name)

    @property
    def stages(self) -> dict[str, Graph]:
        """The graph after each pass, by the pass's name."""
        return self._compiled.stages

    @property
    def kernels(self) -> list[Any]:
        """Each kernel: ``.title``, ``.ops``, ``.inputs``, ``.outputs``, ``.schedule``, ``.flops``,
        ``.nbytes``, ``.wgsl``."""
        return list(self._compiled.kernels)

    @property
    def wgsl(self) -> str:
        """All shaders, in the order in which they run."""
        return "\n\n".join(k.wgsl for k in self.kernels)

    @property
    def program(self) -> Program:
        """The compiled artefact."""
        return self._compiled.program

    @property
    def cost(self) -> Cost:
        """FLOPs, bytes, peak memory, kernels and launches; see ``Cost``."""
        return self.program.cost

    @property
    def least_bytes(self) -> int:
        """The least that any plan of memory needs: ``cost.peak_bytes`` is not far above."""
        return self._compiled.least_bytes

    def __str__(self) -> str:
        final = list(self.stages.values())[-1]
        rows = [f"  {i}  {k.title}  [{k.schedule}]" for i, k in enumerate(self.kernels)]
        parts = [
            f"{self.name}: {self.cost}",
            "traced",
            str(self.graph),
            "after the passes",
            str(final),
        ]
        return "\n".join([*parts, "kernels", *rows, "shaders", self.wgsl])

    def __repr__(self) -> str:
        return f"<lowered {self.name}: {len(self.graph.eqns)} equations>"


def _target() -> Any:
    from . import backends
    from .compiler.target import Target

    backend = backends.current()
    return getattr(backend, "target", None) or Target.gpu()
