"""A transformer of MiniLM's shape: token ids to hidden states, batch 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from . import attention
from .common import layer_norm

EPS = 1e-12  # BERT's


@dataclass(frozen=True)
class MiniLM(Workload):
    """``ids [tokens]`` to ``[tokens, width]``; layers normalise after the residual, as BERT does.

    Sizes of all-MiniLM-L6 (Wang et al., arXiv:2002.10957). GELU in its tanh form.
    """

    layers: int = 6
    tokens: int = 128
    width: int = 384
    heads: int = 12
    vocabulary: int = 30_522

    @property
    def name(self) -> str:
        return "minilm"

    @property
    def title(self) -> str:
        return f"MiniLM-shaped forward, {self.layers} layers, {self.tokens} tokens"

    @property
    def tolerance(self) -> tuple[float, float]:
        return 1e-3, 1e-4

    @property
    def flops(self) -> int:
        return self.layers * (24 * self.tokens * self.width**2 + 4 * self.tokens**2 * self.width)

    def inputs(self) -> Arrays:
        rng, wide = np.random.default_rng(0), self.width
        arrays = {
            "ids": rng.integers(0, self.vocabulary, self.tokens).astype(np.int32),
            "words": normal(rng, self.vocabulary, wide, scale=0.05),
            "places": normal(rng, self.tokens, wide, scale=0.05),
            **self._norm(rng, "embedded"),
        }
        for k in range(self.layers):
            for name in "qkvo":
                arrays |= self._linear(rng, f"{k}.{name}", wide, wide)
            arrays |= self._norm(rng, f"{k}.attended")
            arrays |= self._linear(rng, f"{k}.up", wide, 4 * wide)
            arrays |= self._linear(rng, f"{k}.down", 4 * wide, wide)
            arrays |= self._norm(rng, f"{k}.fed")
        return arrays

    def _linear(self, rng: np.random.Generator, name: str, deep: int, wide: int) -> Arrays:
        weight = normal(rng, deep, wide, scale=deep**-0.5)
        return {f"{name}.w": weight, f"{name}.b": normal(rng, wide, scale=0.1)}

    def _norm(self, rng: np.random.Generator, name: str) -> Arrays:
        weight = 1 + normal(rng, self.width, scale=0.1)
        return {f"{name}.w": weight, f"{name}.b": normal(rng, self.width, scale=0.1)}

    def constants(self, name: str) -> bool:
        return name != "ids"

    def network(self, embed: Any, norm: Any, attend: Any, gelu: Any) -> Step:
        """The step, of a peer's row lookup, layer norm, attention and activation."""

        def run(ids: Any, words: Any, places: Any, *flat: Any) -> Any:
            weights = iter(flat)

            def linear(x: Any) -> Any:
                return x @ next(weights) + next(weights)

            x = norm(embed(words, ids) + places, next(weights), next(weights))
            for _ in range(self.layers):
                mixed = linear(attend(linear(x), linear(x), linear(x)))
                x = norm(x + mixed, next(weights), next(weights))
                x = norm(x + linear(gelu(linear(x))), next(weights), next(weights))
            return x

        return run

    def _heads(self, attend: Any) -> Any:
        """Attention of ``[tokens, width]``, from a peer's of ``[tokens, heads, width / heads]``."""
        split = (self.tokens, self.heads, self.width // self.heads)

        def run(*qkv: Any) -> Any:
            return attend(*(a.reshape(split) for a in qkv)).reshape((self.tokens, self.width))

        return run

    def reference(self, *inputs: Any) -> Any:
        def norm(x: Any, w: Any, b: Any) -> Any:
            return layer_norm(x, w, b, EPS)

        def gelu(x: Any) -> Any:
            inner = np.tanh(x.dtype.type((2 / np.pi) ** 0.5) * (x + x.dtype.type(0.044715) * x**3))
            return x * x.dtype.type(0.5) * (1 + inner)

        attend = self._heads(attention.by_numpy)
        return self.network(lambda table, ids: table[ids], norm, attend, gelu)(*inputs)

    def texelate(self) -> Step:
        from texelate.nn import functional as F

        def norm(x: Any, w: Any, b: Any) -> Any:
            return F.layer_norm(x, w, b, eps=EPS)

        attend = self._heads(attention.by_texelate)
        return self.network(lambda table, ids: table[ids], norm, attend, F.gelu)

    def tinygrad(self) -> Step:
        def norm(x: Any, w: Any, b: Any) -> Any:
            return x.layernorm(eps=EPS) * w + b

        attend = self._heads(attention.by_tinygrad)
        return self.network(lambda table, ids: table[ids], norm, attend, lambda x: x.gelu())

    def torch(self) -> Step:
        from torch.nn import functional as F

        def norm(x: Any, w: Any, b: Any) -> Any:
            return F.layer_norm(x, (self.width,), w, b, EPS)

        def gelu(x: Any) -> Any:
            return F.gelu(x, approximate="tanh")

        attend = self._heads(attention.by_torch)
        return self.network(lambda table, ids: table[ids], norm, attend, gelu)

    def jax(self) -> Step:
        import jax

        def norm(x: Any, w: Any, b: Any) -> Any:
            return jax.nn.standardize(x, epsilon=EPS) * w + b

        attend = self._heads(attention.by_jax)
        return self.network(lambda table, ids: table[ids], norm, attend, jax.nn.gelu)

    def onnx(self, g: Any) -> Step:
        split = (self.tokens, self.heads, self.width // self.heads)

        def attend(*qkv: Any) -> Any:
            parts = [g.Reshape(a, g.integers(split)) for a in qkv]
            mixed = attention.by_onnx(g, split[2], *parts)
            return g.Reshape(mixed, g.integers((self.tokens, self.width)))

        def norm(x: Any, w: Any, b: Any) -> Any:
            return g.LayerNormalization(x, w, b, epsilon=EPS)

        def gelu(x: Any) -> Any:
            return g.Gelu(x, approximate="tanh")

        return self.network(g.Gather, norm, attend, gelu)


ALL = [MiniLM()]
SMALL = [MiniLM(1, 4, 8, 2, 11)]
