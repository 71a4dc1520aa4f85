"""Conversions between dtypes: of the value (``convert``) and of the bits (``bitcast``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import DtypeError
from .. import kernel as K
from ..aval import Aval
from ..core import Value
from ..dtypes import DType, bool_, complex64
from ..primitive import Map, Primitive
from .building import Array, batch_rule
from .common import no_tangent


def _convert_abstract(x: Aval, *, dtype: DType, weak: bool = False) -> Aval:
    return Aval(x.shape, dtype, weak)


def _convert_reference(x: Array, *, dtype: DType, weak: bool = False) -> Array:
    """Float to int saturates and NaN becomes 0, as on the GPU."""
    with np.errstate(all="ignore"):
        if x.dtype.kind == "f" and dtype.kind in "iu":
            info = np.iinfo(dtype.numpy)
            clipped = np.clip(np.trunc(np.nan_to_num(x.astype(np.float64))), info.min, info.max)
            return np.asarray(clipped.astype(dtype.numpy))
        if x.dtype.kind == "c" and dtype.kind != "c":
            return _convert_reference(x.real, dtype=dtype)
        return np.asarray(x.astype(dtype.numpy))


def _convert_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, **params: Any) -> Any:
    return convert(t[0], **params) if out.aval.dtype.kind in "fc" else None


convert: Primitive = Primitive(
    "convert",
    _convert_abstract,
    _convert_reference,
    batch_rule("convert"),
    Map(
        lambda read, index, eqn: K.convert(read(0, index), eqn.out.aval.dtype),
        free=True,
        pointwise=True,
    ),
    jvp=_convert_jvp,
    transpose=lambda ct, ops, **_: (convert(ct, dtype=ops[0].aval.dtype),),
)


def _bitcast_abstract(x: Aval, *, dtype: DType) -> Aval:
    if {bool_, complex64} & {x.dtype, dtype} or x.dtype.itemsize != dtype.itemsize:
        why = "only numbers of as many bits have the same bits"
        raise DtypeError(f"bitcast from {x} to {dtype}", why=why, fix="use convert")
    return Aval(x.shape, dtype)


bitcast: Primitive = Primitive(
    "bitcast",
    _bitcast_abstract,
    lambda x, *, dtype: np.asarray(x).view(dtype.numpy),
    batch_rule("bitcast"),
    Map(
        lambda read, index, eqn: K.bitcast(read(0, index), eqn.out.aval.dtype),
        free=True,
        pointwise=True,
    ),
    jvp=no_tangent,
    no_transpose="no jvp rule applies it to a tangent",
)
