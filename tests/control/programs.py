"""Programs with control flow, written once for Texelate and once for JAX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import texelate as tx
import texelate.numpy as tnp

RNG = np.random.default_rng(0)
X = np.asarray(RNG.normal(size=(4, 3)), np.float32)
W = np.asarray(RNG.normal(size=(3, 3)), np.float32)
V = np.asarray(RNG.normal(size=3), np.float32)


@dataclass(frozen=True)
class Names:
    """Where the same functions are in each library."""

    np: Any
    cond: Callable[..., Any]
    switch: Callable[..., Any]
    scan: Callable[..., Any]
    fori: Callable[..., Any]
    map: Callable[..., Any]
    custom_jvp: Callable[..., Any]
    custom_vjp: Callable[..., Any]
    checkpoint: Callable[..., Any]


OURS = Names(
    tnp, tx.cond, tx.switch, tx.scan, tx.fori_loop, tx.map,
    tx.custom_jvp, tx.custom_vjp, tx.checkpoint,
)  # fmt: skip
JAX = Names(
    jnp, jax.lax.cond, jax.lax.switch, jax.lax.scan, jax.lax.fori_loop, jax.lax.map,
    jax.custom_jvp, jax.custom_vjp, jax.checkpoint,
)  # fmt: skip


def rnn(m: Names, w: Any, h: Any) -> Any:
    """Weights from outside, residuals of a contraction, a stacked result."""

    def step(carry: Any, x: Any) -> Any:
        new = m.np.tanh(carry["h"] @ w + x)
        return {"h": new, "n": carry["n"] + 1}, m.np.sum(new * h)

    last, ys = m.scan(step, {"h": h, "n": 0}, m.np.asarray(X))
    return m.np.sum(last["h"] ** 2) + m.np.sum(ys * ys)


def backwards(m: Names, w: Any, h: Any) -> Any:
    """From the end; the carry is swapped, an old value is a result."""

    def step(carry: Any, x: Any) -> Any:
        a, b = carry
        return (b * x, m.np.sin(a @ w)), a

    (a, b), ys = m.scan(step, (h, h * 2), m.np.asarray(X), reverse=True)
    return m.np.sum(a + b) + m.np.sum(ys * ys * ys)


def nested(m: Names, w: Any, h: Any) -> Any:
    """A scan in a scan, a branch inside."""

    def inner(carry: Any, x: Any) -> Any:
        out = m.cond(x[0] > 0, lambda c: m.np.sin(c) * x, lambda c: c @ w, carry)
        return out, out * w[0]

    def outer(carry: Any, _: Any) -> Any:
        carry, ys = m.scan(inner, carry, m.np.asarray(X))
        return carry, m.np.sum(ys, 0)

    last, ys = m.scan(outer, h, None, length=2)
    return m.np.sum(last * last) + m.np.sum(ys)


def loops(m: Names, w: Any, h: Any) -> Any:
    """fori_loop and map, over what is outside."""
    h = m.fori(0, 3, lambda i, c: c * w[0] * 0.3 + i, h)
    return m.np.sum(m.map(lambda row: m.np.cos(row * h), w) ** 2)


def branches(m: Names, w: Any, h: Any) -> Any:
    """Residuals that differ between branches, none in one of them."""
    out = m.switch(1, [lambda a, b: a, lambda a, b: m.np.sin(a) * b @ w, lambda a, b: b * b], h, h)
    late = m.cond(m.np.sum(out) > 0, lambda a: a * out, lambda a: m.np.exp(a) * w[1], h)
    return m.np.sum(out * late * late)


def chosen(m: Names, w: Any, h: Any) -> Any:
    """A predicate that a batch makes differ."""
    return m.cond(h[0] > 0, lambda: m.np.sum(m.np.sin(h) @ w), lambda: m.np.sum(h * h))


def again(m: Names, w: Any, h: Any) -> Any:
    """A step that is computed again, in a loop and outside."""
    layer = m.checkpoint(lambda c, x: (m.np.sin(c @ w) * x, c))
    h, ys = m.scan(layer, h, m.np.asarray(X))
    return m.np.sum(layer(layer(h, h)[0], h)[0] ** 2) + m.np.sum(ys * ys)


def own_forward(m: Names, w: Any, h: Any) -> Any:
    """A derivative that is not the slope, whose rule calls the function."""

    @m.custom_jvp
    def f(x: Any, y: Any) -> Any:
        return m.np.log1p(m.np.exp(x)) * y

    @f.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x, y), (dx, dy) = primals, tangents
        return f(x, y), 3.0 * dx * m.np.tanh(x) * f(x, y) + dy

    return m.np.sum(f(h, m.np.sum(w)) ** 2)


def own_backward(m: Names, w: Any, h: Any) -> Any:
    """As ``own_forward``, in reverse."""

    @m.custom_vjp
    def f(x: Any, y: Any) -> Any:
        return m.np.sin(x) * y

    f.defvjp(
        lambda x, y: (f(x, y), (x, y)),
        lambda kept, ct: (2.0 * ct * m.np.cos(kept[0]) * kept[1], ct * m.np.sin(kept[0])),
    )
    return m.np.sum(f(h, h * w[0]) ** 2 * h)


FORWARD = [rnn, backwards, nested, loops, branches, chosen, again, own_forward]
PROGRAMS = [*FORWARD, own_backward]
