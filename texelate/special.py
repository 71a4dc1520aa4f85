"""Special functions: those of the gamma function's family, and logarithms that are safe at 0.

>>> import texelate as tx
>>> print(round(float(tx.special.gammaln(5.0)), 4))  # log(4!)
3.1781
"""

from __future__ import annotations

import math
from typing import Any

from . import numpy as tnp
from .compiler.ir.dtypes import float32
from .compiler.ir.prims import elementwise as ew
from .numpy import erf as erf
from .numpy import erf_inv as erf_inv
from .numpy import i0 as i0
from .numpy import logsumexp as logsumexp
from .operands import ArrayLike, as_float, promoted
from .traceback import public

_SHIFT = 8
"""Stirling's series is exact to float32 from here on; smaller arguments are moved up to it."""


def _moved(x: Any) -> tuple[Any, Any]:
    """x, where it is below 8 plus 8, and which these are."""
    small = x < _SHIFT
    return tnp.where(small, x + _SHIFT, x), small


def _stirling(x: Any) -> Any:
    r = 1.0 / x
    series = r * (1 / 12 - r * r * (1 / 360 - r * r * (1 / 1260)))
    return (x - 0.5) * tnp.log(x) - x + 0.5 * math.log(2 * math.pi) + series


@public
def gammaln(x: ArrayLike, /) -> Any:
    """log |Γ(x)|; infinite at 0 and the negative whole numbers.

    Absolute error 3e-6 below 16, relative 3e-7 above. Source: Abramowitz and Stegun 6.1.41, 6.1.17.

    >>> gammaln([1.0, 2.0]).shape
    (2,)
    """
    got: Any = as_float(x)
    reflected = got < 0.5
    up, small = _moved(tnp.where(reflected, 1.0 - got, got))
    below = up - _SHIFT
    product = below
    for i in range(1, _SHIFT):
        product = product * (below + i)
    out = _stirling(up) - tnp.log(tnp.where(small, product, 1.0))
    fraction = tnp.where(reflected, got - tnp.floor(got), 0.5)  # whose sine has a logarithm
    mirrored = math.log(math.pi) - tnp.log(tnp.sin(math.pi * fraction)) - out
    return tnp.where(abs(got) == math.inf, math.inf, tnp.where(reflected, mirrored, out))


@public
def digamma(x: ArrayLike, /) -> Any:
    """The derivative of gammaln; NaN at 0 and the negative whole numbers.

    Source: Abramowitz and Stegun 6.3.18, 6.3.7.

    >>> print(round(float(digamma(1.0)), 4))  # minus Euler's constant
    -0.5772
    """
    got: Any = as_float(x)
    reflected = got < 0.5
    up, small = _moved(tnp.where(reflected, 1.0 - got, got))
    r = 1.0 / up
    square = r * r
    out = tnp.log(up) - 0.5 * r
    out = out - square * (1 / 12 - square * (1 / 120 - square * (1 / 252)))
    below = tnp.where(small, up - _SHIFT, 1.0)
    out = out - tnp.where(small, sum(1.0 / (below + i) for i in range(_SHIFT)), 0.0)
    fraction = tnp.where(reflected, got - tnp.floor(got), 0.25)
    mirrored = out - math.pi / tnp.tan(math.pi * fraction)
    return tnp.where(reflected, tnp.where(fraction == 0, math.nan, mirrored), out)


@public
def betaln(a: ArrayLike, b: ArrayLike, /) -> Any:
    """log of the beta function Γ(a) Γ(b) / Γ(a + b), for positive a and b.

    >>> print(round(float(betaln(1.0, 2.0)), 4))
    -0.6931
    """
    x, y = promoted("betaln", a, b, at_least=float32)
    return gammaln(x) + gammaln(y) - gammaln(tnp.add(x, y))


@public
def xlogy(x: ArrayLike, y: ArrayLike, /) -> Any:
    """x · log(y), and 0 where x is 0.

    >>> print(xlogy([0.0, 2.0], [0.0, 1.0]))
    [0. 0.]
    """
    a, b = tnp.broadcast_arrays(*promoted("xlogy", x, y, at_least=float32))
    zero = ew.eq(a, 0.0)
    return tnp.where(zero, 0.0, a * tnp.log(tnp.where(zero, 1.0, b)))


@public
def xlog1py(x: ArrayLike, y: ArrayLike, /) -> Any:
    """x · log(1 + y), and 0 where x is 0.

    >>> print(xlog1py(0.0, -1.0))
    0.0
    """
    a, b = tnp.broadcast_arrays(*promoted("xlog1py", x, y, at_least=float32))
    zero = ew.eq(a, 0.0)
    return tnp.where(zero, 0.0, a * tnp.log1p(tnp.where(zero, 0.0, b)))


@public
def entr(x: ArrayLike, /) -> Any:
    """-x · log(x), 0 at 0, and -inf below.

    >>> print(round(float(entr(0.5)), 4))
    0.3466
    """
    got: Any = as_float(x)
    return tnp.where(got < 0, -math.inf, -xlogy(got, got))


@public
def expit(x: ArrayLike, /) -> Any:
    """1 / (1 + exp(-x)): ``nn.functional.sigmoid``.

    >>> print(expit(0.0))
    0.5
    """
    return ew.logistic(as_float(x))


@public
def logit(x: ArrayLike, /) -> Any:
    """log(x / (1 - x)), the inverse of expit.

    >>> print(logit(0.5))
    0.0
    """
    got: Any = as_float(x)
    return tnp.log(got) - tnp.log1p(-got)


__all__ = [
    "betaln", "digamma", "entr", "erf", "erf_inv", "expit", "gammaln", "i0", "logit", "logsumexp",
    "xlog1py", "xlogy",
]  # fmt: skip
