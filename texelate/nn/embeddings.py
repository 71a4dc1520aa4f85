"""Rows of tables by number, bilinear forms, and channels shuffled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import int32
from ..operands import ArrayLike, as_float, value
from ..segments import segment_max, segment_mean, segment_sum
from ..traceback import public

_SEGMENTS: dict[str, Callable[..., Any]] = {
    "sum": segment_sum,
    "mean": segment_mean,
    "max": segment_max,
}


@public
def embedding(table: ArrayLike, ids: ArrayLike) -> Any:
    """The rows of ``table`` [V, D] at integer ``ids`` of any shape: ``[*ids.shape, D]``.

    Numbers out of range are clipped into it. ArgumentError for ids that are no integers.

    >>> embedding([[1.0, 2.0], [3.0, 4.0]], [1, 1])
    Array([[3., 4.],
           [3., 4.]], dtype=float32)
    """
    return tnp.take(as_float(table), ids, axis=0)


@public
def embedding_bag(
    table: ArrayLike,
    ids: ArrayLike,
    offsets: ArrayLike | None = None,
    mode: str = "mean",
    weights: ArrayLike | None = None,
) -> Any:
    """The sum, mean or largest of the rows in each bag: ``[bags, D]``.

    ``ids`` is [bags, n]; or a vector, of which bag i is ``ids[offsets[i]:offsets[i + 1]]``. Rows
    are multiplied by ``weights`` of the ids' shape first (mode "sum" alone). Empty bags are 0.
    Raises ArgumentError for other modes, ShapeError for ids and offsets that do not fit.

    >>> embedding_bag([[1.0], [2.0], [4.0]], [0, 2, 1], offsets=[0, 2], mode="sum")
    Array([[5.],
           [2.]], dtype=float32)
    """
    if mode not in ("sum", "mean", "max") or (weights is not None and mode != "sum"):
        raise ArgumentError(
            f"embedding_bag: mode {mode!r}", fix='"sum" (with weights), "mean", "max"'
        )
    got = value(ids)
    if got.aval.ndim != (2 if offsets is None else 1):
        raise ShapeError(f"embedding_bag: ids {got.aval}, offsets {offsets is not None}")
    rows = embedding(table, got)
    rows = rows if weights is None else rows * as_float(weights)[..., None]  # type: ignore[index]
    if offsets is None:
        return getattr(tnp, mode)(rows, 1)
    starts = value(offsets)
    bags = starts.aval.shape[0]
    which = tnp.searchsorted(starts, tnp.arange(got.aval.size, dtype=int32), side="right") - 1
    out = _SEGMENTS[mode](rows, which, bags)
    return tnp.where(tnp.isfinite(out), out, 0.0) if mode == "max" else out


@public
def bilinear(x: ArrayLike, y: ArrayLike, w: ArrayLike, b: ArrayLike | None = None) -> Any:
    """x · W_k · y + b for each output k: [..., I] and [..., J] with ``w`` [K, I, J] give [..., K].

    >>> bilinear([1.0, 2.0], [3.0], [[[1.0], [1.0]]])
    Array([9.], dtype=float32)
    """
    first, second, weights = as_float(x), as_float(y), as_float(w)
    shapes = first.aval.shape[-1:], second.aval.shape[-1:]
    if weights.aval.ndim != 3 or weights.aval.shape[1:] != (*shapes[0], *shapes[1]):
        raise ShapeError(f"bilinear: {first.aval} and {second.aval} with {weights.aval}")
    left: Any = tnp.tensordot(first, weights, ((-1,), (1,)))
    out = tnp.sum(left * second[..., None, :], -1)  # type: ignore[index]
    return out if b is None else out + as_float(b)


@public
def channel_shuffle(x: ArrayLike, groups: int) -> Any:
    """The channels (the last axis) of ``groups`` taken in turn. Source: arXiv:1707.01083.

    Raises ShapeError unless the groups divide the channels.

    >>> channel_shuffle([1, 2, 3, 4], 2)
    Array([1, 3, 2, 4], dtype=int32)
    """
    got: Any = value(x)
    if not got.ndim or groups < 1 or got.shape[-1] % groups:
        raise ShapeError(f"channel_shuffle: {got.aval} in {groups} groups")
    parts = got.reshape(*got.shape[:-1], groups, -1)
    return tnp.swapaxes(parts, -1, -2).reshape(*got.shape)


__all__ = ["bilinear", "channel_shuffle", "embedding", "embedding_bag"]
