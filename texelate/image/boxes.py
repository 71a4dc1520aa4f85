"""Boxes (y1, x1, y2, x2): how much they overlap, and which of overlapping ones to keep.

Suppression chooses one box after the other, and how many are chosen depends on values: it reads
them and runs on the host, so it cannot be part of ``jit``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..operands import ArrayLike, as_float, shape_of
from ..traceback import public

Table = np.ndarray[Any, Any]


@public
def box_iou(a: ArrayLike, b: ArrayLike) -> Any:
    """The overlap of each box of ``a`` [N, 4] with each of ``b`` [M, 4]: [N, M], from 0 to 1.

    The area of both over the area of either; 0 for boxes without area. Corners come in any order.

    >>> box_iou([[0.0, 0.0, 2.0, 2.0]], [[0.0, 1.0, 2.0, 3.0]])
    Array([[0.33333334]], dtype=float32)
    """
    first, second = _boxes(a), _boxes(b)
    (low, high), (other_low, other_high) = _corners(first[:, None]), _corners(second[None])
    both = tnp.maximum(tnp.minimum(high, other_high) - tnp.maximum(low, other_low), 0.0)
    common = both[..., 0] * both[..., 1]
    areas = [(h - w)[..., 0] * (h - w)[..., 1] for w, h in ((low, high), (other_low, other_high))]
    either = areas[0] + areas[1] - common
    return tnp.where((areas[0] > 0) & (areas[1] > 0), common / tnp.where(either > 0, either, 1), 0)


def _boxes(x: ArrayLike) -> Any:
    got = as_float(x)
    if got.aval.ndim != 2 or got.aval.shape[1] != 4:
        raise ShapeError(f"boxes are [N, 4], got {got.aval}")
    return got


def _corners(x: Any) -> tuple[Any, Any]:
    return tnp.minimum(x[..., :2], x[..., 2:]), tnp.maximum(x[..., :2], x[..., 2:])


@public
def non_max_suppression(
    boxes: ArrayLike,
    scores: ArrayLike,
    max_output_size: int,
    iou_threshold: float = 0.5,
    score_threshold: float = -math.inf,
) -> Any:
    """The places, i32[K], of the boxes to keep, by falling score: none overlaps a better one.

    ``boxes`` is [N, 4], ``scores`` [N]; at most ``max_output_size`` are kept, all above
    ``score_threshold``. A box goes when its overlap with one kept is ``iou_threshold`` or more.
    Raises ShapeError, and ArgumentError for thresholds out of range.

    >>> non_max_suppression([[0, 0, 2, 2], [0, 0, 2, 1.9], [3, 3, 4, 4]], [0.5, 0.9, 0.1], 3)
    Array([1, 2], dtype=int32)
    """
    options = (max_output_size, iou_threshold, score_threshold)
    return tnp.asarray(_suppressed(boxes, scores, *options)[0])


@public
def non_max_suppression_with_scores(
    boxes: ArrayLike,
    scores: ArrayLike,
    max_output_size: int,
    iou_threshold: float = 0.5,
    score_threshold: float = -math.inf,
    soft_sigma: float = 0.0,
) -> tuple[Any, Any]:
    """``non_max_suppression`` with the scores of what is kept.

    With ``soft_sigma`` above 0, boxes that overlap one kept lose score, by
    exp(-overlap² / (2 · soft_sigma)). Source: Bodla et al., arXiv:1704.04503.

    >>> boxes = [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.0]]
    >>> non_max_suppression_with_scores(boxes, [0.5, 0.9], 2, 1.0, soft_sigma=0.5)[0]
    Array([1, 0], dtype=int32)
    """
    options = (max_output_size, iou_threshold, score_threshold, soft_sigma)
    kept, left = _suppressed(boxes, scores, *options)
    return tnp.asarray(kept), tnp.asarray(left)


@public
def non_max_suppression_padded(
    boxes: ArrayLike,
    scores: ArrayLike,
    max_output_size: int,
    iou_threshold: float = 0.5,
    score_threshold: float = -math.inf,
) -> tuple[Any, Any]:
    """``non_max_suppression`` filled up with zeros to ``max_output_size``, and how many are real.

    >>> non_max_suppression_padded([[0.0, 0.0, 1.0, 1.0]], [0.5], 3)
    (Array([0, 0, 0], dtype=int32), Array(1, dtype=int32))
    """
    kept, _ = _suppressed(boxes, scores, max_output_size, iou_threshold, score_threshold)
    padded = np.zeros(max_output_size, np.int32)
    padded[: len(kept)] = kept
    return tnp.asarray(padded), tnp.asarray(np.int32(len(kept)))


def _suppressed(
    boxes: ArrayLike,
    scores: ArrayLike,
    most: int,
    iou_threshold: float,
    score_threshold: float,
    sigma: float = 0.0,
) -> tuple[Table, Table]:
    """Places and scores of what is kept, on the host."""
    frames, given = _boxes(boxes), as_float(scores)
    if given.aval.shape != frames.aval.shape[:1]:
        raise ShapeError(f"non_max_suppression: boxes {frames.aval} with scores {given.aval}")
    if not 0 <= iou_threshold <= 1 or not sigma >= 0:
        raise ArgumentError(f"non_max_suppression: threshold {iou_threshold}, sigma {sigma}")
    (count,) = shape_of(most, "non_max_suppression")
    overlaps, left = np.asarray(box_iou(frames, frames)), np.array(given)
    kept: list[int] = []
    values: list[float] = []
    while len(kept) < count and (left > score_threshold).any():
        best = int(np.argmax(np.where(left > score_threshold, left, -np.inf)))
        kept.append(best)
        values.append(left[best])
        decay = np.exp(-0.5 * overlaps[best] ** 2 / sigma) if sigma else 1.0
        left = np.where(overlaps[best] >= iou_threshold, -np.inf, left * decay)
        left[best] = -np.inf
    return np.array(kept, np.int32), np.array(values, np.float32)


__all__ = [
    "box_iou", "non_max_suppression", "non_max_suppression_padded",
    "non_max_suppression_with_scores",
]  # fmt: skip
