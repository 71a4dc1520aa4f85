"""Continuous distributions: functions of evenly distributed numbers. JAX's values, to rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import float32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims.random import random_bits
from ..operands import ArrayLike, promoted, shape_of
from ..traceback import public
from .keys import checked

_TINY = float(np.finfo(np.float32).tiny)


@public
def uniform(k: ArrayLike, shape: Any = (), minval: ArrayLike = 0.0, maxval: ArrayLike = 1.0) -> Any:
    """float32 numbers evenly from ``[minval, maxval)``, with 23 random bits each.

    Raises ShapeError for bounds that are neither numbers nor of the shape.

    >>> import texelate as tx
    >>> uniform(tx.random.key(0), (2,), 0.0, 10.0)
    Array([9.47667 , 9.785799], dtype=float32)
    """
    target = shape_of(shape, "uniform")
    words = random_bits(checked(k), shape=target)
    mantissa = ew.or_(ew.shift_right_logical(words, 9), 0x3F800000)
    unit = ew.sub(ew.bitcast(mantissa, dtype=float32), 1.0)
    _, low, high = promoted("uniform", unit, minval, maxval, at_least=float32)
    if low.aval.shape not in ((), target):
        raise ShapeError(f"uniform: bounds of shape {low.aval.shape} for shape {target}")
    return ew.max_(low, ew.add(ew.mul(unit, ew.sub(high, low)), low))


@public
def normal(k: ArrayLike, shape: Any = ()) -> Any:
    """float32 numbers from the standard normal distribution.

    >>> import texelate as tx
    >>> normal(tx.random.key(0), (3,)).shape
    (3,)
    """
    low = float(np.nextafter(np.float32(-1), np.float32(0)))
    return ew.mul(ew.erf_inv(uniform(k, shape, low, 1.0)), math.sqrt(2))


@public
def truncated_normal(k: ArrayLike, shape: Any = (), lower: float = -2.0, upper: float = 2.0) -> Any:
    """Standard normal numbers between ``lower`` and ``upper`` (Python numbers).

    Raises ArgumentError unless lower < upper.

    >>> import texelate as tx
    >>> bool((abs(truncated_normal(tx.random.key(0), (100,))) < 2).all())
    True
    """
    if not lower < upper:
        raise ArgumentError(f"truncated_normal: no numbers between {lower} and {upper}")
    a, b = (math.erf(x / math.sqrt(2)) for x in (lower, upper))
    low = max(a, float(np.nextafter(np.float32(-1), np.float32(0))))
    wide = ew.mul(ew.erf_inv(uniform(k, shape, low, b)), math.sqrt(2))
    inner = np.nextafter(np.array([lower, upper], np.float32), np.array([upper, lower], np.float32))
    return tnp.clip(wide, *map(float, inner))


@public
def exponential(k: ArrayLike, shape: Any = ()) -> Any:
    """Numbers from the exponential distribution of mean 1.

    >>> import texelate as tx
    >>> bool((exponential(tx.random.key(0), (100,)) >= 0).all())
    True
    """
    return -tnp.log1p(-uniform(k, shape))


@public
def laplace(k: ArrayLike, shape: Any = ()) -> Any:
    """Numbers from Laplace's distribution of mean 0 and scale 1.

    >>> import texelate as tx
    >>> laplace(tx.random.key(0), (2, 3)).shape
    (2, 3)
    """
    even = uniform(k, shape, -1.0 + float(np.finfo(np.float32).epsneg), 1.0)
    return tnp.sign(even) * tnp.log1p(-abs(even))


@public
def gumbel(k: ArrayLike, shape: Any = ()) -> Any:
    """Numbers from Gumbel's distribution: -log(-log(u)).

    >>> import texelate as tx
    >>> gumbel(tx.random.key(0), (2,)).shape
    (2,)
    """
    return -tnp.log(-tnp.log(uniform(k, shape, _TINY, 1.0)))


@public
def logistic(k: ArrayLike, shape: Any = ()) -> Any:
    """Numbers from the logistic distribution: log(u / (1 - u)).

    >>> import texelate as tx
    >>> logistic(tx.random.key(0), (2,)).shape
    (2,)
    """
    even = uniform(k, shape, float(np.finfo(np.float32).eps), 1.0)
    return tnp.log(even / (1.0 - even))


@public
def cauchy(k: ArrayLike, shape: Any = ()) -> Any:
    """Numbers from Cauchy's distribution of location 0 and scale 1.

    >>> import texelate as tx
    >>> cauchy(tx.random.key(0), (2,)).shape
    (2,)
    """
    even = uniform(k, shape, float(np.finfo(np.float32).eps), 1.0)
    return tnp.tan(math.pi * (even - 0.5))


@public
def orthogonal(k: ArrayLike, n: int, shape: Any = ()) -> Any:
    """Orthogonal matrices ``[*shape, n, n]``, all equally likely (Haar's measure).

    The factor Q of normal matrices with a positive diagonal of R. Source: Mezzadri,
    arXiv:math-ph/0609050.

    >>> import texelate as tx
    >>> orthogonal(tx.random.key(0), 3, (2,)).shape
    (2, 3, 3)
    """
    (size,) = shape_of(n, "orthogonal")
    q, r = tnp.linalg.qr(normal(k, (*shape_of(shape, "orthogonal"), size, size)))
    diagonal = tnp.sum(r * tnp.eye(size), -1)
    return q * tnp.where(diagonal < 0, -1.0, 1.0)[..., None, :]


__all__ = [
    "cauchy", "exponential", "gumbel", "laplace", "logistic", "normal", "orthogonal",
    "truncated_normal", "uniform",
]  # fmt: skip
