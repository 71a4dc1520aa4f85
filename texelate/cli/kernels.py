"""The kernels of a compiled function as rows: printed, put into pages, written as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .units import duration, si

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class Row:
    """One kernel. ``nanoseconds`` is None where not measured; ``share`` is of all kernels."""

    title: str
    ops: str
    result: str
    schedule: str
    flops: int
    nbytes: int
    wgsl: str
    nanoseconds: float | None = None
    share: float = 0.0

    @property
    def rate(self) -> float:
        """FLOP per second, 0 where not measured."""
        return self.flops / self.nanoseconds * 1e9 if self.nanoseconds else 0.0


def rows(kernels: Sequence[Any], nanoseconds: Sequence[float] | None = None) -> list[Row]:
    """Rows of ``f.lower(...).kernels``, with the measured time of each if given."""
    times: Sequence[float | None] = nanoseconds or [None] * len(kernels)
    total = sum(nanoseconds or ()) or 1.0
    return [
        Row(
            title=k.title,
            ops=_counted(k.ops),
            result=", ".join(output.partition(": ")[2] for output in k.outputs),
            schedule=str(k.schedule),
            flops=k.flops,
            nbytes=k.nbytes,
            wgsl=k.wgsl,
            nanoseconds=time,
            share=(time or 0.0) / total,
        )
        for k, time in zip(kernels, times, strict=True)
    ]


def _counted(ops: Sequence[str]) -> str:
    """Each operation once, in order of appearance, with how often it occurs."""
    return " · ".join(op if n == 1 else f"{op} ×{n}" for op, n in Counter(ops).items())


def hottest(of: Sequence[Row]) -> int:
    """Index of the row that takes most time, or does most work where times are not known."""
    return max(range(len(of)), key=lambda i: (of[i].nanoseconds or 0, of[i].flops))


def table(of: Sequence[Row], title: str = "") -> RenderableType:
    """A rich table of the rows."""
    from rich.table import Table

    timed = any(row.nanoseconds is not None for row in of)
    grid = Table(title=title, title_justify="left", header_style="dim", box=None, pad_edge=False)
    grid.add_column("#", justify="right", style="dim")
    grid.add_column("kernel", style="cyan", overflow="fold")
    grid.add_column("fused", overflow="fold", style="dim", ratio=1)
    grid.add_column("result", overflow="fold")
    grid.add_column("schedule", overflow="fold")
    for name in ["FLOP", "bytes", *(["time", "%", "FLOP/s"] if timed else [])]:
        grid.add_column(name, justify="right", no_wrap=True)
    for number, row in enumerate(of, 1):
        cells = [
            str(number),
            row.title,
            row.ops,
            row.result,
            row.schedule,
            si(row.flops),
            si(row.nbytes),
        ]
        if row.nanoseconds is not None:
            cells += [duration(row.nanoseconds), f"{100 * row.share:.0f}", si(row.rate)]
        grid.add_row(*cells)
    return grid


def measure(program: Any, repeats: int = 5) -> list[float]:
    """Median nanoseconds of each dispatch of a Program on the default device (``repeats`` runs).

    Inputs are filled with noise (floats) and zeros (the rest): time depends on shapes, not values.
    """
    import numpy as np

    from ..compiler.ir.dtypes import BY_SHORT
    from ..runtime import open_device, to_words

    device = open_device()
    executable = device.load(program)
    noise = np.random.default_rng(0)
    inputs = []
    for sig in program.inputs:
        dtype = BY_SHORT[sig.dtype].numpy
        values = noise.standard_normal(sig.shape) if dtype.kind == "f" else np.zeros(sig.shape)
        inputs.append(device.upload(to_words(values.astype(dtype))))
    runs = [[float(ns) for _, ns in executable.profile(inputs)] for _ in range(repeats + 1)]
    return [float(t) for t in np.median(runs[1:], axis=0)]  # the first run compiles
