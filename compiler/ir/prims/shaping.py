"""Primitives that lay elements out anew, or make them from their indices.

* ``broadcast_in_dim(x; shape, dims)``: axis ``i`` of ``x`` becomes axis ``dims[i]`` of ``shape``;
  its extent is that of the result, or 1.
* ``reshape(x; shape)``, ``transpose(x; perm)``, ``rev(x; axes)``
* ``iota(; shape, dtype, axis)``: 0, 1, 2 … along one axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import AxisError, DtypeError, ShapeError
from .. import kernel as K
from ..aval import Aval, Shape
from ..core import Operand, Value, literal
from ..dtypes import DType, bool_
from ..graph import Eqn
from ..index import Index, flatten, unflatten
from ..primitive import Map, Primitive, Read
from . import common as c

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]


def zeros(aval: Aval) -> Operand:
    """Zeros of the shape and dtype of ``aval``: a literal when it is rank 0."""
    zero = literal(0, aval.dtype)
    return broadcast_in_dim(zero, shape=aval.shape, dims=()) if aval.shape else zero


# --- broadcast_in_dim ----------------------------------------------------------------------------


def _broadcast_abstract(x: Aval, *, shape: Shape, dims: Ints) -> Aval:
    c.check_shape("broadcast_in_dim", shape, x)
    ordered = list(dims) == sorted(set(dims))
    if len(dims) != x.ndim or not ordered or any(not 0 <= d < len(shape) for d in dims):
        raise AxisError(f"broadcast_in_dim: dims={dims} do not place the axes of {x} in {shape}")
    if any(n not in (1, shape[d]) for n, d in zip(x.shape, dims, strict=True)):
        raise ShapeError(f"broadcast_in_dim: {x} does not fit {shape} along {dims}")
    return Aval(shape, x.dtype, x.weak)


def _broadcast_reference(x: Array, *, shape: Shape, dims: Ints) -> Array:
    spread = [1] * len(shape)
    for n, d in zip(x.shape, dims, strict=True):
        spread[d] = n
    return np.broadcast_to(np.reshape(x, spread), shape)


def _broadcast_transpose(ct: Value, ops: Sequence[Any], *, shape: Shape, dims: Ints) -> tuple[Any]:
    from .reduction import reduce

    x = ops[0].aval
    kept = {d for n, d in zip(x.shape, dims, strict=True) if n == shape[d]}
    axes = tuple(a for a in range(len(shape)) if a not in kept)
    total = reduce(ct, monoid="sum", axes=axes) if axes else ct
    return (total if total.aval.shape == x.shape else reshape(total, shape=x.shape),)


def _broadcast_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    extents, dims = eqn.inputs[0].aval.shape, eqn.params["dims"]
    at = (Index.of(0) if n == 1 else index[d] for n, d in zip(extents, dims, strict=True))
    return read(0, tuple(at))


broadcast_in_dim: Primitive = Primitive(
    "broadcast_in_dim",
    _broadcast_abstract,
    _broadcast_reference,
    lambda args, batched, size, *, shape, dims: broadcast_in_dim(
        args[0], shape=(size, *shape), dims=(0, *c.after_batch(dims))
    ),
    Map(_broadcast_emit, free=True),
    jvp=c.linear_jvp("broadcast_in_dim"),
    transpose=_broadcast_transpose,
)

# --- reshape, transpose, rev ---------------------------------------------------------------------


def _reshape_abstract(x: Aval, *, shape: Shape) -> Aval:
    out = x.with_shape(c.check_shape("reshape", shape, x))
    if out.size != x.size:
        raise ShapeError(
            f"reshape: {x} has {x.size} elements, the shape {shape} has {out.size}",
            fix="give a shape with as many elements",
        )
    return out


def _reshape_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    x, out = eqn.inputs[0].aval, eqn.out.aval
    if not x.size:
        return read(0, (Index.of(0),) * x.ndim)
    return read(0, unflatten(flatten(index, out.shape), x.shape))


reshape: Primitive = Primitive(
    "reshape",
    _reshape_abstract,
    lambda x, *, shape: np.reshape(x, shape),
    lambda args, batched, size, *, shape: reshape(args[0], shape=(size, *shape)),
    Map(_reshape_emit, free=True),
    jvp=c.linear_jvp("reshape"),
    transpose=lambda ct, ops, *, shape: (reshape(ct, shape=ops[0].aval.shape),),
)


def _transpose_abstract(x: Aval, *, perm: Ints) -> Aval:
    if sorted(perm) != list(range(x.ndim)):
        raise AxisError(f"transpose: {perm} is not a permutation of the axes of {x}")
    return x.with_shape(tuple(x.shape[p] for p in perm))


def inverse(perm: Sequence[int]) -> Ints:
    """The permutation that undoes ``perm``."""
    return tuple(sorted(range(len(perm)), key=perm.__getitem__))


transpose: Primitive = Primitive(
    "transpose",
    _transpose_abstract,
    lambda x, *, perm: np.transpose(x, perm),
    lambda args, batched, size, *, perm: transpose(args[0], perm=(0, *c.after_batch(perm))),
    Map(
        lambda read, index, eqn: read(0, tuple(index[a] for a in inverse(eqn.params["perm"]))),
        free=True,
    ),
    jvp=c.linear_jvp("transpose"),
    transpose=lambda ct, ops, *, perm: (transpose(ct, perm=inverse(perm)),),
)


def _rev_abstract(x: Aval, *, axes: Ints) -> Aval:
    c.check_axes("rev", axes, x)
    return x


def _rev_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    shape, axes = eqn.out.aval.shape, eqn.params["axes"]
    return read(0, tuple(shape[a] - 1 - i if a in axes else i for a, i in enumerate(index)))


rev: Primitive = Primitive(
    "rev",
    _rev_abstract,
    lambda x, *, axes: np.flip(x, axes),
    lambda args, batched, size, *, axes: rev(args[0], axes=c.after_batch(axes)),
    Map(_rev_emit, free=True),
    jvp=c.linear_jvp("rev"),
    transpose=lambda ct, ops, *, axes: (rev(ct, axes=axes),),
)

# --- iota ----------------------------------------------------------------------------------------


def _iota_abstract(*, shape: Shape, dtype: DType, axis: int) -> Aval:
    if dtype is bool_:
        raise DtypeError("iota does not make bool", fix="use int32, uint32 or float32")
    out = Aval(c.check_shape("iota", shape), dtype)
    c.check_axes("iota", (axis,), out)
    return out


def _iota_reference(*, shape: Shape, dtype: DType, axis: int) -> Array:
    along = np.arange(shape[axis], dtype=dtype.numpy)
    return np.broadcast_to(along.reshape([-1] + [1] * (len(shape) - axis - 1)), shape)


def _iota_batch(args: Any, batched: Any, size: int, **p: Any) -> Value:
    return iota(shape=(size, *p["shape"]), dtype=p["dtype"], axis=p["axis"] + 1)


def _iota_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    return K.convert(K.index_value(index[eqn.params["axis"]]), eqn.out.aval.dtype)


iota: Primitive = Primitive(
    "iota",
    _iota_abstract,
    _iota_reference,
    _iota_batch,
    Map(_iota_emit, free=True),
    jvp=c.no_tangent,
    no_transpose="has no operand",
)
