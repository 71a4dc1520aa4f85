"""Small operations: what a call costs when there is nothing to compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..workload import Arrays, Step, Workload, normal


@dataclass(frozen=True)
class Call(Workload):
    """``x + 1`` of a few numbers, compiled, each call on the result of the one before."""

    outputs: ClassVar[tuple[str, ...]] = ("x",)
    carry: ClassVar[int] = 1
    n: int = 16

    @property
    def name(self) -> str:
        return "small-call"

    @property
    def title(self) -> str:
        return f"a compiled call, x + 1 of {self.n}"

    def inputs(self) -> Arrays:
        return {"x": normal(np.random.default_rng(0), self.n)}

    def reference(self, x: Any) -> Any:
        return x + 1

    def texelate(self) -> Step:
        return lambda x: x + 1

    def tinygrad(self) -> Step:
        return lambda x: x + 1

    def torch(self) -> Step:
        return lambda x: x + 1

    def jax(self) -> Step:
        return lambda x: x + 1

    def onnx(self, g: Any) -> Step:
        return lambda x: g.Add(x, g.scalar(1.0))


@dataclass(frozen=True)
class Eager(Workload):
    """Ten operations on a few numbers without a compiler's frame, then the result is waited for."""

    eager: ClassVar[bool] = True
    n: int = 16

    @property
    def name(self) -> str:
        return "small-eager"

    @property
    def title(self) -> str:
        return f"ten eager operations on {self.n}"

    def inputs(self) -> Arrays:
        return {"x": normal(np.random.default_rng(0), self.n)}

    def reference(self, x: Any) -> Any:
        half = x.dtype.type(0.5)
        for _ in range(5):
            x = x * half + 1
        return x

    def texelate(self) -> Step:
        return self._steps

    def tinygrad(self) -> Step:
        return lambda x: self._steps(x).realize()

    def torch(self) -> Step:
        return self._steps

    def jax(self) -> Step:
        return self._steps

    @staticmethod
    def _steps(x: Any) -> Any:
        for _ in range(5):
            x = x * 0.5 + 1
        return x


ALL = [Call(), Eager()]
SMALL = [Call(4), Eager(4)]
