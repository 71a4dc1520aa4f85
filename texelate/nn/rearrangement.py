"""Space, depth and batch exchanged, patches, and simple upsampling, on channels-last images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..operands import ArrayLike, as_float, shape_of, value
from ..traceback import public
from .windows import Ints, Padding, per_axis, shifted


def _image(x: ArrayLike, name: str) -> Value:
    got = value(x)
    if got.aval.ndim != 4:
        raise ShapeError(f"{name} takes images [N,H,W,C], got {got.aval}")
    return got


def _block(block: int, name: str) -> int:
    return per_axis(block, 1, f"{name}: block")[0]


@public
def depth_to_space(x: ArrayLike, block: int) -> Any:
    """Channels laid out as block x block pixels: ``[N, H·b, W·b, C / b²]``.

    Channel ``(row · b + column) · C / b² + c`` becomes channel c of a pixel, as in TensorFlow.
    Raises ShapeError unless b² divides C.

    >>> depth_to_space([[[[1.0, 2.0, 3.0, 4.0]]]], 2)[0, :, :, 0]
    Array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    return _spread(x, block, "depth_to_space", channels_first=False)


@public
def space_to_depth(x: ArrayLike, block: int) -> Any:
    """The inverse of depth_to_space. Raises ShapeError unless b divides height and width.

    >>> space_to_depth([[[[1.0], [2.0]], [[3.0], [4.0]]]], 2)
    Array([[[[1., 2., 3., 4.]]]], dtype=float32)
    """
    return _gathered(x, block, "space_to_depth", channels_first=False)


@public
def pixel_shuffle(x: ArrayLike, block: int) -> Any:
    """depth_to_space in PyTorch's order: channel ``(c · b + row) · b + column``.

    >>> pixel_shuffle([[[[1.0, 2.0, 3.0, 4.0]]]], 2).shape
    (1, 2, 2, 1)
    """
    return _spread(x, block, "pixel_shuffle", channels_first=True)


@public
def pixel_unshuffle(x: ArrayLike, block: int) -> Any:
    """The inverse of pixel_shuffle.

    >>> pixel_unshuffle([[[[1.0], [2.0]], [[3.0], [4.0]]]], 2).shape
    (1, 1, 1, 4)
    """
    return _gathered(x, block, "pixel_unshuffle", channels_first=True)


