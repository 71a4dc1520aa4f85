"""Numbers for classes: softmax and its kin, and labels as vectors."""

from __future__ import annotations

import math
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import as_dtype, float32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..compiler.ir.prims.calls import stop_gradient
from ..numpy import logsumexp
from ..operands import ArrayLike, as_float, axes_of, axis_of, in_float32, shape_of, value
from ..traceback import public


@public
@in_float32
def softmax(x: ArrayLike, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along ``axis``, without overflow.

    >>> softmax([1000.0, 1000.0])
    Array([0.5, 0.5], dtype=float32)
    """
    got = as_float(x)
    place = axis_of(axis, got.aval.ndim, "softmax")
    powers = tnp.exp(_shifted(got, place))
    return powers / tnp.sum(powers, place, keepdims=True)


def _shifted(x: Value, axis: int) -> Any:
    """``x`` with maximum 0. The maximum is a constant to derivatives: it changes no result."""
    peak = tnp.max(stop_gradient(x), axis, keepdims=True)
    return tnp.subtract(x, peak)


@public
@in_float32
def log_softmax(x: ArrayLike, axis: int = -1) -> Any:
    """x - log(sum(exp(x))) along ``axis``, without overflow.

    >>> log_softmax([0.0, -1000.0])
    Array([    0., -1000.], dtype=float32)
    """
    got = as_float(x)
    place = axis_of(axis, got.aval.ndim, "log_softmax")
    shifted = _shifted(got, place)
    return shifted - tnp.log(tnp.sum(tnp.exp(shifted), place, keepdims=True))


@public
@in_float32
def softmin(x: ArrayLike, axis: int = -1) -> Any:
    """``softmax`` of -x.

    >>> softmin([0.0, 0.0])
    Array([0.5, 0.5], dtype=float32)
    """
    return softmax(ew.neg(as_float(x)), axis)


@public
@in_float32
def logmeanexp(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """log(mean(exp(x))) over ``axis``, without overflow.

    >>> logmeanexp([1000.0, 1000.0])
    Array(1000., dtype=float32)
    """
    got = as_float(x)
    count = math.prod(got.aval.shape[a] for a in axes_of(axis, got.aval.ndim, "logmeanexp"))
    return ew.sub(logsumexp(got, axis, keepdims), math.log(max(count, 1)))


@public
@in_float32
def gumbel_softmax(
    k: ArrayLike, logits: ArrayLike, temperature: float = 1.0, hard: bool = False, axis: int = -1
) -> Any:
    """A differentiable sample of a class: softmax of noisy logits over ``temperature``.

    ``hard``: one-hot, with the gradient of the soft sample. Source: Jang et al., arXiv:1611.01144.

    >>> import texelate as tx
    >>> gumbel_softmax(tx.random.key(0), [0.0, 100.0], hard=True)
    Array([0., 1.], dtype=float32)
    """
    from ..random import gumbel

    scores: Any = as_float(logits)
    place = axis_of(axis, scores.ndim, "gumbel_softmax")
    soft = softmax((scores + gumbel(k, scores.shape)) / temperature, place)
    if not hard:
        return soft
    best = one_hot(tnp.argmax(soft, place), scores.shape[place])
    return tnp.moveaxis(best, -1, place) + (soft - stop_gradient(soft))


@public
def one_hot(labels: ArrayLike, num_classes: int, dtype: Any = float32) -> Any:
    """1 at each label's place on a new last axis, else 0; labels out of range give zeros.

    >>> one_hot([1], 3)
    Array([[0., 1., 0.]], dtype=float32)
    """
    got = value(labels)
    if got.aval.dtype.kind not in "iu":
        raise ArgumentError(f"one_hot: labels must be integers, got {got.aval}")
    (count,) = shape_of(num_classes, "one_hot")
    shape = (*got.aval.shape, count)
    classes = structural.iota(shape=shape, dtype=got.aval.dtype, axis=len(shape) - 1)
    spread = structural.broadcast_in_dim(got, shape=shape, dims=tuple(range(got.aval.ndim)))
    return ew.convert(ew.eq(spread, classes), dtype=as_dtype(dtype))


__all__ = [
    "gumbel_softmax", "log_softmax", "logmeanexp", "logsumexp", "one_hot", "softmax", "softmin",
]  # fmt: skip
