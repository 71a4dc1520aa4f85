"""An elementwise chain, and a sum: what memory bandwidth bounds where fusion works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from .common import sigmoid


@dataclass(frozen=True)
class Chain(Workload):
    """``tanh(x * a + b) * sigmoid(x)`` of ``x [n]``."""

    n: int
    a: float = 1.5
    b: float = 0.5

    @property
    def name(self) -> str:
        return "chain"

    @property
    def title(self) -> str:
        return f"tanh(x·a+b)·sigmoid(x), {self.n:,}"

    def inputs(self) -> Arrays:
        return {"x": normal(np.random.default_rng(0), self.n)}

    def reference(self, x: Any) -> Any:
        a, b = x.dtype.type(self.a), x.dtype.type(self.b)
        return np.tanh(x * a + b) * sigmoid(x)

    def texelate(self) -> Step:
        import texelate.numpy as tnp
        from texelate.nn.functional import sigmoid

        return lambda x: tnp.tanh(x * self.a + self.b) * sigmoid(x)

    def tinygrad(self) -> Step:
        return lambda x: (x * self.a + self.b).tanh() * x.sigmoid()

    def torch(self) -> Step:
        return lambda x: (x * self.a + self.b).tanh() * x.sigmoid()

    def jax(self) -> Step:
        import jax

        return lambda x: jax.numpy.tanh(x * self.a + self.b) * jax.nn.sigmoid(x)

    def onnx(self, g: Any) -> Step:
        def chain(x: Any) -> Any:
            scaled = g.Add(g.Mul(x, g.scalar(self.a)), g.scalar(self.b))
            return g.Mul(g.Tanh(scaled), g.Sigmoid(x))

        return chain


@dataclass(frozen=True)
class Sum(Workload):
    """The sum of ``x [n]``, all positive, so that no cancellation hides an error."""

    n: int

    @property
    def name(self) -> str:
        return "sum"

    @property
    def title(self) -> str:
        return f"sum, {self.n:,}"

    def inputs(self) -> Arrays:
        return {"x": np.random.default_rng(0).random(self.n, np.float32)}

    def reference(self, x: Any) -> Any:
        return x.sum()

    def texelate(self) -> Step:
        return lambda x: x.sum()

    def tinygrad(self) -> Step:
        return lambda x: x.sum()

    def torch(self) -> Step:
        return lambda x: x.sum()

    def jax(self) -> Step:
        return lambda x: x.sum()

    def onnx(self, g: Any) -> Step:
        return lambda x: g.ReduceSum(x, keepdims=0)


ALL = [Chain(4_000_000), Sum(4_000_000)]
SMALL = [Chain(100), Sum(100)]
