"""Images in black and white."""

from __future__ import annotations

from typing import Any

from .. import numpy as tnp
from ..compiler.ir.dtypes import float32, int32
from ..nn.classes import one_hot
from ..operands import ArrayLike, as_float
from ..traceback import public


def _grey(x: ArrayLike) -> Any:
    """Whole numbers from 0 to 255, as float32."""
    got: Any = as_float(x)
    if got.ndim and got.shape[-1] == 3:
        got = tnp.sum(got * [0.2989, 0.587, 0.114], -1, keepdims=True)
    return tnp.clip(tnp.floor(got), 0.0, 255.0)


@public
def otsu_level(x: ArrayLike) -> Any:
    """The level from 0 to 255 that parts an image's pixels into two classes best, as int32.

    Best is the largest variance between the classes; the first level where several are best.
    Source: Otsu, IEEE SMC 9, 1979.

    >>> otsu_level([[10.0, 12.0, 200.0, 210.0]])
    Array(12, dtype=int32)
    """
    pixels = _grey(x).reshape(-1).astype(int32)
    counts = tnp.sum(one_hot(pixels, 256), 0)
    levels = tnp.arange(256, dtype=float32)
    below = tnp.tri(256) @ tnp.stack([counts, counts * levels], -1)
    dark, light = below[:, 0], below[-1, 0] - below[:, 0]
    means = below[:, 1] / tnp.maximum(dark, 1.0)
    others = (below[-1, 1] - below[:, 1]) / tnp.maximum(light, 1.0)
    return tnp.argmax(dark * light * tnp.square(means - others))


@public
def threshold(x: ArrayLike, level: ArrayLike | None = None, inverted: bool = False) -> Any:
    """255 where an image is brighter than ``level``, else 0, as int32; ``inverted`` the reverse.

    Images are from 0 to 255, of one channel, or of three, which are made grey. ``level`` is that of
    ``otsu_level`` unless given.

    >>> threshold([[[10.0], [200.0]]], 127)[0, :, 0]
    Array([  0, 255], dtype=int32)
    """
    grey = _grey(x)
    border = otsu_level(x) if level is None else level
    bright = grey <= border if inverted else grey > border
    return bright.astype(int32) * 255


__all__ = ["otsu_level", "threshold"]
