"""Ways of writing: methods, casts, NumPy's functions, closures, partial functions, nesting."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import texelate as tx
import texelate.numpy as tnp
from tests.gradients.functions import on
from tests.gradients.points import Table, apart, ints, within

A, B, V = apart(3, 4), apart(3, 4, low=-1.65, high=1.9, seed=1), within(4)

WRITING: Table = {
    "methods": on(
        lambda x: [
            x.reshape(4, 3), x.reshape((2, 6)), x.reshape(-1), x.ravel(), x.flatten(), x.T, x.mT,
            x.transpose(1, 0), x.swapaxes(0, 1), x.repeat(2), x.sum(), x.mean(0), x.prod(axis=1),
            x.max(1), x.std(), x.var(axis=0, keepdims=True), x.cumsum(1), x.clip(-1.05, 1.02),
            x.dot(V), x.squeeze(), x.copy(), x.round(), x.conj(), x.real, x.take(ints(0, 5)),
        ],
        A,
    ),
    "casts": on(lambda x: [x.astype(tx.float32), x.astype(tx.int32), x.astype(bool) * x], A),
    "attributes": on(lambda x: x * x.shape[0] * x.size / x.ndim * len(x), A),
    "numpy calls": on(lambda x: [np.transpose(x), np.reshape(x, (4, 3)), np.squeeze(x)], A),
    "by numpy arrays": on(lambda x: [A * x, np.float32(2) * x, x / A, A @ x.T, B - x], B),
    "linspace": on(lambda x: tnp.linspace(0, 1, 4) * x, V),
    "nothing related": on(lambda x: tnp.asarray(2.0), V),
    "assigned": on(lambda x: tnp.zeros((2, 4)).at[0].set(x).at[:, 1].multiply(x[:2]), V),
}  # fmt: skip


class Scale:
    """State that a function closes over."""

    def __init__(self, by: Any) -> None:
        self.by = by

    def __call__(self, x: Any) -> Any:
        return self.by * x * x


def _fan(x: Any) -> Any:
    y = tnp.sin(x)
    return y * y + tnp.cos(y) * x + y


def _branching(x: Any) -> Any:
    """Python's own flow, on what is known."""
    total = x
    for k in range(3):
        total = total * x if k % 2 else total + tnp.sin(x)
    return total


def _pushed(x: Any, v: Any) -> Any:
    """The Gauss-Newton matrix of a function, times a vector."""
    out, rate = tx.jvp(tnp.tanh, (x,), (v,))
    curved = tx.jvp(tx.grad(lambda y: tnp.sum(y**4)), (out,), (rate,))[1]
    return tx.vjp(tnp.tanh, x)[1](curved)


CLOSURES: Table = {
    "fan-out": on(_fan, A),
    "object": on(lambda x, s: Scale(s)(x), A, np.float32(0.7)),
    "partial": on(functools.partial(tnp.multiply, B), A),
    "enclosing": on(lambda x: tx.grad(lambda y: tnp.sum(y * y * x))(x * 2), V),
    "enclosing twice": on(
        lambda x: tx.grad(lambda y: tnp.sum(tx.grad(lambda z: tnp.sum(x * y * z * z))(y)))(x), V
    ),
    "generator": on(lambda x: tnp.stack([f(x) for f in (tnp.sin, tnp.cos, Scale(2.0))]), V),
    "python flow": on(_branching, V),
    "recursion": on(lambda x: functools.reduce(lambda c, _: tnp.sin(c) + x, range(4), x), V),
    "auxiliary": on(lambda x: tx.grad(lambda y: (tnp.sum(y**3), y), has_aux=True)(x)[0], V),
    "several arguments": on(tx.grad(lambda a, b, c: tnp.sum(a * b * c + a**2), (0, 2)), V, V, V),
    "jacobians": on(
        lambda x: [tx.jacrev(tx.jacfwd(lambda y: y * y * y[0]))(x), tx.jacfwd(Scale(x))(x)], V[:2]
    ),
    "jacobian of a scalar": on(tx.jacfwd(lambda t: tnp.stack([t, t**2, t**3])), np.float32(0.7)),
    "hessian times tensor": on(
        lambda x, v: tx.jvp(tx.grad(lambda y: tnp.sum(y**4)), (x,), (v,)), A, B
    ),
    "Gauss-Newton": on(_pushed, V, V[::-1].copy()),
    "each element": on(tx.vmap(tx.grad(lambda t: tnp.sin(t) * t)), V),
    "third": on(tx.grad(lambda x: tnp.sum(tx.grad(lambda y: tnp.sum(y**4 * x))(x))), V),
    "tuples of dicts": on(
        tx.grad(lambda t: tnp.sum(t[0]["a"] * t[1][0] ** 2)), ({"a": V}, [V[::-1].copy()])
    ),
    "items": on(
        lambda d: sum(v * k for k, v in zip((1, 2), d.values())) + d.get("a"), {"a": V, "b": V}
    ),
}  # fmt: skip

TABLE: Table = {
    **{f"writing {name}": entry for name, entry in WRITING.items()},
    **{f"closures {name}": entry for name, entry in CLOSURES.items()},
}
