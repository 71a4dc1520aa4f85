"""The two networks, and their training steps: forward, loss, gradients and Adam in one program."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import texelate as tx
from texelate.nn import functional as F

Params = dict[str, Any]
BATCH = 128


class Network(NamedTuple):
    """A model that is trained: ``step(params, state, images, labels, rate)`` is jitted."""

    name: str
    init: Callable[[Any], Params]
    logits: Callable[[Params, Any], Any]
    step: tx.JitFunction
    epochs: int


def _he(key: Any, *shape: int) -> Any:
    """Normal weights of variance 2 / fan-in (He et al. 2015, https://arxiv.org/abs/1502.01852)."""
    return tx.random.normal(key, shape) * math.sqrt(2 / math.prod(shape[:-1]))


def _zeros(*shape: int) -> Any:
    return tx.numpy.zeros(shape)


def mlp_init(key: Any) -> Params:
    """64 pixels -> 256 -> 10 classes."""
    first, second = tx.random.split(key, 2)
    return {
        "w1": _he(first, 64, 256), "b1": _zeros(256),
        "w2": _he(second, 256, 10), "b2": _zeros(10),
    }  # fmt: skip


def mlp(params: Params, images: Any) -> Any:
    """Logits f32[n, 10] of images f32[n, 8, 8]."""
    pixels = images.reshape(images.shape[0], 64)
    hidden = F.relu(pixels @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


def cnn_init(key: Any) -> Params:
    """Two convolutions of 3 by 3, the second with stride 2, then a linear layer."""
    first, second, third = tx.random.split(key, 3)
    return {
        "k1": _he(first, 3, 3, 1, 24), "b1": _zeros(24),
        "k2": _he(second, 3, 3, 24, 48), "b2": _zeros(48),
        "w": _he(third, 4 * 4 * 48, 10), "b": _zeros(10),
    }  # fmt: skip


def cnn(params: Params, images: Any) -> Any:
    """Logits f32[n, 10] of images f32[n, 8, 8]."""
    x = images.reshape(*images.shape, 1)
    x = F.gelu(F.conv2d(x, params["k1"], strides=1, padding="SAME") + params["b1"])
    x = F.gelu(F.conv2d(x, params["k2"], strides=2, padding="SAME") + params["b2"])
    return x.reshape(x.shape[0], -1) @ params["w"] + params["b"]


def _adam_step(
    logits: Callable[[Params, Any], Any],
    params: Params,
    state: Any,
    images: Any,
    labels: Any,
    rate: Any,
) -> tuple[Params, Any, Any]:
    def loss_of(params: Params) -> Any:
        return F.softmax_cross_entropy(logits(params, images), labels).mean()

    loss, grads = tx.value_and_grad(loss_of)(params)
    params, state = tx.optim.adam(rate).update(grads, state, params)
    return params, state, loss


@tx.jit(donate_argnums=(0, 1))
def mlp_step(params: Params, state: Any, images: Any, labels: Any, rate: Any) -> Any:
    """One step of the MLP: the new parameters and optimiser state, and the loss before the step."""
    return _adam_step(mlp, params, state, images, labels, rate)


@tx.jit(donate_argnums=(0, 1))
def cnn_step(params: Params, state: Any, images: Any, labels: Any, rate: Any) -> Any:
    """One step of the CNN: the new parameters and optimiser state, and the loss before the step."""
    return _adam_step(cnn, params, state, images, labels, rate)


def example_args(init: Callable[[Any], Params]) -> tuple[Any, ...]:
    """Arguments of a step, of the shapes that training uses."""
    params = init(tx.random.key(0))
    state = tx.optim.adam(0.0).init(params)
    images, labels = np.zeros((BATCH, 8, 8), np.float32), np.zeros(BATCH, np.int32)
    return params, state, images, labels, np.float32(0.005)


mlp_step.example_args = lambda: example_args(mlp_init)
cnn_step.example_args = lambda: example_args(cnn_init)

NETWORKS = (
    Network("MLP", mlp_init, mlp, mlp_step, epochs=60),
    Network("CNN", cnn_init, cnn, cnn_step, epochs=20),
)
