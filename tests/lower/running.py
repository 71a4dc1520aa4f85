"""Compiles graphs for a target and runs them on the machine's adapter, to compare with NumPy."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from texelate.compiler.driver import Compiled, compile_graph
from texelate.compiler.errors import AdapterError
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import GraphTrace
from texelate.compiler.ir.dtypes import BY_SHORT
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.kernel import F16
from texelate.compiler.program import Signature
from texelate.compiler.target import Target
from texelate.runtime import Device, DeviceBuffer, count_words, from_words, open_device, to_words

Array = np.ndarray[Any, Any]
TARGETS = {"software": True, "gpu": False}


def opened() -> Device:
    """The device; without an adapter tests fail in CI, and skip elsewhere with the reason."""
    try:
        return open_device()
    except AdapterError as e:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have an adapter: {e}")
        pytest.skip(f"no adapter on this machine: {e}")


def target(name: str) -> Target:
    """Schedules for a software adapter or a GPU, within the limits of the adapter at hand.

    "packed" is a software adapter without half-precision buffers.
    """
    info = opened().info
    features = info.features - {F16} if name == "packed" else info.features
    return Target.of(TARGETS.get(name, True), info.limits, features, info.subgroup)


def traced(function: Callable[..., Any], *avals: Aval, name: str = "f") -> Graph:
    with GraphTrace(name) as trace:
        out = function(*(trace.input(a) for a in avals))
        return trace.finish(out if isinstance(out, (list, tuple)) else [out])


def compiled(graph: Graph, target_name: str = "software", **kw: Any) -> Compiled:
    return compile_graph(graph, target(target_name), **kw)


def run(program: Compiled, arrays: Sequence[Array]) -> list[Array]:
    device = opened()
    buffers = [device.upload(to_words(a)) for a in arrays]
    return read_outputs(program, device.load(program.program).run(buffers, [False] * len(buffers)))


def read_outputs(program: Compiled, outs: Sequence[DeviceBuffer]) -> list[Array]:
    """The arrays in the buffers that a run returned."""
    return [read_array(o, s) for o, s in zip(outs, program.program.outputs, strict=True)]


def read_array(buffer: DeviceBuffer, sig: Signature) -> Array:
    """The array that ``buffer`` holds, of the shape and dtype of ``sig``."""
    dtype = BY_SHORT[sig.dtype].numpy
    flat = opened().read(buffer, np.uint32, count_words(sig.shape, dtype))
    return from_words(flat, sig.shape, dtype)


def agree(got: Sequence[Array], want: Sequence[Array], tolerance: float) -> None:
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        if b.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(a, b)


def check(
    graph: Graph, arrays: Sequence[Array], target_name: str, tolerance: float = 3e-5
) -> Compiled:
    """Runs ``graph`` on the adapter and compares with the reference evaluation."""
    program = compiled(graph, target_name)
    agree(run(program, arrays), evaluate_numpy(graph, list(arrays)), tolerance)
    return program
