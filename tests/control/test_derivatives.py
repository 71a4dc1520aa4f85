"""Values and derivatives of control flow against JAX, on both backends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from tests.control.programs import (
    FORWARD,
    JAX,
    OURS,
    PROGRAMS,
    V,
    W,
    again,
    branches,
    chosen,
    nested,
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


def on_each(programs: Sequence[Program], sample: Sequence[Program]) -> list[Any]:
    """(backend, program): all on numpy; on webgpu the sample, the others in ``make gradients``."""
    return [
        pytest.param(
            backend,
            program,
            id=f"{backend}-{program.__name__}",
            marks=() if backend == "numpy" or program in sample else pytest.mark.gradients,
        )
        for backend in ("numpy", "webgpu")
        for program in programs
    ]


@pytest.fixture
def loops_stay(backend: str) -> Iterator[None]:
    """On the named backend; loops are steps of the program, however short."""
    need_backend(backend)
    with tx.backend(backend), tx.knobs.scope(unroll=1):
        yield


@cache
def slopes(program: Program) -> Any:
    return jax.value_and_grad(pair(program)[1], (0, 1))(W, V)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_reverse(program: Program, backend: str) -> None:
    """Eager and jitted."""
    ours, want = pair(program)[0], slopes(program)
    close(tx.jit(tx.value_and_grad(ours, (0, 1)))(W, V), want)
    close(tx.value_and_grad(ours, (0, 1))(W, V), want)


@cache
def rates(program: Program) -> Any:
    return jax.jvp(pair(program)[1], (W, V), (W, V))


@pytest.mark.parametrize(("backend", "program"), on_each(FORWARD, [nested, again]))
def test_forward(program: Program, loops_stay: None) -> None:
    close(tx.jvp(pair(program)[0], (W, V), (W, V)), rates(program))


def batches(m: Any, f: Program) -> Any:
    """vmap of the gradient, and the gradient of a vmap."""
    vs, sum_ = np.stack([V, -V]), getattr(m, "numpy", tnp).sum
    return (
        m.vmap(m.grad(f, (0, 1)), (None, 0))(W, vs),
        m.grad(lambda w: sum_(m.vmap(f, (None, 0))(w, vs)))(W),
    )


@cache
def batches_in_jax(program: Program) -> Any:
    return batches(jax, pair(program)[1])


@pytest.mark.parametrize(("backend", "program"), on_each(PROGRAMS, [rnn, chosen]))
def test_batches(program: Program, loops_stay: None) -> None:
    close(batches(tx, pair(program)[0]), batches_in_jax(program))


@cache
def second_in_jax(program: Program) -> Any:
    theirs = pair(program)[1]
    return jax.grad(lambda h: jnp.sum(jax.grad(theirs, 1)(W, h) ** 2))(V)


SECOND = [rnn, branches, again, own_forward, own_backward]


@pytest.mark.parametrize(("backend", "program"), on_each(SECOND, [rnn]))
def test_second_order(program: Program, loops_stay: None) -> None:
    ours, theirs = pair(program)
    got = tx.grad(lambda h: tnp.sum(tx.grad(ours, 1)(W, h) ** 2))(V)
    close(got, second_in_jax(program))
    if program is rnn:
        close(tx.hessian(ours, 1)(W, V), jax.hessian(theirs, 1)(W, V))


@pytest.mark.parametrize(("backend", "program"), on_each(FORWARD[:5], []))
def test_differences(program: Program, loops_stay: None) -> None:
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
