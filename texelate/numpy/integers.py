"""Whole numbers: common divisors and multiples; bits in bytes."""

from __future__ import annotations

from typing import Any

from ..compiler.errors import ArgumentError, DtypeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32, uint8
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, axis_of, promoted, value
from ..traceback import public
from .creation import arange, full_like
from .elementwise import abs as size_of
from .elementwise import as_bool, where
from .padding import pad
from .reductions import sum as sum_of
from .shapes import broadcast_arrays, moveaxis, ravel, reshape

EUCLID_STEPS = 46
"""F(46) and F(47) are the worst pair below 2**31: Euclid's algorithm takes 45 divisions (Lame)."""


def _whole(name: str, x: ArrayLike, y: ArrayLike) -> tuple[Value, Value]:
    a, b = broadcast_arrays(*promoted(name, x, y, at_least=int32))
    if a.aval.dtype.kind not in "iu":
        raise DtypeError(f"{name} takes integers, got {a.aval.dtype}")
    return size_of(a), size_of(b)


@public
def gcd(x: ArrayLike, y: ArrayLike, /) -> Any:
    """The greatest common divisor, elementwise, with broadcasting; of two zeros it is 0.

    Raises DtypeError for floats.

    >>> import texelate.numpy as tnp
    >>> tnp.gcd([12, -8, 0], [18, 12, 5])
    Array([6, 4, 5], dtype=int32)
    """
    from ..control import fori_loop

    def step(i: Any, pair: tuple[Any, Any]) -> tuple[Any, Any]:
        a, b = pair
        return where(b == 0, a, b), where(b == 0, 0, ew.rem(a, where(b == 0, 1, b)))

    return fori_loop(0, EUCLID_STEPS, step, _whole("gcd", x, y))[0]


@public
def lcm(x: ArrayLike, y: ArrayLike, /) -> Any:
    """The least common multiple, elementwise, with broadcasting; 0 where either is 0.

    >>> import texelate.numpy as tnp
    >>> tnp.lcm(4, [6, 0])
    Array([12,  0], dtype=int32)
    """
    a, b = _whole("lcm", x, y)
    common = gcd(a, b)
    return ew.mul(ew.div(a, where(common == 0, 1, common)), b)


def _bit_weights(bitorder: str) -> Value:
    if bitorder not in ("big", "little"):
        raise ArgumentError(f"bitorder {bitorder!r}", fix='"big" or "little"')
    steps = arange(8) if bitorder == "little" else arange(7, -1, -1)
    return ew.shift_left(full_like(steps, 1), steps)


@public
def packbits(x: ArrayLike, /, axis: int | None = None, bitorder: str = "big") -> Any:
    """Eight truth values along ``axis`` (None: flattened) as a uint8; zeros fill the last one up.

    >>> import texelate.numpy as tnp
    >>> tnp.packbits([1, 0, 1])
    Array([160], dtype=uint8)
    """
    got = ravel(x) if axis is None else value(x)
    place = axis_of(-1 if axis is None else axis, got.aval.ndim, "packbits")
    last: Any = ew.convert(as_bool(moveaxis(got, place, -1)), dtype=int32)
    beyond = -last.shape[-1] % 8
    last = pad(last, [(0, 0)] * (last.ndim - 1) + [(0, beyond)])
    groups = last.reshape(*last.shape[:-1], -1, 8)
    packed = sum_of(groups * _bit_weights(bitorder), -1)
    return moveaxis(ew.convert(packed, dtype=uint8), -1, place)


@public
def unpackbits(
    x: ArrayLike, /, axis: int | None = None, count: int | None = None, bitorder: str = "big"
) -> Any:
    """The bits of uint8 numbers along ``axis`` (None: flattened), as uint8; ``count`` of them.

    A negative ``count`` cuts so many off the end. DtypeError for other dtypes.

    >>> import texelate.numpy as tnp
    >>> tnp.unpackbits(tnp.asarray([160], "uint8"), count=3)
    Array([1, 0, 1], dtype=uint8)
    """
    got = ravel(x) if axis is None else value(x)
    if got.aval.dtype is not uint8:
        raise DtypeError(f"unpackbits takes uint8, got {got.aval.dtype}")
    place = axis_of(-1 if axis is None else axis, got.aval.ndim, "unpackbits")
    last: Any = ew.convert(moveaxis(got, place, -1), dtype=int32)
    bits = ew.ne((last[..., None] & _bit_weights(bitorder)), 0)
    flat = ew.convert(reshape(bits, (*last.shape[:-1], last.shape[-1] * 8)), dtype=uint8)
    n = flat.aval.shape[-1]
    size = n if count is None else count if count >= 0 else n + count
    fill = [(0, 0)] * (flat.aval.ndim - 1) + [(0, max(size - n, 0))]
    return moveaxis(pad(flat, fill)[..., :size], -1, place)


__all__ = ["gcd", "lcm", "packbits", "unpackbits"]
