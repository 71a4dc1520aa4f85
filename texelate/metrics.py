"""How good predictions are.

>>> import texelate as tx
>>> tx.metrics.accuracy([0, 1, 2, 2], [0, 1, 1, 2])
Array(0.75, dtype=float32)
"""

from __future__ import annotations

from typing import Any

from . import numpy as tnp
from .compiler.errors import ArgumentError, ShapeError
from .compiler.ir.dtypes import float32, int32
from .nn.classes import one_hot
from .operands import ArrayLike, as_float, shape_of, value
from .traceback import public


@public
def accuracy(predictions: ArrayLike, labels: ArrayLike) -> Any:
    """The share of class numbers that are right. ShapeError when shapes differ.

    >>> accuracy([1, 0], [1, 1])
    Array(0.5, dtype=float32)
    """
    got, right = value(predictions), value(labels)
    if got.aval.shape != right.aval.shape:
        raise ShapeError(f"accuracy: predictions {got.aval} with labels {right.aval}")
    return tnp.mean(tnp.equal(got, right).astype(float32))


@public
def confusion_matrix(labels: ArrayLike, predictions: ArrayLike, num_classes: int) -> Any:
    """How often label ``i`` was predicted as ``j``: i32[num_classes, num_classes].

    ``labels`` and ``predictions`` are class numbers [n]; pairs with one out of range are not
    counted. Raises ShapeError when they differ in shape.

    >>> confusion_matrix([0, 1, 1], [0, 1, 0], 2)
    Array([[1, 0],
           [1, 1]], dtype=int32)
    """
    right, got = value(labels), value(predictions)
    if right.aval.shape != got.aval.shape or right.aval.ndim != 1:
        raise ShapeError(f"confusion_matrix: labels {right.aval}, predictions {got.aval}")
    rows, columns = one_hot(right, num_classes), one_hot(got, num_classes)
    return (rows.T @ columns).astype(int32)


@public
def in_top_k(predictions: ArrayLike, targets: ArrayLike, k: int) -> Any:
    """Whether each target class is among the ``k`` largest of ``predictions`` [..., classes].

    Among equal predictions the lower class number counts as the larger. A target out of range is
    never among them. Raises ShapeError for targets that are not one for each row, ArgumentError
    for a k out of range.

    >>> in_top_k([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3]], [2, 1], 2)
    Array([ True, False], dtype=bool)
    """
    scores: Any = as_float(predictions)
    wanted: Any = value(targets)
    if not scores.ndim or wanted.aval.shape != scores.shape[:-1]:
        raise ShapeError(f"in_top_k: predictions {scores.aval} with targets {wanted.aval}")
    (most,), classes = shape_of(k, "in_top_k"), scores.shape[-1]
    if not 0 < most <= classes:
        raise ArgumentError(f"in_top_k: k = {k} of {classes} classes")
    own = one_hot(wanted, classes)
    target = tnp.sum(tnp.where(own > 0, scores, 0.0), -1, keepdims=True)
    earlier = tnp.arange(classes) < wanted[..., None]
    above = (scores > target) | ((scores == target) & earlier)
    exists = (wanted >= 0) & (wanted < classes)
    return exists & (tnp.count_nonzero(above, -1) < most)


__all__ = ["accuracy", "confusion_matrix", "in_top_k"]
