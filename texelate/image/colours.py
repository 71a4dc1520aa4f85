"""Colours: the last axis is red, green and blue, from 0 to 1, or the like of another space."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import numpy as tnp
from ..array import Array
from ..compiler.errors import ArgumentError, ShapeError
from ..operands import ArrayLike, as_float, value
from ..traceback import public

_GREY = (0.299, 0.587, 0.114)
_YUV = (_GREY, (-0.14714119, -0.28886916, 0.43601035), (0.61497538, -0.51496512, -0.10001026))
_YIQ = (_GREY, (0.59590059, -0.27455667, -0.32134392), (0.21153661, -0.52273617, 0.31119955))
"""Rows: each coordinate of the space from red, green and blue (ITU-R BT.470, NTSC)."""


def _colours(x: ArrayLike, name: str) -> Any:
    got = as_float(x)
    if not got.aval.ndim or got.aval.shape[-1] != 3:
        raise ShapeError(f"{name}: the last axis of {got.aval} is not three colours")
    return got


def _times(x: Any, rows: Any) -> Any:
    return x @ Array.copy_of(np.asarray(rows, np.float32).T)


@public
def rgb_to_grayscale(x: ArrayLike) -> Any:
    """The luma of colours: 0.2989 R + 0.587 G + 0.114 B, with one channel.

    >>> rgb_to_grayscale([0.0, 0.5, 0.0])
    Array([0.2935], dtype=float32)
    """
    return tnp.sum(_colours(x, "rgb_to_grayscale") * [0.2989, 0.587, 0.114], -1, keepdims=True)


@public
def grayscale_to_rgb(x: ArrayLike) -> Any:
    """One channel three times. ShapeError for more than one.

    >>> grayscale_to_rgb([0.5])
    Array([0.5, 0.5, 0.5], dtype=float32)
    """
    got = value(x)
    if not got.aval.ndim or got.aval.shape[-1] != 1:
        raise ShapeError(f"grayscale_to_rgb: the last axis of {got.aval} is not one channel")
    return tnp.repeat(got, 3, axis=-1)


@public
def rgb_to_hsv(x: ArrayLike) -> Any:
    """Hue, saturation and value, all from 0 to 1.

    >>> rgb_to_hsv([0.0, 1.0, 0.0])
    Array([0.33333334, 1.        , 1.        ], dtype=float32)
    """
    got = _colours(x, "rgb_to_hsv")
    red, green, blue = got[..., 0], got[..., 1], got[..., 2]
    high = tnp.max(got, -1)
    span = high - tnp.min(got, -1)
    safe = tnp.where(span > 0, span, 1.0)
    warm = tnp.where(high == red, (green - blue) / safe, 2.0 + (blue - red) / safe)
    cold = 4.0 + (red - green) / safe
    hue = tnp.where((high == blue) & (high != red) & (high != green), cold, warm) / 6.0
    saturation = span / tnp.where(high > 0, high, 1.0)
    return tnp.stack([tnp.where(span > 0, hue - tnp.floor(hue), 0.0), saturation, high], -1)


@public
def hsv_to_rgb(x: ArrayLike) -> Any:
    """Red, green and blue of hue, saturation and value.

    >>> hsv_to_rgb([0.0, 1.0, 0.5])
    Array([0.5, 0. , 0. ], dtype=float32)
    """
    got = _colours(x, "hsv_to_rgb")
    turn, saturation, high = got[..., 0:1] * 6.0, got[..., 1:2], got[..., 2:3]
    red = abs(turn - 3.0) - 1.0
    green, blue = 2.0 - abs(turn - 2.0), 2.0 - abs(turn - 4.0)
    pure = tnp.clip(tnp.concatenate([red, green, blue], -1), 0.0, 1.0)
    return (1.0 - saturation + saturation * pure) * high


@public
def rgb_to_yuv(x: ArrayLike) -> Any:
    """Luma Y from 0 to 1, and the differences U and V of blue and red from it.

    >>> rgb_to_yuv([1.0, 1.0, 1.0]).shape
    (3,)
    """
    return _times(_colours(x, "rgb_to_yuv"), _YUV)


@public
def yuv_to_rgb(x: ArrayLike) -> Any:
    """The inverse of rgb_to_yuv.

    >>> yuv_to_rgb([0.5, 0.0, 0.0]).shape
    (3,)
    """
    return _times(_colours(x, "yuv_to_rgb"), np.linalg.inv(_YUV))


@public
def rgb_to_yiq(x: ArrayLike) -> Any:
    """Luma Y, and I and Q: the differences turned by 33 degrees (NTSC).

    >>> rgb_to_yiq([1.0, 1.0, 1.0]).shape
    (3,)
    """
    return _times(_colours(x, "rgb_to_yiq"), _YIQ)


@public
def yiq_to_rgb(x: ArrayLike) -> Any:
    """The inverse of rgb_to_yiq.

    >>> yiq_to_rgb([0.5, 0.0, 0.0]).shape
    (3,)
    """
    return _times(_colours(x, "yiq_to_rgb"), np.linalg.inv(_YIQ))


# --- adjusting -----------------------------------------------------------------------------------


@public
def adjust_brightness(x: ArrayLike, delta: ArrayLike) -> Any:
    """x + delta.

    >>> adjust_brightness([0.25], 0.5)
    Array([0.75], dtype=float32)
    """
    return as_float(x) + as_float(delta)  # type: ignore[operator]


@public
def adjust_contrast(x: ArrayLike, factor: ArrayLike) -> Any:
    """Each channel's distance from its mean over the image, times ``factor``.

    ``x`` is ``[..., H, W, C]``. Raises ShapeError for lower ranks.

    >>> adjust_contrast([[[0.0], [1.0]]], 0.5)[0, :, 0]
    Array([0.25, 0.75], dtype=float32)
    """
    got: Any = as_float(x)
    if got.aval.ndim < 3:
        raise ShapeError(f"adjust_contrast takes [..., H, W, C], got {got.aval}")
    mean = tnp.mean(got, (-3, -2), keepdims=True)
    return (got - mean) * as_float(factor) + mean


@public
def adjust_gamma(x: ArrayLike, gamma: float = 1.0, gain: float = 1.0) -> Any:
    """gain · x^gamma, for x from 0. Raises ArgumentError for a negative gamma.

    >>> adjust_gamma([0.5], 2.0)
    Array([0.25], dtype=float32)
    """
    if not gamma >= 0:
        raise ArgumentError(f"adjust_gamma: gamma {gamma!r} is negative")
    return gain * tnp.power(as_float(x), gamma)


@public
def adjust_hue(x: ArrayLike, delta: ArrayLike) -> Any:
    """Colours with the hue turned by ``delta`` (1 is a whole turn).

    >>> adjust_hue([1.0, 0.0, 0.0], 0.5)
    Array([0., 1., 1.], dtype=float32)
    """
    hsv = rgb_to_hsv(_colours(x, "adjust_hue"))
    turned = hsv[..., :1] + as_float(delta)
    return hsv_to_rgb(tnp.concatenate([turned - tnp.floor(turned), hsv[..., 1:]], -1))


@public
def adjust_saturation(x: ArrayLike, factor: ArrayLike) -> Any:
    """Colours with the saturation times ``factor``, at most 1.

    >>> adjust_saturation([1.0, 0.5, 0.5], 2.0)
    Array([1., 0., 0.], dtype=float32)
    """
    hsv = rgb_to_hsv(_colours(x, "adjust_saturation"))
    scaled = tnp.clip(hsv[..., 1:2] * as_float(factor), 0.0, 1.0)
    return hsv_to_rgb(tnp.concatenate([hsv[..., :1], scaled, hsv[..., 2:]], -1))


__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
    "grayscale_to_rgb", "hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv", "rgb_to_yiq",
    "rgb_to_yuv", "yiq_to_rgb", "yuv_to_rgb",
]  # fmt: skip
