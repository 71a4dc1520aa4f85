"""The discrete Fourier transform along the last axis, composed of matrix products.

A length n = r · m is m transforms of length r (one product with the r x r matrix of roots), a
multiplication by roots of unity, and r transforms of length m (Cooley & Tukey, 1965). A length with
a prime factor beyond ``LARGEST`` is a convolution of a length that has none (Bluestein, 1970).
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ... import array as arrays
from ...compiler.ir.core import Value
from ...compiler.ir.dtypes import complex64
from ...compiler.ir.prims import complexes as cx
from ...compiler.ir.prims import elementwise as ew
from ...compiler.ir.prims.dot import dot_general
from ...compiler.ir.prims.matrices import turned
from ...compiler.ir.prims.shaping import reshape
from ...compiler.ir.prims.slicing import concatenate, pad, part
from ...operands import broadcast_to

LARGEST = 32
"""The largest matrix of roots: longer ones cost more operations, shorter ones more passes."""


def transform(x: Any, inverse: bool) -> Value:
    """Sums over the last axis with ``exp(∓2πi j k / n)``, not normalised. ``x`` is complex."""
    n = x.aval.shape[-1]
    if inverse:
        return cx.conj(transform(cx.conj(x), False))
    radix = _radix(n)
    if radix == n:
        return _dense(x)
    return _chirped(x) if radix == 0 else _split(x, radix)


@functools.cache
def _radix(n: int) -> int:
    """The first factor of ``n``, such that all are alike; 0 where a prime factor is too large."""
    rest = n
    for p in range(2, LARGEST + 1):
        while rest % p == 0:
            rest //= p
    if rest > 1:
        return 0
    if n <= LARGEST:
        return n
    divisors = [r for r in range(2, LARGEST + 1) if n % r == 0]
    stages = math.ceil(math.log(n, LARGEST) - 1e-9)
    even = n ** (1 / stages) - 1e-9
    return min((r for r in divisors if r >= even), default=divisors[-1])


@functools.lru_cache(maxsize=64)
def _roots(rows: int, columns: int, n: int) -> arrays.Array:
    """``exp(-2πi j k / n)`` for j in rows, k in columns."""
    return arrays.Array.copy_of(_powers(rows, columns, n))


def _powers(rows: int, columns: int, n: int) -> np.ndarray[Any, Any]:
    """The roots in double precision; zeros of sine and cosine are exact."""
    roots: np.ndarray[Any, Any] = np.exp(
        -2j * np.pi * (np.outer(np.arange(rows), np.arange(columns)) % n) / n
    )
    parts = roots.view(np.float64)
    parts[np.abs(parts) < 1e-14] = 0
    return roots


@functools.lru_cache(maxsize=64)
def _matrix(n: int) -> arrays.Array:
    """The n x n matrix of roots on real and imaginary parts side by side: ``[2 n, 2 n]``."""
    roots = _powers(n, n, n)
    return arrays.Array.copy_of(np.block([[roots.real, roots.imag], [-roots.imag, roots.real]]))


def _dense(x: Any) -> Value:
    """One product of real matrices: a quarter of the kernels of a complex one."""
    n, axis = x.aval.shape[-1], x.aval.ndim - 1
    parts = concatenate(cx.real(x), cx.imag(x), axis=axis)
    out = dot_general(parts, _matrix(n), contract=((axis,), (0,)), batch=((), ()))
    return cx.complex_(part(out, axis, 0, n), part(out, axis, n, 2 * n))


def _split(x: Any, r: int) -> Value:
    """Element j = j₁ m + j₂ goes to frequency k = k₁ + r k₂."""
    *lead, n = x.aval.shape
    m = n // r
    grid = turned(reshape(x, shape=(*lead, r, m)))  # [..., j₂, j₁]
    inner = _dense(grid)  # [..., j₂, k₁]
    twisted = ew.mul(inner, broadcast_to(_roots(m, r, n), inner.aval.shape))
    outer = transform(turned(twisted), False)  # [..., k₁, k₂]
    return reshape(turned(outer), shape=(*lead, n))


@functools.lru_cache(maxsize=64)
def _chirp(n: int, length: int) -> tuple[arrays.Array, arrays.Array]:
    """``exp(-πi j² / n)`` and the transform of its conjugate, wrapped round to ``length``."""
    squares = np.arange(n, dtype=np.int64) ** 2 % (2 * n)
    chirp = np.exp(-1j * np.pi * squares / n)
    around = np.zeros(length, np.complex128)
    around[:n] = chirp.conj()
    around[length - n + 1 :] = chirp.conj()[:0:-1]
    return arrays.Array.copy_of(chirp), arrays.Array.copy_of(np.fft.fft(around) / length)


def _chirped(x: Any) -> Value:
    """Bluestein: j k = (j² + k² - (k - j)²) / 2."""
    shape, axis = x.aval.shape, x.aval.ndim - 1
    n = shape[-1]
    length = 1 << (2 * n - 2).bit_length()
    chirp, response = _chirp(n, length)
    turned_by = broadcast_to(chirp, shape)
    wide = _padded(ew.mul(x, turned_by), length)
    spectrum = transform(wide, False)
    spectrum = ew.mul(spectrum, broadcast_to(response, spectrum.aval.shape))
    return ew.mul(part(transform(spectrum, True), axis, 0, n), turned_by)


def _padded(x: Any, length: int) -> Value:
    rank, n = x.aval.ndim, x.aval.shape[-1]
    none = (0,) * (rank - 1)
    return pad(x, 0.0, low=(*none, 0), high=(*none, length - n), interior=(*none, 0))


def resized(x: Any, n: int) -> Value:
    """The last axis cut, or filled up with zeros, to ``n`` elements."""
    now = x.aval.shape[-1]
    if now >= n:
        return x if now == n else part(x, x.aval.ndim - 1, 0, n)
    return _padded(x, n)


def as_complex(x: Value) -> Value:
    """``x`` as complex64."""
    return x if x.aval.dtype is complex64 else ew.convert(x, dtype=complex64)
