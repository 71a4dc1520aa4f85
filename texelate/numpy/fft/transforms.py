"""The transforms by NumPy's names: lengths, axes, normalisation, real input and output."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ...compiler.errors import ArgumentError, AxisError, ShapeError
from ...compiler.ir.core import Value
from ...compiler.ir.prims import complexes as cx
from ...compiler.ir.prims import elementwise as ew
from ...compiler.ir.prims.common import move_axis
from ...compiler.ir.prims.shaping import rev
from ...compiler.ir.prims.slicing import concatenate, part
from ...operands import ArrayLike, as_float, axis_of
from ...traceback import public
from .kernels import as_complex, resized, transform

Sizes = Sequence[int] | None
Last = Callable[[Any, int, bool], Value]
"""A transform along the last axis: of a value, to a length, forwards or backwards."""


def _factor(n: int, norm: str | None, inverse: bool) -> float:
    """What the sums are multiplied by."""
    if norm not in (None, "backward", "ortho", "forward"):
        raise ArgumentError(f"fft: norm {norm!r}", fix='"backward", "ortho" or "forward"')
    if norm == "ortho":
        return 1 / math.sqrt(n)
    return 1 / n if inverse == (norm != "forward") else 1.0


def _along(
    f: Last, x: Value, n: int | None, axis: int, norm: str | None, inverse: bool, half: bool = False
) -> Value:
    """``f`` along ``axis``; ``half``: the input has the n // 2 + 1 elements of a real spectrum."""
    place = axis_of(axis, x.aval.ndim, "fft")
    given = x.aval.shape[place]
    length = n if n is not None else 2 * (given - 1) if half else given
    if length < 1:
        raise ShapeError(f"fft along axis {axis} of {x.aval}: the length {length} is below 1")
    out = f(move_axis(x, place, x.aval.ndim - 1), length, inverse)
    factor = _factor(length, norm, inverse)
    out = ew.mul(out, factor) if factor != 1 else out
    return move_axis(out, out.aval.ndim - 1, place)


def _full(x: Any, n: int, inverse: bool) -> Value:
    return transform(resized(as_complex(x), n), inverse)


