"""Convolutions and pooling over channels-last images (NHWC), of any spatial rank."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import float32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims.contraction import conv_general
from ..compiler.ir.prims.window import reduce_window
from ..numpy import moveaxis, reshape
from ..operands import ArrayLike, as_float
from ..traceback import public

Ints = int | Sequence[int]
Padding = str | int | Sequence[Any]


def _each(x: Ints, rank: int, name: str) -> tuple[int, ...]:
    """One int for all spatial axes, or one each; all at least 1."""
    listed = (x,) * rank if isinstance(x, int) and not isinstance(x, bool) else x
    if not isinstance(listed, (tuple, list)) or len(listed) != rank:
        raise ArgumentError(f"{name} must be an int or {rank} of them, got {x!r}")
    if not all(isinstance(n, int) and n >= 1 for n in listed):
        raise ArgumentError(f"{name} must be ints of at least 1, got {x!r}")
    return tuple(listed)


def _padding(
    padding: Padding, shape: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """ "VALID" (none), "SAME" (so that the result has shape/strides, as TensorFlow), or numbers."""
    if isinstance(padding, str):
        if padding.upper() not in ("SAME", "VALID"):
            raise ArgumentError(f"padding {padding!r}", fix='"SAME", "VALID", an int, or pairs')
        if padding.upper() == "VALID":
            return ((0, 0),) * len(shape)
        return tuple(map(_same, shape, window, strides))
    rows = [padding] * len(shape) if isinstance(padding, int) else list(padding)
    pairs = tuple((r, r) if isinstance(r, int) else tuple(r) for r in rows)
    if len(pairs) != len(shape) or any(len(p) != 2 for p in pairs):
        raise ArgumentError(f"padding {padding!r} does not fit {len(shape)} spatial axes")
    return tuple((int(a), int(b)) for a, b in pairs)


def _same(extent: int, window: int, stride: int) -> tuple[int, int]:
    total = max((-(-extent // stride) - 1) * stride + window - extent, 0)
    return total // 2, total - total // 2


@public
def conv2d(
    x: ArrayLike,
    w: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    groups: int = 1,
) -> Any:
    """Convolution (cross-correlation) of images: NHWC with HWIO gives NHWC.

    ``w`` has shape ``[height, width, in / groups, out]``. ``padding`` is "SAME", "VALID", an int,
    or a (before, after) pair for each axis. Raises ShapeError for ranks and channels that do not
    fit.

    >>> import texelate.numpy as tnp
    >>> from texelate.nn.functional import conv2d
    >>> conv2d(tnp.ones((1, 4, 4, 1)), tnp.ones((3, 3, 1, 2)), padding="SAME").shape
    (1, 4, 4, 2)
    """
    image, kernel = as_float(x), as_float(w)
    if image.aval.ndim != 4 or kernel.aval.ndim != 4:
        raise ShapeError(f"conv2d takes [N,H,W,C] and [H,W,I,O], got {image.aval}, {kernel.aval}")
    return _convolve(image, kernel, strides, padding, dilation, groups)


def _convolve(
    x: Value, w: Value, strides: Ints, padding: Padding, dilation: Ints, groups: int
) -> Value:
    rank = x.aval.ndim - 2
    step, spread = _each(strides, rank, "strides"), _each(dilation, rank, "dilation")
    channels, (inner, outer) = x.aval.shape[-1], w.aval.shape[-2:]
    if groups < 1 or channels != inner * groups or outer % groups:
        raise ShapeError(
            f"convolution of {x.aval} with {w.aval} in {groups} groups",
            why=f"{channels} channels must be {inner} (of the kernel) times the groups, "
            f"and {outer} outputs a multiple of the groups",
        )
    window = [(n - 1) * d + 1 for n, d in zip(w.aval.shape, spread)]
    pairs = _padding(padding, x.aval.shape[1:-1], window, step)
    out = conv_general(
        _grouped(x, groups),
        _grouped(w, groups),
        strides=step,
        padding=pairs,
        lhs_dilation=(1,) * rank,
        rhs_dilation=spread,
    )
    joined: Value = moveaxis(out, 0, -2)
    return reshape(joined, (*joined.aval.shape[:-2], outer))  # type: ignore[no-any-return]


def _grouped(x: Value, groups: int) -> Value:
    """The last axis parted into groups, which come first."""
    shape = x.aval.shape
    parted = reshape(x, (*shape[:-1], groups, shape[-1] // groups))
    return moveaxis(parted, -2, 0)  # type: ignore[no-any-return]


def _window(
    x: ArrayLike, window: Ints, strides: Ints | None, padding: Padding, name: str
) -> tuple[Value, dict[str, Any]]:
    image = as_float(x)
    if image.aval.ndim != 4:
        raise ShapeError(f"{name} takes images [N,H,W,C], got {image.aval}")
    size = _each(window, 2, "window")
    step = size if strides is None else _each(strides, 2, "strides")
    pairs = _padding(padding, image.aval.shape[1:3], size, step)
    params = {
        "window": (1, *size, 1),
        "strides": (1, *step, 1),
        "padding": ((0, 0), *pairs, (0, 0)),
        "dilation": (1, 1, 1, 1),
    }
    return image, params


@public
def max_pool2d(
    x: ArrayLike, window: Ints, strides: Ints | None = None, padding: Padding = "VALID"
) -> Any:
    """The largest element of each window of images NHWC; strides are the window unless given."""
    image, params = _window(x, window, strides, padding, "max_pool2d")
    return reduce_window(image, monoid="max", **params)


@public
def avg_pool2d(
    x: ArrayLike, window: Ints, strides: Ints | None = None, padding: Padding = "VALID"
) -> Any:
    """The mean of each window of images NHWC; padding is not counted."""
    image, params = _window(x, window, strides, padding, "avg_pool2d")
    total = reduce_window(image, monoid="sum", **params)
    if all(p == (0, 0) for p in params["padding"]):
        return ew.mul(total, 1 / math.prod(params["window"]))
    from ..numpy import ones

    inside = reduce_window(ones(image.aval.shape, float32), monoid="sum", **params)
    return ew.div(total, inside)
