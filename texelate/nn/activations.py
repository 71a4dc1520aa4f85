"""Activations: elementwise functions of neural networks, in float32.

Where a function has a kink, its derivative there is that of the piece on the left.
"""

from __future__ import annotations

import math
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ShapeError
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, axis_of
from ..traceback import public

_GELU = math.sqrt(2 / math.pi)
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@public
def relu(x: ArrayLike) -> Any:
    """x where it is positive, else 0; the derivative at 0 is 0.

    >>> import texelate.numpy as tnp
    >>> relu(tnp.asarray([-1.0, 2.0]))
    Array([0., 2.], dtype=float32)
    """
    got = as_float(x)
    return ew.select(ew.le(got, 0.0), 0.0, got)


@public
def relu6(x: ArrayLike) -> Any:
    """x between 0 and 6, else the nearer of the two.

    >>> relu6([-1.0, 2.0, 8.0])
    Array([0., 2., 6.], dtype=float32)
    """
    return _between(as_float(x), 0.0, 6.0)


def _between(x: Any, low: float, high: float) -> Any:
    """``x`` clipped, with derivative 0 from ``low`` down and above ``high``; NaN stays NaN."""
    return tnp.where(x <= low, low, tnp.where(x > high, high, x))


@public
def thresholded_relu(x: ArrayLike, threshold: float = 1.0) -> Any:
    """x where it is above ``threshold``, else 0. Source: Konda et al., arXiv:1402.3337.

    >>> thresholded_relu([0.5, 2.0])
    Array([0., 2.], dtype=float32)
    """
    got: Any = as_float(x)
    return tnp.where(got <= threshold, 0.0, got)


@public
def leaky_relu(x: ArrayLike, slope: float = 0.01) -> Any:
    """x where it is positive, else slope · x.

    >>> leaky_relu([-2.0, 2.0], 0.5)
    Array([-1.,  2.], dtype=float32)
    """
    got: Any = as_float(x)
    return tnp.where(got > 0, got, got * slope)


@public
def prelu(x: ArrayLike, slope: ArrayLike) -> Any:
    """``leaky_relu`` with learned slopes, which broadcast against ``x``.

    Raises ShapeError when they do not. Source: He et al., arXiv:1502.01852.

    >>> prelu([[-2.0, -2.0]], [0.5, 0.25])
    Array([[-1. , -0.5]], dtype=float32)
    """
    got: Any = as_float(x)
    return tnp.where(got > 0, got, got * as_float(slope))


@public
def elu(x: ArrayLike, alpha: float = 1.0) -> Any:
    """x where it is positive, else alpha · (exp(x) - 1). Source: arXiv:1511.07289.

    >>> elu([0.0, 2.0])
    Array([0., 2.], dtype=float32)
    """
    got: Any = as_float(x)
    below = tnp.where(got > 0, 0.0, got)  # exp of large numbers would spoil the derivative
    return tnp.where(got > 0, got, alpha * tnp.expm1(below))


@public
def selu(x: ArrayLike) -> Any:
    """``elu`` scaled so that layers keep zero mean and unit variance. Source: arXiv:1706.02515.

    >>> selu([1.0])
    Array([1.050701], dtype=float32)
    """
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


@public
def celu(x: ArrayLike, alpha: float = 1.0) -> Any:
    """x where it is positive, else alpha · (exp(x / alpha) - 1). Source: arXiv:1704.07483.

    >>> celu([0.0, 3.0], alpha=2.0)
    Array([0., 3.], dtype=float32)
    """
    got: Any = as_float(x)
    below = tnp.where(got > 0, 0.0, got)
    return tnp.where(got > 0, got, alpha * tnp.expm1(below / alpha))


@public
def sigmoid(x: ArrayLike) -> Any:
    """1 / (1 + exp(-x)), without overflow.

    >>> sigmoid([-1000.0, 0.0])
    Array([0. , 0.5], dtype=float32)
    """
    return ew.logistic(as_float(x))


