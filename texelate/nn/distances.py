"""Distances and similarities between vectors along the last axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import float32
from ..operands import ArrayLike, as_float, in_float32, promoted
from ..traceback import public


@public
@in_float32
def cosine_similarity(x: ArrayLike, y: ArrayLike, axis: int = -1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along ``axis``; lengths count as at least ``eps``.

    >>> cosine_similarity([3.0, 0.0], [4.0, 3.0])
    Array(0.8, dtype=float32)
    """
    a, b = promoted("cosine_similarity", x, y, at_least=float32)
    lengths = [_length(v, axis, eps) for v in (a, b)]
    return tnp.sum(tnp.multiply(a, b), axis) / (lengths[0] * lengths[1])


def _length(x: Any, axis: int, eps: float) -> Any:
    squares = tnp.sum(tnp.square(x), axis)
    return tnp.sqrt(tnp.maximum(squares, eps * eps))


def _norm(x: Any, p: float) -> Any:
    """The p-norm along the last axis; its derivative at 0 is 0."""
    size = abs(x)
    if p == math.inf:
        return tnp.max(size, -1)
    if p == 0:
        return tnp.sum(tnp.not_equal(size, 0), -1, "f4")
    if p == 1:
        return tnp.sum(size, -1)
    total = tnp.sum(x * x if p == 2 else tnp.where(size > 0, size, 1.0) ** p * (size > 0), -1)
    safe = tnp.where(total > 0, total, 1.0)
    return tnp.where(total > 0, tnp.sqrt(safe) if p == 2 else safe ** (1 / p), 0.0)


def _order(p: float) -> float:
    if not p >= 0:
        raise ArgumentError(f"the order p={p} of a norm must be 0 or more")
    return float(p)


@public
@in_float32
def pairwise_distance(
    x: ArrayLike, y: ArrayLike, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False
) -> Any:
    """The p-norm of x - y + ``eps`` along the last axis, as PyTorch's.

    >>> pairwise_distance([0.0, 0.0], [3.0, 4.0], eps=0.0)
    Array(5., dtype=float32)
    """
    a, b = promoted("pairwise_distance", x, y, at_least=float32)
    out = _norm(tnp.subtract(a, b) + eps, _order(p))
    return out[..., None] if keepdims else out


@public
@in_float32
def cdist(x: ArrayLike, y: ArrayLike, p: float = 2.0) -> Any:
    """The distances of all rows of ``x`` [..., M, D] from all of ``y`` [..., N, D]: [..., M, N].

    Exact differences, not by a matrix product: near points stay near.

    >>> cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 0.0]])
    Array([[5., 0.]], dtype=float32)
    """
    a, b = as_float(x), as_float(y)
    if min(a.aval.ndim, b.aval.ndim) < 2 or a.aval.shape[-1] != b.aval.shape[-1]:
        raise ShapeError(f"cdist takes [..., M, D] and [..., N, D], got {a.aval} and {b.aval}")
    return _norm(a[..., :, None, :] - b[..., None, :, :], _order(p))  # type: ignore[index]


@public
@in_float32
def pdist(x: ArrayLike, p: float = 2.0) -> Any:
    """The distances of the rows of ``x`` [N, D] from each other: N · (N - 1) / 2 of them.

    Row by row of the upper triangle, as SciPy's.

    >>> pdist([[0.0], [1.0], [3.0]])
    Array([1., 3., 2.], dtype=float32)
    """
    got: Any = as_float(x)
    if got.ndim != 2:
        raise ShapeError(f"pdist takes [N, D], got {got.aval}")
    rows, columns = np.triu_indices(got.shape[0], 1)
    first, second = (tnp.take(got, i.astype(np.int32), axis=0) for i in (rows, columns))
    return _norm(first - second, _order(p))


__all__ = ["cdist", "cosine_similarity", "pairwise_distance", "pdist"]
