"""Square matrix product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal


@dataclass(frozen=True)
class Matmul(Workload):
    """``a [n, n] @ b [n, n]``, float32 or float16 (accumulated in float32)."""

    n: int
    dtype: str = "f32"

    @property
    def name(self) -> str:
        return f"matmul-{self.n}" + ("" if self.dtype == "f32" else f"-{self.dtype}")

    @property
    def title(self) -> str:
        return f"matmul {self.n}³ {self.dtype}"

    @property
    def flops(self) -> int:
        return 2 * self.n**3

    @property
    def tolerance(self) -> tuple[float, float]:
        relative = 1e-4 if self.dtype == "f32" else 5e-3
        return relative, relative * self.n**0.5  # sums of n products of normal numbers

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        kind = np.float32 if self.dtype == "f32" else np.float16
        return {name: normal(rng, self.n, self.n).astype(kind) for name in "ab"}

    def reference(self, a: Any, b: Any) -> Any:
        return a @ b

    def texelate(self) -> Step:
        return lambda a, b: a @ b

    def tinygrad(self) -> Step:
        if self.dtype == "f32":
            return lambda a, b: a @ b
        from tinygrad import dtypes

        return lambda a, b: a.matmul(b, dtype=dtypes.float32).cast(dtypes.float16)

    def torch(self) -> Step:
        return lambda a, b: a @ b

    def jax(self) -> Step:
        return lambda a, b: a @ b

    def onnx(self, g: Any) -> Step:
        return g.MatMul  # type: ignore[no-any-return]


ALL = [Matmul(n, dtype) for dtype in ("f32", "f16") for n in (256, 512, 1024, 2048, 4096)]
SMALL = [Matmul(24)]
