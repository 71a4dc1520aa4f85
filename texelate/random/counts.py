"""Distributions of counts: Poisson, binomial, geometric, multinomial.

Rejections run a fixed number of rounds side by side, so that shapes and programs are fixed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ShapeError
from ..compiler.ir.dtypes import int32
from ..operands import ArrayLike, as_float, broadcast_shape, shape_of
from ..traceback import public
from .continuous import exponential, uniform
from .discrete import categorical
from .keys import split

_TINY = 1.1754944e-38
_FEW = 10.0
"""Below this mean, counts are waited for one by one; above it, candidates are refused or taken."""
_WAITS = 48
"""A Poisson number of mean 10 is larger with probability 1e-16."""
_ROUNDS = 12
"""At least 5 of 6 candidates are taken: one number in 10⁹ finds all refused, and is the mean."""


def _params(name: str, shape: Any, *params: ArrayLike) -> list[Any]:
    floats = [as_float(p) for p in params]
    common = broadcast_shape(name, [f.aval.shape for f in floats])
    target = common if shape is None else shape_of(shape, name)
    return [tnp.broadcast_to(f, target) for f in floats]


def _first(k: Any, candidate: Callable[[Any, Any], tuple[Any, Any]], otherwise: Any) -> Any:
    """Of several candidates, functions of two uniform numbers, the first that is accepted."""
    keys = split(k)
    shape = (_ROUNDS, *otherwise.shape)
    numbers, accepted = candidate(uniform(keys[0], shape) - 0.5, uniform(keys[1], shape, _TINY))
    out = otherwise
    for i in reversed(range(_ROUNDS)):
        out = tnp.where(accepted[i], numbers[i], out)
    return out


def _stirling(n: Any) -> Any:
    """log n! without (n + 1/2) log(n + 1) - (n + 1) + log(2π) / 2."""
    r = 1.0 / (n + 1.0)
    return r * (1 / 12 - r * r * (1 / 360 - r * r * (1 / 1260)))


@public
def poisson(k: ArrayLike, lam: ArrayLike, shape: Any = None) -> Any:
    """int32 numbers from the Poisson distribution of mean ``lam`` (0 to 10⁹).

    The shape is that of ``lam`` unless given. Source: Hörmann's PTRS, Insurance: Mathematics and
    Economics 12 (1993); below a mean of 10 by exponential waiting times.

    >>> import texelate as tx
    >>> poisson(tx.random.key(0), [0.0, 5.0, 1000.0]).shape
    (3,)
    """
    (mean,) = _params("poisson", shape, lam)
    keys = split(k)
    waits = tnp.cumsum(exponential(keys[0], (_WAITS, *mean.shape)), axis=0)
    few = tnp.sum(waits < mean, 0, int32)
    large = tnp.where(mean < _FEW, _FEW, mean)
    many = _first(keys[1], lambda u, v: _poisson_candidate(large, u, v), tnp.floor(large))
    return tnp.where(mean < _FEW, few, tnp.astype(many, int32))


def _poisson_candidate(mean: Any, u: Any, v: Any) -> tuple[Any, Any]:
    b = 0.931 + 2.53 * tnp.sqrt(mean)
    a = -0.059 + 0.02483 * b
    us = 0.5 - abs(u)
    n = tnp.floor((2 * a / us + b) * u + mean + 0.43)
    quick = (us >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    exact = tnp.log(v * inverse / (a / (us * us) + b)) <= _poisson_log(n, mean)
    possible = (n >= 0) & ((us >= 0.013) | (v <= us))
    return n, (quick & (n >= 0)) | (possible & exact)


def _poisson_log(n: Any, mean: Any) -> Any:
    """The logarithm of the probability of n, without cancellation where n is near the mean."""
    m = tnp.maximum(n, 0.0) + 1.0
    d = (m - mean) / mean
    series = d * d * (0.5 - d * (1 / 6 - d * (1 / 12 - d * (1 / 20))))
    small = abs(d) < 0.03
    apart = tnp.where(small, series, (1 + d) * tnp.log1p(tnp.where(small, 0.0, d)) - d)
    at_m = -mean * apart - 0.5 * tnp.log(2 * math.pi * m) - _stirling(m - 1.0)
    return at_m + tnp.log(m / mean)


@public
def binomial(k: ArrayLike, n: ArrayLike, p: ArrayLike, shape: Any = None) -> Any:
    """int32 numbers of successes in ``n`` trials of probability ``p``.

    The shape is that of ``n`` and ``p`` unless given. Source: Hörmann's BTRS, Journal of
    Statistical Computation and Simulation 46 (1993); below 10 successes by waiting for each.

    >>> import texelate as tx
    >>> binomial(tx.random.key(0), 7, [0.0, 1.0])
    Array([0, 7], dtype=int32)
    """
    trials, chance = _params("binomial", shape, n, p)
    keys = split(k)
    q = tnp.minimum(chance, 1.0 - chance)
    few_expected = trials * q < _FEW
    few = _waited(keys[0], trials, q)
    safe = tnp.where(few_expected, 2 * _FEW, trials), tnp.where(few_expected, 0.5, q)
    start = tnp.floor(safe[0] * safe[1])
    many = _first(keys[1], lambda u, v: _binomial_candidate(*safe, u, v), start)
    out = tnp.where(few_expected, few, many)
    return tnp.astype(tnp.where(chance > 0.5, trials - out, out), int32)


def _waited(k: Any, trials: Any, q: Any) -> Any:
    """How many geometric waiting times fit into the trials."""
    rate = -tnp.log1p(-tnp.minimum(q, 0.5))
    waits = tnp.floor(exponential(k, (_WAITS, *q.shape)) / tnp.maximum(rate, _TINY)) + 1.0
    return tnp.sum(tnp.cumsum(waits, axis=0) <= trials, 0, "f4")


def _binomial_candidate(n: Any, p: Any, u: Any, v: Any) -> tuple[Any, Any]:
    deviation = tnp.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    us = 0.5 - abs(u)
    k = tnp.floor((2 * a / us + b) * u + n * p + 0.5)
    inside = (k >= 0) & (k <= n)
    quick = (us >= 0.07) & (v <= 0.92 - 4.2 / b)
    scale = (2.83 + 5.1 / b) * deviation
    exact = tnp.log(v * scale / (a / (us * us) + b)) <= _binomial_log(n, p, tnp.clip(k, 0, n))
    return k, inside & (quick | exact)


def _binomial_log(n: Any, p: Any, k: Any) -> Any:
    """The logarithm of the probability of k over that of the mode."""
    m = tnp.floor((n + 1) * p)
    odds = p / (1 - p)
    at_mode = (m + 0.5) * tnp.log((m + 1) / (odds * (n - m + 1)))
    moved = (n + 1) * tnp.log1p((k - m) / (n - k + 1))
    at_k = (k + 0.5) * tnp.log(odds * (n - k + 1) / (k + 1))
    rest = _stirling(m) + _stirling(n - m) - _stirling(k) - _stirling(n - k)
    return at_mode + moved + at_k + rest


@public
def geometric(k: ArrayLike, p: ArrayLike, shape: Any = None) -> Any:
    """int32 numbers of trials of probability ``p`` up to and with the first success.

    >>> import texelate as tx
    >>> geometric(tx.random.key(0), 1.0, (2,))
    Array([1, 1], dtype=int32)
    """
    (chance,) = _params("geometric", shape, p)
    sure = chance >= 1.0
    rate = -tnp.log1p(-tnp.where(sure, 0.5, chance))
    waits = tnp.floor(exponential(k, chance.shape) / tnp.maximum(rate, _TINY)) + 1.0
    return tnp.astype(tnp.where(sure, 1.0, waits), int32)


@public
def multinomial(k: ArrayLike, n: int, p: ArrayLike, shape: Any = None) -> Any:
    """How often each class (the last axis of ``p``) comes in ``n`` draws: int32 [*shape, classes].

    ``p`` need not sum to 1. Raises ShapeError for probabilities of rank 0.

    >>> import texelate as tx
    >>> multinomial(tx.random.key(0), 5, [0.0, 1.0])
    Array([0, 5], dtype=int32)
    """
    chances: Any = as_float(p)
    (draws,) = shape_of(n, "multinomial")
    if not chances.ndim:
        raise ShapeError("multinomial: a probability of rank 0 has no classes")
    target = chances.shape[:-1] if shape is None else shape_of(shape, "multinomial")
    drawn = categorical(k, tnp.log(chances), shape=(draws, *target))
    classes = tnp.arange(chances.shape[-1], dtype=int32)
    return tnp.sum(drawn[..., None] == classes, 0, int32)


__all__ = ["binomial", "geometric", "multinomial", "poisson"]
