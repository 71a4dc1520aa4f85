"""Whole numbers: common divisors and multiples."""

from __future__ import annotations

from typing import Any

from ..compiler.errors import DtypeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, promoted
from ..traceback import public
from .elementwise import abs as size_of
from .elementwise import where
from .shapes import broadcast_arrays

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


__all__ = ["gcd", "lcm"]
