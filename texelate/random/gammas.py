"""The gamma distribution and its relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import numpy as tnp
from ..compiler.ir.core import Tracer
from ..custom import custom_jvp
from ..operands import ArrayLike, as_float, broadcast_shape, shape_of
from ..special import digamma
from ..traceback import public
from .continuous import normal, uniform
from .keys import checked, split

_ROUNDS = 8
_TINY = 1.1754944e-38
_LARGEST = 60.0
"""exp of it, squared, is a float32."""


@public
def gamma(k: ArrayLike, a: ArrayLike, shape: Any = None) -> Any:
    """Numbers from the gamma distribution of shape ``a`` > 0 and scale 1.

    The shape is that of ``a`` unless given; ``a`` broadcasts to it. Marsaglia and Tsang's method
    (ACM TOMS 26, 2000) with 8 rounds: one number in 10¹⁰ finds all its candidates refused, and is
    the mode. Differentiable by ``a`` (implicitly: Figurnov et al., arXiv:1805.08498).

    >>> import texelate as tx
    >>> gamma(tx.random.key(0), [0.5, 5.0]).shape
    (2,)
    """
    return tnp.exp(log_gamma(k, a, shape))


@public
def log_gamma(k: ArrayLike, a: ArrayLike, shape: Any = None) -> Any:
    """The logarithms of gamma's numbers, which do not vanish for small ``a``.

    >>> import texelate as tx
    >>> log_gamma(tx.random.key(0), 0.001).shape
    ()
    """
    alpha = as_float(a)
    target = alpha.aval.shape if shape is None else shape_of(shape, "gamma")
    alpha, key = tnp.broadcast_to(alpha, target), checked(k)
    traced = isinstance(alpha, Tracer)  # else nobody differentiates, and no rule is traced
    return _differentiable(alpha, key) if traced else _drawn(alpha, key)


def _drawn(alpha: Any, k: Any) -> Any:
    keys = split(k, 3)
    above = tnp.where(alpha < 1, alpha + 1.0, alpha)
    boost = tnp.log(uniform(keys[2], alpha.shape, _TINY, 1.0)) / alpha
    drawn = _marsaglia_tsang(keys[0], keys[1], above, alpha.shape)
    return tnp.log(drawn) + tnp.where(alpha < 1, boost, 0.0)


_differentiable = custom_jvp(_drawn)


@_differentiable.defjvp
def _implicit(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    logs = _differentiable(*primals)
    return logs, tangents[0] * _rate(primals[0], logs)


def _rate(a: Any, logs: Any) -> Any:
    """d log z / da of a number z that keeps its probability: -(∂P(a, z) / ∂a) / (z · density).

    Under the integral of P, or of 1 - P where z > a, z is t · exp(-s): what is left is smooth, and
    falls off exponentially, so 48 points of a double exponential rule give 1e-6 (1e-3 for a < 0.1).
    """
    z = tnp.exp(logs)
    below = z < a
    width = 1.0 / (abs(a - z) + tnp.sqrt(tnp.where(z > _TINY, z, _TINY)))
    width = tnp.where(below, 1.0 / tnp.maximum(1.0 / width, tnp.minimum(a, 1.0)), width)
    side = tnp.where(below, -1.0, 1.0)
    most = tnp.maximum(_LARGEST - logs, 0.0)  # beyond, exp overflows
    s = tnp.minimum((side * width)[..., None] * _POINTS, most[..., None])
    powers = tnp.exp(a[..., None] * s - z[..., None] * tnp.expm1(s))
    terms = powers * ((digamma(a) - logs)[..., None] - s)
    return -side * width * tnp.sum(terms * _WEIGHTS, -1)


def _double_exponential(count: int) -> tuple[Any, Any]:
    """Points and weights on (0, ∞) for what falls off as exp(-y): y = exp(x - exp(-x)).

    Source: Takahasi and Mori, Publ. RIMS 9 (1974).
    """
    x = np.linspace(-3.2, 4.3, count)  # from there on y and weights are negligible in float32
    y = np.exp(x - np.exp(-x))
    weights = (x[1] - x[0]) * y * (1 + np.exp(-x))
    return y.astype(np.float32), weights.astype(np.float32)


_POINTS, _WEIGHTS = _double_exponential(48)


def _marsaglia_tsang(k1: Any, k2: Any, a: Any, shape: tuple[int, ...]) -> Any:
    """Of several candidates d · (1 + c · x)³ the first that is accepted, for a of at least 1."""
    d = a - 1 / 3
    c = tnp.rsqrt(9.0 * d)
    x, u = normal(k1, (_ROUNDS, *shape)), uniform(k2, (_ROUNDS, *shape), _TINY, 1.0)
    root = 1.0 + c * x
    inside = root > 0
    v = tnp.where(inside, root * root * root, 1.0)
    accepted = inside & (tnp.log(u) < 0.5 * x * x + d * (1.0 - v + tnp.log(v)))
    chosen = tnp.ones(shape)
    for i in reversed(range(_ROUNDS)):
        chosen = tnp.where(accepted[i], v[i], chosen)
    return d * chosen


@public
def beta(k: ArrayLike, a: ArrayLike, b: ArrayLike, shape: Any = None) -> Any:
    """Numbers from the beta distribution; the shape is that of ``a`` and ``b`` unless given.

    >>> import texelate as tx
    >>> beta(tx.random.key(0), 2.0, [1.0, 2.0]).shape
    (2,)
    """
    shapes = [as_float(x).aval.shape for x in (a, b)]
    target = broadcast_shape("beta", shapes) if shape is None else shape_of(shape, "beta")
    keys = split(k)
    x, y = log_gamma(keys[0], a, target), log_gamma(keys[1], b, target)
    return 1.0 / (1.0 + tnp.exp(y - x))


@public
def chisquare(k: ArrayLike, df: ArrayLike, shape: Any = None) -> Any:
    """Sums of ``df`` squared normal numbers (df need not be whole).

    >>> import texelate as tx
    >>> chisquare(tx.random.key(0), 3.0, (2,)).shape
    (2,)
    """
    return 2.0 * gamma(k, as_float(df) * 0.5, shape)  # type: ignore[operator]


@public
def dirichlet(k: ArrayLike, alpha: ArrayLike, shape: Any = ()) -> Any:
    """Probabilities ``[*shape, *alpha.shape]`` that sum to 1 along the last axis.

    >>> import texelate as tx
    >>> dirichlet(tx.random.key(0), [1.0, 1.0, 1.0]).shape
    (3,)
    """
    target = (*shape_of(shape, "dirichlet"), *as_float(alpha).aval.shape)
    logs = log_gamma(k, alpha, target)
    powers = tnp.exp(logs - tnp.max(logs, -1, keepdims=True))
    return powers / tnp.sum(powers, -1, keepdims=True)


__all__ = ["beta", "chisquare", "dirichlet", "gamma", "log_gamma"]
