"""More distributions against SciPy's; gamma's derivative against that of SciPy's quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from texelate import random

KEY, COUNT = 7, 4000
N = (COUNT,)

CONTINUOUS: dict[str, tuple[Any, Any]] = {
    "lognormal": (lambda k: random.lognormal(k, 0.5, N), scipy.stats.lognorm(0.5)),
    "maxwell": (lambda k: random.maxwell(k, N), scipy.stats.maxwell()),
    "double maxwell": (
        lambda k: abs(random.double_sided_maxwell(k, 1.0, 2.0, N) - 1), scipy.stats.maxwell(0, 2),
    ),
    "rayleigh": (lambda k: random.rayleigh(k, 2.0, N), scipy.stats.rayleigh(0, 2)),
    "weibull": (
        lambda k: random.weibull_min(k, 2.0, 1.5, N), scipy.stats.weibull_min(1.5, scale=2),
    ),
    "pareto": (lambda k: random.pareto(k, 3.0, N), scipy.stats.pareto(3)),
    "triangular": (
        lambda k: random.triangular(k, -1.0, 2.0, 3.0, N), scipy.stats.triang(0.75, -1, 4),
    ),
    "wald": (lambda k: random.wald(k, 1.7, N), scipy.stats.invgauss(1.7)),
    "t": (lambda k: random.t(k, 3.0, N), scipy.stats.t(3)),
    "f": (lambda k: random.f(k, 4.0, 7.0, N), scipy.stats.f(4, 7)),
    "generalized": (lambda k: random.generalized_normal(k, 1.5, N), scipy.stats.gennorm(1.5)),
    "ball": (
        lambda k: tnp.linalg.norm(random.ball(k, 3, shape=N), axis=-1), scipy.stats.beta(3, 1),
    ),
    "multivariate": (
        lambda k: random.multivariate_normal(k, [1.0, 2.0], [[2.0, 1.0], [1.0, 3.0]], N)
        @ np.float32([1, -1]),
        scipy.stats.norm(-1, np.sqrt(3)),
    ),
}  # fmt: skip

COUNTS: dict[str, tuple[Any, Any]] = {
    "poisson 0.4": (lambda k: random.poisson(k, 0.4, N), scipy.stats.poisson(0.4)),
    "poisson 9": (lambda k: random.poisson(k, 9.0, N), scipy.stats.poisson(9)),
    "poisson 10": (lambda k: random.poisson(k, 10.0, N), scipy.stats.poisson(10)),
    "poisson 300": (lambda k: random.poisson(k, 300.0, N), scipy.stats.poisson(300)),
    "poisson 1e6": (lambda k: random.poisson(k, 1e6, N), scipy.stats.poisson(1e6)),
    "binomial 5": (lambda k: random.binomial(k, 5, 0.3, N), scipy.stats.binom(5, 0.3)),
    "binomial 40": (lambda k: random.binomial(k, 40, 0.7, N), scipy.stats.binom(40, 0.7)),
    "binomial 1e6": (lambda k: random.binomial(k, 1e6, 0.2, N), scipy.stats.binom(1000000, 0.2)),
    "binomial rare": (lambda k: random.binomial(k, 1e6, 1e-6, N), scipy.stats.binom(10**6, 1e-6)),
    "geometric": (lambda k: random.geometric(k, 0.2, N), scipy.stats.geom(0.2)),
    "multinomial": (
        lambda k: random.multinomial(k, 9, [1.0, 2.0, 5.0], N)[:, 1], scipy.stats.binom(9, 0.25),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous(on_numpy: None, name: str) -> None:
    """Kolmogorov and Smirnov's test; with the fixed key its outcome is fixed too."""
    sample, theirs = CONTINUOUS[name]
    x = np.asarray(sample(random.key(KEY)))
    assert x.shape == N
    assert scipy.stats.kstest(x, theirs.cdf).pvalue > 0.01


@pytest.mark.parametrize("name", COUNTS)
def test_counts(on_numpy: None, name: str) -> None:
    """Pearson's test, on bins of about equal probability."""
    sample, theirs = COUNTS[name]
    x = np.asarray(sample(random.key(KEY)))
    assert x.dtype == np.int32
    edges = np.unique(theirs.ppf(np.linspace(0, 1, 12)[1:-1]))
    below = theirs.cdf(edges)
    expected = COUNT * np.diff(np.concatenate([[0], below, [1]]))
    places = np.searchsorted(edges, x)
    found = np.bincount(places, minlength=len(edges) + 1)
    kept = expected > 1
    assert (found[~kept] <= 5).all()
    scaled = expected[kept] * found[kept].sum() / expected[kept].sum()
    assert scipy.stats.chisquare(found[kept], scaled).pvalue > 0.01


