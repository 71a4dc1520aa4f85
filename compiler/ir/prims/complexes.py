"""Complex numbers from their parts and back. Derivatives follow JAX's conventions.

A cotangent pairs with a tangent by the product without conjugation, so the gradient of a real
function of z = x + iy is ∂f/∂x - i ∂f/∂y.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import DtypeError
from ..aval import Aval
from ..core import Value
from ..dtypes import DType, complex64, float16, float32
from ..primitive import Linear, Paired, Primitive
from .arithmetic import add, neg
from .building import Array, abstract_rule, batch_rule, fill_shape, unbroadcast


def _paired(
    name: str,
    kind: str,
    result: DType,
    reference: Callable[..., Array],
    jvp: Callable[..., Any],
    transpose: Callable[..., Sequence[Any]],
) -> Primitive:
    plain = abstract_rule(name, kind, result, 2 if name == "complex" else 1)

    def abstract(*parts: Aval) -> Aval:
        if parts and parts[0].dtype is float16:
            raise DtypeError(f"{name} takes no float16", fix="convert to float32 first")
        return plain(*parts)

    return Primitive(name, abstract, reference, batch_rule(name), Paired(), jvp, transpose)


def _joined(re: Array, im: Array) -> Array:
    out = np.empty(np.broadcast_shapes(re.shape, im.shape), np.complex64)
    out.real, out.imag = re, im
    return out


def _complex_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    terms = [] if t[0] is None else [complex_(t[0], 0.0)]
    terms += [] if t[1] is None else [complex_(0.0, t[1])]
    return fill_shape(terms[0] if len(terms) == 1 else add(*terms), out.aval.shape)


def _complex_transpose(ct: Value, ops: Sequence[Any]) -> tuple[Any, Any]:
    re, im = ops
    return (
        unbroadcast(real(ct), re.aval) if isinstance(re, Linear) else None,
        unbroadcast(neg(imag(ct)), im.aval) if isinstance(im, Linear) else None,
    )


complex_: Primitive = _paired(
    "complex",
    "f",
    complex64,
    _joined,
    _complex_jvp,
    _complex_transpose,
)
real: Primitive = _paired(
    "real",
    "c",
    float32,
    lambda x: np.asarray(np.real(x)),
    lambda p, t, out: real(t[0]),
    lambda ct, ops: (complex_(ct, 0.0),),
)
imag: Primitive = _paired(
    "imag",
    "c",
    float32,
    lambda x: np.asarray(np.imag(x)),
    lambda p, t, out: imag(t[0]),
    lambda ct, ops: (complex_(0.0, neg(ct)),),
)
conj: Primitive = _paired(
    "conj",
    "c",
    complex64,
    lambda x: np.asarray(np.conj(x)),
    lambda p, t, out: conj(t[0]),
    lambda ct, ops: (conj(ct),),
)
