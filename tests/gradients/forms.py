"""The ways in which users write what is differentiated: indexing, containers, nesting."""

from __future__ import annotations

from typing import Any

import numpy as np

import texelate as tx
import texelate.numpy as tnp
from tests.gradients.functions import on
from tests.gradients.points import Table, above, apart, ints, within
from tests.linalg.programs import regular

A, B, V = apart(3, 4), apart(3, 4, low=-1.65, high=1.9, seed=1), within(4)
MASK = B > 0

INDEXING: Table = {
    "integer": on(lambda x: x[1], A),
    "negative": on(lambda x: x[-1, -2], A),
    "slice": on(lambda x: x[1:, ::2], A),
    "backwards": on(lambda x: x[::-1, 3:0:-2], A),
    "ellipsis": on(lambda x: x[..., 1], A),
    "new axis": on(lambda x: x[:, None] * x[None, :, 0:1], A),
    "list": on(lambda x: x[[2, 0, 2]], A),
    "arrays": on(lambda x: x[ints(0, 1, 2), ints(3, 3, 0)], A),
    "array and slice": on(lambda x: x[1:, ints([0, 1], [3, 3])], A),
    "mask": on(lambda x: x[MASK], A),
    "mask of rows": on(lambda x: x[np.array([True, False, True]), 1:], A),
    "computed": on(lambda x: x[tnp.argmax(x, axis=0), ints(0, 1, 2, 3)], A),
    "twice": on(lambda x: x[1:][0][::2] * x[0, :2], A),
    "set": on(lambda x, y: x.at[1].set(y) ** 2, A, V),
    "add": on(lambda x, y: x.at[ints(0, 0, 2)].add(y) ** 2, A, V),
    "multiply": on(lambda x, y: x.at[:, 1].multiply(y), A, V[:3]),
    "iteration": on(lambda x: sum(row * row[::-1] for row in x), A),
}

OPERATORS: Table = {
    "arithmetic": on(lambda x, y: (x + y) * (x - 2) / (y * y + 1) - -x, A, B),
    "reflected": on(lambda x: 1 - 2 / (3 + x) + 2**x, A / 2),
    "powers": on(lambda x: x**2 + x**-1 + x**0.5, above(3)),
    "powers of both": on(lambda x, y: x**y, above(3, 4), A[0]),
    "matmul": on(lambda x, y: x @ y.T @ x, A, B),
    "modulo": on(lambda x: x % 5.0, above(3)),
    "methods": on(lambda x: x.reshape(4, 3).T.sum(axis=0) * x.mean(), A),
    "scalar": on(lambda x, s: s * x + s**2, A, np.float32(0.7)),
    "stretched": on(lambda x, y: x * y + x / (2 + y), A[:, :1], V),
    "new rank": on(lambda x, y: x + y**2, apart(2, 1, 3), apart(4, 1)),
    "itself": on(lambda x: x * x + x - x * tnp.sin(x), A),
    "unused": on(lambda x, y: x * 2, A, B),
    "constant": on(lambda x: tnp.zeros(3), A),
    "numpy constant": on(lambda x: np.asarray(B) * x + np.float32(3), A),
    "empty": on(lambda x: tnp.sum(x[:0]) + tnp.sum(x), A),
}

STATE = {"w": A, "layers": [(V, np.float32(0.5)), (V[::-1].copy(), np.float32(-0.3))]}


def _network(p: Any) -> Any:
    h = p["w"]
    for scale, shift in p["layers"]:
        h = tnp.tanh(h * scale + shift)
    return {"out": h, "penalty": (tnp.sum(p["w"] ** 2),)}


CONTAINERS: Table = {
    "tuple": on(lambda t: t[0] * t[1], (A, B)),
    "list": on(lambda t: [t[0] * t[1], tnp.sin(t[0])], [A, B]),
    "dict": on(lambda d: d["a"] * tnp.sin(d["b"]), {"a": A, "b": B}),
    "nest": on(_network, STATE),
    "none": on(lambda t: t["x"] ** 2, {"x": A, "bias": None}),
    "several arguments": on(lambda a, d, b: a * d["s"] + b, A, {"s": V}, B),
    "several results": on(lambda x: (tnp.sum(x), {"y": x * x}), A),
}


def _value(x: Any) -> Any:
    return tnp.sum(tnp.sin(x) * x * tnp.exp(0.3 * x))


NESTED: Table = {
    "grad": on(tx.grad(_value), V),
    "grad of both": on(tx.grad(lambda x, y: tnp.sum(x * tnp.sin(y)), (0, 1)), V, V[::-1].copy()),
    "value and grad": on(tx.value_and_grad(_value), V),
    "third": on(tx.grad(tx.grad(lambda t: tnp.sin(t) * t)), np.float32(0.4)),
    "inner argument": on(lambda x: x * tx.grad(lambda y: x * y * y)(x), np.float32(0.7)),
    "confusion": on(lambda x: tx.grad(lambda y: x * tx.grad(lambda z: z * y)(x))(x), np.float32(2)),
    "jacfwd": on(tx.jacfwd(lambda x: tnp.sin(x) * x[0]), V),
    "jacrev": on(tx.jacrev(lambda x: tnp.outer(x, x)), V[:3]),
    "hessian": on(tx.hessian(_value), V[:3]),
    "hessian times vector": on(lambda x: tx.jvp(tx.grad(_value), (x,), (V,))[1], V),
    "vjp": on(lambda x: tx.vjp(tnp.sin, x)[1](x), V),
    "jvp": on(lambda x: tx.jvp(lambda y: y**3, (x,), (x,)), V),
    "vmap": on(tx.vmap(lambda x: tnp.outer(x, x) @ x), A),
    "vmap of grad": on(tx.vmap(tx.grad(_value)), A),
    "grad of vmap": on(tx.grad(lambda x: tnp.sum(tx.vmap(_value)(x) ** 2)), A),
    "jit": on(tx.jit(lambda x: tnp.tanh(x @ x.T)), A / 2),
    "jit of grad": on(tx.jit(tx.grad(_value)), V),
    "newton": on(lambda x: tnp.linalg.solve(tx.hessian(_value)(x), tx.grad(_value)(x)), V / 2),
    "descent": on(lambda x: tx.fori_loop(0, 3, lambda i, c: c - 0.1 * tx.grad(_value)(c), x), V),
    "log determinant": on(lambda x: tnp.linalg.slogdet(x @ x.T)[1], regular(3, 3)),
}

TABLE: Table = {
    f"{group} {name}": entry
    for group, table in (
        ("indexing", INDEXING),
        ("operators", OPERATORS),
        ("containers", CONTAINERS),
        ("nested", NESTED),
    )
    for name, entry in table.items()
}
