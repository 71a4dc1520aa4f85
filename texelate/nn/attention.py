"""Scaled dot-product attention, with masks, causality and grouped heads."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.prims import attention as prims
from ..custom import custom_vjp
from ..operands import ArrayLike, as_float, in_float32, operand, value
from ..traceback import public

_MASKED = -0.7 * 3.4028235e38  # as JAX: finite, so that a row without any key is no NaN


@public
@in_float32
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
    positions. ``scale`` is 1 / sqrt(H) unless given. A query that ``mask`` lets look nowhere gets
    the mean of the values. Scores are never stored, whatever T and S are: a running softmax goes
    over the keys, and reverse mode computes the weights again. Raises ShapeError for shapes that
    do not fit.

    Source: Vaswani et al., arXiv:1706.03762; Ainslie et al., arXiv:2305.13245; Dao et al.,
    arXiv:2205.14135.

    >>> import texelate.numpy as tnp
    >>> q = tnp.ones((1, 2, 4, 8))
    >>> dot_product_attention(q, q[:, :, :2], q[:, :, :2], causal=True).shape
    (1, 2, 4, 8)
    """
    q, k, v = as_float(query), as_float(key), as_float(value)
    _check(q, k, v)
    heads, shape = q.aval.shape[2], (*q.aval.shape[:3], v.aval.shape[3])
    operands = (_by_head(q, heads), _by_head(k, heads), _by_head(v, heads))
    scores = (shape[0], heads, shape[1], k.aval.shape[1])
    scale = 1 / math.sqrt(q.aval.shape[3]) if scale is None else float(scale)
    out = _streamed(scale, causal, *operands, _as_bias(bias, mask, scores))
    out = tnp.reshape(out, (shape[0], heads, shape[1], shape[3]))
    return tnp.transpose(out, (0, 2, 1, 3))


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


def _by_head(x: Value, heads: int) -> Any:
    """``[B, T, K, H]`` as ``[B * heads, T, H]``, each of the K repeated for its group of heads."""
    batch, length, shared, width = x.aval.shape
    grouped = tnp.transpose(x, (0, 2, 1, 3))[:, :, None]
    spread = (batch, shared, heads // shared, length, width)
    return tnp.reshape(tnp.broadcast_to(grouped, spread), (batch * heads, length, width))


def _as_bias(bias: ArrayLike | None, mask: ArrayLike | None, shape: tuple[int, ...]) -> Any:
    """What is added to the scores: ``[B * N, T, S]``, or 0; hidden places get ``_MASKED``."""
    if bias is None and mask is None:
        return tnp.asarray(0.0)
    added = tnp.asarray(0.0) if bias is None else as_float(bias)
    added = added if mask is None else tnp.where(value(mask), added, _MASKED)
    return tnp.reshape(tnp.broadcast_to(added, shape), (shape[0] * shape[1], *shape[2:]))


@partial(custom_vjp, nondiff_argnums=(0, 1))
def _streamed(scale: float, causal: bool, q: Any, k: Any, v: Any, bias: Any) -> Any:
    """Without ever holding the scores, in both directions."""
    return prims.attention(*map(operand, (q, k, v, bias)), scale=scale, causal=causal)


def _forward(scale: float, causal: bool, q: Any, k: Any, v: Any, bias: Any) -> Any:
    out = _streamed(scale, causal, q, k, v, bias)
    total = prims.attention_normalizer(*map(operand, (q, k, bias)), scale=scale, causal=causal)
    return out, (q, k, v, bias, out, total)


def _backward(scale: float, causal: bool, kept: Any, ct: Any) -> Any:
    """Dao et al., arXiv:2205.14135, appendix B.2: weights are computed again, block by block."""
    q, k, v, bias, out, total = kept
    mean = tnp.sum(ct * out, axis=-1)

    def weigh(*operands: Any, flipped: bool) -> Any:
        values = map(operand, operands)
        return prims.attention_weigh(*values, scale=scale, causal=causal, flipped=flipped)

    by_q = weigh(q, k, k, total, bias, ct, v, mean, flipped=False)
    by_k = weigh(k, q, q, total, bias, v, ct, mean, flipped=True)
    by_v = weigh(k, q, ct, total, bias, flipped=True)
    return by_q * scale, by_k * scale, by_v, _by_bias(kept, ct, mean, scale, causal)


def _by_bias(kept: Any, ct: Any, mean: Any, scale: float, causal: bool) -> Any:
    """The scores' cotangent: as large as they, computed only where something asks for it."""
    q, k, v, bias, _, total = kept
    scores = tnp.einsum("bth,bsh->bts", q, k) * scale + bias
    if causal:
        scores = tnp.where(tnp.tri(scores.shape[1], scores.shape[2], dtype=bool), scores, _MASKED)
    weights = tnp.exp(scores - total[..., None])
    each = weights * (tnp.einsum("bth,bsh->bts", ct, v) - mean[..., None])
    return each if bias.ndim else tnp.sum(each)


_streamed.defvjp(_forward, _backward)
__all__ = ["dot_product_attention"]
