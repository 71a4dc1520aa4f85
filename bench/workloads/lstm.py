"""A long short-term memory over a sequence: many small dependent steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from .common import sigmoid


@dataclass(frozen=True)
class Lstm(Workload):
    """The last hidden state ``[batch, units]`` after ``x [length, batch, features]``.

    ``w [features, 4 · units]``, ``u [units, 4 · units]``, ``b``: input, forget, new, output gate.
    """

    length: int = 32
    batch: int = 16
    features: int = 64
    units: int = 128

    @property
    def name(self) -> str:
        return "lstm"

    @property
    def title(self) -> str:
        return f"LSTM, {self.length} steps, {self.batch}×{self.features}→{self.units}"

    @property
    def flops(self) -> int:
        return 8 * self.length * self.batch * self.units * (self.features + self.units)

    def inputs(self) -> Arrays:
        rng, gates = np.random.default_rng(0), 4 * self.units
        return {
            "x": normal(rng, self.length, self.batch, self.features),
            "w": normal(rng, self.features, gates, scale=self.features**-0.5),
            "u": normal(rng, self.units, gates, scale=self.units**-0.5),
            "b": normal(rng, gates, scale=0.1),
        }

    def constants(self, name: str) -> bool:
        return name != "x"

    def reference(self, x: Any, w: Any, u: Any, b: Any) -> Any:
        h = c = np.zeros((self.batch, self.units), x.dtype)
        for given in x @ w + b:
            come, forget, new, out = np.split(given + h @ u, 4, axis=1)
            c = sigmoid(forget) * c + sigmoid(come) * np.tanh(new)
            h = sigmoid(out) * np.tanh(c)
        return h

    def texelate(self) -> Step:
        import texelate as tx
        import texelate.numpy as tnp
        from texelate.nn.functional import lstm_cell

        def run(x: Any, w: Any, u: Any, b: Any) -> Any:
            def cell(state: Any, row: Any) -> Any:
                return lstm_cell(row, state, w, u, b), None

            zero = tnp.zeros((self.batch, self.units))
            return tx.scan(cell, (zero, zero), x)[0][0]

        return run

    def tinygrad(self) -> Step:
        def run(x: Any, w: Any, u: Any, b: Any) -> Any:
            h = c = x.zeros(self.batch, self.units)
            for k in range(self.length):
                come, forget, new, out = (x[k] @ w + h @ u + b).chunk(4, dim=1)
                c = forget.sigmoid() * c + come.sigmoid() * new.tanh()
                h = (out.sigmoid() * c.tanh()).contiguous()
            return h

        return run

    def torch(self) -> Step:
        import torch

        def run(x: Any, w: Any, u: Any, b: Any) -> Any:
            zero = x.new_zeros(1, self.batch, self.units)
            weights = [w.T.contiguous(), u.T.contiguous(), b, torch.zeros_like(b)]
            options = (True, 1, 0.0, False, False, False)
            with torch.no_grad():
                return torch.lstm(x, (zero, zero), weights, *options)[1][0]

        return run

    def jax(self) -> Step:
        import jax
        from jax import numpy as jnp

        def run(x: Any, w: Any, u: Any, b: Any) -> Any:
            def cell(state: Any, given: Any) -> Any:
                h, c = state
                come, forget, new, out = jnp.split(given + h @ u, 4, axis=1)
                c = jax.nn.sigmoid(forget) * c + jax.nn.sigmoid(come) * jnp.tanh(new)
                return (jax.nn.sigmoid(out) * jnp.tanh(c), c), None

            zero = jnp.zeros((self.batch, self.units))
            return jax.lax.scan(cell, (zero, zero), x @ w + b)[0][0]

        return run

    def onnx(self, g: Any) -> Step:
        def gates(weight: Any) -> Any:
            """Transposed, with the gates in ONNX's order: input, output, forget, new."""
            parts = np.split(g.array(weight), 4, axis=-1)
            return np.concatenate([parts[k] for k in (0, 3, 1, 2)], axis=-1).T[None]

        def run(x: Any, w: Any, u: Any, b: Any) -> Any:
            bias = np.concatenate([gates(b), np.zeros_like(gates(b))], axis=1)
            weights = [g.constant(a) for a in (gates(w), gates(u), bias)]
            last = g.LSTM(x, *weights, hidden_size=self.units, outputs=2)[1]
            return g.Squeeze(last, g.integers([0]))

        return run


ALL = [Lstm()]
SMALL = [Lstm(3, 2, 4, 5)]
