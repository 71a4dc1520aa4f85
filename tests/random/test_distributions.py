"""Random numbers: JAX's where its algorithm is ours, else the distribution that SciPy knows."""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
import pytest
import scipy.stats

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from texelate import random
from texelate.nn import functional as F

KEY = 2024
COUNT = 4000
LOGITS = np.random.default_rng(4).standard_normal((3, 5)).astype(np.float32)

OF_JAX: dict[str, tuple[Any, Any]] = {
    "truncated": (
        lambda k: random.truncated_normal(k, (50,), -1.0, 2.5),
        lambda k: jax.random.truncated_normal(k, -1.0, 2.5, (50,)),
    ),
    "exponential": (
        lambda k: random.exponential(k, (50,)),
        lambda k: jax.random.exponential(k, (50,)),
    ),
    "laplace": (lambda k: random.laplace(k, (50,)), lambda k: jax.random.laplace(k, (50,))),
    "gumbel": (lambda k: random.gumbel(k, (50,)), lambda k: jax.random.gumbel(k, (50,))),
    "logistic": (lambda k: random.logistic(k, (50,)), lambda k: jax.random.logistic(k, (50,))),
    "rademacher": (
        lambda k: random.rademacher(k, (50,)),
        lambda k: jax.random.rademacher(k, (50,)),
    ),
    "categorical": (
        lambda k: random.categorical(k, LOGITS, 0, (20, 5)),
        lambda k: jax.random.categorical(k, LOGITS, 0, (20, 5)),
    ),
    "choice": (lambda k: random.choice(k, 9, (50,)), lambda k: jax.random.choice(k, 9, (50,))),
}


@functools.cache
def of_jax() -> Any:
    """All of them in one program: compiling is what takes JAX's time."""
    with jax.threefry_partitionable(True):
        run = jax.jit(lambda k: {name: f(k) for name, (_, f) in OF_JAX.items()})
        return run(jax.random.PRNGKey(KEY))


def test_numbers_are_those_of_jax(backend: str) -> None:
    got = tx.jit(lambda k: {name: f(k) for name, (f, _) in OF_JAX.items()})(random.key(KEY))
    for name, want in of_jax().items():
        np.testing.assert_allclose(got[name], want, rtol=1e-3, atol=1e-5)


SMALL, LARGE = 0.3, 7.5
OF_SCIPY: dict[str, tuple[Any, Any]] = {
    "normal": (lambda k: random.normal(k, (COUNT,)), scipy.stats.norm()),
    "truncated": (
        lambda k: random.truncated_normal(k, (COUNT,)), scipy.stats.truncnorm(-2, 2),
    ),
    "cauchy": (lambda k: random.cauchy(k, (COUNT,)), scipy.stats.cauchy()),
    "gamma": (lambda k: random.gamma(k, LARGE, (COUNT,)), scipy.stats.gamma(LARGE)),
    "small gamma": (lambda k: random.gamma(k, SMALL, (COUNT,)), scipy.stats.gamma(SMALL)),
    "log_gamma": (
        lambda k: random.log_gamma(k, SMALL, (COUNT,)), scipy.stats.loggamma(SMALL),
    ),
    "beta": (lambda k: random.beta(k, 0.5, LARGE, (COUNT,)), scipy.stats.beta(0.5, LARGE)),
    "chisquare": (lambda k: random.chisquare(k, 3.0, (COUNT,)), scipy.stats.chi2(3)),
    "dirichlet": (
        lambda k: random.dirichlet(k, [0.5, 1.0, 2.0], (COUNT,))[:, 0],
        scipy.stats.beta(0.5, 3.0),
    ),
}  # fmt: skip


def test_distributions_are_those_of_scipy(on_numpy: None) -> None:
    """Kolmogorov and Smirnov's test; with the fixed key its outcome is fixed too."""
    got = tx.jit(lambda k: {name: f(k) for name, (f, _) in OF_SCIPY.items()})(random.key(KEY))
    for name, (_, theirs) in OF_SCIPY.items():
        x = np.asarray(got[name])
        assert np.isfinite(x).all(), name
        assert scipy.stats.kstest(x, theirs.cdf).pvalue > 0.01, name


def test_gammas_are_the_same_on_every_backend() -> None:
    def f(k: Any) -> Any:
        return random.gamma(k, np.linspace(0.1, 9, 100, dtype=np.float32))

    need_backend("webgpu")
    with tx.backend("numpy"):
        want = np.asarray(f(random.key(KEY)))
    with tx.backend("webgpu"):
        np.testing.assert_allclose(tx.jit(f)(random.key(KEY)), want, rtol=1e-4)


