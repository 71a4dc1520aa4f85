"""Scaled dot-product attention of many heads, no mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from .common import softmax


@dataclass(frozen=True)
class Attention(Workload):
    """Queries, keys, values and result: ``[tokens, heads, width]``, as projections leave them."""

    heads: int
    tokens: int
    width: int

    @property
    def name(self) -> str:
        return "attention"

    @property
    def title(self) -> str:
        return f"attention, {self.heads} heads × {self.tokens} × {self.width}"

    @property
    def flops(self) -> int:
        return 4 * self.heads * self.tokens**2 * self.width

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        return {name: normal(rng, self.tokens, self.heads, self.width) for name in "qkv"}

    def reference(self, q: Any, k: Any, v: Any) -> Any:
        return by_numpy(q, k, v)

    def texelate(self) -> Step:
        return by_texelate

    def tinygrad(self) -> Step:
        return by_tinygrad

    def torch(self) -> Step:
        return by_torch

    def jax(self) -> Step:
        return by_jax

    def onnx(self, g: Any) -> Step:
        return lambda q, k, v: by_onnx(g, self.width, q, k, v)


def by_numpy(q: Any, k: Any, v: Any) -> Any:
    """Heads first, so that each product is one of matrices."""
    q, k, v = (a.swapaxes(0, 1) for a in (q, k, v))
    scores = q @ k.swapaxes(1, 2) * q.dtype.type(q.shape[2] ** -0.5)
    return (softmax(scores) @ v).swapaxes(0, 1)


def by_texelate(q: Any, k: Any, v: Any) -> Any:
    from texelate.nn.functional import dot_product_attention

    return dot_product_attention(q[None], k[None], v[None])[0]


def by_tinygrad(q: Any, k: Any, v: Any) -> Any:
    q, k, v = (a.transpose(0, 1).unsqueeze(0) for a in (q, k, v))
    return q.scaled_dot_product_attention(k, v).squeeze(0).transpose(0, 1)


def by_torch(q: Any, k: Any, v: Any) -> Any:
    from torch.nn.functional import scaled_dot_product_attention

    q, k, v = (a.transpose(0, 1).unsqueeze(0) for a in (q, k, v))
    return scaled_dot_product_attention(q, k, v).squeeze(0).transpose(0, 1)


def by_jax(q: Any, k: Any, v: Any) -> Any:
    from jax.nn import dot_product_attention

    return dot_product_attention(q, k, v)


def by_onnx(g: Any, width: int, q: Any, k: Any, v: Any) -> Any:
    q, v = (g.Transpose(a, perm=[1, 0, 2]) for a in (q, v))
    scores = g.MatMul(q, g.Transpose(k, perm=[1, 2, 0]))
    shares = g.Softmax(g.Mul(scores, g.scalar(width**-0.5)), axis=-1)
    return g.Transpose(g.MatMul(shares, v), perm=[1, 0, 2])


ALL = [Attention(8, 512, 64)]
SMALL = [Attention(2, 5, 4)]
