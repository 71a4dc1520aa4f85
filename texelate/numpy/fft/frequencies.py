"""What the elements of a spectrum stand for, and their order."""

from __future__ import annotations

from typing import Any

from ...compiler.errors import ArgumentError
from ...compiler.ir.dtypes import float32
from ...operands import ArrayLike, axes_of, value
from ...traceback import public
from ..creation import asarray
from ..shapes import roll

Axes = int | tuple[int, ...] | None


def _step(n: int, d: float, name: str) -> float:
    if not isinstance(n, int) or n < 1:
        raise ArgumentError(f"{name}: n={n!r} is not a length of at least 1")
    return 1.0 / (n * d)


@public
def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequency of each element of ``fft``, in cycles per unit of the sample spacing ``d``.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.fftfreq(4)
    Array([ 0.  ,  0.25, -0.5 , -0.25], dtype=float32)
    """
    step, half = _step(n, d, "fftfreq"), (n + 1) // 2
    listed = [k * step for k in (*range(half), *range(half - n, 0))]
    return asarray(listed, float32 if dtype is None else dtype, device=device)


@public
def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequency of each element of ``rfft``.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.rfftfreq(4)
    Array([0.  , 0.25, 0.5 ], dtype=float32)
    """
    step = _step(n, d, "rfftfreq")
    listed = [k * step for k in range(n // 2 + 1)]
    return asarray(listed, float32 if dtype is None else dtype, device=device)


@public
def fftshift(x: ArrayLike, /, *, axes: Axes = None) -> Any:
    """The zero frequency moved to the middle of ``axes`` (None: all).

    >>> import texelate.numpy as tnp
    >>> tnp.fft.fftshift([0, 1, 2, -2, -1])
    Array([-2, -1,  0,  1,  2], dtype=int32)
    """
    got = value(x)
    places = axes_of(axes, got.aval.ndim, "fftshift")
    return roll(got, tuple(got.aval.shape[a] // 2 for a in places), places)


@public
def ifftshift(x: ArrayLike, /, *, axes: Axes = None) -> Any:
    """The inverse of ``fftshift``.

    >>> import texelate.numpy as tnp
    >>> tnp.fft.ifftshift([-2, -1, 0, 1, 2])
    Array([ 0,  1,  2, -2, -1], dtype=int32)
    """
    got = value(x)
    places = axes_of(axes, got.aval.ndim, "ifftshift")
    return roll(got, tuple(-(got.aval.shape[a] // 2) for a in places), places)