def test_frequencies(on_numpy: None) -> None:
    key = random.key(KEY)
    chances = np.array([0.1, 0.0, 0.6, 0.3])
    drawn = np.asarray(random.choice(key, [10, 20, 30, 40], (COUNT,), p=chances))
    counts = np.array([(drawn == v).sum() for v in (10, 20, 30, 40)])
    assert counts[1] == 0
    kept = chances > 0
    assert scipy.stats.chisquare(counts[kept], chances[kept] * COUNT).pvalue > 0.01
    kept_share = float(tnp.mean(F.dropout(key, tnp.ones(COUNT), 0.25) > 0))
    assert abs(kept_share - 0.75) < 0.03
    first = [int(random.choice(k, 3, p=[0.2, 0.2, 0.6])) for k in random.split(key, 200)]
    assert abs(first.count(2) / 200 - 0.6) < 0.1


def test_choices_without_replacement_and_orders(on_numpy: None) -> None:
    key = random.key(1)
    for p in (None, [0.5, 0.1, 0.1, 0.3]):
        drawn = random.choice(key, 4, (2, 2), replace=False, p=p)
        assert sorted(np.asarray(drawn).ravel().tolist()) == [0, 1, 2, 3]
    table = np.arange(12).reshape(3, 4)
    mixed = np.asarray(random.permutation(key, table, axis=1))
    assert sorted(map(tuple, mixed.T)) == sorted(map(tuple, table.T))
    rows = random.choice(key, table, (5,), axis=1)
    assert rows.shape == (3, 5)
    assert random.choice(key, 4).shape == ()


def test_orthogonal_matrices(on_numpy: None) -> None:
    got = np.asarray(random.orthogonal(random.key(2), 4, (300,)))
    close = np.testing.assert_allclose
    close(got @ np.swapaxes(got, -1, -2), np.broadcast_to(np.eye(4), got.shape), atol=1e-5)
    with jax.threefry_partitionable(True):
        close(got, jax.random.orthogonal(jax.random.PRNGKey(2), 4, (300,)), atol=1e-3)
    assert abs(got[:, 0, 0].mean()) < 0.1  # each sign is equally likely


def test_transforms(on_numpy: None) -> None:
    keys = random.split(random.key(5), 3)
    for f in (lambda k: random.gamma(k, 2.0), lambda k: random.categorical(k, LOGITS)):
        mapped = tx.vmap(f)(keys)
        np.testing.assert_allclose(mapped[1], f(keys[1]), rtol=1e-6)
    scaled = tx.grad(lambda s: tnp.sum(s * random.laplace(keys[0], (5,))))(2.0)
    np.testing.assert_allclose(scaled, random.laplace(keys[0], (5,)).sum(), rtol=1e-5)


def test_dropout_keeps_means_and_shares_fates(backend: str) -> None:
    key, x = random.key(3), np.ones((50, 8, 10), np.float32)
    out = np.asarray(tx.jit(lambda k, x: F.dropout(k, x, 0.4, shared_axes=(1,)))(key, x))
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.6)}
    assert (out == out[:, :1]).all()
    noise = np.asarray(random.normal(random.key(9), (COUNT,)))
    selu = np.asarray(F.selu(noise))
    for rate in (0.1, 0.5):
        kept = np.asarray(F.alpha_dropout(key, selu, rate))
        assert abs(kept.mean()) < 0.06
        assert abs(kept.std() - 1) < 0.06
        spread = np.asarray(F.gaussian_dropout(key, np.ones(COUNT), rate)).std()
        assert abs(spread - np.sqrt(rate / (1 - rate))) < 0.05


@pytest.mark.parametrize(
    "call",
    [
        lambda k: random.truncated_normal(k, (2,), 1.0, 1.0),
        lambda k: random.rademacher(k, (2,), bool),
        lambda k: random.categorical(k, LOGITS, shape=(4,)),
        lambda k: random.categorical(k, LOGITS, axis=2),
        lambda k: random.choice(k, 3, (4,), replace=False),
        lambda k: random.choice(k, 0, (4,)),
        lambda k: random.choice(k, 3, (4,), p=[0.5, 0.5]),
        lambda k: random.gamma(k, [1.0, 2.0], (3,)),
        lambda k: random.permutation(k, -1),
        lambda k: F.dropout(k, [1.0], 1.0),
        lambda k: F.alpha_dropout(k, [1.0], -0.1),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError, tx.AxisError)):
        call(random.key(0))
