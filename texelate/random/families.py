"""Continuous distributions with parameters, made of normal, exponential and gamma numbers.

All are differentiable by their parameters. The shape is that of the parameters unless given.
"""

from __future__ import annotations

from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import float32
from ..operands import ArrayLike, as_float, broadcast_shape, shape_of
from ..traceback import public
from .continuous import exponential, normal, uniform
from .discrete import rademacher
from .gammas import chisquare, gamma
from .keys import split


def _spread(name: str, shape: Any, *params: ArrayLike) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of the result, and the parameters in it."""
    floats = [as_float(p) for p in params]
    common = broadcast_shape(name, [f.aval.shape for f in floats])
    target = common if shape is None else shape_of(shape, name)
    return target, [tnp.broadcast_to(f, target) for f in floats]


@public
def lognormal(k: ArrayLike, sigma: ArrayLike = 1.0, shape: Any = None) -> Any:
    """exp of normal numbers of mean 0 and deviation ``sigma``.

    >>> import texelate as tx
    >>> lognormal(tx.random.key(0), 0.0)
    Array(1., dtype=float32)
    """
    target, (s,) = _spread("lognormal", shape, sigma)
    return tnp.exp(s * normal(k, target))


@public
def maxwell(k: ArrayLike, shape: Any = ()) -> Any:
    """Maxwell's distribution of scale 1: lengths of three normal numbers.

    >>> import texelate as tx
    >>> maxwell(tx.random.key(0), (2,)).shape
    (2,)
    """
    parts = normal(k, (*shape_of(shape, "maxwell"), 3))
    return tnp.sqrt(tnp.sum(parts * parts, -1))


@public
def double_sided_maxwell(
    k: ArrayLike, loc: ArrayLike = 0.0, scale: ArrayLike = 1.0, shape: Any = None
) -> Any:
    """loc ± scale · Maxwell's numbers.

    >>> import texelate as tx
    >>> double_sided_maxwell(tx.random.key(0), [0.0, 1.0]).shape
    (2,)
    """
    target, (centre, width) = _spread("double_sided_maxwell", shape, loc, scale)
    keys = split(k)
    sides = rademacher(keys[0], target, float32)
    return centre + width * sides * maxwell(keys[1], target)


@public
def rayleigh(k: ArrayLike, scale: ArrayLike = 1.0, shape: Any = None) -> Any:
    """Rayleigh's distribution: lengths of two normal numbers, times ``scale``.

    >>> import texelate as tx
    >>> rayleigh(tx.random.key(0), [1.0, 2.0]).shape
    (2,)
    """
    target, (s,) = _spread("rayleigh", shape, scale)
    return s * tnp.sqrt(2.0 * exponential(k, target))


@public
def weibull_min(k: ArrayLike, scale: ArrayLike, concentration: ArrayLike, shape: Any = None) -> Any:
    """Weibull's distribution: scale · exponential^(1 / concentration).

    >>> import texelate as tx
    >>> weibull_min(tx.random.key(0), 1.0, [1.0, 2.0]).shape
    (2,)
    """
    target, (s, c) = _spread("weibull_min", shape, scale, concentration)
    return s * _positive(exponential(k, target)) ** (1.0 / c)


def _positive(x: Any) -> Any:
    """0 as the smallest normal float: powers of it have derivatives."""
    return tnp.maximum(x, 1.1754944e-38)


@public
def pareto(k: ArrayLike, b: ArrayLike, shape: Any = None) -> Any:
    """Pareto's distribution from 1 up, with tail x^-b.

    >>> import texelate as tx
    >>> bool(pareto(tx.random.key(0), 3.0) >= 1)
    True
    """
    target, (tail,) = _spread("pareto", shape, b)
    return tnp.exp(exponential(k, target) / tail)


@public
def triangular(
    k: ArrayLike, left: ArrayLike, mode: ArrayLike, right: ArrayLike, shape: Any = None
) -> Any:
    """From ``left`` to ``right``, most often at ``mode``.

    >>> import texelate as tx
    >>> bool(abs(triangular(tx.random.key(0), -1.0, 0.0, 1.0)) < 1)
    True
    """
    target, (low, peak, high) = _spread("triangular", shape, left, mode, right)
    u = uniform(k, target)
    rising = u * (high - low) < peak - low
    up = _positive(tnp.where(rising, u * (high - low) * (peak - low), 1.0))
    down = _positive(tnp.where(rising, 1.0, (1.0 - u) * (high - low) * (high - peak)))
    return tnp.where(rising, low + tnp.sqrt(up), high - tnp.sqrt(down))


@public
def wald(k: ArrayLike, mean: ArrayLike, shape: Any = None) -> Any:
    """The inverse Gaussian distribution of this ``mean`` and scale 1.

    Source: Michael, Schucany and Haas, The American Statistician 30 (1976).

    >>> import texelate as tx
    >>> bool(wald(tx.random.key(0), 2.0) > 0)
    True
    """
    target, (mu,) = _spread("wald", shape, mean)
    keys = split(k)
    y = mu * normal(keys[0], target) ** 2
    root = mu * 2.0 / (2.0 + y + tnp.sqrt(_positive(y * (4.0 + y))))  # the smaller one
    first = uniform(keys[1], target) * (mu + root) <= mu
    return tnp.where(first, root, mu * mu / root)


@public
def t(k: ArrayLike, df: ArrayLike, shape: Any = None) -> Any:
    """Student's distribution with ``df`` degrees of freedom.

    >>> import texelate as tx
    >>> t(tx.random.key(0), [1.0, 30.0]).shape
    (2,)
    """
    target, (half,) = _spread("t", shape, as_float(df) * 0.5)  # type: ignore[operator]
    keys = split(k)
    return normal(keys[0], target) * tnp.sqrt(half / _positive(gamma(keys[1], half)))


@public
def f(k: ArrayLike, dfnum: ArrayLike, dfden: ArrayLike, shape: Any = None) -> Any:
    """Fisher's distribution: a ratio of chi-square numbers, each by its degrees of freedom.

    >>> import texelate as tx
    >>> f(tx.random.key(0), 2.0, [3.0, 4.0]).shape
    (2,)
    """
    target, (above, below) = _spread("f", shape, dfnum, dfden)
    keys = split(k)
    rest = _positive(chisquare(keys[1], below, target) / below)
    return chisquare(keys[0], above, target) / above / rest


@public
def generalized_normal(k: ArrayLike, p: ArrayLike, shape: Any = None) -> Any:
    """Density proportional to exp(-|x|^p).

    >>> import texelate as tx
    >>> generalized_normal(tx.random.key(0), 2.0, (3,)).shape
    (3,)
    """
    target, (power,) = _spread("generalized_normal", shape, p)
    keys = split(k)
    size = _positive(gamma(keys[0], 1.0 / power)) ** (1.0 / power)
    return rademacher(keys[1], target, float32) * size


@public
def ball(k: ArrayLike, d: int, p: float = 2.0, shape: Any = ()) -> Any:
    """Points [*shape, d] evenly from the unit ball of the p-norm.

    Source: Barthe et al., Annals of Probability 33 (2005). ArgumentError for p below 1.

    >>> import texelate as tx
    >>> bool(tx.numpy.linalg.norm(ball(tx.random.key(0), 3)) <= 1)
    True
    """
    (size,), target = shape_of(d, "ball"), shape_of(shape, "ball")
    if not p >= 1:
        raise ArgumentError(f"ball: a norm has p of at least 1, got {p}")
    keys = split(k)
    points = generalized_normal(keys[0], p, (*target, size))
    length = tnp.sum(abs(points) ** p, -1) + exponential(keys[1], target)
    return points / (length ** (1.0 / p))[..., None]


@public
def multivariate_normal(k: ArrayLike, mean: ArrayLike, cov: ArrayLike, shape: Any = None) -> Any:
    """Normal vectors [*shape, n] of ``mean`` [..., n] and covariance [..., n, n] (by Cholesky's).

    ``shape`` is by default that of mean and covariance without their own axes. Raises ShapeError
    for sizes that do not fit.

    >>> import texelate as tx
    >>> multivariate_normal(tx.random.key(0), [0.0, 1.0], tx.numpy.eye(2), (5,)).shape
    (5, 2)
    """
    centre: Any = as_float(mean)
    spread: Any = as_float(cov)
    n = centre.shape[-1] if centre.ndim else -1
    if spread.ndim < 2 or spread.shape[-2:] != (n, n):
        raise ShapeError(f"multivariate_normal: mean {centre.aval} with covariance {spread.aval}")
    lead = broadcast_shape("multivariate_normal", [centre.shape[:-1], spread.shape[:-2]])
    target = lead if shape is None else shape_of(shape, "multivariate_normal")
    noise = normal(k, (*target, n))
    return centre + tnp.matmul(tnp.linalg.cholesky(spread), noise[..., None])[..., 0]


__all__ = [
    "ball", "double_sided_maxwell", "f", "generalized_normal", "lognormal", "maxwell",
    "multivariate_normal", "pareto", "rayleigh", "t", "triangular", "wald", "weibull_min",
]  # fmt: skip
