"""Values and derivatives of control flow against JAX, on both backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.control.programs import (
    FORWARD,
    JAX,
    OURS,
    PROGRAMS,
    V,
    W,
    again,
    branches,
    own_backward,
    own_forward,
    rnn,
)

Program = Callable[..., Any]


def close(got: Any, want: Any) -> None:
    ours = jax.tree.leaves(jax.tree.map(np.asarray, got))
    for a, b in zip(ours, jax.tree.leaves(want), strict=True):
        np.testing.assert_allclose(a, np.asarray(b), rtol=2e-4, atol=2e-5)


def pair(program: Program) -> tuple[Program, Program]:
    return lambda w, h: program(OURS, w, h), lambda w, h: program(JAX, w, h)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_reverse(program: Program, backend: str) -> None:
    """Eager and jitted."""
    ours, theirs = pair(program)
    want = jax.value_and_grad(theirs, (0, 1))(W, V)
    close(tx.jit(tx.value_and_grad(ours, (0, 1)))(W, V), want)
    close(tx.value_and_grad(ours, (0, 1))(W, V), want)


@pytest.mark.parametrize("program", FORWARD, ids=lambda p: p.__name__)
def test_forward(program: Program, on_numpy: None) -> None:
    ours, theirs = pair(program)
    close(tx.jvp(ours, (W, V), (W, V)), jax.jvp(theirs, (W, V), (W, V)))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_batches(program: Program, on_numpy: None) -> None:
    """vmap of the gradient, and the gradient of a vmap."""
    ours, theirs = pair(program)
    vs = np.stack([V, -V])
    close(
        tx.vmap(tx.grad(ours, (0, 1)), (None, 0))(W, vs),
        jax.vmap(jax.grad(theirs, (0, 1)), (None, 0))(W, vs),
    )
    close(
        tx.grad(lambda w: tnp.sum(tx.vmap(ours, (None, 0))(w, vs)))(W),
        jax.grad(lambda w: jnp.sum(jax.vmap(theirs, (None, 0))(w, vs)))(W),
    )


@pytest.mark.parametrize("program", [rnn, branches, again, own_forward, own_backward])
def test_second_order(program: Program, on_numpy: None) -> None:
    ours, theirs = pair(program)
    close(
        tx.grad(lambda h: tnp.sum(tx.grad(ours, 1)(W, h) ** 2))(V),
        jax.grad(lambda h: jnp.sum(jax.grad(theirs, 1)(W, h) ** 2))(V),
    )
    if program is rnn:
        close(tx.hessian(ours, 1)(W, V), jax.hessian(theirs, 1)(W, V))


@pytest.mark.parametrize("program", FORWARD[:5], ids=lambda p: p.__name__)
def test_differences(program: Program, on_numpy: None) -> None:
    """Order 2 against finite differences, where the derivative is the slope."""
    tx.check_grads(lambda h: program(OURS, W * 0.5, h), (V * 0.3,), order=2)


def test_custom_vjp_in_forward_mode(on_numpy: None) -> None:
    """JAX has none. The rule is linear in the cotangent, so its transpose is the derivative."""
    ours, _ = pair(PROGRAMS[-1])
    rate = tx.jvp(ours, (W, V), (W, V))[1]
    by_w, by_h = tx.grad(ours, (0, 1))(W, V)
    close(rate, np.vdot(np.asarray(by_w), W) + np.vdot(np.asarray(by_h), V))


def test_jacobians(backend: str) -> None:
    """Nests of arguments and results."""

    def f(m: Any, p: Any, q: Any) -> Any:
        return {"a": m.sin(p["x"]) * q, "b": m.sum(p["x"] * p["y"])}

    p = {"x": V, "y": V * 2}
    for name in ("jacfwd", "jacrev"):
        ours, theirs = getattr(tx, name), getattr(jax, name)
        got = ours(lambda p, q: f(tnp, p, q), (0, 1))(p, V)
        close(got, theirs(lambda p, q: f(jnp, p, q), (0, 1))(p, V))
    close(
        tx.hessian(lambda p: f(tnp, p, 1.0)["b"])(p),
        jax.hessian(lambda p: f(jnp, p, 1.0)["b"])(p),
    )
