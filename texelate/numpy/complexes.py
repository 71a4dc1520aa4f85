"""Complex numbers: their parts and angles."""

from __future__ import annotations

from typing import Any

from ..compiler.ir.dtypes import complex64, float32
from ..compiler.ir.prims import complexes as cx
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, in_float32, value
from ..traceback import public


def is_complex(x: Any) -> bool:
    """Whether the dtype is complex64."""
    return bool(x.aval.dtype is complex64)


@public
def real(x: ArrayLike, /) -> Any:
    """The real parts (of real arrays: themselves).

    >>> import texelate.numpy as tnp
    >>> tnp.real(tnp.asarray([1 + 2j]))
    Array([1.], dtype=float32)
    """
    got = value(x)
    return cx.real(got) if is_complex(got) else got


@public
def imag(x: ArrayLike, /) -> Any:
    """The imaginary parts (of real arrays: zeros).

    >>> import texelate.numpy as tnp
    >>> tnp.imag(tnp.asarray([1 + 2j]))
    Array([2.], dtype=float32)
    """
    got = value(x)
    return cx.imag(got) if is_complex(got) else ew.mul(got, 0)


@public
def conj(x: ArrayLike, /) -> Any:
    """The complex conjugates (of real arrays: themselves).

    >>> import texelate.numpy as tnp
    >>> tnp.conj(tnp.asarray([1 + 2j]))
    Array([1.-2.j], dtype=complex64)
    """
    got = value(x)
    return cx.conj(got) if is_complex(got) else got


conjugate = conj


@public
@in_float32
def angle(x: ArrayLike, /) -> Any:
    """The angle to the positive real axis, in radians: (-π, π].

    >>> import texelate.numpy as tnp
    >>> tnp.angle(tnp.asarray([1j]))
    Array([1.5707964], dtype=float32)
    """
    got = value(x)
    if is_complex(got):
        return ew.atan2(cx.imag(got), cx.real(got))
    return ew.atan2(0.0, ew.convert(got, dtype=float32))


@public
def iscomplexobj(x: ArrayLike, /) -> bool:
    """Whether the dtype is complex."""
    return is_complex(value(x))


@public
def isrealobj(x: ArrayLike, /) -> bool:
    """Whether the dtype is not complex."""
    return not is_complex(value(x))


__all__ = ["angle", "conj", "conjugate", "imag", "iscomplexobj", "isrealobj", "real"]
