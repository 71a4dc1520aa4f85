"""The adapter's own limits, measured: multiply-adds a second, and bytes a second.

Both by kernels written by hand, so that they tell of the adapter and not of our compiler: chains
of multiply-adds in registers, and a copy from one array to another. The best of a few repetitions
counts. Not WGSL's ``fma``: software adapters compute it exactly, many times slower.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import wgpu

CHAINS = 8  # independent vec4 chains hide the latency of a multiply-add
TURNS = 256  # below the 65,535 loop iterations that llvmpipe allows an invocation
REPEATS = 7
SPAN_S = 0.1  # long enough that a submission's own cost does not matter
MOST_BYTES = 256 << 20

_CHAINS = """
@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  let a = vec4f(0.999); let b = vec4f(f32(id.x) * 1e-9);
  DECLARE
  for (var i = 0u; i < TURNSu; i++) { STEPS }
  y[id.x] = SUM;
}
"""
_COPY = """
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u,
                                     @builtin(num_workgroups) n: vec3u) {
  let stride = n.x * 64u;
  for (var i = id.x; i < arrayLength(&y); i += stride) { y[i] = x[i]; }
}
"""


def measure(device: Any) -> dict[str, float]:
    """``flops`` and ``bandwidth`` (bytes read plus bytes written) a second of a wgpu device."""
    return {"flops": _flops(device), "bandwidth": _bandwidth(device)}


def _flops(device: Any) -> float:
    names = [f"c{k}" for k in range(CHAINS)]
    code = _CHAINS.replace("TURNS", str(TURNS)).replace("SUM", " + ".join(names))
    code = code.replace(
        "DECLARE", " ".join(f"var {n} = vec4f({k}.0);" for k, n in enumerate(names))
    )
    code = code.replace("STEPS", " ".join(f"{n} = {n} * a + b;" for n in names))
    groups = 1024
    kernel = _Kernel(device, code, [groups * 64 * 16])
    return 2 * 4 * CHAINS * TURNS * groups * 64 / kernel.seconds(groups)


def _bandwidth(device: Any) -> float:
    size = min(MOST_BYTES, device.limits["max-storage-buffer-binding-size"])
    best = max(2 * size / kernel for kernel in _copies(device, size))
    return float(best)


def _copies(device: Any, size: int) -> list[float]:
    kernel = _Kernel(device, _COPY, [size, size])
    per_group = size // 16 // 64
    return [kernel.seconds(max(1, min(per_group // each, 65_535))) for each in (1, 4, 64)]


class _Kernel:
    """A pipeline with its buffers bound."""

    def __init__(self, device: Any, code: str, sizes: list[int]) -> None:
        usage = wgpu.BufferUsage.STORAGE | wgpu.BufferUsage.COPY_SRC
        self._device = device
        self._buffers = [device.create_buffer(size=size, usage=usage) for size in sizes]
        self._pipeline = device.create_compute_pipeline(
            layout="auto",
            compute={"module": device.create_shader_module(code=code), "entry_point": "main"},
        )
        entries = [{"binding": k, "resource": {"buffer": b}} for k, b in enumerate(self._buffers)]
        layout = self._pipeline.get_bind_group_layout(0)
        self._bound = device.create_bind_group(layout=layout, entries=entries)

    def seconds(self, groups: int) -> float:
        """Of one dispatch, among so many that they take a while: the best of the repetitions."""
        self._timed(groups, 1)
        many = max(1, min(1000, int(SPAN_S / self._timed(groups, 1))))
        return min(self._timed(groups, many) for _ in range(REPEATS)) / many

    def _timed(self, groups: int, dispatches: int) -> float:
        start = time.perf_counter()
        encoder = self._device.create_command_encoder()
        compute = encoder.begin_compute_pass()
        compute.set_pipeline(self._pipeline)
        compute.set_bind_group(0, self._bound)
        for _ in range(dispatches):
            compute.dispatch_workgroups(groups)
        compute.end()
        self._device.queue.submit([encoder.finish()])
        np.frombuffer(self._device.queue.read_buffer(self._buffers[-1], 0, 16), np.uint8)
        return time.perf_counter() - start
