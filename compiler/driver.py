"""The compile driver: graph → passes → groups → kernels → WGSL → Program."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from .assembly import Assembly
from .ir.graph import Graph
from .ir.verify import verify
from .kernels import KernelInfo
from .knobs import knobs
from .passes.hosted import check_device_only
from .passes.pipeline import run_passes
from .passes.placement import on_device
from .program import Program
from .target import Target

__all__ = ["Compiled", "KernelInfo", "compile_graph"]


@dataclass(frozen=True)
class Compiled:
    """A compiled graph with everything that led to it.

    ``least_bytes``: what any memory plan for these kernels needs (``passes/memory.py``), to compare
    ``program.peak_bytes`` with. The bodies of loops and branches are not counted.
    """

    graph: Graph
    stages: dict[str, Graph]
    kernels: tuple[KernelInfo, ...]
    program: Program
    target: Target
    least_bytes: int

    @property
    def wgsl(self) -> str:
        """All shaders, one after the other."""
        return "\n".join(k.wgsl for k in self.kernels)


def compile_graph(
    graph: Graph, target: Target, donated: Sequence[int] = (), name: str | None = None
) -> Compiled:
    """Compiles ``graph`` for ``target``. ``donated``: inputs whose memory outputs may take.

    It becomes one program: linear algebra that might run on the host takes its form for the device.
    """
    graph = on_device(graph)
    check_device_only(graph)
    check = verify if knobs.verify else lambda g: None
    stages = run_passes(graph, target, check)
    final = list(stages.values())[-1]
    assembly = Assembly(target, name or graph.name)
    program = assembly.program(final, tuple(donated))
    _check_budget(program)
    return Compiled(graph, stages, tuple(assembly.infos), program, target, assembly.least_bytes)


def _check_budget(program: Program) -> None:
    """Says that a program does not keep to the budget of memory; it runs nevertheless."""
    budget = knobs.memory_budget
    if 0 < budget < program.peak_bytes:
        warnings.warn(
            f"{program.name} takes {program.peak_bytes:,} bytes, more than the budget of "
            f"{budget:,} (TEXELATE_MEMORY_BUDGET): computing more again saves nothing. Smaller "
            "batches do, or checkpoint inside of loops",
            RuntimeWarning,
            stacklevel=2,
        )
