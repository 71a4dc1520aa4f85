"""What an adapter can do at all: multiply-adds and bytes a second, measured once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..compiler.driver import compile_graph
from ..compiler.ir.aval import Aval
from ..compiler.ir.core import GraphTrace, Value
from ..compiler.ir.dtypes import float32
from ..compiler.ir.graph import Graph
from ..compiler.ir.prims.elementwise import add, mul
from ..compiler.target import Target
from ..runtime import Device

COPIED = 1 << 22  # elements: 16 MiB in, 16 MiB out
STEPS = 200  # dependent multiply-adds on each of four lanes of a vector
CHAINED = 1 << 17


@dataclass(frozen=True)
class Roofline:
    """Floating-point operations a second, and bytes a second between kernels and memory."""

    flops: float
    bandwidth: float

    @staticmethod
    def of(device: Device) -> Roofline:
        """Of this device (Williams, Waterman and Patterson, doi:10.1145/1498765.1498785)."""
        return _measured(device)

    def limit(self, flops: int, nbytes: int) -> float:
        """The nanoseconds that a kernel needs at least."""
        return 1e9 * max(flops / self.flops, nbytes / self.bandwidth)


@cache
def _measured(device: Device) -> Roofline:
    info = device.info
    target = Target.of(info.software, info.limits, info.features, info.subgroup)
    copied = _seconds(device, _chain(COPIED, 1), target)
    chained = _seconds(device, _chain(CHAINED, STEPS), target)
    return Roofline(2 * STEPS * CHAINED / chained, 8 * COPIED / copied)


def _chain(size: int, steps: int) -> Graph:
    with GraphTrace("roofline") as trace:
        x: Value = trace.input(Aval((size,), float32))
        for i in range(steps):
            x = add(mul(x, 0.999), 0.001 * i)
        return trace.finish([x])


def _seconds(device: Device, graph: Graph, target: Target) -> float:
    executable = device.load(compile_graph(graph, target).program)
    data = [device.upload(np.ones(graph.inputs[0].aval.shape, np.float32))]
    runs = [executable.profile(data) for _ in range(4)]
    return float(min(sum(ns for _, ns in run) for run in runs[1:])) / 1e9
