"""Softmax and layer norm: a row is reduced, then used again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from . import common

EPS = 1e-5


@dataclass(frozen=True)
class Softmax(Workload):
    """Softmax of each row of ``x [rows, columns]``."""

    rows: int
    columns: int

    @property
    def name(self) -> str:
        return "softmax"

    @property
    def title(self) -> str:
        return f"softmax {self.rows}×{self.columns}"

    def inputs(self) -> Arrays:
        return {"x": normal(np.random.default_rng(0), self.rows, self.columns)}

    def reference(self, x: Any) -> Any:
        return common.softmax(x)

    def texelate(self) -> Step:
        from texelate.nn.functional import softmax

        return softmax

    def tinygrad(self) -> Step:
        return lambda x: x.softmax()

    def torch(self) -> Step:
        return lambda x: x.softmax(-1)

    def jax(self) -> Step:
        from jax.nn import softmax

        return softmax

    def onnx(self, g: Any) -> Step:
        return lambda x: g.Softmax(x, axis=-1)


@dataclass(frozen=True)
class LayerNorm(Workload):
    """Layer norm of each row of ``x [rows, columns]``, with weight and bias."""

    rows: int
    columns: int

    @property
    def name(self) -> str:
        return "layer-norm"

    @property
    def title(self) -> str:
        return f"layer norm {self.rows}×{self.columns}"

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        shapes = {
            "x": (self.rows, self.columns),
            "weight": (self.columns,),
            "bias": (self.columns,),
        }
        return {name: normal(rng, *shape) for name, shape in shapes.items()}

    def constants(self, name: str) -> bool:
        return name != "x"

    def reference(self, x: Any, weight: Any, bias: Any) -> Any:
        return common.layer_norm(x, weight, bias, EPS)

    def texelate(self) -> Step:
        from texelate.nn.functional import layer_norm

        return lambda x, weight, bias: layer_norm(x, weight, bias, eps=EPS)

    def tinygrad(self) -> Step:
        return lambda x, weight, bias: x.layernorm(eps=EPS) * weight + bias

    def torch(self) -> Step:
        from torch.nn.functional import layer_norm

        return lambda x, weight, bias: layer_norm(x, (self.columns,), weight, bias, EPS)

    def jax(self) -> Step:
        from jax.nn import standardize

        return lambda x, weight, bias: standardize(x, epsilon=EPS) * weight + bias

    def onnx(self, g: Any) -> Step:
        return lambda x, weight, bias: g.LayerNormalization(x, weight, bias, epsilon=EPS)


ALL = [Softmax(2048, 1024), LayerNorm(2048, 1024)]
SMALL = [Softmax(3, 7), LayerNorm(3, 7)]
