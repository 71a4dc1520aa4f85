"""Convolution of vectors, windows, phases without jumps, and a Bessel function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import bool_, int32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims.contraction import conv_general
from ..compiler.ir.prims.structural import part
from ..operands import ArrayLike, as_float, axis_of, promote_all, shape_of, value
from ..traceback import public
from .complexes import conj, imag, is_complex, real
from .creation import asarray
from .elementwise import remainder, where
from .scans import cumsum, diff
from .shapes import concatenate, flip, reshape


@public
def convolve(x: ArrayLike, y: ArrayLike, mode: str = "full") -> Any:
    """The convolution of two vectors: sums of products, one of them reversed and shifted.

    ``mode``: "full" (every overlap), "same" (the length of the longer one, centred), "valid" (only
    whole overlaps). ArgumentError for other modes, ShapeError unless both are vectors
    with elements.

    >>> import texelate.numpy as tnp
    >>> tnp.convolve([1, 2, 3], [0, 1], "same")
    Array([0, 1, 2], dtype=int32)
    """
    a, b = _vectors("convolve", x, y)
    if b.aval.size > a.aval.size:
        a, b = b, a
    return _slid(a, flip(b), mode)


@public
def correlate(x: ArrayLike, y: ArrayLike, mode: str = "valid") -> Any:
    """Sums of products of ``x`` with the shifted, conjugated ``y``; modes as in ``convolve``.

    >>> import texelate.numpy as tnp
    >>> tnp.correlate([1, 2, 3], [0, 1])
    Array([2, 3], dtype=int32)
    """
    a, b = _vectors("correlate", x, y)
    if b.aval.size > a.aval.size:
        return flip(_slid(conj(b), conj(conj(a)), mode))
    return _slid(a, conj(b), mode)


def _vectors(name: str, x: ArrayLike, y: ArrayLike) -> tuple[Value, Value]:
    a, b = (value(v) for v in promote_all((x, y), name=name))
    if a.aval.dtype is bool_:
        a, b = (ew.convert(v, dtype=int32) for v in (a, b))
    if a.aval.ndim != 1 or b.aval.ndim != 1 or not a.aval.size or not b.aval.size:
        raise ShapeError(f"{name} takes vectors with elements, got {a.aval} and {b.aval}")
    return a, b


def _slid(x: Value, kernel: Value, mode: str) -> Any:
    """The kernel, not longer than ``x``, slid along it."""
    n = kernel.aval.size
    around = {"full": (n - 1, n - 1), "same": (n // 2, (n - 1) // 2), "valid": (0, 0)}
    if mode not in around:
        raise ArgumentError(f'mode {mode!r} is not one of "full", "same", "valid"')
    if is_complex(x):
        return _complex_slid(x, kernel, mode)
    out = conv_general(
        reshape(x, (1, 1, -1, 1)),
        reshape(kernel, (1, -1, 1, 1)),
        strides=(1,), padding=(around[mode],), lhs_dilation=(1,), rhs_dilation=(1,),
    )  # fmt: skip
    return reshape(out, (-1,))


def _complex_slid(x: Value, kernel: Value, mode: str) -> Any:
    rr, ri, ir, ii = (_slid(a(x), b(kernel), mode) for a in (real, imag) for b in (real, imag))
    return (rr - ii) + 1j * (ri + ir)


# --- windows -------------------------------------------------------------------------------------


def _cosines(m: int, name: str, *weights: float) -> Any:
    """A sum of cosines over ``m`` points, both ends included."""
    (count,) = shape_of(m, name)
    if count == 1:
        return asarray(np.ones(1, np.float32))
    turn = np.arange(count) * (2 * math.pi / max(count - 1, 1))
    waves = (w * np.cos(k * turn) for k, w in enumerate(weights))
    return asarray(np.asarray(sum(waves), np.float32))


@public
def hanning(m: int) -> Any:
    """Hann's window of ``m`` points, 0 at both ends (``signal.hann_window`` is periodic)."""
    return _cosines(m, "hanning", 0.5, -0.5)


