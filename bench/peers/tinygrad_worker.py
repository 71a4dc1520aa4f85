"""tinygrad on its WEBGPU device (Dawn), in its best form: one TinyJit for the whole train step.

Of the forms tried (``nn.optim.SGD``, its fused variant, one-hot labels, and this one) the plain
``gradient`` and ``assign`` was the fastest: fewest kernels, no optimizer state.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .protocol import Message, serve

SUFFIX = {"Linux": ".so", "Darwin": ".dylib", "Windows": ".dll"}
ARCH = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}


def dawn_library() -> str:
    """The Dawn library inside ``pydawn`` that fits this machine."""
    spec = importlib.util.find_spec("pydawn")
    if spec is None or spec.origin is None:
        raise RuntimeError("dawn-python is not installed: run python -m bench.setup_peers")
    libraries = Path(spec.origin).parent / "lib"
    arch = "" if platform.system() == "Windows" else "_" + ARCH[platform.machine()]
    return str(libraries / f"libwebgpu_dawn{arch}{SUFFIX[platform.system()]}")


os.environ.setdefault("WEBGPU_PATH", dawn_library())  # tinygrad reads both when it is imported
os.environ["DEV"] = "WEBGPU"

from tinygrad import Context, Device, Tensor, TinyJit  # noqa: E402
from tinygrad.runtime import ops_webgpu  # noqa: E402
from tinygrad.runtime.autogen import webgpu  # noqa: E402

WEIGHTS = ("w1", "b1", "w2", "b2")


class MlpStep:
    """Forward, loss, gradients and SGD, captured by TinyJit and replayed."""

    def __init__(self, inputs: Mapping[str, np.ndarray], params: Mapping[str, float]) -> None:
        self._inputs, self._lr = inputs, params["lr"]
        self._x, self._y = Tensor(inputs["x"]).realize(), Tensor(inputs["y"]).realize()
        self._weights = [Tensor(inputs[key]).realize() for key in WEIGHTS]
        self._step = TinyJit(self._train)

    def _train(self, x: Tensor, y: Tensor) -> Tensor:
        w1, b1, w2, b2 = self._weights
        loss = ((x @ w1 + b1).relu() @ w2 + b2).sparse_categorical_crossentropy(y)
        for weight, gradient in zip(self._weights, loss.gradient(*self._weights), strict=True):
            weight.assign(weight - self._lr * gradient)
        return loss.realize(*self._weights)

    def reset(self) -> None:
        for weight, key in zip(self._weights, WEIGHTS, strict=True):
            weight.assign(Tensor(self._inputs[key])).realize()

    def run(self, steps: int) -> None:
        with Context(TRAINING=1):
            for _ in range(steps):
                self._loss = self._step(self._x, self._y)

    def sync(self) -> None:
        self._loss.item()

    def outputs(self) -> dict[str, np.ndarray]:
        weights = zip(WEIGHTS, self._weights, strict=True)
        return {**{key: weight.numpy() for key, weight in weights}, "loss": self._loss.numpy()}


def hello() -> Message:
    """Asks Dawn for the adapter in the same way as tinygrad's device does, and reads its names."""
    assert Device.DEFAULT == "WEBGPU", Device.DEFAULT
    options = webgpu.WGPURequestAdapterOptions(
        powerPreference=webgpu.WGPUPowerPreference_HighPerformance
    )
    adapter = ops_webgpu.InstanceRequestAdapter(ops_webgpu.instance, options)
    info = webgpu.WGPUAdapterInfo()
    webgpu.wgpuAdapterGetInfo(adapter, info)
    backend = webgpu.enum_WGPUBackendType[info.backendType].removeprefix("WGPUBackendType_")
    return {
        "device": {
            "kind": "gpu",
            "adapter": ops_webgpu.from_wgpu_str(info.device),
            "backend": backend,
            "driver": ops_webgpu.from_wgpu_str(info.description),
        },
        "versions": {p: importlib.metadata.version(p) for p in ("tinygrad", "dawn-python")},
    }


if __name__ == "__main__":
    serve(hello, {"mlp_step": MlpStep})
