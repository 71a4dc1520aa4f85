"""Signals: frames of them, and windows.

>>> import texelate as tx
>>> tx.signal.frame([1.0, 2.0, 3.0], 2, 1)
Array([[1., 2.],
       [2., 3.]], dtype=float32)
"""

from __future__ import annotations

import math
from typing import Any

from . import numpy as tnp
from .compiler.errors import ArgumentError, ShapeError
from .compiler.ir.dtypes import float32
from .compiler.ir.prims.scattering import scatter_add
from .operands import ArrayLike, shape_of, value
from .traceback import public


@public
def frame(
    x: ArrayLike,
    frame_length: int,
    frame_step: int,
    pad_end: bool = False,
    pad_value: ArrayLike = 0,
) -> Any:
    """Pieces of the last axis, one every ``frame_step``: ``[..., frames, frame_length]``.

    Only whole frames, unless ``pad_end``: then every start within the signal has a frame, filled up
    with ``pad_value``. Raises ArgumentError for lengths and steps below 1, ShapeError for rank 0.

    >>> frame([1.0, 2.0, 3.0], 2, 2, pad_end=True)
    Array([[1., 2.],
           [3., 0.]], dtype=float32)
    """
    got: Any = value(x)
    (length,), (step,) = shape_of(frame_length, "frame"), shape_of(frame_step, "frame")
    if length < 1 or step < 1:
        raise ArgumentError(f"frame: length {length} and step {step} must be at least 1")
    if not got.aval.ndim:
        raise ShapeError("frame: a number has no frames")
    extent = got.shape[-1]
    count = -(-extent // step) if pad_end else max((extent - length) // step + 1, 0)
    beyond = max((count - 1) * step + length - extent, 0)
    got = tnp.pad(got, [(0, 0)] * (got.ndim - 1) + [(0, beyond)], constant_values=pad_value)
    if not count:
        return tnp.zeros((*got.shape[:-1], 0, length), got.aval.dtype)
    places = tnp.arange(count).reshape(-1, 1) * step + tnp.arange(length)
    return tnp.take(got, places, axis=-1)


@public
def overlap_and_add(frames: ArrayLike, frame_step: int) -> Any:
    """The signal whose frames, one every ``frame_step``, are summed where they overlap.

    ``frames`` is ``[..., count, frame_length]``; the transpose of ``frame``. Raises ShapeError for
    lower ranks and a step below 1.

    >>> overlap_and_add([[1.0, 2.0], [3.0, 4.0]], 1)
    Array([1., 5., 4.], dtype=float32)
    """
    got, (step,) = value(frames), shape_of(frame_step, "overlap_and_add")
    if got.aval.ndim < 2 or step < 1:
        raise ShapeError(f"overlap_and_add takes [..., count, length], got {got.aval} by {step}")
    (count, length), axis = got.aval.shape[-2:], got.aval.ndim - 2
    size = (count - 1) * step + length if count else 0
    places = tnp.arange(count).reshape(-1, 1) * step + tnp.arange(length)
    return scatter_add(got, places, axis=axis, size=size)


def _cosine_window(n: int, level: float, periodic: bool, name: str) -> Any:
    """level - (1 - level) · cos: over n points, or with ``periodic`` the first n of n + 1."""
    (count,) = shape_of(n, name)
    period = count if periodic else count - 1
    turns = tnp.arange(count, dtype=float32) * (2 * math.pi / max(period, 1))
    return level - (1 - level) * tnp.cos(turns) if count > 1 else tnp.ones((count,))


@public
def hann_window(n: int, periodic: bool = True) -> Any:
    """The raised cosine of ``n`` points; ``periodic`` for spectra, symmetric otherwise.

    >>> hann_window(4).shape
    (4,)
    """
    return _cosine_window(n, 0.5, periodic, "hann_window")


@public
def hamming_window(n: int, periodic: bool = True) -> Any:
    """Hamming's window of ``n`` points: 0.54 - 0.46 · cos.

    >>> hamming_window(4).shape
    (4,)
    """
    return _cosine_window(n, 0.54, periodic, "hamming_window")


__all__ = ["frame", "hamming_window", "hann_window", "overlap_and_add"]
