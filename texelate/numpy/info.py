"""What dtypes and devices there are: the inspection functions of the array API standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import backends
from ..compiler.errors import ArgumentError, DtypeError
from ..compiler.ir import dtypes
from ..compiler.ir.aval import Aval
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import DType, as_dtype, promote
from ..operands import operand
from ..traceback import public

KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


@dataclass(frozen=True)
class FInfo:
    """What a float (or complex) dtype can hold; see ``finfo``."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType

    @property
    def tiny(self) -> float:
        """``smallest_normal`` under its older name."""
        return self.smallest_normal


@dataclass(frozen=True)
class IInfo:
    """What an integer dtype can hold; see ``iinfo``."""

    bits: int
    max: int
    min: int
    dtype: DType


def _dtype_of(x: Any) -> DType:
    if x is None:
        raise DtypeError("None is not a dtype")
    return x.aval.dtype if isinstance(x, Value) else as_dtype(x)


@public
def finfo(dtype: Any, /) -> FInfo:
    """Limits of a float dtype, or of an array's; of the parts where it is complex.

    Raises DtypeError for other dtypes.

    >>> import texelate.numpy as tnp
    >>> tnp.finfo(tnp.float32).bits
    32
    """
    got = _dtype_of(dtype)
    if got.kind not in "fc":
        raise DtypeError(f"finfo: {got} is not a float dtype", fix="use iinfo")
    info = np.finfo(got.numpy)
    part = as_dtype(info.dtype)
    eps, high, low, normal = map(float, (info.eps, info.max, info.min, info.smallest_normal))
    return FInfo(info.bits, eps, high, low, normal, part)


@public
def iinfo(dtype: Any, /) -> IInfo:
    """Limits of an integer dtype, or of an array's. Raises DtypeError for other dtypes."""
    got = _dtype_of(dtype)
    if got.kind not in "iu":
        raise DtypeError(f"iinfo: {got} is not an integer dtype", fix="use finfo")
    info = np.iinfo(got.numpy)
    return IInfo(info.bits, int(info.max), int(info.min), got)


@public
def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether ``dtype`` is of ``kind``: a dtype, a name as "integral", or a tuple of these.

    Names: bool, signed integer, unsigned integer, integral, real floating, complex floating,
    numeric. Raises ArgumentError for another name.
    """
    if not isinstance(dtype, (DType, np.dtype)):
        raise DtypeError(f"isdtype: {dtype!r} is not a dtype", fix="pass x.dtype or tnp.float32")
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    if isinstance(kind, str):
        if kind not in KINDS:
            raise ArgumentError(f"isdtype: {kind!r} is not one of {', '.join(KINDS)}")
        return dtype.kind in KINDS[kind]
    return bool(dtype == kind)


@public
def result_type(*xs: Any) -> DType:
    """The dtype that an operation on these arrays, dtypes and Python numbers has."""
    if not xs:
        raise ArgumentError("result_type needs at least one array or dtype")
    avals = [_aval_of(x) for x in xs]
    dtype, weak = avals[0].dtype, avals[0].weak
    for aval in avals[1:]:
        dtype, weak = promote(dtype, weak, aval.dtype, aval.weak)
    return dtype


def _aval_of(x: Any) -> Aval:
    if isinstance(x, (DType, np.dtype, type, str)):
        return Aval((), as_dtype(x))
    return operand(x).aval


@public
def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether promotion can lead from a dtype (or an array's) to ``to``."""
    source, target = _dtype_of(from_), _dtype_of(to)
    return promote(source, False, target, False)[0] is target


class NamespaceInfo:
    """What ``__array_namespace_info__()`` gives: devices, dtypes and capabilities.

    >>> import texelate.numpy as tnp
    >>> tnp.__array_namespace_info__().default_dtypes()["real floating"]
    texelate.float32
    """

    def capabilities(self) -> dict[str, Any]:
        """What the standard lets a library leave out, and whether it is here."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": None}

    def default_device(self) -> str:
        """The name of the current backend."""
        return backends.current().name

    def devices(self) -> list[str]:
        """The names of the backends of this machine; ``webgpu`` only where there is an adapter."""
        from ..adapters import devices

        return [name for name in backends.NAMES if name != "webgpu" or devices()]

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """The dtypes of new arrays, by kind."""
        names = {"real floating": dtypes.float32, "integral": dtypes.int32}
        complexes = {"complex floating": d for d in dtypes.ALL if d.kind == "c"}  # noqa: B035
        return {**names, "indexing": dtypes.int32, **complexes}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """The standard's dtypes that exist here, or those of ``kind`` (see ``isdtype``), by name.

        ``float16`` is none of the standard's.
        """
        standard = (d for d in dtypes.ALL if d is not dtypes.float16)
        return {d.name: d for d in standard if kind is None or isdtype(d, kind)}


def array_namespace_info() -> NamespaceInfo:
    """``__array_namespace_info__``: see ``NamespaceInfo``."""
    return NamespaceInfo()


__all__ = ["can_cast", "finfo", "iinfo", "isdtype", "result_type"]