@public
def log_sigmoid(x: ArrayLike) -> Any:
    """log(sigmoid(x)), without overflow.

    >>> log_sigmoid([-1000.0])
    Array([-1000.], dtype=float32)
    """
    return ew.neg(softplus(ew.neg(as_float(x))))


@public
def hard_sigmoid(x: ArrayLike, slope: float = 1 / 6) -> Any:
    """slope · x + 1/2, clipped to [0, 1]. PyTorch's and JAX's slope is 1/6, Keras 2 has 1/5.

    >>> hard_sigmoid([-9.0, 0.0, 9.0])
    Array([0. , 0.5, 1. ], dtype=float32)
    """
    got: Any = as_float(x)
    return _between(got * slope + 0.5, 0.0, 1.0)


@public
def silu(x: ArrayLike) -> Any:
    """x · sigmoid(x) (also called swish). Source: arXiv:1702.03118.

    >>> silu([0.0, 1000.0])
    Array([   0., 1000.], dtype=float32)
    """
    got = as_float(x)
    return ew.mul(got, ew.logistic(got))


swish = silu


@public
def hard_silu(x: ArrayLike) -> Any:
    """x · hard_sigmoid(x) (also called hard_swish). Source: arXiv:1905.02244.

    >>> hard_silu([-3.0, 3.0])
    Array([-0.,  3.], dtype=float32)
    """
    got: Any = as_float(x)
    return got * hard_sigmoid(got)


hard_swish = hard_silu


@public
def mish(x: ArrayLike) -> Any:
    """x · tanh(softplus(x)). Source: arXiv:1908.08681.

    >>> mish([0.0, 1000.0])
    Array([   0., 1000.], dtype=float32)
    """
    got: Any = as_float(x)
    return got * tnp.tanh(softplus(got))


@public
def softplus(x: ArrayLike) -> Any:
    """log(1 + exp(x)), without overflow.

    >>> softplus([-1000.0, 1000.0])
    Array([   0., 1000.], dtype=float32)
    """
    got = as_float(x)
    return ew.add(ew.max_(got, 0.0), ew.log1p(ew.exp(ew.neg(ew.abs_(got)))))


@public
def softsign(x: ArrayLike) -> Any:
    """x / (1 + |x|).

    >>> softsign([-1.0, 3.0])
    Array([-0.5 ,  0.75], dtype=float32)
    """
    got: Any = as_float(x)
    return got / (1.0 + abs(got))


