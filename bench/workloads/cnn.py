"""A small convolutional network on 28×28 images: forward, and a whole train step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from .common import conv_gradients, conv_reference, softmax

WEIGHTS = ("w1", "b1", "w2", "b2", "w3", "b3")


@dataclass(frozen=True)
class Cnn(Workload):
    """Two 3×3 convolutions (the second with stride 2), ReLU, mean over positions, classifier."""

    batch: int = 64
    size: int = 28
    narrow: int = 16
    wide: int = 32
    classes: int = 10

    def weights(self, rng: np.random.Generator) -> Arrays:
        """``w1 [3, 3, 1, narrow]``, ``w2 [3, 3, narrow, wide]``, ``w3 [wide, classes]``, biases."""
        shapes = ((3, 3, 1, self.narrow), (3, 3, self.narrow, self.wide), (self.wide, self.classes))
        arrays = {}
        for k, shape in enumerate(shapes, 1):
            arrays[f"w{k}"] = normal(rng, *shape, scale=(2 / np.prod(shape[:-1])) ** 0.5)
            arrays[f"b{k}"] = normal(rng, shape[-1], scale=0.1)
        return arrays

    @property
    def images(self) -> tuple[int, ...]:
        """The shape of the input."""
        return self.batch, self.size, self.size, 1

    @property
    def forward_flops(self) -> tuple[int, int]:
        """Of the first layer, and of the others."""
        half = -(-self.size // 2)
        later = 2 * self.batch * self.wide * (half**2 * 9 * self.narrow + self.classes)
        return 2 * self.batch * self.size**2 * 9 * self.narrow, later

    def constants(self, name: str) -> bool:
        return name in WEIGHTS

    def logits_by_texelate(self, x: Any, *weights: Any) -> Any:
        """The network in Texelate; the following are the same in the others."""
        from texelate.nn import functional as F

        w1, b1, w2, b2, w3, b3 = weights
        x = F.relu(F.conv2d(x, w1, padding=1) + b1)
        x = F.relu(F.conv2d(x, w2, padding=1, strides=2) + b2)
        return x.mean(axis=(1, 2)) @ w3 + b3

    def logits_by_tinygrad(self, x: Any, *weights: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = weights
        x = x.conv2d(w1, b1, padding=1).relu().conv2d(w2, b2, padding=1, stride=2).relu()
        return x.mean((2, 3)) @ w3 + b3

    def logits_by_torch(self, x: Any, *weights: Any) -> Any:
        from torch.nn.functional import conv2d, relu

        w1, b1, w2, b2, w3, b3 = weights
        x = relu(conv2d(relu(conv2d(x, w1, b1, padding=1)), w2, b2, padding=1, stride=2))
        return x.mean((2, 3)) @ w3 + b3

    def logits_by_jax(self, x: Any, *weights: Any) -> Any:
        import jax

        def conv(x: Any, w: Any, stride: int) -> Any:
            layout, pads = ("NHWC", "HWIO", "NHWC"), [(1, 1), (1, 1)]
            strides = (stride, stride)
            return jax.lax.conv_general_dilated(x, w, strides, pads, dimension_numbers=layout)

        w1, b1, w2, b2, w3, b3 = weights
        x = jax.nn.relu(conv(jax.nn.relu(conv(x, w1, 1) + b1), w2, 2) + b2)
        return x.mean((1, 2)) @ w3 + b3


@dataclass(frozen=True)
class CnnForward(Cnn):
    """The logits of one batch."""

    @property
    def name(self) -> str:
        return "cnn-forward"

    @property
    def title(self) -> str:
        return f"CNN forward, {self.batch}×{self.size}×{self.size}"

    @property
    def flops(self) -> int:
        return sum(self.forward_flops)

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        return {"x": normal(rng, *self.images), **self.weights(rng)}

    def reference(self, x: Any, *weights: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = weights
        x = np.maximum(conv_reference(x, w1, 1, 1) + b1, 0)
        x = np.maximum(conv_reference(x, w2, 2, 1) + b2, 0)
        return x.mean(axis=(1, 2)) @ w3 + b3

    def texelate(self) -> Step:
        return self.logits_by_texelate

    def tinygrad(self) -> Step:
        return self.logits_by_tinygrad

    def torch(self) -> Step:
        return self.logits_by_torch

    def jax(self) -> Step:
        return self.logits_by_jax

    def onnx(self, g: Any) -> Step:
        def run(x: Any, *weights: Any) -> Any:
            w1, b1, w2, b2, w3, b3 = weights
            x = g.Relu(g.Conv(x, w1, b1, pads=[1] * 4))
            x = g.Relu(g.Conv(x, w2, b2, pads=[1] * 4, strides=[2, 2]))
            return g.Gemm(g.Flatten(g.GlobalAveragePool(x)), w3, b3)

        return run


@dataclass(frozen=True)
class CnnStep(Cnn):
    """Forward, loss, gradients and plain SGD; the weights are updated in place."""

    outputs: ClassVar[tuple[str, ...]] = (*WEIGHTS, "loss")
    carry: ClassVar[int] = len(WEIGHTS)
    checked: ClassVar[int] = 3
    lr: float = 0.1

    @property
    def name(self) -> str:
        return "cnn-step"

    @property
    def title(self) -> str:
        return f"CNN train step, {self.batch}×{self.size}×{self.size}, SGD"

    @property
    def flops(self) -> int:
        first, later = self.forward_flops
        return 2 * first + 3 * later  # nobody asks for the gradient of the images

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        labels = rng.integers(0, self.classes, self.batch).astype(np.int32)
        return {**self.weights(rng), "x": normal(rng, *self.images), "labels": labels}

    def reference(self, *inputs: Any) -> Any:
        """Gradients written by hand, sharing nothing with the differentiation that they judge."""
        (w1, b1, w2, b2, w3, b3), (x, labels) = inputs[: self.carry], inputs[self.carry :]
        rows, lr = np.arange(len(labels)), x.dtype.type(self.lr)
        one = np.maximum(conv_reference(x, w1, 1, 1) + b1, 0)
        two = np.maximum(conv_reference(one, w2, 2, 1) + b2, 0)
        pooled = two.mean(axis=(1, 2))
        shares = softmax(pooled @ w3 + b3)
        loss = -np.log(shares[rows, labels]).mean()
        shares[rows, labels] -= 1
        shares /= len(labels)
        d_two = (shares @ w3.T)[:, None, None] / (two.shape[1] * two.shape[2]) * (two > 0)
        d_one, d_w2 = conv_gradients(one, w2, d_two, 2, 1)
        d_one = d_one * (one > 0)
        _, d_w1 = conv_gradients(x, w1, d_one, 1, 1)
        grads = [d_w1, d_one.sum((0, 1, 2)), d_w2, d_two.sum((0, 1, 2)), pooled.T @ shares]
        weights = zip((w1, b1, w2, b2, w3, b3), [*grads, shares.sum(0)])
        return *(w - lr * g for w, g in weights), loss

    def texelate(self) -> Step:
        import texelate as tx
        from texelate.nn.functional import softmax_cross_entropy

        def mean_loss(weights: Any, x: Any, labels: Any) -> Any:
            return softmax_cross_entropy(self.logits_by_texelate(x, *weights), labels).mean()

        def step(*values: Any) -> Any:
            weights, rest = values[: self.carry], values[self.carry :]
            loss, grads = tx.value_and_grad(mean_loss)(weights, *rest)
            return *(w - self.lr * g for w, g in zip(weights, grads)), loss

        return step

    def tinygrad(self) -> Step:
        def step(*values: Any) -> Any:
            weights, (x, labels) = values[: self.carry], values[self.carry :]
            loss = self.logits_by_tinygrad(x, *weights).sparse_categorical_crossentropy(labels)
            grads = loss.gradient(*weights)
            return *(w - self.lr * g for w, g in zip(weights, grads)), loss

        return step

    def torch(self) -> Step:
        import torch
        from torch.nn.functional import cross_entropy

        def step(*values: Any) -> Any:
            weights, (x, labels) = values[: self.carry], values[self.carry :]
            weights = tuple(w.requires_grad_() for w in weights)
            loss = cross_entropy(self.logits_by_torch(x, *weights), labels.long())
            grads = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                return *(w.sub_(g, alpha=self.lr) for w, g in zip(weights, grads)), loss.detach()

        return step

    def jax(self) -> Step:
        import jax

        def mean_loss(weights: Any, x: Any, labels: Any) -> Any:
            logs = jax.nn.log_softmax(self.logits_by_jax(x, *weights))
            return -jax.numpy.take_along_axis(logs, labels[:, None], axis=1).mean()

        def step(*values: Any) -> Any:
            weights, rest = values[: self.carry], values[self.carry :]
            loss, grads = jax.value_and_grad(mean_loss)(weights, *rest)
            return *(w - self.lr * g for w, g in zip(weights, grads)), loss

        return step


ALL = [CnnForward(), CnnStep()]
SMALL = [CnnForward(2, 6, 3, 4, 3), CnnStep(2, 6, 3, 4, 3)]
