"""Functions of neural networks: activations, normalisation, losses; pure, float32, any shape."""

from __future__ import annotations

import math
from typing import Any

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import as_dtype, float32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..numpy import logsumexp, mean, multiply, reshape, rsqrt, subtract
from ..numpy import max as max_of
from ..numpy import sum as sum_of
from ..operands import ArrayLike, as_float, axis_of, broadcast_to, promoted, shape_of, value
from ..traceback import public
from .convolution import avg_pool2d as avg_pool2d
from .convolution import conv2d as conv2d
from .convolution import max_pool2d as max_pool2d

_GELU = math.sqrt(2 / math.pi)


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
def leaky_relu(x: ArrayLike, slope: float = 0.01) -> Any:
    """x where it is positive, else slope · x."""
    got = as_float(x)
    return ew.select(ew.gt(got, 0.0), got, ew.mul(got, slope))


@public
def sigmoid(x: ArrayLike) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    return ew.logistic(as_float(x))


@public
def silu(x: ArrayLike) -> Any:
    """x · sigmoid(x) (also called swish)."""
    got = as_float(x)
    return ew.mul(got, ew.logistic(got))


@public
def softplus(x: ArrayLike) -> Any:
    """log(1 + exp(x)), without overflow."""
    got = as_float(x)
    return ew.add(ew.max_(got, 0.0), ew.log1p(ew.exp(ew.neg(ew.abs_(got)))))


@public
def gelu(x: ArrayLike, approximate: bool = True) -> Any:
    """x · Φ(x); with ``approximate`` by tanh. Source: Hendrycks and Gimpel, arXiv:1606.08415."""
    got = as_float(x)
    if approximate:
        cubic = ew.mul(ew.integer_pow(got, y=3), 0.044715)
        inner = ew.tanh(ew.mul(ew.add(got, cubic), _GELU))
    else:
        inner = ew.erf(ew.mul(got, math.sqrt(0.5)))
    return ew.mul(ew.mul(got, 0.5), ew.add(inner, 1.0))


@public
def softmax(x: ArrayLike, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along ``axis``, without overflow."""
    got = as_float(x)
    place = axis_of(axis, got.aval.ndim, "softmax")
    peak = _constant(max_of(got, place, keepdims=True))
    powers = ew.exp(subtract(got, peak))
    return ew.div(powers, broadcast_to(sum_of(powers, place, keepdims=True), got.aval.shape))


def _constant(x: Value) -> Value:
    """The same values without a derivative: shifting by the maximum changes nothing."""
    return ew.bitcast(x, dtype=float32)


@public
def log_softmax(x: ArrayLike, axis: int = -1) -> Any:
    """x - log(sum(exp(x))) along ``axis``, without overflow."""
    got = as_float(x)
    place = axis_of(axis, got.aval.ndim, "log_softmax")
    shifted = subtract(got, _constant(max_of(got, place, keepdims=True)))
    total = ew.log(sum_of(ew.exp(shifted), place, keepdims=True))
    return subtract(shifted, total)


@public
def one_hot(labels: ArrayLike, num_classes: int, dtype: Any = float32) -> Any:
    """1 at each label's place on a new last axis, else 0; labels out of range give zeros."""
    got = value(labels)
    if got.aval.dtype.kind not in "iu":
        raise ArgumentError(f"one_hot: labels must be integers, got {got.aval}")
    (count,) = shape_of(num_classes, "one_hot")
    shape = (*got.aval.shape, count)
    classes = structural.iota(shape=shape, dtype=got.aval.dtype, axis=len(shape) - 1)
    spread = structural.broadcast_in_dim(got, shape=shape, dims=tuple(range(got.aval.ndim)))
    return ew.convert(ew.eq(spread, classes), dtype=as_dtype(dtype))


@public
def softmax_cross_entropy(logits: ArrayLike, labels: ArrayLike) -> Any:
    """-log softmax(logits) of the right class: f32 without the last axis.

    ``labels`` are integers of the shape without the last axis, or probabilities (one-hot) of the
    logits' shape. Raises ShapeError when neither fits.
    """
    scores, right = as_float(logits), value(labels)
    if not scores.aval.ndim:
        raise ShapeError("softmax_cross_entropy: logits of rank 0 have no classes")
    if right.aval.dtype.kind in "iu" and right.aval.shape == scores.aval.shape[:-1]:
        right = one_hot(right, scores.aval.shape[-1])
    if right.aval.shape != scores.aval.shape:
        raise ShapeError(
            f"softmax_cross_entropy: logits {scores.aval} with labels {right.aval}",
            fix="labels are class numbers without the last axis, or one-hot with it",
        )
    return ew.neg(sum_of(multiply(log_softmax(scores), as_float(right)), -1))


@public
def mse(x: ArrayLike, y: ArrayLike) -> Any:
    """The mean of squared differences, a scalar."""
    a, b = promoted("mse", x, y, at_least=float32)
    apart = ew.sub(a, b)
    return mean(ew.mul(apart, apart))


@public
def layer_norm(
    x: ArrayLike,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    axis: int = -1,
    eps: float = 1e-5,
) -> Any:
    """Zero mean and unit variance along ``axis``, then times ``weight`` plus ``bias``.

    Source: Ba, Kiros and Hinton, arXiv:1607.06450.
    """
    got = as_float(x)
    place = axis_of(axis, got.aval.ndim, "layer_norm")
    centred = subtract(got, mean(got, place, keepdims=True))
    spread = mean(ew.mul(centred, centred), place, keepdims=True)
    out = multiply(centred, rsqrt(ew.add(spread, eps)))
    out = out if weight is None else multiply(out, _along(weight, place, got))
    return out if bias is None else out + _along(bias, place, got)


def _along(x: ArrayLike, axis: int, like: Value) -> Value:
    """A vector laid along ``axis``."""
    got = as_float(x)
    if got.aval.ndim != 1:
        return got
    return reshape(got, [-1 if a == axis else 1 for a in range(like.aval.ndim)])  # type: ignore[no-any-return]


@public
def linear(x: ArrayLike, w: ArrayLike, b: ArrayLike | None = None) -> Any:
    """x @ w + b, with ``w`` of shape [in, out]."""
    out = as_float(x) @ as_float(w)  # type: ignore[operator]
    return out if b is None else out + b


__all__ = [
    "avg_pool2d", "conv2d", "gelu", "layer_norm", "leaky_relu", "linear", "log_softmax",
    "logsumexp",
    "max_pool2d", "mse", "one_hot", "relu", "sigmoid", "silu", "softmax", "softmax_cross_entropy",
    "softplus",
]  # fmt: skip
