"""Noise for training, from explicit keys (``texelate.random``)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import numpy as tnp
from .. import random
from ..compiler.errors import ArgumentError
from ..operands import ArrayLike, as_float
from ..traceback import public


@public
def dropout(
    key: ArrayLike, x: ArrayLike, rate: float = 0.5, shared_axes: Sequence[int] = ()
) -> Any:
    """x with each element set to 0 at probability ``rate``, and the others over 1 - rate.

    Along ``shared_axes`` all elements share their fate (spatial dropout). Raises ArgumentError for
    a rate outside [0, 1). Source: Srivastava et al., JMLR 2014.

    >>> import texelate as tx
    >>> dropout(tx.random.key(0), tx.numpy.ones(4), 0.25)
    Array([0.       , 0.       , 1.3333334, 1.3333334], dtype=float32)
    """
    got: Any = as_float(x)
    _check_rate("dropout", rate)
    axes = {a % got.aval.ndim for a in shared_axes}
    shape = tuple(1 if a in axes else n for a, n in enumerate(got.shape))
    kept = random.bernoulli(key, 1.0 - rate, shape)
    return tnp.where(kept, got / (1.0 - rate), 0.0)


def _check_rate(name: str, rate: float) -> None:
    if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
        raise ArgumentError(f"{name}: rate {rate!r} is not in [0, 1)")


@public
def alpha_dropout(key: ArrayLike, x: ArrayLike, rate: float = 0.5) -> Any:
    """Dropout that keeps the mean and the variance of ``selu``. Source: arXiv:1706.02515.

    >>> import texelate as tx
    >>> alpha_dropout(tx.random.key(0), tx.numpy.ones(4), 0.0)
    Array([1., 1., 1., 1.], dtype=float32)
    """
    got: Any = as_float(x)
    _check_rate("alpha_dropout", rate)
    low = -1.7580993408473766
    scale = 1 / math.sqrt((1 - rate) * (1 + rate * low**2))
    kept = random.bernoulli(key, 1.0 - rate, got.shape)
    return tnp.where(kept, got, low) * scale - scale * low * rate


@public
def gaussian_dropout(key: ArrayLike, x: ArrayLike, rate: float = 0.5) -> Any:
    """x times normal noise of mean 1 and variance rate / (1 - rate), as dropout's.

    >>> import texelate as tx
    >>> gaussian_dropout(tx.random.key(0), tx.numpy.ones(2), 0.0)
    Array([1., 1.], dtype=float32)
    """
    got: Any = as_float(x)
    _check_rate("gaussian_dropout", rate)
    deviation = math.sqrt(rate / (1 - rate))
    return got * (1.0 + deviation * random.normal(key, got.shape))


__all__ = ["alpha_dropout", "dropout", "gaussian_dropout"]
