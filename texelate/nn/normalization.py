"""Normalisation: of layers, batches, groups and instances, over channels-last arrays.

``weight`` and ``bias`` are None, vectors along the normalised axis (the channels), or arrays that
broadcast against ``x``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.prims.window import reduce_window
from ..operands import ArrayLike, as_float, axes_of, axis_of, in_float32
from ..traceback import public

Axes = int | Sequence[int] | None


@public
@in_float32
def moments(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> tuple[Any, Any]:
    """Mean and variance along ``axis`` (an int, several, or None for all).

    >>> moments([1.0, 3.0])
    (Array(2., dtype=float32), Array(1., dtype=float32))
    """
    got = as_float(x)
    axes = axes_of(axis, got.aval.ndim, "moments")
    return tnp.mean(got, axes, keepdims=keepdims), tnp.var(got, axes, keepdims=keepdims)


@public
@in_float32
def standardize(x: ArrayLike, axis: Axes = -1, eps: float = 1e-5) -> Any:
    """Zero mean and unit variance along ``axis``.

    >>> standardize([1.0, 3.0], eps=0.0)
    Array([-1.,  1.], dtype=float32)
    """
    got: Any = as_float(x)
    axes = axes_of(axis, got.aval.ndim, "standardize")
    centred = got - tnp.mean(got, axes, keepdims=True)
    spread = tnp.mean(centred * centred, axes, keepdims=True)
    return centred * tnp.rsqrt(spread + eps)


@public
@in_float32
def layer_norm(
    x: ArrayLike,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    axis: int = -1,
    eps: float = 1e-5,
) -> Any:
    """Zero mean and unit variance along ``axis``, then times ``weight`` plus ``bias``.

    Source: Ba, Kiros and Hinton, arXiv:1607.06450.

    >>> layer_norm([1.0, 3.0], bias=[1.0, 1.0], eps=0.0)
    Array([0., 2.], dtype=float32)
    """
    got = as_float(x)
    place = axis_of(axis, got.aval.ndim, "layer_norm")
    return _affine(standardize(got, place, eps), weight, bias, place)


def _affine(x: Value, weight: ArrayLike | None, bias: ArrayLike | None, axis: int) -> Any:
    """x · weight + bias, vectors along ``axis``."""
    scaled: Any = x if weight is None else tnp.multiply(x, _along(weight, axis, x))
    return scaled if bias is None else scaled + _along(bias, axis, x)


def _along(x: ArrayLike, axis: int, like: Value) -> Any:
    """A vector laid along ``axis``; other ranks broadcast as they are."""
    got = as_float(x)
    if got.aval.ndim != 1:
        return got
    return tnp.reshape(got, [-1 if a == axis else 1 for a in range(like.aval.ndim)])


@public
@in_float32
def rms_norm(
    x: ArrayLike, weight: ArrayLike | None = None, axis: int = -1, eps: float = 1e-6
) -> Any:
    """x over the root of its mean square along ``axis``. Source: arXiv:1910.07467.

    >>> rms_norm([3.0, 3.0], eps=0.0)
    Array([1., 1.], dtype=float32)
    """
    got: Any = as_float(x)
    place = axis_of(axis, got.aval.ndim, "rms_norm")
    scale = tnp.rsqrt(tnp.mean(got * got, place, keepdims=True) + eps)
    return _affine(got * scale, weight, None, place)


@public
@in_float32
def batch_norm(
    x: ArrayLike,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    axis: int = -1,
    eps: float = 1e-3,
) -> Any:
    """(x - mean) / sqrt(variance + eps) · weight + bias, with vectors along ``axis``.

    Without ``mean`` and ``variance``, those of the batch are used: over all axes but ``axis``.
    Raises ArgumentError when only one of them is given. Source: arXiv:1502.03167.

    >>> batch_norm([[1.0], [3.0]], eps=0.0)
    Array([[-1.],
           [ 1.]], dtype=float32)
    """
    got: Any = as_float(x)
    place = axis_of(axis, got.aval.ndim, "batch_norm")
    if (mean is None) != (variance is None):
        raise ArgumentError("batch_norm takes both mean and variance, or none of them")
    if mean is None or variance is None:
        others = tuple(a for a in range(got.aval.ndim) if a != place)
        return _affine(standardize(got, others, eps), weight, bias, place)
    centred = got - _along(mean, place, got)
    return _affine(centred * tnp.rsqrt(_along(variance, place, got) + eps), weight, bias, place)


@public
@in_float32
def moving_average(
    average: ArrayLike,
    x: ArrayLike,
    decay: ArrayLike = 0.99,
    step: ArrayLike | None = None,
) -> Any:
    """The average moved towards ``x``: average + (x - average) · (1 - decay).

    With ``step`` (from 1) the start at zero is corrected as in Adam (arXiv:1412.6980).

    >>> moving_average([0.0], [4.0], decay=0.75)
    Array([1.], dtype=float32)
    """
    old: Any = as_float(average)
    update = (as_float(x) - old) * (1.0 - as_float(decay))  # type: ignore[operator]
    if step is not None:
        update = update / (1.0 - tnp.power(as_float(decay), as_float(step)))
    return old + update


@public
@in_float32
def group_norm(
    x: ArrayLike,
    groups: int,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    eps: float = 1e-5,
) -> Any:
    """Zero mean and unit variance of each example's groups of channels (the last axis).

    ``x`` is ``[N, ..., C]``. Raises ShapeError unless ``groups`` divides C. Source:
    Wu and He, arXiv:1803.08494.

    >>> group_norm([[1.0, 3.0, 5.0, 7.0]], 2, eps=0.0)
    Array([[-1.,  1., -1.,  1.]], dtype=float32)
    """
    got = as_float(x)
    if got.aval.ndim < 2 or groups < 1 or got.aval.shape[-1] % groups:
        raise ShapeError(f"group_norm: {got.aval} has no {groups} equal groups of channels")
    shape, last = got.aval.shape, got.aval.ndim
    parted = tnp.reshape(got, (*shape[:-1], groups, shape[-1] // groups))
    axes = (*range(1, last - 1), last)
    return _affine(tnp.reshape(standardize(parted, axes, eps), shape), weight, bias, last - 1)


@public
@in_float32
def instance_norm(
    x: ArrayLike,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    eps: float = 1e-5,
) -> Any:
    """Zero mean and unit variance of each channel of each example ``[N, ..., C]``.

    Source: Ulyanov et al., arXiv:1607.08022.

    >>> instance_norm([[[1.0], [3.0]]], eps=0.0)
    Array([[[-1.],
            [ 1.]]], dtype=float32)
    """
    return group_norm(x, as_float(x).aval.shape[-1], weight, bias, eps)


@public
@in_float32
def l2_normalize(x: ArrayLike, axis: Axes = -1, eps: float = 1e-12) -> Any:
    """x over its Euclidean norm along ``axis``; vectors shorter than sqrt(eps) shrink less.

    >>> l2_normalize([3.0, 4.0])
    Array([0.6, 0.8], dtype=float32)
    """
    got: Any = as_float(x)
    axes = axes_of(axis, got.aval.ndim, "l2_normalize")
    return got * tnp.rsqrt(tnp.maximum(tnp.sum(got * got, axes, keepdims=True), eps))


@public
@in_float32
def local_response_norm(
    x: ArrayLike, radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5
) -> Any:
    """x / (bias + alpha · sum of squares of the 2·radius + 1 channels around)^beta.

    Source: Krizhevsky et al., 2012. Raises ArgumentError for a negative radius.

    >>> local_response_norm([[0.0, 1.0]], bias=3.0)
    Array([[0. , 0.5]], dtype=float32)
    """
    got: Any = as_float(x)
    rank = got.aval.ndim
    if not isinstance(radius, int) or radius < 0 or not rank:
        raise ArgumentError(f"local_response_norm: radius {radius!r} of {got.aval}")
    before = (1,) * (rank - 1)
    nearby: Any = reduce_window(
        got * got,
        monoid="sum",
        window=(*before, 2 * radius + 1),
        strides=(1,) * rank,
        padding=((0, 0),) * (rank - 1) + ((radius, radius),),
        dilation=(1,) * rank,
    )
    return got * tnp.power(bias + alpha * nearby, -beta)


__all__ = [
    "batch_norm", "group_norm", "instance_norm", "l2_normalize", "layer_norm",
    "local_response_norm", "moments", "moving_average", "rms_norm", "standardize",
]  # fmt: skip
