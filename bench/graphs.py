"""Whole programs to measure the compiler and the launch path on: small, mixed, and deep."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import texelate as tx
import texelate.numpy as tnp
from texelate.demo import models
from texelate.nn import functional as F

Params = dict[str, Any]
Program = tuple[Callable[..., Any], tuple[Any, ...], tuple[int, ...]]
"""A function, example arguments, and which of them are donated."""

STATE = (0, 1)
WIDTH, INNER, HEADS, TOKENS = 384, 1536, 12, 128  # MiniLM's: 6 layers, batch 1 here


def mlp_step() -> Program:
    """Adam step of the demo's MLP."""
    return inspect.unwrap(models.mlp_step), models.example_args(models.mlp_init), STATE


def cnn_step() -> Program:
    """Adam step of the demo's CNN."""
    return inspect.unwrap(models.cnn_step), models.example_args(models.cnn_init), STATE


def mixed(stages: int = 55) -> Program:
    """A thousand operations, 18 a stage: arithmetic, sums, products, reshapes, selects."""

    def run(x: Any, w: Any) -> Any:
        kept = []
        for k in range(stages):
            y = tnp.tanh(x @ w + 0.1 * k) if k % 5 == 0 else x * 1.5 - tnp.sin(x)
            centred = y - tnp.mean(y, axis=-1, keepdims=True)
            scaled = centred / (1.0 + tnp.max(abs(centred), axis=0))
            x = tnp.where(scaled > 0, scaled, 0.1 * scaled).T.reshape(x.shape) + x
            if k % 10 == 9:
                kept.append(tnp.sum(x * x, axis=1))
        return x, kept

    return run, (np.ones((64, 64), np.float32), np.eye(64, dtype=np.float32)), ()


def _layer(x: Any, p: Params) -> Any:
    """A post-norm transformer layer on ``x`` f32[tokens, width]."""
    q, k, v = (
        (x @ p[n]).reshape(1, TOKENS, HEADS, -1).transpose(0, 2, 1, 3) for n in ("q", "k", "v")
    )
    weights = F.softmax(q @ k.transpose(0, 1, 3, 2) / math.sqrt(q.shape[-1]))
    mixed = (weights @ v).transpose(0, 2, 1, 3).reshape(TOKENS, WIDTH)
    x = F.layer_norm(x + mixed @ p["o"]) * p["g1"] + p["c1"]
    hidden = F.gelu(x @ p["up"] + p["b1"])
    return F.layer_norm(x + hidden @ p["down"] + p["b2"]) * p["g2"] + p["c2"]


def _layer_params(rng: np.random.Generator) -> Params:
    def dense(*shape: int) -> Any:
        return (rng.standard_normal(shape) / math.sqrt(shape[0])).astype(np.float32)

    vectors = {n: np.zeros(WIDTH, np.float32) for n in ("c1", "c2", "b2", "g1", "g2")}
    square = {n: dense(WIDTH, WIDTH) for n in ("q", "k", "v", "o")}
    up, down = dense(WIDTH, INNER), dense(INNER, WIDTH)
    return {**vectors, **square, "up": up, "down": down, "b1": np.zeros(INNER, np.float32)}


def transformer_step(layers: int = 6) -> Program:
    """Adam step of a MiniLM-shaped encoder (batch 1, 128 tokens) towards given vectors."""
    rng = np.random.default_rng(0)
    params = {str(i): _layer_params(rng) for i in range(layers)}
    optimiser = tx.optim.adam(1e-3)

    def loss_of(params: Params, x: Any, y: Any) -> Any:
        for i in range(layers):
            x = _layer(x, params[str(i)])
        return tnp.mean((x - y) ** 2)

    def step(params: Params, state: Any, x: Any, y: Any) -> Any:
        loss, grads = tx.value_and_grad(loss_of)(params, x, y)
        return *optimiser.update(grads, state, params), loss

    x, y = (rng.standard_normal((TOKENS, WIDTH)).astype(np.float32) for _ in range(2))
    return step, (params, optimiser.init(params), x, y), STATE


PROGRAMS: dict[str, Callable[[], Program]] = {
    "mlp_step": mlp_step,
    "cnn_step": cnn_step,
    "mixed": mixed,
    "transformer_step": transformer_step,
}
