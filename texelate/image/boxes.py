"""Boxes (y1, x1, y2, x2): how much they overlap, and which of overlapping ones to keep.

Suppression chooses one box after the other on the device. The padded forms have a fixed size: they
work inside ``jit`` and ``vmap``, and on batches. The others cut off what is not real, so they read
how many boxes that are.
"""

from __future__ import annotations

import math
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import int32
from ..operands import ArrayLike, as_float, shape_of
from ..traceback import public


@public
def box_iou(a: ArrayLike, b: ArrayLike) -> Any:
    """The overlap of each box of ``a`` [..., N, 4] with each of ``b`` [..., M, 4]: [..., N, M].

    The area of both over the area of either, from 0 to 1; 0 for boxes without area. Corners come in
    any order.

    >>> box_iou([[0.0, 0.0, 2.0, 2.0]], [[0.0, 1.0, 2.0, 3.0]])
    Array([[0.33333334]], dtype=float32)
    """
    return _overlap(_boxes(a)[..., :, None, :], _boxes(b)[..., None, :, :])


def _overlap(a: Any, b: Any) -> Any:
    (low, high), (other_low, other_high) = _corners(a), _corners(b)
    both = tnp.maximum(tnp.minimum(high, other_high) - tnp.maximum(low, other_low), 0.0)
    common = both[..., 0] * both[..., 1]
    areas = [(h - w)[..., 0] * (h - w)[..., 1] for w, h in ((low, high), (other_low, other_high))]
    either = areas[0] + areas[1] - common
    return tnp.where((areas[0] > 0) & (areas[1] > 0), common / tnp.where(either > 0, either, 1), 0)


def _boxes(x: ArrayLike) -> Any:
    got = as_float(x)
    if got.aval.ndim < 2 or got.aval.shape[-1] != 4:
        raise ShapeError(f"boxes are [..., N, 4], got {got.aval}")
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
    return _real(*_suppressed(boxes, scores, *options))[0]


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
    return _real(*_suppressed(boxes, scores, *options))


def _real(kept: Any, scores: Any, count: Any) -> tuple[Any, Any]:
    """Without the padding; the count is looked at."""
    if kept.ndim > 1:
        raise ShapeError(
            f"non_max_suppression: {kept.shape[:-1]} images may keep different numbers of boxes",
            fix="use the padded form",
        )
    n = int(count)
    return kept[:n], scores[:n]


@public
def non_max_suppression_padded(
    boxes: ArrayLike,
    scores: ArrayLike,
    max_output_size: int,
    iou_threshold: float = 0.5,
    score_threshold: float = -math.inf,
) -> tuple[Any, Any]:
    """``non_max_suppression`` filled up with zeros to ``max_output_size``, and how many are real.

    Of batches ``[..., N, 4]`` and ``[..., N]`` too: i32[..., max_output_size] and i32[...].

    >>> non_max_suppression_padded([[0.0, 0.0, 1.0, 1.0]], [0.5], 3)
    (Array([0, 0, 0], dtype=int32), Array(1, dtype=int32))
    """
    options = (max_output_size, iou_threshold, score_threshold)
    kept, _, count = _suppressed(boxes, scores, *options)
    return kept, count


@public
def non_max_suppression_padded_with_scores(
    boxes: ArrayLike,
    scores: ArrayLike,
    max_output_size: int,
    iou_threshold: float = 0.5,
    score_threshold: float = -math.inf,
    soft_sigma: float = 0.0,
) -> tuple[Any, Any, Any]:
    """``non_max_suppression_with_scores`` filled up with zeros, and how many are real; batched.

    >>> non_max_suppression_padded_with_scores([[0.0, 0.0, 1.0, 1.0]], [0.5], 2)[1]
    Array([0.5, 0. ], dtype=float32)
    """
    options = (max_output_size, iou_threshold, score_threshold, soft_sigma)
    return _suppressed(boxes, scores, *options)


def _suppressed(
    boxes: ArrayLike,
    scores: ArrayLike,
    most: int,
    iou_threshold: float,
    score_threshold: float,
    sigma: float = 0.0,
) -> tuple[Any, Any, Any]:
    """Places and scores of what is kept, padded with zeros, and how many that are."""
    from ..control import scan

    frames, given = _boxes(boxes), as_float(scores)
    if given.aval.shape != frames.shape[:-1]:
        raise ShapeError(f"non_max_suppression: boxes {frames.aval} with scores {given.aval}")
    if not 0 <= iou_threshold <= 1 or not sigma >= 0:
        raise ArgumentError(f"non_max_suppression: threshold {iou_threshold}, sigma {sigma}")
    (steps,) = shape_of(most, "non_max_suppression")
    lead, n = frames.shape[:-2], frames.shape[-2]
    if not n or not steps:
        none = tnp.zeros((*lead, steps), int32)
        return none, tnp.zeros((*lead, steps)), tnp.zeros(lead, int32)

    def choose(left: Any, _: Any) -> tuple[Any, Any]:
        possible = tnp.where(left > score_threshold, left, -math.inf)
        best = tnp.argmax(possible, -1)[..., None]
        score = tnp.take_along_axis(possible, best, -1)[..., 0]
        overlap = _overlap(tnp.take_along_axis(frames, best[..., None], -2), frames)
        rest = left * tnp.exp(-0.5 / sigma * overlap**2) if sigma else left
        gone = (overlap >= iou_threshold) | (tnp.arange(n) == best) | (possible == -math.inf)
        return tnp.where(gone, -math.inf, rest), (best[..., 0], score)

    _, (kept, values) = scan(choose, given, None, length=steps)
    kept, values = tnp.moveaxis(kept, 0, -1), tnp.moveaxis(values, 0, -1)
    real = values > -math.inf
    return tnp.where(real, kept, 0), tnp.where(real, values, 0.0), tnp.sum(real, -1, int32)


__all__ = [
    "box_iou", "non_max_suppression", "non_max_suppression_padded",
    "non_max_suppression_padded_with_scores", "non_max_suppression_with_scores",
]  # fmt: skip
