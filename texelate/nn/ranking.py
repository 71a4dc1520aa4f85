"""Losses of margins, rankings and distances; reductions and weights as in ``losses``."""

from __future__ import annotations

import math
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import float32
from ..operands import ArrayLike, as_float, in_float32, promoted, value
from ..traceback import public
from .activations import log_sigmoid, softplus
from .classes import one_hot
from .distances import cosine_similarity, pairwise_distance
from .losses import Weights, reduced


def _floats(name: str, *xs: ArrayLike) -> list[Any]:
    return tnp.broadcast_arrays(*promoted(name, *xs, at_least=float32))


@public
@in_float32
def smooth_l1(
    x: ArrayLike,
    y: ArrayLike,
    beta: float = 1.0,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """Squares over 2 · ``beta`` up to ``beta``, distances from there: huber(beta) / beta.

    >>> smooth_l1([0.5, 3.0], [0.0, 0.0], reduction="none")
    Array([0.125, 2.5  ], dtype=float32)
    """
    a, b = _floats("smooth_l1", x, y)
    apart = abs(a - b)
    if beta == 0:
        return reduced(apart, reduction, weights)
    near = tnp.minimum(apart, beta)
    return reduced(near * (apart - 0.5 * near) / beta, reduction, weights)


@public
@in_float32
def nll(
    log_probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    class_weights: ArrayLike | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
) -> Any:
    """-log of the right class's probability, from logs ``[..., C]`` and integer labels ``[...]``.

    ``class_weights`` [C] multiply the losses of their class; the mean divides by their sum, as in
    PyTorch. Examples with the label ``ignore_index`` do not count.

    >>> nll([[-1.0, -3.0], [-2.0, -5.0]], [0, 1])
    Array(3., dtype=float32)
    """
    logs, right = as_float(log_probabilities), value(labels)
    if right.aval.dtype.kind not in "iu" or right.aval.shape != logs.aval.shape[:-1]:
        raise ShapeError(f"nll: logs {logs.aval} with labels {right.aval}")
    chosen = one_hot(right, logs.aval.shape[-1])
    scale = tnp.sum(chosen * (1.0 if class_weights is None else as_float(class_weights)), -1)
    if ignore_index is not None:
        scale = tnp.where(tnp.equal(right, ignore_index), 0.0, scale)
    losses = -tnp.sum(tnp.where(chosen > 0, logs, 0.0), -1) * scale
    if reduction != "mean":
        return reduced(losses, reduction)
    return tnp.sum(losses) / tnp.sum(scale)


@public
@in_float32
def gaussian_nll(
    means: ArrayLike,
    y: ArrayLike,
    variances: ArrayLike,
    *,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """-log of the normal density of ``y``; ``full`` adds the constant log(2π) / 2.

    >>> gaussian_nll([0.0], [2.0], [1.0])
    Array(2., dtype=float32)
    """
    mean, target, variance = _floats("gaussian_nll", means, y, variances)
    spread = tnp.maximum(variance, eps)
    losses = 0.5 * (tnp.log(spread) + tnp.square(mean - target) / spread)
    return reduced(losses + 0.5 * math.log(2 * math.pi) * full, reduction, weights)


@public
@in_float32
def hinge_embedding(
    x: ArrayLike,
    labels: ArrayLike,
    margin: float = 1.0,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """Distances x of pairs labelled 1, and what ``margin`` is above those of pairs labelled -1.

    >>> hinge_embedding([0.25, 0.25], [1, -1], reduction="none")
    Array([0.25, 0.75], dtype=float32)
    """
    got, label = _floats("hinge_embedding", x, labels)
    losses = tnp.where(label > 0, got, tnp.maximum(margin - got, 0.0))
    return reduced(losses, reduction, weights)


@public
@in_float32
def cosine_embedding(
    x: ArrayLike,
    y: ArrayLike,
    labels: ArrayLike,
    margin: float = 0.0,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """1 - cosine of vector pairs ``[..., D]`` labelled 1; of those labelled -1, cosine over margin.

    >>> cosine_embedding([[1.0, 0.0]], [[1.0, 0.0]], [-1])
    Array(1., dtype=float32)
    """
    cosine: Any = cosine_similarity(x, y)
    label: Any = as_float(labels)
    losses = tnp.where(label > 0, 1.0 - cosine, tnp.maximum(cosine - margin, 0.0))
    return reduced(losses, reduction, weights)


@public
@in_float32
def margin_ranking(
    x: ArrayLike,
    y: ArrayLike,
    labels: ArrayLike,
    margin: float = 0.0,
    *,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """max(0, margin - label · (x - y)): for label 1, x should be the larger one.

    >>> margin_ranking([1.0], [3.0], [1])
    Array(2., dtype=float32)
    """
    a, b, label = _floats("margin_ranking", x, y, labels)
    return reduced(tnp.maximum(margin - label * (a - b), 0.0), reduction, weights)


@public
@in_float32
def triplet_margin(
    anchor: ArrayLike,
    positive: ArrayLike,
    negative: ArrayLike,
    margin: float = 1.0,
    *,
    p: float = 2.0,
    swap: bool = False,
    distance: Any = None,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) over the last axis.

    ``distance`` is a function of two arrays, by default the distance of norm ``p``. ``swap`` takes
    the smaller of the negative's distances from both. Source: Balntas et al., BMVC 2016.

    >>> triplet_margin([[0.0]], [[1.0]], [[3.0]], 3.0, p=1.0)
    Array(1., dtype=float32)
    """
    apart = distance or (lambda a, b: pairwise_distance(a, b, p))
    far = apart(anchor, negative)
    if swap:
        far = tnp.minimum(far, apart(positive, negative))
    return reduced(tnp.maximum(apart(anchor, positive) - far + margin, 0.0), reduction, weights)


@public
@in_float32
def soft_margin(
    scores: ArrayLike, labels: ArrayLike, *, reduction: str = "mean", weights: Weights = None
) -> Any:
    """log(1 + exp(-label · score)), for labels -1 and 1.

    >>> soft_margin([0.0], [1])
    Array(0.6931472, dtype=float32)
    """
    score, label = _floats("soft_margin", scores, labels)
    return reduced(softplus(-label * score), reduction, weights)


@public
@in_float32
def multilabel_soft_margin(
    scores: ArrayLike, labels: ArrayLike, *, reduction: str = "mean", weights: Weights = None
) -> Any:
    """The mean over classes (the last axis) of sigmoid cross-entropy with labels 0 and 1.

    >>> multilabel_soft_margin([[0.0, 0.0]], [[1, 0]])
    Array(0.6931472, dtype=float32)
    """
    score, label = _floats("multilabel_soft_margin", scores, labels)
    each = -(label * log_sigmoid(score) + (1.0 - label) * log_sigmoid(-score))
    return reduced(tnp.mean(each, -1), reduction, weights)


@public
@in_float32
def multi_margin(
    scores: ArrayLike,
    labels: ArrayLike,
    p: int = 1,
    margin: float = 1.0,
    *,
    class_weights: ArrayLike | None = None,
    reduction: str = "mean",
    weights: Weights = None,
) -> Any:
    """The sum over wrong classes of max(0, margin - right score + score)^p, divided by their count.

    ``scores`` [..., C] with integer ``labels`` [...]. Raises ArgumentError unless p is 1 or 2.

    >>> multi_margin([[2.0, 1.5]], [0])
    Array(0.25, dtype=float32)
    """
    if p not in (1, 2):
        raise ArgumentError(f"multi_margin: p={p} is neither 1 nor 2")
    got: Any = as_float(scores)
    right = one_hot(labels, got.shape[-1])
    best = tnp.sum(right * got, -1, keepdims=True)
    over = tnp.maximum(margin - best + got, 0.0) ** p * (1.0 - right)
    if class_weights is not None:
        over = over * tnp.sum(right * as_float(class_weights), -1, keepdims=True)
    return reduced(tnp.sum(over, -1) / got.shape[-1], reduction, weights)


@public
@in_float32
def multilabel_margin(
    scores: ArrayLike, labels: ArrayLike, *, reduction: str = "mean", weights: Weights = None
) -> Any:
    """Sums of max(0, 1 - right score + wrong score) over all such pairs, divided by the classes.

    ``labels`` [..., C] is 1 for right classes and 0 for wrong ones.

    >>> multilabel_margin([[0.0, 0.5]], [[0, 1]])
    Array(0.25, dtype=float32)
    """
    got, right = _floats("multilabel_margin", scores, labels)
    apart = tnp.maximum(1.0 - got[..., :, None] + got[..., None, :], 0.0)
    pairs = right[..., :, None] * (1.0 - right[..., None, :])
    return reduced(tnp.sum(apart * pairs, (-2, -1)) / got.shape[-1], reduction, weights)


__all__ = [
    "cosine_embedding", "gaussian_nll", "hinge_embedding", "margin_ranking", "multi_margin",
    "multilabel_margin", "multilabel_soft_margin", "nll", "smooth_l1", "soft_margin",
    "triplet_margin",
]  # fmt: skip
