"""What is measured: inputs that every peer gets, and the answer that every peer must give.

A workload's inputs are made once, by numpy, and handed to the peers as files, so nobody's random
numbers differ. Its reference is computed in float64; a peer that disagrees is an error, not a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]
Params = Mapping[str, float]


@dataclass(frozen=True)
class Workload:
    """One thing to measure.

    ``inputs(params)`` makes the arrays, ``reference(inputs, params, steps)`` the outputs after
    ``steps`` steps from a fresh start, which must agree within ``rtol`` and ``atol``.
    ``batch`` steps are timed between two synchronisations, ``singles`` with one each.
    """

    name: str
    title: str
    params: Params
    inputs: Callable[[Params], Arrays]
    reference: Callable[[Arrays, Params, int], Arrays]
    flops: int
    batch: int = 20
    singles: int = 10
    checked_steps: int = 10
    rtol: float = 1e-4
    atol: float = 1e-5


def mlp_inputs(params: Params) -> Arrays:
    """He-initialised two-layer perceptron and one batch of normal pixels with random labels.

    Shapes: ``x [batch, features]`` f32, ``y [batch]`` i32, ``w1 [features, hidden]``,
    ``b1 [hidden]``, ``w2 [hidden, classes]``, ``b2 [classes]`` f32.
    """
    batch, features, hidden, classes = (
        int(params[key]) for key in ("batch", "features", "hidden", "classes")
    )
    rng = np.random.default_rng(int(params["seed"]))

    def normal(*shape: int, scale: float) -> np.ndarray:
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    return {
        "x": normal(batch, features, scale=1.0),
        "y": rng.integers(0, classes, batch).astype(np.int32),
        "w1": normal(features, hidden, scale=(2 / features) ** 0.5),
        "b1": normal(hidden, scale=0.1),
        "w2": normal(hidden, classes, scale=(2 / hidden) ** 0.5),
        "b2": normal(classes, scale=0.1),
    }


def mlp_sgd_step(
    weights: Arrays, x: np.ndarray, y: np.ndarray, lr: float | np.floating
) -> np.floating:
    """One SGD step in place on ``weights``, in their own precision; the mean loss before it.

    The gradients are written by hand (softmax minus one-hot), so this shares nothing with any
    automatic differentiation that it judges.
    """
    w1, b1, w2, b2 = (weights[key] for key in ("w1", "b1", "w2", "b2"))
    rows = np.arange(len(y))
    hidden = np.maximum(x @ w1 + b1, 0)
    logits = hidden @ w2 + b2
    logits -= logits.max(axis=1, keepdims=True)
    exps = np.exp(logits)
    sums = exps.sum(axis=1, keepdims=True)
    loss: np.floating = (np.log(sums[:, 0]) - logits[rows, y]).mean()
    d_logits = exps / sums
    d_logits[rows, y] -= 1
    d_logits /= len(y)
    d_hidden = (d_logits @ w2.T) * (hidden > 0)
    w2 -= lr * (hidden.T @ d_logits)
    b2 -= lr * d_logits.sum(axis=0)
    w1 -= lr * (x.T @ d_hidden)
    b1 -= lr * d_hidden.sum(axis=0)
    return loss


def mlp_reference(inputs: Arrays, params: Params, steps: int) -> Arrays:
    """Weights and the last step's loss after ``steps`` steps, in float64."""
    wide = {key: value.astype(np.float64) for key, value in inputs.items() if key != "y"}
    x = wide.pop("x")
    losses = [mlp_sgd_step(wide, x, inputs["y"], params["lr"]) for _ in range(steps)]
    return {**wide, "loss": np.asarray(losses[-1])}


def mlp_flops(params: Params) -> int:
    """Multiply-adds of the five matrix products of a step, two operations each."""
    first = params["features"] * params["hidden"]
    second = params["hidden"] * params["classes"]
    return int(2 * params["batch"] * (2 * first + 3 * second))


MLP_PARAMS: Params = {
    "batch": 128, "features": 784, "hidden": 128, "classes": 10, "lr": 0.1, "seed": 0,
}  # fmt: skip

MLP_STEP = Workload(
    name="mlp_step",
    title="MLP train step, 128x784-128-10, SGD",
    params=MLP_PARAMS,
    inputs=mlp_inputs,
    reference=mlp_reference,
    flops=mlp_flops(MLP_PARAMS),
)

WORKLOADS: dict[str, Workload] = {MLP_STEP.name: MLP_STEP}