@public
def hamming(m: int) -> Any:
    """Hamming's window of ``m`` points."""
    return _cosines(m, "hamming", 0.54, -0.46)


@public
def blackman(m: int) -> Any:
    """Blackman's window of ``m`` points."""
    return _cosines(m, "blackman", 0.42, -0.5, 0.08)


@public
def bartlett(m: int) -> Any:
    """Bartlett's window of ``m`` points: a triangle with 0 at both ends."""
    (count,) = shape_of(m, "bartlett")
    place = np.abs(np.linspace(-1, 1, count)) if count > 1 else np.zeros(count)
    return asarray(np.asarray(1 - place, np.float32))


@public
def kaiser(m: int, beta: ArrayLike) -> Any:
    """Kaiser's window of ``m`` points: ``i0(beta · sqrt(1 - t²)) / i0(beta)``, t from -1 to 1.

    >>> import texelate.numpy as tnp
    >>> tnp.kaiser(3, 0.0)
    Array([1., 1., 1.], dtype=float32)
    """
    (count,) = shape_of(m, "kaiser")
    t = np.linspace(-1, 1, count) if count > 1 else np.zeros(count)
    arch = np.asarray(np.sqrt(np.maximum(1 - t * t, 0)), np.float32)
    shape: Any = as_float(beta)
    return i0(shape * asarray(arch)) / i0(shape)


_SMALL = (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813)
_LARGE = (
    0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281,
    -0.02057706, 0.02635537, -0.01647633, 0.00392377,
)  # fmt: skip


@public
def i0(x: ArrayLike, /) -> Any:
    """The modified Bessel function of the first kind and order 0, as float32.

    Source: Abramowitz and Stegun 9.8.1 and 9.8.2 (relative error 2e-7).

    >>> import texelate.numpy as tnp
    >>> tnp.i0(0.0)
    Array(1., dtype=float32)
    """
    got = as_float(x)
    size = ew.select(ew.lt(got, 0.0), ew.neg(got), got)
    small = ew.min_(size, 3.75)
    large = ew.max_(size, 3.75)
    near = _polynomial(_SMALL, ew.integer_pow(ew.mul(small, 1 / 3.75), y=2))
    far = ew.mul(_polynomial(_LARGE, ew.div(3.75, large)), ew.mul(ew.exp(large), ew.rsqrt(large)))
    return ew.select(ew.lt(size, 3.75), near, far)


def _polynomial(coefficients: tuple[float, ...], t: Value) -> Value:
    """Horner's rule, the constant first."""
    out: Any = coefficients[-1]
    for c in coefficients[-2::-1]:
        out = ew.add(ew.mul(t, out), c)
    return out  # type: ignore[no-any-return]


# --- phases --------------------------------------------------------------------------------------


@public
def unwrap(
    x: ArrayLike, discont: float | None = None, axis: int = -1, *, period: float = 2 * math.pi
) -> Any:
    """Angles along ``axis`` without jumps: multiples of ``period`` added, so that no step is longer
    than half of it (or ``discont``).

    >>> import texelate.numpy as tnp
    >>> tnp.unwrap([0.0, 3.0, 6.0, 0.0], period=8.0)
    Array([0., 3., 6., 8.], dtype=float32)
    """
    got = as_float(x)
    place = axis_of(axis, got.aval.ndim, "unwrap")
    half = period / 2
    steps = diff(got, axis=place)
    wrapped = remainder(steps + half, period) - half
    wrapped = where((wrapped == -half) & (steps > 0), half, wrapped)
    small = abs(steps) < (half if discont is None else max(discont, half))
    correction = cumsum(where(small, 0.0, wrapped - steps), axis=place)
    n = got.aval.shape[place]
    rest = part(got, place, min(1, n), n) + correction
    return concatenate([part(got, place, 0, min(1, n)), rest], axis=place)


__all__ = [
    "bartlett", "blackman", "convolve", "correlate", "hamming", "hanning", "i0", "kaiser",
    "unwrap",
]  # fmt: skip
