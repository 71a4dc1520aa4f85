"""Losses: predictions first, then what they should be.

Every loss takes ``reduction``: "mean" (default), "sum", or "none" (one number for each element or
example); and ``weights``, which broadcast to those numbers and multiply them. The mean divides by
the count of weights that are not 0.
"""

from __future__ import annotations

import math
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import float32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, broadcast_to, in_float32, promoted, value
from ..traceback import public
from .activations import log_sigmoid, sigmoid, softplus
from .classes import log_softmax, one_hot
from .normalization import l2_normalize

Weights = ArrayLike | None


def reduced(losses: Any, reduction: str, weights: Weights = None) -> Any:
    """The mean, the sum, or all of weighted losses. ArgumentError for another reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ArgumentError(f"reduction {reduction!r}", fix='"mean", "sum" or "none"')
    if weights is None:
        return {"mean": tnp.mean, "sum": tnp.sum}.get(reduction, lambda x: x)(losses)
    scale = tnp.broadcast_to(as_float(weights), losses.shape)
    weighted = losses * scale
    if reduction == "none":
        return weighted
    total = tnp.sum(weighted)
    return total if reduction == "sum" else total / tnp.maximum(tnp.count_nonzero(scale), 1)


def _pair(name: str, x: ArrayLike, y: ArrayLike) -> tuple[Any, Any]:
    """Both as float32 in their common shape."""
    a, b = promoted(name, x, y, at_least=float32)
    shape = a.aval.shape or b.aval.shape
    return broadcast_to(a, shape), broadcast_to(b, shape)


# --- regression ----------------------------------------------------------------------------------


@public
@in_float32
def mse(x: ArrayLike, y: ArrayLike, *, reduction: str = "mean", weights: Weights = None) -> Any:
    """Squared differences.

    >>> mse([1.0, 2.0], [1.0, 4.0])
    Array(2., dtype=float32)
    """
    a, b = _pair("mse", x, y)
    return reduced(tnp.square(a - b), reduction, weights)


@public
@in_float32
def mae(x: ArrayLike, y: ArrayLike, *, reduction: str = "mean", weights: Weights = None) -> Any:
    """Absolute differences.

    >>> mae([1.0, 2.0], [1.0, 4.0])
    Array(1., dtype=float32)
    """
    a, b = _pair("mae", x, y)
    return reduced(abs(a - b), reduction, weights)


@public
@in_float32
def mape(x: ArrayLike, y: ArrayLike, *, reduction: str = "mean", weights: Weights = None) -> Any:
    """Absolute differences as percentages of ``y`` (of 1e-7 where it is smaller).

    >>> mape([3.0], [4.0])
    Array(25., dtype=float32)
    """
    a, b = _pair("mape", x, y)
    return reduced(100.0 * abs(a - b) / tnp.maximum(abs(b), 1e-7), reduction, weights)


@public
@in_float32
def msle(x: ArrayLike, y: ArrayLike, *, reduction: str = "mean", weights: Weights = None) -> Any:
    """Squared differences of log(1 + x), with negative numbers taken as 0.

    >>> msle([0.0], [0.0])
    Array(0., dtype=float32)
    """
    a, b = _pair("msle", x, y)
    apart = tnp.log1p(tnp.maximum(a, 0.0)) - tnp.log1p(tnp.maximum(b, 0.0))
    return reduced(tnp.square(apart), reduction, weights)


@public
@in_float32
def huber(
    x: ArrayLike,
    y: ArrayLike,
    delta: float = 1.0,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """Half of squared differences up to ``delta``, growing linearly from there.

    >>> huber([0.5, 3.0], [0.0, 0.0], reduction="none")
    Array([0.125, 2.5  ], dtype=float32)
    """
    a, b = _pair("huber", x, y)
    apart = abs(a - b)
    near = tnp.minimum(apart, delta)
    return reduced(near * (apart - 0.5 * near), reduction, weights)


@public
@in_float32
def log_cosh(
    x: ArrayLike, y: ArrayLike, *, reduction: str = "mean", weights: Weights = None
) -> Any:
    """log(cosh(x - y)), without overflow.

    >>> log_cosh([1.0], [1.0])
    Array(0., dtype=float32)
    """
    a, b = _pair("log_cosh", x, y)
    apart = a - b
    return reduced(apart + softplus(-2.0 * apart) - math.log(2), reduction, weights)


@public
@in_float32
def poisson_nll(
    rates: ArrayLike,
    counts: ArrayLike,
    eps: float = 1e-7,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """-log of the Poisson probability of counts, without the term of the counts alone.

    >>> poisson_nll([1.0], [5.0], eps=0.0)
    Array(1., dtype=float32)
    """
    rate, count = _pair("poisson_nll", rates, counts)
    return reduced(rate - count * tnp.log(rate + eps), reduction, weights)


@public
@in_float32
def cosine_distance(
    x: ArrayLike,
    y: ArrayLike,
    axis: int = -1,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """1 - cosine of the angle between vectors along ``axis``.

    >>> cosine_distance([[3.0, 0.0]], [[0.0, 2.0]])
    Array(1., dtype=float32)
    """
    a, b = _pair("cosine_distance", x, y)
    cosine = tnp.sum(l2_normalize(a, axis) * l2_normalize(b, axis), axis)
    return reduced(1.0 - cosine, reduction, weights)


# --- margins -------------------------------------------------------------------------------------


@public
@in_float32
def hinge(
    scores: ArrayLike, labels: ArrayLike, *, reduction: str = "mean", weights: Weights = None
) -> Any:
    """max(0, 1 - label · score), for labels -1 and 1.

    >>> hinge([0.5, -2.0], [1, -1], reduction="none")
    Array([0.5, 0. ], dtype=float32)
    """
    score, label = _pair("hinge", scores, labels)
    return reduced(tnp.maximum(1.0 - label * score, 0.0), reduction, weights)


@public
@in_float32
def squared_hinge(
    scores: ArrayLike, labels: ArrayLike, *, reduction: str = "mean", weights: Weights = None
) -> Any:
    """The square of hinge.

    >>> squared_hinge([0.5], [1])
    Array(0.25, dtype=float32)
    """
    return reduced(tnp.square(hinge(scores, labels, reduction="none")), reduction, weights)


@public
@in_float32
def categorical_hinge(
    scores: ArrayLike, labels: ArrayLike, *, reduction: str = "mean", weights: Weights = None
) -> Any:
    """max(0, 1 + best wrong score - right score); labels as in softmax_cross_entropy.

    >>> categorical_hinge([[2.0, 1.5]], [0])
    Array(0.5, dtype=float32)
    """
    score, right = _classes("categorical_hinge", scores, labels)
    wrong = tnp.max((1.0 - right) * score, -1)
    return reduced(tnp.maximum(1.0 + wrong - tnp.sum(right * score, -1), 0.0), reduction, weights)


# --- classes -------------------------------------------------------------------------------------


def _classes(name: str, scores: ArrayLike, labels: ArrayLike) -> tuple[Any, Any]:
    """Scores, and labels as probabilities of their shape."""
    got: Value = as_float(scores)
    right = value(labels)
    if not got.aval.ndim:
        raise ShapeError(f"{name}: scores of rank 0 have no classes")
    if right.aval.dtype.kind in "iu" and right.aval.shape == got.aval.shape[:-1]:
        right = one_hot(right, got.aval.shape[-1])
    if right.aval.shape != got.aval.shape:
        raise ShapeError(
            f"{name}: scores {got.aval} with labels {right.aval}",
            fix="labels are class numbers without the last axis, or one-hot with it",
        )
    return got, as_float(right)


def _smoothed(labels: Any, smoothing: float, classes: int) -> Any:
    """Labels moved towards the uniform distribution. Source: arXiv:1512.00567."""
    return labels * (1.0 - smoothing) + smoothing / classes if smoothing else labels


@public
@in_float32
def softmax_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """-log softmax(logits) of the right class, for each example without the last axis.

    ``labels`` are integers of the shape without the last axis, or probabilities (one-hot) of the
    logits' shape. Raises ShapeError when neither fits.

    >>> softmax_cross_entropy([[1000.0, 0.0]], [1])
    Array(1000., dtype=float32)
    """
    scores, right = _classes("softmax_cross_entropy", logits, labels)
    right = _smoothed(right, label_smoothing, max(scores.shape[-1], 1))
    return reduced(-tnp.sum(log_softmax(scores) * right, -1), reduction, weights)


@public
@in_float32
def cross_entropy(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    eps: float = 1e-7,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """-log of the right class's probability; labels as in softmax_cross_entropy.

    Probabilities are clipped to [eps, 1 - eps]. With logits at hand softmax_cross_entropy is more
    exact.

    >>> cross_entropy([[0.5, 0.5]], [0])
    Array(0.6931472, dtype=float32)
    """
    got, right = _classes("cross_entropy", probabilities, labels)
    right = _smoothed(right, label_smoothing, max(got.shape[-1], 1))
    logs = tnp.log(tnp.clip(got, eps, 1.0 - eps))
    return reduced(-tnp.sum(logs * right, -1), reduction, weights)


@public
@in_float32
def sigmoid_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """Binary cross-entropy of sigmoid(logits) with labels between 0 and 1, elementwise.

    >>> sigmoid_cross_entropy([0.0, 1000.0], [1.0, 1.0], reduction="none")
    Array([0.6931472, 0.       ], dtype=float32)
    """
    score, label = _pair("sigmoid_cross_entropy", logits, labels)
    label = _smoothed(label, label_smoothing, 2)
    return reduced(_binary(score, label), reduction, weights)


def _binary(score: Any, label: Any) -> Any:
    return -(label * log_sigmoid(score) + (1.0 - label) * log_sigmoid(-score))


@public
@in_float32
def binary_cross_entropy(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    eps: float = 1e-7,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """-label · log(p) - (1 - label) · log(1 - p), with p clipped to [eps, 1 - eps].

    >>> binary_cross_entropy([0.5], [1.0])
    Array(0.6931472, dtype=float32)
    """
    p, label = _pair("binary_cross_entropy", probabilities, labels)
    label, p = _smoothed(label, label_smoothing, 2), tnp.clip(p, eps, 1.0 - eps)
    losses = -(label * tnp.log(p) + (1.0 - label) * tnp.log1p(-p))
    return reduced(losses, reduction, weights)


@public
@in_float32
def sigmoid_focal_loss(
    logits: ArrayLike,
    labels: ArrayLike,
    alpha: float | None = None,
    gamma: float = 2.0,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """Binary cross-entropy times (1 - p of the right answer)^gamma, times ``alpha`` for label 1.

    Source: Lin et al., arXiv:1708.02002.

    >>> sigmoid_focal_loss([0.0], [1.0], gamma=1.0)
    Array(0.3465736, dtype=float32)
    """
    score, label = _pair("sigmoid_focal_loss", logits, labels)
    p = sigmoid(score)
    wrong = label * (1.0 - p) + (1.0 - label) * p
    losses = _binary(score, label) * tnp.power(wrong, gamma)
    if alpha is not None:
        losses = losses * (label * alpha + (1.0 - label) * (1.0 - alpha))
    return reduced(losses, reduction, weights)


@public
@in_float32
def kl_divergence(
    log_q: ArrayLike,
    p: ArrayLike,
    axis: int = -1,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """Kullback and Leibler's divergence of p from q, sum of p · (log p - log q) along ``axis``.

    Where p is 0 it adds nothing.

    >>> kl_divergence([[-1.0, -1.0]], [[1.0, 0.0]])
    Array(1., dtype=float32)
    """
    logs, chance = _pair("kl_divergence", log_q, p)
    own = ew.log(tnp.where(chance > 0, chance, 1.0))
    return reduced(tnp.sum(chance * (own - logs), axis), reduction, weights)


__all__ = [
    "binary_cross_entropy", "categorical_hinge", "cosine_distance", "cross_entropy", "hinge",
    "huber", "kl_divergence", "log_cosh", "mae", "mape", "mse", "msle", "poisson_nll",
    "sigmoid_cross_entropy", "sigmoid_focal_loss", "softmax_cross_entropy", "squared_hinge",
]  # fmt: skip
