"""Activations, softmax, normalisation and attention against jax.nn, and their derivatives."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.nn.functional as F
import texelate.numpy as tnp

RNG = np.random.default_rng(1)
X = RNG.standard_normal((4, 6), np.float32) * 4
SLOPES = np.linspace(0.1, 0.6, 6, dtype=np.float32)


def close(got: Any, want: Any, rtol: float = 1e-4, atol: float = 1e-5) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=rtol, atol=atol)


def jax_rms(x: Any) -> Any:
    return x / jnp.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)


def jax_lrn(x: Any) -> Any:
    squares = jnp.pad(x**2, ((0, 0), (2, 2)))
    total = sum(squares[:, i : i + x.shape[1]] for i in range(5))
    return x / (2.0 + 0.5 * total) ** 0.75


ROWS: dict[str, tuple[Any, Any]] = {
    "relu6": (F.relu6, jax.nn.relu6),
    "elu": (lambda x: F.elu(x, 0.7), lambda x: jax.nn.elu(x, 0.7)),
    "selu": (F.selu, jax.nn.selu),
    "celu": (lambda x: F.celu(x, 1.7), lambda x: jax.nn.celu(x, 1.7)),
    "prelu": (lambda x: F.prelu(x, SLOPES), lambda x: jnp.where(x > 0, x, x * SLOPES)),
    "threshold": (F.thresholded_relu, lambda x: jnp.where(x > 1, x, 0)),
    "log_sigmoid": (F.log_sigmoid, jax.nn.log_sigmoid),
    "hard_sigmoid": (F.hard_sigmoid, jax.nn.hard_sigmoid),
    "hard_silu": (F.hard_silu, jax.nn.hard_silu),
    "hard_tanh": (F.hard_tanh, jax.nn.hard_tanh),
    "mish": (F.mish, jax.nn.mish),
    "softsign": (F.softsign, jax.nn.soft_sign),
    "glu": (F.glu, jax.nn.glu),
    "standardize": (F.standardize, lambda x: jax.nn.standardize(x, epsilon=1e-5)),
    "rms_norm": (F.rms_norm, jax_rms),
    "l2": (F.l2_normalize, lambda x: x / jnp.linalg.norm(x, axis=-1, keepdims=True)),
    "lrn": (lambda x: F.local_response_norm(x, 2, 2.0, 0.5, 0.75), jax_lrn),
    "groups": (
        lambda x: F.group_norm(x, 2),
        lambda x: jax.nn.standardize(x.reshape(4, 2, 3), epsilon=1e-5).reshape(4, 6),
    ),
    "batch": (F.batch_norm, lambda x: jax.nn.standardize(x, 0, epsilon=1e-3)),
}


@functools.cache
def of_jax() -> Any:
    """All values and gradients, in one program: compiling is what takes JAX's time."""

    def both(f: Any, x: Any) -> Any:
        return f(x), jax.grad(lambda x: jnp.sum(jnp.sin(f(x))))(x)

    return jax.jit(lambda x: {name: both(f, x) for name, (_, f) in ROWS.items()})(X)


def test_values_and_gradients_are_those_of_jax(backend: str) -> None:
    def both(x: Any) -> Any:
        return {
            name: (f(x), tx.grad(lambda x: tnp.sum(tnp.sin(f(x))))(x))  # noqa: B023
            for name, (f, _) in ROWS.items()
        }

    got = tx.jit(both)(X)
    for name, (value, grads) in of_jax().items():
        close(got[name][0], value)
        close(got[name][1], grads, rtol=2e-3, atol=1e-4)


def test_vmap_is_a_loop(on_numpy: None) -> None:
    for name in ("elu", "hard_silu", "mish", "standardize", "glu", "rms_norm", "lrn"):
        f = ROWS[name][0]
        rows = [f(X[i : i + 1]) for i in range(4)]
        close(tx.vmap(f)(X[:, None]), np.stack([np.asarray(r) for r in rows]))


def test_extremes_have_finite_values_and_gradients(on_numpy: None) -> None:
    far = np.array([-1e4, -100.0, 0.0, 100.0, 1e4], np.float32)
    for name in ("elu", "selu", "celu", "log_sigmoid", "hard_sigmoid", "mish", "softsign"):
        f = ROWS[name][0]
        value, grads = tx.value_and_grad(lambda x: tnp.sum(f(x)))(far)  # noqa: B023
        assert np.isfinite(np.asarray(value)), name
        assert np.isfinite(np.asarray(grads)).all(), name
    for f in (F.relu6, F.hard_tanh, F.hard_sigmoid, F.elu, F.thresholded_relu):
        assert np.isnan(np.asarray(f([np.nan]))).all()


