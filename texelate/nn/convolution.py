"""Convolutions over channels-last arrays: one, two and three spatial axes, and transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.prims.contraction import conv_general
from ..operands import ArrayLike, as_float
from ..traceback import public
from .windows import Ints, Padding, Pairs, pairs_of, per_axis, shifted, spans


@public
def conv1d(
    x: ArrayLike,
    w: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    groups: int = 1,
) -> Any:
    """Convolution of sequences: ``[N, W, in]`` with ``[window, in / groups, out]``; see conv2d.

    >>> import texelate.numpy as tnp
    >>> conv1d(tnp.ones((1, 5, 2)), tnp.ones((3, 2, 4))).shape
    (1, 3, 4)
    """
    return _convolve("conv1d", 1, x, w, strides, padding, dilation, groups)


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
    return _convolve("conv2d", 2, x, w, strides, padding, dilation, groups)


@public
def conv3d(
    x: ArrayLike,
    w: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    groups: int = 1,
) -> Any:
    """Convolution of volumes: ``[N, D, H, W, in]`` with ``[d, h, w, in / groups, out]``.

    >>> import texelate.numpy as tnp
    >>> conv3d(tnp.ones((1, 4, 4, 4, 1)), tnp.ones((2, 2, 2, 1, 3))).shape
    (1, 3, 3, 3, 3)
    """
    return _convolve("conv3d", 3, x, w, strides, padding, dilation, groups)


def _operands(name: str, rank: int, x: ArrayLike, w: ArrayLike) -> tuple[Value, Value]:
    signal, kernel = as_float(x), as_float(w)
    if signal.aval.ndim != rank + 2 or kernel.aval.ndim != rank + 2:
        letters = "DHW"[3 - rank :]
        raise ShapeError(
            f"{name} takes [N,{','.join(letters)},C] and [{','.join(letters.lower())},I,O], "
            f"got {signal.aval} and {kernel.aval}"
        )
    return signal, kernel


def _convolve(
    name: str,
    rank: int,
    inputs: ArrayLike,
    weights: ArrayLike,
    strides: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
) -> Value:
    x, w = _operands(name, rank, inputs, weights)
    step, spread = per_axis(strides, rank, "strides"), per_axis(dilation, rank, "dilation")
    _check_groups(name, x, w, groups)
    pairs = pairs_of(padding, x.aval.shape[1:-1], spans(w.aval.shape, spread)[:rank], step)
    out = conv_general(
        _grouped(x, groups),
        _grouped(w, groups),
        strides=step,
        padding=pairs,
        lhs_dilation=(1,) * rank,
        rhs_dilation=spread,
    )
    return _joined(out)


def _check_groups(name: str, x: Value, w: Value, groups: int) -> None:
    channels, (inner, outer) = x.aval.shape[-1], w.aval.shape[-2:]
    if groups < 1 or channels != inner * groups or outer % groups:
        raise ShapeError(
            f"{name}: convolution of {x.aval} with {w.aval} in {groups} groups",
            why=f"{channels} channels must be {inner} (of the kernel) times the groups, "
            f"and {outer} outputs a multiple of the groups",
        )


def _grouped(x: Value, groups: int) -> Value:
    """The last axis parted into groups, which come first."""
    shape = x.aval.shape
    parted = tnp.reshape(x, (*shape[:-1], groups, shape[-1] // groups))
    return tnp.moveaxis(parted, -2, 0)  # type: ignore[no-any-return]


def _joined(x: Value) -> Value:
    """Groups from the front back into the channels."""
    out = tnp.moveaxis(x, 0, -2)
    return tnp.reshape(out, (*out.shape[:-2], out.shape[-2] * out.shape[-1]))  # type: ignore[no-any-return]


# --- transposed ----------------------------------------------------------------------------------


@public
def conv_transpose1d(
    x: ArrayLike,
    w: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    groups: int = 1,
    output_padding: Ints = 0,
) -> Any:
    """The transpose of conv1d: ``[N, W, in]`` with ``[window, out, in]``; see conv_transpose2d.

    >>> import texelate.numpy as tnp
    >>> conv_transpose1d(tnp.ones((1, 5, 2)), tnp.ones((3, 4, 2)), strides=2).shape
    (1, 11, 4)
    """
    options = (strides, padding, dilation, groups, output_padding)
    return _transposed("conv_transpose1d", 1, x, w, *options)


@public
def conv_transpose2d(
    x: ArrayLike,
    w: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    groups: int = 1,
    output_padding: Ints = 0,
) -> Any:
    """The transpose (gradient) of conv2d, also called deconvolution: images grow by ``strides``.

    ``x`` is ``[N, H, W, in]``, and ``w`` ``[height, width, out / groups, in]``: the kernel of the
    convolution that is transposed. ``padding`` is that of this convolution; with "SAME" the result
    has strides times the extents. ``output_padding`` more rows are computed at the end. Raises
    ShapeError for ranks and channels that do not fit, ArgumentError for an output padding that
    reaches neither stride nor dilation.

    >>> import texelate.numpy as tnp
    >>> conv_transpose2d(tnp.ones((1, 4, 4, 1)), tnp.ones((3, 3, 2, 1)), padding="SAME").shape
    (1, 4, 4, 2)
    """
    options = (strides, padding, dilation, groups, output_padding)
    return _transposed("conv_transpose2d", 2, x, w, *options)


@public
def conv_transpose3d(
    x: ArrayLike,
    w: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
    groups: int = 1,
    output_padding: Ints = 0,
) -> Any:
    """The transpose of conv3d, with ``[d, h, w, out, in]``; see conv_transpose2d.

    >>> import texelate.numpy as tnp
    >>> x = tnp.ones((1, 2, 2, 2, 1))
    >>> conv_transpose3d(x, tnp.ones((2, 2, 2, 3, 1)), strides=2).shape
    (1, 4, 4, 4, 3)
    """
    options = (strides, padding, dilation, groups, output_padding)
    return _transposed("conv_transpose3d", 3, x, w, *options)


def _transposed(
    name: str,
    rank: int,
    inputs: ArrayLike,
    weights: ArrayLike,
    strides: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
    output_padding: Ints,
) -> Value:
    """A convolution of the inputs spread by the strides, with the kernel turned around."""
    x, w = _operands(name, rank, inputs, weights)
    step, gap = per_axis(strides, rank, "strides"), per_axis(dilation, rank, "dilation")
    _check_transposed(name, x, w, groups)
    kernel = tnp.swapaxes(_grouped(tnp.flip(w, tuple(range(rank))), groups), -1, -2)
    pairs = _transposed_padding(padding, x.aval.shape[1:-1], spans(w.aval.shape, gap)[:rank], step)
    more = per_axis(output_padding, rank, "output_padding", least=0)
    if any(m >= max(s, g) for m, s, g in zip(more, step, gap) if m):
        raise ArgumentError(f"{name}: output_padding {more} with strides {step}, dilation {gap}")
    out = conv_general(
        _grouped(x, groups),
        kernel,
        strides=(1,) * rank,
        padding=tuple((a, b + m) for (a, b), m in zip(pairs, more)),
        lhs_dilation=step,
        rhs_dilation=gap,
    )
    return _joined(out)


def _check_transposed(name: str, x: Value, w: Value, groups: int) -> None:
    channels = x.aval.shape[-1]
    if w.aval.shape[-1] != channels or groups < 1 or channels % groups:
        raise ShapeError(
            f"{name}: {x.aval} with {w.aval} in {groups} groups",
            why=f"the kernel's last axis must be the {channels} channels, a multiple of the groups",
        )


def _transposed_padding(
    padding: Padding, shape: Sequence[int], reach: Sequence[int], step: Sequence[int]
) -> Pairs:
    """Around the spread inputs. Named paddings lose nothing: each window's whole reach is there."""
    grown = [n * s for n, s in zip(shape, step)]
    forward = pairs_of(padding, grown, reach, step)
    pairs = [(r - 1 - a, r - 1 - b) for r, (a, b) in zip(reach, forward)]
    if isinstance(padding, str):  # the positions that the last stride jumped over
        whole = padding.upper() == "SAME"
        rows = zip(pairs, reach, step)
        return tuple((a, r + s - 2 - a if whole else b + max(s - r, 0)) for (a, b), r, s in rows)
    return tuple(pairs)


