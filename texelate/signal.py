"""Signals: frames of them, windows, and spectra over time.

>>> import texelate as tx
>>> tx.signal.frame([1.0, 2.0, 3.0], 2, 1)
Array([[1., 2.],
       [2., 3.]], dtype=float32)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from . import numpy as tnp
from .compiler.errors import ArgumentError, ShapeError
from .compiler.ir.dtypes import float32
from .compiler.ir.prims.scattering import scatter_add
from .operands import ArrayLike, as_float, shape_of, value
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


@public
def stft(
    x: ArrayLike,
    frame_length: int,
    frame_step: int,
    fft_length: int | None = None,
    window: Callable[[int], Any] | None = hann_window,
) -> Any:
    """The spectra of windowed frames of the last axis: c64[..., frames, fft_length // 2 + 1].

    ``fft_length`` is the power of 2 from ``frame_length`` on unless given; frames are filled up
    with zeros. Without ``window`` frames stay as they are.

    >>> import texelate.numpy as tnp
    >>> stft(tnp.ones(16), 8, 4).shape
    (3, 5)
    """
    frames = frame(as_float(x), frame_length, frame_step)
    size = 1 << (frame_length - 1).bit_length() if fft_length is None else fft_length
    shaped = frames if window is None else frames * window(frame_length)
    return tnp.fft.rfft(shaped, size)


@public
def istft(
    spectra: ArrayLike,
    frame_length: int,
    frame_step: int,
    fft_length: int | None = None,
    window: Callable[[int], Any] | None = hann_window,
) -> Any:
    """The signal whose ``stft``, with the same arguments, is nearest to ``spectra``.

    Frames are weighted by the window, added up, and divided by the sum of the windows' squares;
    where no window reaches the signal is 0. Source: Griffin and Lim, IEEE ASSP 32, 1984.

    >>> import texelate.numpy as tnp
    >>> istft(stft(tnp.ones(16), 8, 4), 8, 4).shape
    (16,)
    """
    size = 1 << (frame_length - 1).bit_length() if fft_length is None else fft_length
    frames = tnp.fft.irfft(spectra, size)[..., :frame_length]
    shape = tnp.ones((frame_length,)) if window is None else window(frame_length)
    total = overlap_and_add(frames * shape, frame_step)
    squares = tnp.broadcast_to(shape * shape, (frames.shape[-2], frame_length))
    weight = overlap_and_add(squares, frame_step)
    return tnp.where(weight > 1e-8, total / tnp.maximum(weight, 1e-8), 0.0)


__all__ = ["frame", "hamming_window", "hann_window", "istft", "overlap_and_add", "stft"]
