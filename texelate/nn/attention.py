"""Scaled dot-product attention, with masks, causality and grouped heads."""

from __future__ import annotations

import math
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ShapeError
from ..compiler.ir.core import Value
from ..operands import ArrayLike, as_float, value
from ..traceback import public
from .classes import softmax

_MASKED = -0.7 * 3.4028235e38  # as JAX: finite, so that a row without any key is no NaN


@public
def dot_product_attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    bias: ArrayLike | None = None,
    causal: bool = False,
    scale: float | None = None,
) -> Any:
    """softmax(query · keyᵀ · scale + bias) · value, of shape ``[B, T, N, H]``.

    ``query`` is ``[B, T, N, H]`` (batch, positions, heads, width); ``key`` and ``value`` are
    ``[B, S, K, H]``, where K divides N: each group of N / K heads shares keys and values. ``mask``
    (True where a query may look) and ``bias`` broadcast to ``[B, N, T, S]``; ``causal`` hides later
    positions. ``scale`` is 1 / sqrt(H) unless given. A query that may look nowhere gets the mean
    of all values. Raises ShapeError for shapes that do not fit.

    Source: Vaswani et al., arXiv:1706.03762; Ainslie et al., arXiv:2305.13245.

    >>> import texelate.numpy as tnp
    >>> q = tnp.ones((1, 2, 4, 8))
    >>> dot_product_attention(q, q[:, :, :2], q[:, :, :2], causal=True).shape
    (1, 2, 4, 8)
    """
    q, k, v = as_float(query), as_float(key), as_float(value)
    _check(q, k, v)
    (batch, length, heads, width), shared = q.aval.shape, k.aval.shape[2]
    grouped = tnp.reshape(q, (batch, length, shared, heads // max(shared, 1), width))
    scores = tnp.einsum("btkgh,bskh->bkgts", grouped, k)
    scores = tnp.reshape(scores, (batch, heads, length, k.aval.shape[1]))
    scores = scores * (1 / math.sqrt(width) if scale is None else scale)
    scores = scores if bias is None else scores + as_float(bias)
    weights = softmax(_hidden(scores, mask, causal))
    parted = tnp.reshape(weights, (batch, shared, heads // max(shared, 1), *weights.shape[2:]))
    out = tnp.einsum("bkgts,bskh->btkgh", parted, v)
    return tnp.reshape(out, (batch, length, heads, v.aval.shape[3]))


def _check(q: Value, k: Value, v: Value) -> None:
    a, b, c = q.aval.shape, k.aval.shape, v.aval.shape
    ranks = len(a) == len(b) == len(c) == 4
    if not ranks or a[0] != b[0] or a[3] != b[3] or b[:3] != c[:3]:
        raise ShapeError(
            f"dot_product_attention: query {q.aval}, key {k.aval}, value {v.aval}",
            why="they are [B, T, N, H], [B, S, K, H] and [B, S, K, H]",
        )
    if not b[2] or a[2] % b[2]:
        raise ShapeError(f"dot_product_attention: {a[2]} heads do not share {b[2]} keys evenly")


def _hidden(scores: Any, mask: ArrayLike | None, causal: bool) -> Any:
    """Scores so low that they get no weight, where a query may not look."""
    if mask is not None:
        scores = tnp.where(value(mask), scores, _MASKED)
    if causal:
        scores = tnp.where(tnp.tri(scores.shape[-2], scores.shape[-1], dtype=bool), scores, _MASKED)
    return scores


__all__ = ["dot_product_attention"]
