"""JAX, jitted: on the GPU where it has one, else on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..workload import Step
from . import engine


class Engine(engine.Engine):
    """What is carried is donated. Products are of full float32 precision, also on GPUs."""

    method = "jax"

    def __init__(self) -> None:
        import jax

        self._jax: Any = jax
        self._jax.config.update("jax_default_matmul_precision", "highest")
        self._device = jax.devices()[0]

    def hello(self) -> dict[str, Any]:
        device = self._device
        cpu = device.platform == "cpu"
        return {
            "device": {
                "kind": device.platform,
                "adapter": "cpu" if cpu else device.device_kind,
                "backend": f"XLA {device.platform}",
                "driver": "",
            },
            "versions": {"jax": self._jax.__version__},
        }

    def put(self, array: np.ndarray) -> Any:
        return self._jax.block_until_ready(self._jax.device_put(array, self._device))

    def get(self, value: Any) -> np.ndarray:
        return np.asarray(value)

    def wait(self, values: Sequence[Any]) -> None:
        self._jax.block_until_ready(values)

    def compile(self, step: Step, carry: int) -> Step:
        donated = tuple(range(carry)) if self._device.platform != "cpu" else ()
        return self._jax.jit(step, donate_argnums=donated)  # type: ignore[no-any-return]
