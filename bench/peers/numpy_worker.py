"""numpy on the CPU: the float32 program that a careful user would write by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..workloads import mlp_sgd_step
from .protocol import Message, serve


class MlpStep:
    """Gradients written by hand, updates in place."""

    def __init__(self, inputs: Mapping[str, np.ndarray], params: Mapping[str, float]) -> None:
        self._inputs, self._lr = inputs, np.float32(params["lr"])
        self.reset()

    def reset(self) -> None:
        self._weights = {key: self._inputs[key].copy() for key in ("w1", "b1", "w2", "b2")}

    def run(self, steps: int) -> None:
        x, y = self._inputs["x"], self._inputs["y"]
        for _ in range(steps):
            self._loss = mlp_sgd_step(self._weights, x, y, self._lr)

    def sync(self) -> None:
        float(self._loss)

    def outputs(self) -> dict[str, np.ndarray]:
        return {**self._weights, "loss": np.asarray(self._loss)}


def hello() -> Message:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "device": {"kind": "cpu", "adapter": "cpu", "backend": blas["name"], "driver": ""},
        "versions": {"numpy": np.__version__, blas["name"]: blas["version"]},
    }


if __name__ == "__main__":
    serve(hello, {"mlp_step": MlpStep})
