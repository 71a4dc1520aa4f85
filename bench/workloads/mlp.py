"""A perceptron with one hidden layer: forward, and a whole train step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from .common import softmax

WEIGHTS = ("w1", "b1", "w2", "b2")


@dataclass(frozen=True)
class Mlp(Workload):
    """He-initialised weights and one batch of normal pixels with random labels."""

    batch: int = 128
    features: int = 784
    hidden: int = 128
    classes: int = 10

    def weights(self, rng: np.random.Generator) -> Arrays:
        """``w1 [features, hidden]``, ``w2 [hidden, classes]``, and biases."""
        return {
            "w1": normal(rng, self.features, self.hidden, scale=(2 / self.features) ** 0.5),
            "b1": normal(rng, self.hidden, scale=0.1),
            "w2": normal(rng, self.hidden, self.classes, scale=(2 / self.hidden) ** 0.5),
            "b2": normal(rng, self.classes, scale=0.1),
        }

    @property
    def sizes(self) -> str:
        """The sizes for people."""
        return f"{self.batch}×{self.features}-{self.hidden}-{self.classes}"

    def constants(self, name: str) -> bool:
        return name in WEIGHTS


@dataclass(frozen=True)
class MlpForward(Mlp):
    """The logits of one batch."""

    @property
    def name(self) -> str:
        return "mlp-forward"

    @property
    def title(self) -> str:
        return f"MLP forward, {self.sizes}"

    @property
    def flops(self) -> int:
        return 2 * self.batch * self.hidden * (self.features + self.classes)

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        return {"x": normal(rng, self.batch, self.features), **self.weights(rng)}

    def reference(self, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return np.maximum(x @ w1 + b1, 0) @ w2 + b2

    def texelate(self) -> Step:
        from texelate.nn.functional import relu

        return lambda x, w1, b1, w2, b2: relu(x @ w1 + b1) @ w2 + b2

    def tinygrad(self) -> Step:
        return lambda x, w1, b1, w2, b2: (x @ w1 + b1).relu() @ w2 + b2

    def torch(self) -> Step:
        return lambda x, w1, b1, w2, b2: (x @ w1 + b1).relu() @ w2 + b2

    def jax(self) -> Step:
        from jax.nn import relu

        return lambda x, w1, b1, w2, b2: relu(x @ w1 + b1) @ w2 + b2

    def onnx(self, g: Any) -> Step:
        return lambda x, w1, b1, w2, b2: g.Gemm(g.Relu(g.Gemm(x, w1, b1)), w2, b2)


@dataclass(frozen=True)
class MlpStep(Mlp):
    """Forward, loss, gradients and plain SGD; the weights are updated in place."""

    outputs: ClassVar[tuple[str, ...]] = (*WEIGHTS, "loss")
    carry: ClassVar[int] = len(WEIGHTS)
    checked: ClassVar[int] = 10
    lr: float = 0.1

    @property
    def name(self) -> str:
        return "mlp-step"

    @property
    def title(self) -> str:
        return f"MLP train step, {self.sizes}, SGD"

    @property
    def flops(self) -> int:
        first, second = self.features * self.hidden, self.hidden * self.classes
        return 2 * self.batch * (2 * first + 3 * second)

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        labels = rng.integers(0, self.classes, self.batch).astype(np.int32)
        return {**self.weights(rng), "x": normal(rng, self.batch, self.features), "labels": labels}

    def reference(self, w1: Any, b1: Any, w2: Any, b2: Any, x: Any, labels: Any) -> Any:
        """Gradients written by hand, sharing nothing with the differentiation that they judge."""
        rows, lr = np.arange(len(labels)), x.dtype.type(self.lr)
        hidden = np.maximum(x @ w1 + b1, 0)
        shares = softmax(hidden @ w2 + b2)
        loss = -np.log(shares[rows, labels]).mean()
        shares[rows, labels] -= 1
        shares /= len(labels)
        d_hidden = (shares @ w2.T) * (hidden > 0)
        w2, b2 = w2 - lr * (hidden.T @ shares), b2 - lr * shares.sum(axis=0)
        return w1 - lr * (x.T @ d_hidden), b1 - lr * d_hidden.sum(axis=0), w2, b2, loss

    def texelate(self) -> Step:
        import texelate as tx
        from texelate.nn.functional import relu, softmax_cross_entropy

        def mean_loss(weights: Any, x: Any, labels: Any) -> Any:
            w1, b1, w2, b2 = weights
            return softmax_cross_entropy(relu(x @ w1 + b1) @ w2 + b2, labels).mean()

        def step(*values: Any) -> Any:
            weights, rest = values[: self.carry], values[self.carry :]
            loss, grads = tx.value_and_grad(mean_loss)(weights, *rest)
            return *(w - self.lr * g for w, g in zip(weights, grads)), loss

        return step

    def tinygrad(self) -> Step:
        """Of the forms tried the fastest: ``nn.optim.SGD`` and one-hot labels were slower."""

        def step(*values: Any) -> Any:
            weights, (x, labels) = values[: self.carry], values[self.carry :]
            w1, b1, w2, b2 = weights
            loss = ((x @ w1 + b1).relu() @ w2 + b2).sparse_categorical_crossentropy(labels)
            grads = loss.gradient(*weights)
            return *(w - self.lr * g for w, g in zip(weights, grads)), loss

        return step

    def torch(self) -> Step:
        import torch
        from torch.nn.functional import cross_entropy

        def step(*values: Any) -> Any:
            weights, (x, labels) = values[: self.carry], values[self.carry :]
            w1, b1, w2, b2 = (w.requires_grad_() for w in weights)
            loss = cross_entropy((x @ w1 + b1).relu() @ w2 + b2, labels.long())
            grads = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                return *(w.sub_(g, alpha=self.lr) for w, g in zip(weights, grads)), loss.detach()

        return step

    def jax(self) -> Step:
        import jax

        def mean_loss(weights: Any, x: Any, labels: Any) -> Any:
            w1, b1, w2, b2 = weights
            logs = jax.nn.log_softmax(jax.nn.relu(x @ w1 + b1) @ w2 + b2)
            return -jax.numpy.take_along_axis(logs, labels[:, None], axis=1).mean()

        def step(*values: Any) -> Any:
            weights, rest = values[: self.carry], values[self.carry :]
            loss, grads = jax.value_and_grad(mean_loss)(weights, *rest)
            return *(w - self.lr * g for w, g in zip(weights, grads)), loss

        return step


ALL = [MlpForward(), MlpStep()]
SMALL = [MlpForward(5, 6, 4, 3), MlpStep(5, 6, 4, 3)]
