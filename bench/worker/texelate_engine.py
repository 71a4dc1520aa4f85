"""Texelate on its WebGPU backend: what a user would write, one jitted function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import wgpu

import texelate as tx
import texelate.numpy as tnp

from .. import roofline
from ..workload import Step
from . import engine


class Engine(engine.Engine):
    """What is carried is donated, so that each step updates it in place."""

    method = "texelate"

    def hello(self) -> dict[str, Any]:
        info = tx.default_device()
        if info is None:
            raise RuntimeError("no WebGPU adapter: the numpy backend is not what is measured here")
        device = {"adapter": info.name, "backend": info.backend, "driver": info.driver}
        return {
            "device": {"kind": "gpu", **device},
            "versions": {"texelate": tx.__version__, "wgpu": wgpu.__version__},
        }

    def put(self, array: np.ndarray) -> Any:
        return tnp.asarray(array)

    def get(self, value: Any) -> np.ndarray:
        return np.asarray(value)

    def wait(self, values: Sequence[Any]) -> None:
        tx.block_until_ready(values)

    def compile(self, step: Step, carry: int) -> Step:
        return tx.jit(step, donate_argnums=tuple(range(carry)))

    def limits(self) -> dict[str, float]:
        from texelate.runtime.adapter import choose

        _, adapter = choose()
        size = {
            "max-storage-buffer-binding-size": adapter.limits["max-storage-buffer-binding-size"]
        }
        device = adapter.request_device_sync(required_limits=size)
        return roofline.measure(device)