def test_normalisation_takes_statistics_weights_and_axes(on_numpy: None) -> None:
    x = RNG.standard_normal((3, 4, 5, 6), np.float32)
    mean, var = F.moments(x, (0, 1, 2))
    close(mean, x.mean((0, 1, 2)))
    close(var, x.var((0, 1, 2)))
    want = (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-3) * SLOPES + 1
    close(F.batch_norm(x, mean, var, SLOPES, np.ones(6)), want)
    close(F.batch_norm(x, weight=SLOPES, bias=np.ones(6)), want)
    channels = np.moveaxis(x, -1, 1)
    close(F.batch_norm(channels, mean, var, SLOPES, np.ones(6), axis=1), np.moveaxis(want, -1, 1))
    parts = x.reshape(3, 4, 5, 3, 2)
    centred = parts - parts.mean((1, 2, 4), keepdims=True)
    grouped = centred / np.sqrt(parts.var((1, 2, 4), keepdims=True) + 1e-5)
    close(F.group_norm(x, 3), grouped.reshape(x.shape))
    alone = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)
    close(F.instance_norm(x), alone)
    average = 0.0
    for step in (1, 2, 3):
        average = F.moving_average(average, 5.0, 0.9)
        close(average, 5 * (1 - 0.9**step))
    close(F.moving_average(0.0, 5.0, 0.9, step=1), 5.0)


# --- attention -----------------------------------------------------------------------------------

Q = RNG.standard_normal((2, 5, 4, 8), np.float32)
K, V = RNG.standard_normal((2, 2, 7, 2, 8), np.float32)
MASK = RNG.random((2, 1, 5, 7)) < 0.6
MASK[..., 0] = True
BIAS = RNG.standard_normal((1, 4, 5, 7)).astype(np.float32)


@pytest.mark.parametrize(
    "options",
    [{}, {"causal": True}, {"mask": MASK}, {"bias": BIAS, "scale": 0.3}],
    ids=["plain", "causal", "mask", "bias"],
)
def test_attention_is_that_of_jax(on_numpy: None, options: dict[str, Any]) -> None:
    theirs = {"is_causal" if k == "causal" else k: v for k, v in options.items()}

    def reference(*a: Any) -> Any:
        out = jax.nn.dot_product_attention(*a, **theirs)
        return jnp.sum(jnp.sin(out)), out

    (_, out), want = jax.jit(jax.value_and_grad(reference, (0, 1, 2), has_aux=True))(Q, K, V)
    close(F.dot_product_attention(Q, K, V, **options), out)

    def loss(*a: Any) -> Any:
        return tnp.sum(tnp.sin(F.dot_product_attention(*a, **options)))

    got = tx.grad(loss, (0, 1, 2))(Q, K, V)
    for a, b in zip(got, want, strict=True):
        close(a, b, rtol=2e-3, atol=1e-4)


def test_attention_compiled_and_mapped(backend: str) -> None:
    def f(q: Any, k: Any, v: Any) -> Any:
        return F.dot_product_attention(q[None], k[None], v[None], causal=True)[0]

    got = tx.jit(tx.vmap(f))(Q, K, V)
    close(got, jax.nn.dot_product_attention(Q, K, V, is_causal=True))


def test_a_query_without_keys_gets_the_mean(on_numpy: None) -> None:
    nothing = np.zeros((2, 1, 5, 7), bool)
    got = F.dot_product_attention(Q, K, V, nothing)
    want = np.broadcast_to(V.mean(1)[:, None, [0, 0, 1, 1]], got.shape)
    close(got, want)


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.glu(np.ones((2, 3))),
        lambda: F.prelu(X, np.ones(5)),
        lambda: F.batch_norm(X, mean=np.ones(6)),
        lambda: F.group_norm(X, 4),
        lambda: F.group_norm(X, 0),
        lambda: F.local_response_norm(X, -1),
        lambda: F.softmax(X, 2),
        lambda: F.dot_product_attention(Q, K, V[:, 1:]),
        lambda: F.dot_product_attention(Q[..., :4], K, V),
        lambda: F.dot_product_attention(Q[:, :, :3], K, V),
        lambda: F.dot_product_attention(Q[0], K, V),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError, tx.AxisError)):
        call()