def _from_real(x: Any, n: int, inverse: bool) -> Value:
    """The first half of the spectrum: the rest is its mirror image."""
    return part(_full(x, n, inverse), x.aval.ndim - 1, 0, n // 2 + 1)


def _to_real(x: Any, n: int, inverse: bool) -> Value:
    """From the first half; the imaginary parts of its ends do not count."""
    half = resized(as_complex(x), n // 2 + 1)
    last = half.aval.ndim - 1
    mirror = cx.conj(rev(part(half, last, 1, (n + 1) // 2), axes=(last,)))
    first = ew.convert(cx.real(part(half, last, 0, 1)), dtype=half.aval.dtype)
    middle = [part(half, last, 1, (n + 1) // 2)]
    if n % 2 == 0:
        end = cx.real(part(half, last, n // 2, n // 2 + 1))
        middle.append(ew.convert(end, dtype=half.aval.dtype))
    return cx.real(transform(concatenate(first, *middle, mirror, axis=last), inverse))


def _real_input(x: ArrayLike, name: str) -> Value:
    got = as_float(x)
    if got.aval.dtype.kind == "c":
        raise ArgumentError(f"{name} takes real input, got {got.aval}", fix="use fft")
    return got


# --- one axis ------------------------------------------------------------------------------------


@public
def fft(x: ArrayLike, /, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The discrete Fourier transform along ``axis``, as complex64 of the same shape.

    ``n``: that axis is cut or filled with zeros to this length first. ``norm``: "backward" (only
    ``ifft`` divides, by n), "ortho" (both by √n), "forward" (only ``fft``, by n). Raises AxisError,
    ArgumentError for another norm, ShapeError for length 0.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.fft([1.0, 0.0, 0.0, 0.0]).real
    Array([1., 1., 1., 1.], dtype=float32)
    """
    return _along(_full, as_float(x), n, axis, norm, False)


@public
def ifft(x: ArrayLike, /, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of ``fft``.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.ifft([4.0, 0.0, 0.0, 0.0]).real
    Array([1., 1., 1., 1.], dtype=float32)
    """
    return _along(_full, as_float(x), n, axis, norm, True)


@public
def rfft(x: ArrayLike, /, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The first n // 2 + 1 elements of ``fft`` of real input: the others mirror them.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.rfft([1.0, 1.0, 1.0, 1.0]).real
    Array([4., 0., 0.], dtype=float32)
    """
    return _along(_from_real, _real_input(x, "rfft"), n, axis, norm, False)


@public
def irfft(x: ArrayLike, /, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of ``rfft``: real, of length n (by default twice the given, less 2).

    >>> import texelate.numpy as tnp
    >>> tnp.fft.irfft([4.0, 0.0, 0.0])
    Array([1., 1., 1., 1.], dtype=float32)
    """
    return _along(_to_real, as_float(x), n, axis, norm, True, half=True)


@public
def hfft(x: ArrayLike, /, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The real transform of a signal that is conjugate to its mirror image, given its first half.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.hfft([1.0, 0.0, 0.0])
    Array([1., 1., 1., 1.], dtype=float32)
    """
    return _along(_to_real, as_float(x), n, axis, norm, False, half=True)


@public
def ihfft(x: ArrayLike, /, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of ``hfft``.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.ihfft([1.0, 1.0, 1.0, 1.0]).real
    Array([1., 0., 0.], dtype=float32)
    """
    return _along(_from_real, _real_input(x, "ihfft"), n, axis, norm, True)


# --- several axes --------------------------------------------------------------------------------


def _axes(x: Value, s: Sizes, axes: Sizes) -> list[tuple[int | None, int]]:
    """(length or None, axis) of each step; AxisError for axes that do not fit ``s``."""
    if axes is None:
        count = x.aval.ndim if s is None else len(s)
        axes = range(-count, 0)
    if s is not None and len(s) != len(axes):
        raise AxisError(f"fft: {len(s)} lengths for {len(axes)} axes")
    sizes = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    return list(zip(sizes, axes))


def _several(
    f: Last, x: Value, steps: Sequence[tuple[int | None, int]], norm: str | None, inverse: bool
) -> Value:
    for n, axis in reversed(steps):
        x = _along(f, x, n, axis, norm, inverse)
    return x


@public
def fftn(x: ArrayLike, /, s: Sizes = None, axes: Sizes = None, norm: str | None = None) -> Any:
    """``fft`` over several axes (None: all, or the last ones of ``s``), to lengths ``s``.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.fftn(tnp.ones((2, 2))).real
    Array([[4., 0.],
           [0., 0.]], dtype=float32)
    """
    got = as_float(x)
    return _several(_full, got, _axes(got, s, axes), norm, False)


@public
def ifftn(x: ArrayLike, /, s: Sizes = None, axes: Sizes = None, norm: str | None = None) -> Any:
    """The inverse of ``fftn``."""
    got = as_float(x)
    return _several(_full, got, _axes(got, s, axes), norm, True)


@public
def rfftn(x: ArrayLike, /, s: Sizes = None, axes: Sizes = None, norm: str | None = None) -> Any:
    """``rfft`` over the last of ``axes``, then ``fft`` over the others."""
    got = _real_input(x, "rfftn")
    *others, (n, axis) = _axes(got, s, axes)
    return _several(_full, _along(_from_real, got, n, axis, norm, False), others, norm, False)


@public
def irfftn(x: ArrayLike, /, s: Sizes = None, axes: Sizes = None, norm: str | None = None) -> Any:
    """The inverse of ``rfftn``: ``ifft`` over all axes but the last, then ``irfft``."""
    got = as_float(x)
    *others, (n, axis) = _axes(got, s, axes)
    return _along(
        _to_real, _several(_full, got, others, norm, True), n, axis, norm, True, half=True
    )


@public
def fft2(x: ArrayLike, /, s: Sizes = None, axes: Sizes = (-2, -1), norm: str | None = None) -> Any:
    """``fftn`` over two axes."""
    return fftn(x, s, axes, norm)


@public
def ifft2(x: ArrayLike, /, s: Sizes = None, axes: Sizes = (-2, -1), norm: str | None = None) -> Any:
    """``ifftn`` over two axes."""
    return ifftn(x, s, axes, norm)


@public
def rfft2(x: ArrayLike, /, s: Sizes = None, axes: Sizes = (-2, -1), norm: str | None = None) -> Any:
    """``rfftn`` over two axes."""
    return rfftn(x, s, axes, norm)


@public
def irfft2(
    x: ArrayLike, /, s: Sizes = None, axes: Sizes = (-2, -1), norm: str | None = None
) -> Any:
    """``irfftn`` over two axes."""
    return irfftn(x, s, axes, norm)
