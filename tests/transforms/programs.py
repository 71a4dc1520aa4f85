"""Small programs written twice: with our primitives, and with JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from texelate.compiler.ir import prims  # noqa: F401  (registers all)
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import GraphTrace
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.primitive import lookup

Array = np.ndarray[Any, Any]


@dataclass
class Pair:
    """One function: ``ours(*values)`` and ``theirs(jax, *arrays)``, with the shapes it takes."""

    name: str
    shapes: Sequence[tuple[int, ...]]
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    values: Callable[[Array], Array] = lambda x: x

    def __str__(self) -> str:
        return self.name

    def graph(self) -> Graph:
        with GraphTrace(self.name) as trace:
            inputs = [trace.input(Aval(s, float32)) for s in self.shapes]
            return trace.finish([self.ours(*inputs)])


def arrays(pair: Pair, seed: int = 0) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [pair.values(np.asarray(rng.normal(size=s), np.float32)) for s in pair.shapes]


def op(name: str) -> Any:
    return lookup(name)


def matmul(a: Any, b: Any) -> Any:
    return op("dot_general")(a, b, contract=((1,), (0,)), batch=((), ()))


def spread(x: Any, like: Any, *dims: int) -> Any:
    return op("broadcast_in_dim")(x, shape=like.shape, dims=dims)


def total(x: Any, monoid: str = "sum", axes: Sequence[int] | None = None) -> Any:
    return op("reduce")(x, monoid=monoid, axes=tuple(range(x.ndim) if axes is None else axes))


def cross_entropy(logits: Any, targets: Any) -> Any:
    """The mean over rows of -Σ targets · log softmax(logits)."""
    shifted = op("sub")(logits, spread(total(logits, "max", (1,)), logits, 0))
    log_sum = op("log")(total(op("exp")(shifted), "sum", (1,)))
    log_softmax = op("sub")(shifted, spread(log_sum, logits, 0))
    return op("mul")(total(op("mul")(targets, log_softmax)), -1.0 / logits.shape[0])


def mlp(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, targets: Any) -> Any:
    h = matmul(x, w1)
    h = op("tanh")(op("add")(h, spread(b1, h, 1)))
    y = matmul(h, w2)
    return cross_entropy(op("add")(y, spread(b2, y, 1)), targets)


def jax_mlp(jax: Any, x: Any, w1: Any, b1: Any, w2: Any, b2: Any, targets: Any) -> Any:
    logits = jax.numpy.tanh(x @ w1 + b1) @ w2 + b2
    return -(targets * jax.nn.log_softmax(logits)).sum() / x.shape[0]


MLP = Pair("mlp", [(6, 5), (5, 4), (4,), (4, 3), (3,), (6, 3)], mlp, jax_mlp)

POOL: dict[str, Any] = {
    "window": (1, 2, 2, 1),
    "strides": (1, 2, 2, 1),
    "padding": ((0, 0),) * 4,
    "dilation": (1, 1, 1, 1),
}


def cnn(x: Any, w1: Any, w2: Any, w3: Any, targets: Any) -> Any:
    def convolve(x: Any, w: Any, **params: Any) -> Any:
        x, w = (op("reshape")(v, shape=(1, *v.shape)) for v in (x, w))
        y = op("conv_general")(x, w, lhs_dilation=(1, 1), **params)
        return op("reshape")(y, shape=y.shape[1:])

    x = convolve(x, w1, strides=(1, 1), padding=((1, 1), (1, 1)), rhs_dilation=(1, 1))
    x = op("reduce_window")(op("max")(x, 0.0), monoid="max", **POOL)
    x = convolve(x, w2, strides=(2, 1), padding=((0, 1), (1, 2)), rhs_dilation=(1, 2))
    x = op("logistic")(x)
    x = op("reshape")(x, shape=(x.shape[0], x.size // x.shape[0]))
    return cross_entropy(matmul(x, w3), targets)


def jax_cnn(jax: Any, x: Any, w1: Any, w2: Any, w3: Any, targets: Any) -> Any:
    def convolve(x: Any, w: Any, **params: Any) -> Any:
        numbers = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(x, w, dimension_numbers=numbers, **params)

    x = convolve(x, w1, window_strides=(1, 1), padding=((1, 1), (1, 1)))
    x = jax.nn.relu(x)
    x = jax.lax.reduce_window(x, -np.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = convolve(x, w2, window_strides=(2, 1), padding=((0, 1), (1, 2)), rhs_dilation=(1, 2))
    x = jax.nn.sigmoid(x).reshape(x.shape[0], -1)
    return -(targets * jax.nn.log_softmax(x @ w3)).sum() / x.shape[0]


CNN = Pair("cnn", [(2, 6, 6, 1), (3, 3, 1, 3), (2, 2, 3, 2), (16, 3), (2, 3)], cnn, jax_cnn)


def edge(name: str, ours: Any, theirs: Any, values: Any, shape: Any = (3, 4)) -> Pair:
    """A function of one array at values where derivatives are delicate."""
    return Pair(name, [shape], lambda x: total(op("mul")(ours(x), ours(x))), theirs, values)


def squares(f: Any) -> Any:
    return lambda jax, x: (f(jax, x) ** 2).sum()


EDGES = [
    edge("max_ties", lambda x: total(x, "max", (1,)), squares(lambda jax, x: x.max(1)), np.round),
    edge("min_ties", lambda x: total(x, "min", (0,)), squares(lambda jax, x: x.min(0)), np.round),
    edge(
        "product_of_zeros",
        lambda x: total(x, "prod", (0,)),
        squares(lambda jax, x: x.prod(0)),
        lambda x: np.where(x > 0.3, 0, x).astype(np.float32),
    ),
    edge("abs_at_zero", op("abs"), squares(lambda jax, x: jax.numpy.abs(x)), np.round),
    edge(
        "maximum_of_equals",
        lambda x: op("max")(x, op("integer_pow")(x, y=1)),
        squares(lambda jax, x: jax.numpy.maximum(x, x)),
        np.round,
    ),
    edge(
        "power_at_zero",
        lambda x: op("pow")(op("abs")(x), 2.0),
        squares(lambda jax, x: jax.numpy.abs(x) ** 2.0),
        np.round,
    ),
]