# --- by channel ----------------------------------------------------------------------------------


@public
def depthwise_conv2d(
    x: ArrayLike,
    w: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
) -> Any:
    """Each channel with its own kernels: ``w`` is ``[height, width, in, multiplier]``.

    Output channel ``c * multiplier + m`` is channel ``c`` with kernel ``m``.

    >>> import texelate.numpy as tnp
    >>> depthwise_conv2d(tnp.ones((1, 4, 4, 3)), tnp.ones((2, 2, 3, 2))).shape
    (1, 3, 3, 6)
    """
    image, kernel = _operands("depthwise_conv2d", 2, x, w)
    height, width, channels, multiplier = kernel.aval.shape
    flat = tnp.reshape(kernel, (height, width, 1, channels * multiplier))
    return conv2d(image, flat, strides=strides, padding=padding, dilation=dilation, groups=channels)


@public
def separable_conv2d(
    x: ArrayLike,
    depthwise: ArrayLike,
    pointwise: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
) -> Any:
    """``depthwise_conv2d``, then a 1x1 convolution with ``[1, 1, in * multiplier, out]``.

    >>> import texelate.numpy as tnp
    >>> x = tnp.ones((1, 4, 4, 3))
    >>> separable_conv2d(x, tnp.ones((2, 2, 3, 1)), tnp.ones((1, 1, 3, 5))).shape
    (1, 3, 3, 5)
    """
    inner = depthwise_conv2d(x, depthwise, strides=strides, padding=padding, dilation=dilation)
    return conv2d(inner, pointwise)


@public
def dilation2d(
    x: ArrayLike,
    w: ArrayLike,
    *,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
) -> Any:
    """Morphological dilation: the maximum of image plus kernel in each window, by channel.

    ``x`` is ``[N, H, W, C]``, ``w`` ``[height, width, C]``. Raises ShapeError for others.

    >>> import texelate.numpy as tnp
    >>> dilation2d(tnp.ones((1, 3, 3, 1)), tnp.zeros((2, 2, 1)))[0, :, :, 0]
    Array([[1., 1.],
           [1., 1.]], dtype=float32)
    """
    image, kernel = as_float(x), as_float(w)
    if image.aval.ndim != 4 or kernel.aval.ndim != 3 or image.aval.shape[3] != kernel.aval.shape[2]:
        raise ShapeError(f"dilation2d takes [N,H,W,C] and [h,w,C], got {image.aval}, {kernel.aval}")
    window = kernel.aval.shape[:2]
    seen: Any = shifted(image, window, strides, padding, dilation, fill=-float("inf"))
    taps = tnp.reshape(kernel, (-1, kernel.aval.shape[2]))
    out = seen[0] + taps[0]
    for i, view in enumerate(seen[1:], 1):
        out = tnp.maximum(out, view + taps[i])
    return out


__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "depthwise_conv2d", "dilation2d", "separable_conv2d",
]  # fmt: skip