@public
def hard_tanh(x: ArrayLike) -> Any:
    """x clipped to [-1, 1].

    >>> hard_tanh([-2.0, 0.5, 2.0])
    Array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return _between(as_float(x), -1.0, 1.0)


@public
def gelu(x: ArrayLike, approximate: bool = True) -> Any:
    """x · Φ(x); with ``approximate`` by tanh. Source: Hendrycks and Gimpel, arXiv:1606.08415.

    >>> gelu([0.0, 100.0])
    Array([  0., 100.], dtype=float32)
    """
    got = as_float(x)
    if approximate:
        cubic = ew.mul(ew.integer_pow(got, y=3), 0.044715)
        inner = ew.tanh(ew.mul(ew.add(got, cubic), _GELU))
    else:
        inner = ew.erf(ew.mul(got, math.sqrt(0.5)))
    return ew.mul(ew.mul(got, 0.5), ew.add(inner, 1.0))


@public
def glu(x: ArrayLike, axis: int = -1) -> Any:
    """The first half of ``axis`` times the sigmoid of the second. Source: arXiv:1612.08083.

    Raises ShapeError when the extent is odd.

    >>> glu([[2.0, 0.0]])
    Array([[1.]], dtype=float32)
    """
    got = as_float(x)
    place = axis_of(axis, got.aval.ndim, "glu")
    if got.aval.shape[place] % 2:
        raise ShapeError(f"glu: axis {axis} of {got.aval} has no two halves")
    first, second = tnp.split(got, 2, place)
    return first * sigmoid(second)


@public
def hard_shrink(x: ArrayLike, threshold: float = 0.5) -> Any:
    """x where it is farther from 0 than ``threshold``, else 0.

    >>> hard_shrink([-2.0, 0.3])
    Array([-2.,  0.], dtype=float32)
    """
    got: Any = as_float(x)
    return tnp.where(abs(got) <= threshold, 0.0, got)


@public
def soft_shrink(x: ArrayLike, threshold: float = 0.5) -> Any:
    """x moved by ``threshold`` towards 0, and 0 where it would pass it.

    >>> soft_shrink([-2.0, 0.3])
    Array([-1.5,  0. ], dtype=float32)
    """
    got: Any = as_float(x)
    moved = tnp.where(got > 0, got - threshold, got + threshold)
    return tnp.where(abs(got) <= threshold, 0.0, moved)


@public
def tanh_shrink(x: ArrayLike) -> Any:
    """x - tanh(x).

    >>> tanh_shrink([0.0])
    Array([0.], dtype=float32)
    """
    got: Any = as_float(x)
    return got - tnp.tanh(got)


@public
def squareplus(x: ArrayLike, b: float = 4.0) -> Any:
    """(x + sqrt(x² + b)) / 2: a softplus of algebra alone. Source: Barron, arXiv:2112.11687.

    >>> squareplus([0.0])
    Array([1.], dtype=float32)
    """
    got: Any = as_float(x)
    return (got + tnp.sqrt(got * got + b)) * 0.5


@public
def sparse_plus(x: ArrayLike) -> Any:
    """0 up to -1, x from 1 on, (x + 1)² / 4 between. Source: arXiv:2309.03409, as in JAX.

    >>> sparse_plus([-2.0, 0.0, 2.0])
    Array([0.  , 0.25, 2.  ], dtype=float32)
    """
    got: Any = as_float(x)
    return tnp.where(got <= -1, 0.0, tnp.where(got >= 1, got, (got + 1) ** 2 * 0.25))


@public
def sparse_sigmoid(x: ArrayLike) -> Any:
    """(x + 1) / 2, clipped to [0, 1]: the derivative of sparse_plus.

    >>> sparse_sigmoid([-2.0, 0.0, 2.0])
    Array([0. , 0.5, 1. ], dtype=float32)
    """
    got: Any = as_float(x)
    return _between(got * 0.5 + 0.5, 0.0, 1.0)


@public
def log1mexp(x: ArrayLike) -> Any:
    """log(1 - exp(-x)) for x > 0, exact near 0 and far away. Source: Maechler, 2012.

    >>> print(round(float(log1mexp(1e-10)), 4))  # log(1e-10)
    -23.0259
    """
    got: Any = as_float(x)
    near = got < math.log(2)
    low, high = tnp.where(near, got, 0.5), tnp.where(near, 1.0, got)
    return tnp.where(near, tnp.log(-tnp.expm1(-low)), tnp.log1p(-tnp.exp(-high)))


@public
def rrelu(k: ArrayLike | None, x: ArrayLike, lower: float = 1 / 8, upper: float = 1 / 3) -> Any:
    """``leaky_relu`` with a random slope for each element; without a key, with the mean slope.

    Source: Xu et al., arXiv:1505.00853.

    >>> rrelu(None, [-2.0, 2.0], 0.0, 1.0)
    Array([-1.,  2.], dtype=float32)
    """
    from ..random import uniform

    got: Any = as_float(x)
    slope = (lower + upper) / 2 if k is None else uniform(k, got.shape, lower, upper)
    return tnp.where(got > 0, got, got * slope)


__all__ = [
    "celu", "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "log1mexp", "log_sigmoid", "mish", "prelu", "relu", "relu6", "rrelu",
    "selu", "sigmoid", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus",
    "sparse_sigmoid", "squareplus", "swish", "tanh_shrink", "thresholded_relu",
]  # fmt: skip
