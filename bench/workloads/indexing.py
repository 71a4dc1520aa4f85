"""Gathering rows, and sorting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal


@dataclass(frozen=True)
class Gather(Workload):
    """``table [rows, width]`` at ``ids [count]``, as an embedding does."""

    rows: int
    width: int
    count: int

    @property
    def name(self) -> str:
        return "gather"

    @property
    def title(self) -> str:
        return f"gather {self.count:,} of {self.rows:,} rows of {self.width}"

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        ids = rng.integers(0, self.rows, self.count).astype(np.int32)
        return {"table": normal(rng, self.rows, self.width), "ids": ids}

    def constants(self, name: str) -> bool:
        return name == "table"

    def reference(self, table: Any, ids: Any) -> Any:
        return table[ids]

    def texelate(self) -> Step:
        return lambda table, ids: table[ids]

    def tinygrad(self) -> Step:
        return lambda table, ids: table[ids]

    def torch(self) -> Step:
        return lambda table, ids: table[ids]

    def jax(self) -> Step:
        return lambda table, ids: table[ids]

    def onnx(self, g: Any) -> Step:
        return lambda table, ids: g.Gather(table, ids, axis=0)


@dataclass(frozen=True)
class Sort(Workload):
    """``x [n]`` in ascending order."""

    n: int

    @property
    def name(self) -> str:
        return "sort"

    @property
    def title(self) -> str:
        return f"sort {self.n:,}"

    def inputs(self) -> Arrays:
        return {"x": normal(np.random.default_rng(0), self.n)}

    def reference(self, x: Any) -> Any:
        return np.sort(x)

    def texelate(self) -> Step:
        import texelate.numpy as tnp

        return tnp.sort

    def tinygrad(self) -> Step:
        return lambda x: x.sort()[0]

    def torch(self) -> Step:
        return lambda x: x.sort()[0]

    def jax(self) -> Step:
        from jax.numpy import sort

        return sort

    def onnx(self, g: Any) -> Step:
        return lambda x: g.TopK(x, g.integers([self.n]), largest=0, outputs=2)[0]


ALL = [Gather(10_000, 128, 8192), Sort(65_536)]
SMALL = [Gather(9, 4, 6), Sort(37)]