def _spread(x: ArrayLike, block: int, name: str, channels_first: bool) -> Any:
    got, b = _image(x, name), _block(block, name)
    n, h, w, c = got.aval.shape
    if c % (b * b):
        raise ShapeError(f"{name}: {c} channels are not {b} x {b} times some")
    inner = (c // (b * b), b, b) if channels_first else (b, b, c // (b * b))
    order = (0, 1, 4, 2, 5, 3) if channels_first else (0, 1, 3, 2, 4, 5)
    parts = tnp.transpose(tnp.reshape(got, (n, h, w, *inner)), order)
    return tnp.reshape(parts, (n, h * b, w * b, c // (b * b)))


def _gathered(x: ArrayLike, block: int, name: str, channels_first: bool) -> Any:
    got, b = _image(x, name), _block(block, name)
    n, h, w, c = got.aval.shape
    if h % b or w % b:
        raise ShapeError(f"{name}: {h} x {w} pixels are not blocks of {b} x {b}")
    parts = tnp.reshape(got, (n, h // b, b, w // b, b, c))
    order = (0, 1, 3, 5, 2, 4) if channels_first else (0, 1, 3, 2, 4, 5)
    return tnp.reshape(tnp.transpose(parts, order), (n, h // b, w // b, c * b * b))


@public
def space_to_batch(x: ArrayLike, block: Sequence[int], paddings: Sequence[Sequence[int]]) -> Any:
    """Blocks of the axes after the first moved into the batch (the first axis).

    ``x`` is ``[N, *spatial, ...]`` with a block and a (before, after) padding of zeros for each
    spatial axis. Raises ShapeError unless the blocks divide the padded extents.

    >>> space_to_batch([[[1.0], [2.0]]], [2], [(0, 0)])
    Array([[[1.]],
    <BLANKLINE>
           [[2.]]], dtype=float32)
    """
    got = value(x)
    sizes, pairs = _per_block("space_to_batch", got, block, paddings)
    rank = len(sizes)
    rest = got.aval.shape[1 + rank :]
    padded = tnp.pad(got, ((0, 0), *pairs, *((0, 0),) * len(rest)))
    extents = padded.shape[1 : 1 + rank]
    if any(n % b for n, b in zip(extents, sizes)):
        raise ShapeError(f"space_to_batch: extents {extents} are not blocks of {sizes}")
    parts = [p for n, b in zip(extents, sizes) for p in (n // b, b)]
    inner = range(1, 2 * rank, 2)
    order = [*(i + 1 for i in inner), 0, *inner, *range(2 * rank + 1, 2 * rank + 1 + len(rest))]
    moved = tnp.transpose(tnp.reshape(padded, (padded.shape[0], *parts, *rest)), order)
    return tnp.reshape(moved, (-1, *(n // b for n, b in zip(extents, sizes)), *rest))


@public
def batch_to_space(x: ArrayLike, block: Sequence[int], crops: Sequence[Sequence[int]]) -> Any:
    """The inverse of space_to_batch: ``crops`` are cut off before and after.

    Raises ShapeError unless the blocks divide the batch, or when the crops are larger than the
    axes.

    >>> batch_to_space([[[1.0]], [[2.0]]], [2], [(0, 1)])
    Array([[[1.]]], dtype=float32)
    """
    got = value(x)
    sizes, pairs = _per_block("batch_to_space", got, block, crops)
    rank, shape, count = len(sizes), got.aval.shape, 1
    for b in sizes:
        count *= b
    if shape[0] % count:
        raise ShapeError(f"batch_to_space: a batch of {shape[0]} is not blocks of {sizes}")
    parts = tnp.reshape(got, (*sizes, shape[0] // count, *shape[1:]))
    order = [rank, *(p for i in range(rank) for p in (rank + 1 + i, i))]
    order += range(2 * rank + 1, parts.ndim)
    grown = [n * b for n, b in zip(shape[1:], sizes)]
    if any(a + b > n for (a, b), n in zip(pairs, grown)):
        raise ShapeError(f"batch_to_space: crops {pairs} of extents {grown}")
    rest = shape[1 + rank :]
    whole = tnp.reshape(tnp.transpose(parts, order), (shape[0] // count, *grown, *rest))
    cut = tuple(slice(a, n - b) for (a, b), n in zip(pairs, grown))
    return whole[(slice(None), *cut)]


def _per_block(
    name: str, x: Value, block: Sequence[int], around: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
    sizes = per_axis(tuple(block), len(block), f"{name}: block")
    pairs = [per_axis(tuple(p), 2, f"{name}: border", least=0) for p in around]
    if not sizes or len(sizes) != len(pairs) or x.aval.ndim < 1 + len(sizes):
        raise ArgumentError(f"{name}: {len(sizes)} blocks and {len(pairs)} borders for {x.aval}")
    return sizes, [(a, b) for a, b in pairs]


@public
def extract_patches(
    x: ArrayLike,
    window: Ints,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
) -> Any:
    """The windows of ``[N, *spatial, C]`` laid into the channels (unfold, im2col).

    The result is ``[N, *positions, window · C]``; within a patch the channel runs fastest. Padding
    is zeros.

    >>> extract_patches([[[1.0], [2.0], [3.0]]], 2)
    Array([[[1., 2.],
            [2., 3.]]], dtype=float32)
    """
    got = as_float(x)
    if got.aval.ndim < 3:
        raise ShapeError(f"extract_patches takes [N, *spatial, C], got {got.aval}")
    size = per_axis(window, got.aval.ndim - 2, "window")
    return tnp.concatenate(shifted(got, size, strides, padding, dilation), -1)


@public
def fold(
    patches: ArrayLike,
    size: Sequence[int],
    window: Ints,
    strides: Ints = 1,
    padding: Padding = "VALID",
    dilation: Ints = 1,
) -> Any:
    """The sum of patches where they overlap: the transpose of ``extract_patches`` (col2im).

    ``patches`` is ``[N, *positions, window · C]``, ``size`` the spatial extents of the result.
    Raises ShapeError when the patches are not those of that size.

    >>> fold([[[1.0, 2.0], [2.0, 3.0]]], (3,), 2)[0, :, 0]
    Array([1., 4., 3.], dtype=float32)
    """
    from ..autodiff import vjp

    got = as_float(patches)
    shape = shape_of(size, "fold")
    taps = math.prod(per_axis(window, len(shape), "window"))
    if got.aval.ndim != len(shape) + 2 or got.aval.shape[-1] % taps:
        raise ShapeError(f"fold: patches {got.aval} of {taps} places for {shape}")
    empty = tnp.zeros((got.aval.shape[0], *shape, got.aval.shape[-1] // taps))
    seen, back = vjp(lambda x: extract_patches(x, window, strides, padding, dilation), empty)
    if seen.shape != got.aval.shape:
        raise ShapeError(f"fold: patches {got.aval}, but {shape} has {seen.aval}")
    return back(got)[0]


@public
def upsample(x: ArrayLike, factor: Ints = 2) -> Any:
    """Each element of the spatial axes of ``[N, *spatial, C]`` repeated ``factor`` times.

    ``texelate.image.resize`` interpolates.

    >>> upsample([[[1.0], [2.0]]])[0, :, 0]
    Array([1., 1., 2., 2.], dtype=float32)
    """
    out: Any = value(x)
    if out.aval.ndim < 3:
        raise ShapeError(f"upsample takes [N, *spatial, C], got {out.aval}")
    for axis, times in enumerate(per_axis(factor, out.aval.ndim - 2, "factor"), 1):
        out = tnp.repeat(out, times, axis=axis)
    return out


__all__ = [
    "batch_to_space", "depth_to_space", "extract_patches", "fold", "pixel_shuffle",
    "pixel_unshuffle", "space_to_batch", "space_to_depth", "upsample",
]  # fmt: skip
