"""tinygrad on its WEBGPU device (Dawn): a TinyJit for each step; NCHW, as its own models are.

With ``DEV=WEBGPU`` and, for its kernel search, ``BEAM`` in the environment.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..workload import Step, tuple_of
from . import engine

SUFFIX = {"Linux": ".so", "Darwin": ".dylib", "Windows": ".dll"}
ARCH = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}


def dawn_library() -> str:
    """The Dawn library inside ``pydawn`` that fits this machine."""
    spec = importlib.util.find_spec("pydawn")
    if spec is None or spec.origin is None:
        raise RuntimeError("dawn-python is not installed")
    libraries = Path(spec.origin).parent / "lib"
    arch = "" if platform.system() == "Windows" else "_" + ARCH[platform.machine()]
    return str(libraries / f"libwebgpu_dawn{arch}{SUFFIX[platform.system()]}")


class Engine(engine.Engine):
    """What is carried is assigned in place inside the captured step."""

    method, channels_first = "tinygrad", True

    def __init__(self) -> None:
        os.environ.setdefault("WEBGPU_PATH", dawn_library())  # read when tinygrad is imported
        import tinygrad

        self._tinygrad = tinygrad
        self._device = tinygrad.Device[tinygrad.Device.DEFAULT]

    def hello(self) -> dict[str, Any]:
        assert self._tinygrad.Device.DEFAULT == "WEBGPU", self._tinygrad.Device.DEFAULT
        return {
            "device": {"kind": "gpu", **_adapter()},
            "versions": {p: importlib.metadata.version(p) for p in ("tinygrad", "dawn-python")},
        }

    def put(self, array: np.ndarray) -> Any:
        return self._tinygrad.Tensor(array).realize()

    def get(self, value: Any) -> np.ndarray:
        return value.numpy()  # type: ignore[no-any-return]

    def wait(self, values: Sequence[Any]) -> None:
        self._device.synchronize()

    def compile(self, step: Step, carry: int) -> Step:
        tensor = self._tinygrad.Tensor
        kept: list[Any] = []

        def run(*rest: Any) -> Any:
            outs = tuple_of(step(*kept, *rest))
            for value, new in zip(kept, outs):
                value.assign(new)
            results = [*kept, *outs[carry:]]
            tensor.realize(*results)
            return results

        captured = self._tinygrad.TinyJit(run)

        def call(*values: Any) -> Any:
            kept[:] = values[:carry]
            with self._tinygrad.Context(TRAINING=1):
                return captured(*values[carry:])

        return call

    def renew(self, values: list[Any], arrays: Sequence[np.ndarray]) -> list[Any]:
        for value, array in zip(values, arrays):
            value.assign(self._tinygrad.Tensor(array)).realize()
        return values


def _adapter() -> dict[str, str]:
    """Asks Dawn for the adapter in the same way as tinygrad's device does, and reads its names."""
    from tinygrad.helpers import getenv
    from tinygrad.runtime import ops_webgpu
    from tinygrad.runtime.autogen import webgpu

    options = webgpu.WGPURequestAdapterOptions(
        powerPreference=webgpu.WGPUPowerPreference_HighPerformance,
        backendType=ops_webgpu.backend_types.get(getenv("WEBGPU_BACKEND", ""), 0),
    )
    adapter = ops_webgpu.InstanceRequestAdapter(ops_webgpu.instance, options)
    info = webgpu.WGPUAdapterInfo()
    webgpu.wgpuAdapterGetInfo(adapter, info)
    text = ops_webgpu.from_wgpu_str
    backend = webgpu.enum_WGPUBackendType[info.backendType].removeprefix("WGPUBackendType_")
    return {
        "adapter": text(info.device), "backend": backend, "driver": text(info.description),
    }  # fmt: skip