def test_counts_are_the_same_on_every_backend() -> None:
    def draw(k: Any) -> Any:
        means = np.float32([0.0, 0.5, 3, 9.9, 10.1, 50, 1e4])
        return random.poisson(k, means, (40, 7)), random.binomial(k, 30, [0.0, 0.1, 0.5, 0.9, 1.0])

    need_backend("webgpu")
    with tx.backend("numpy"):
        want = [np.asarray(x) for x in draw(random.key(KEY))]
    with tx.backend("webgpu"):
        for got, w in zip(tx.jit(draw)(random.key(KEY)), want, strict=True):
            np.testing.assert_array_equal(got, w)


def quantile(a: Any, low: Any, high: Any) -> Any:
    return np.log(
        np.where(low < 0.5, scipy.special.gammaincinv(a, low), scipy.special.gammainccinv(a, high))
    )


def test_derivatives_of_gammas_are_those_of_quantiles(on_numpy: None) -> None:
    """First and second by the shape: a number keeps the probability that it has below it."""
    a = np.float32([0.3, 0.9, 1.0, 2.5, 7.0, 40.0] * 4)
    key, one = random.key(3), np.ones_like(a)

    def draw(a: Any) -> Any:
        return random.log_gamma(key, a)

    def slope(a: Any) -> Any:
        return tx.jvp(draw, (a,), (one,))[1]

    first, second = tx.jvp(slope, (a,), (one,))
    wide, z = a.astype(np.float64), np.exp(np.asarray(draw(a), np.float64))
    chances = scipy.special.gammainc(wide, z), scipy.special.gammaincc(wide, z)
    h = wide * 1e-3
    q = [quantile(wide + i * h, *chances) for i in range(-2, 3)]
    np.testing.assert_allclose(first, (q[0] - 8 * q[1] + 8 * q[3] - q[4]) / (12 * h), rtol=1e-5)
    bend = (-q[0] + 16 * q[1] - 30 * q[2] + 16 * q[3] - q[4]) / (12 * h * h)
    np.testing.assert_allclose(second, bend, rtol=1e-4)


def test_means_are_differentiated_through_samples(on_numpy: None) -> None:
    """E[gamma(a)] = a, E[dirichlet] = alpha / sum: the mean of gradients is near theirs."""
    key = random.key(11)
    slope = tx.grad(lambda a: tnp.mean(random.gamma(key, a, N)))
    for a in (0.5, 3.0):
        assert abs(float(slope(a)) - 1) < 0.05
    got = tx.grad(lambda a: tnp.mean(random.dirichlet(key, a, N)[:, 0]))(np.float32([1.0, 2.0]))
    np.testing.assert_allclose(got, [2 / 9, -1 / 9], atol=0.02)
    keys = random.split(key, 3)
    mapped = tx.vmap(tx.grad(random.gamma, 1))(keys, np.float32([1, 2, 3]))
    np.testing.assert_allclose(mapped[1], tx.grad(random.gamma, 1)(keys[1], 2.0), rtol=1e-5)


def test_special_functions(backend: str) -> None:
    x = np.concatenate([np.linspace(-4.7, -0.1, 40), np.linspace(0.05, 30, 200)]).astype(np.float32)
    wide = x.astype(np.float64)
    names = ("gammaln", "digamma", "expit", "entr")
    got = tx.jit(lambda x: [getattr(tx.special, n)(x) for n in names])(x)
    for name, g in zip(names, got, strict=True):
        np.testing.assert_allclose(g, getattr(scipy.special, name)(wide), rtol=3e-4, atol=1e-5)
    p = np.linspace(0, 1, 9, dtype=np.float32)
    np.testing.assert_allclose(tx.special.logit(p), scipy.special.logit(p), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(tx.special.xlogy(p, p), scipy.special.xlogy(p, p), atol=1e-6)
    np.testing.assert_allclose(
        tx.special.xlog1py(p, -p[::-1]), scipy.special.xlog1py(p, -p[::-1]), atol=1e-6
    )
    np.testing.assert_allclose(
        tx.special.betaln(p + 1, 2.0), scipy.special.betaln(p + 1, 2), atol=1e-5
    )
    slope = tx.grad(lambda x: tnp.sum(tx.special.gammaln(x)))(x[50:])
    np.testing.assert_allclose(slope, scipy.special.digamma(wide[50:]), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "call",
    [
        lambda k: random.multivariate_normal(k, [1.0], np.eye(2)),
        lambda k: random.ball(k, 2, 0.5),
        lambda k: random.poisson(k, [1.0, 2.0], (3,)),
        lambda k: random.multinomial(k, 3, 1.0),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError)):
        call(random.key(0))
