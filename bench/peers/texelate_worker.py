"""Texelate on its WebGPU backend: what a user would write, one jitted train step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import wgpu

import texelate as tx
import texelate.numpy as tnp

from .protocol import Message, serve

Params = dict[str, tx.Array]
WEIGHTS = ("w1", "b1", "w2", "b2")


def mean_loss(params: Params, x: tx.Array, y: tx.Array) -> tx.Array:
    hidden = tx.nn.functional.relu(x @ params["w1"] + params["b1"])
    logits = hidden @ params["w2"] + params["b2"]
    return tx.nn.functional.softmax_cross_entropy(logits, y).mean()


class MlpStep:
    """The parameters are donated, so that each step updates them in place."""

    def __init__(self, inputs: Mapping[str, np.ndarray], params: Mapping[str, float]) -> None:
        self._inputs, lr = inputs, params["lr"]
        self._x, self._y = tnp.asarray(inputs["x"]), tnp.asarray(inputs["y"])

        @tx.jit(donate_argnums=0)
        def step(weights: Params, x: tx.Array, y: tx.Array) -> tuple[Params, tx.Array]:
            loss, grads = tx.value_and_grad(mean_loss)(weights, x, y)
            return tx.tree.map(lambda w, g: w - lr * g, weights, grads), loss

        self._step = step
        self.reset()

    def reset(self) -> None:
        self._weights = {key: tnp.asarray(self._inputs[key]) for key in WEIGHTS}

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self._weights, self._loss = self._step(self._weights, self._x, self._y)

    def sync(self) -> None:
        float(self._loss)

    def outputs(self) -> dict[str, np.ndarray]:
        read = {key: np.asarray(weight) for key, weight in self._weights.items()}
        return {**read, "loss": np.asarray(self._loss)}


def hello() -> Message:
    info = tx.default_device()
    if info is None:
        raise RuntimeError("no WebGPU adapter: the numpy backend is not what is measured here")
    return {
        "device": {
            "kind": "gpu",
            "adapter": info.name,
            "backend": info.backend,
            "driver": info.driver,
        },
        "versions": {"texelate": tx.__version__, "wgpu": wgpu.__version__},
    }


if __name__ == "__main__":
    serve(hello, {"mlp_step": MlpStep})
