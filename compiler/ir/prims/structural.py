"""Structural primitives: they move elements or make them from indices, and do no arithmetic."""

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
from ..primitive import Linear, Map, Primitive, Read
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

# --- slice ---------------------------------------------------------------------------------------


def _slice_abstract(x: Aval, *, start: Ints, limit: Ints, stride: Ints) -> Aval:
    c.check_per_axis("slice", x, x.ndim, start=start, limit=limit, stride=stride)
    shape = []
    for n, lo, hi, step in zip(x.shape, start, limit, stride, strict=True):
        if not 0 <= lo <= hi <= n or step < 1:
            raise ShapeError(f"slice: {lo}:{hi}:{step} is not a range in an axis of {n} of {x}")
        shape.append(-(-(hi - lo) // step))
    return x.with_shape(tuple(shape))


def _slice_transpose(ct: Value, ops: Sequence[Any], **params: Ints) -> tuple[Any]:
    start, stride, extents = params["start"], params["stride"], ct.aval.shape
    used = (lo + c.spread(m, s) for lo, m, s in zip(start, extents, stride, strict=True))
    high = tuple(n - end for n, end in zip(ops[0].aval.shape, used, strict=True))
    return (pad(ct, 0.0, low=start, high=high, interior=tuple(s - 1 for s in stride)),)


def _slice_batch(args: Any, batched: Any, size: int, **p: Ints) -> Value:
    start, limit, stride = (0, *p["start"]), (size, *p["limit"]), (1, *p["stride"])
    return slice_(args[0], start=start, limit=limit, stride=stride)


def _slice_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    start, stride = eqn.params["start"], eqn.params["stride"]
    return read(0, tuple(i * s + lo for i, lo, s in zip(index, start, stride, strict=True)))


slice_: Primitive = Primitive(
    "slice",
    _slice_abstract,
    lambda x, *, start, limit, stride: x[tuple(map(slice, start, limit, stride))],
    _slice_batch,
    Map(_slice_emit, free=True),
    jvp=c.linear_jvp("slice"),
    transpose=_slice_transpose,
)


def part(x: Any, axis: int, start: int, limit: int) -> Value:
    """``x[start:limit]`` along one axis."""
    shape = x.aval.shape
    return slice_(
        x,
        start=tuple(start if a == axis else 0 for a in range(len(shape))),
        limit=tuple(limit if a == axis else n for a, n in enumerate(shape)),
        stride=(1,) * len(shape),
    )


# --- pad -----------------------------------------------------------------------------------------


def _pad_abstract(x: Aval, value: Aval, *, low: Ints, high: Ints, interior: Ints) -> Aval:
    c.check_per_axis("pad", x, x.ndim, low=low, high=high)
    c.check_per_axis("pad", x, x.ndim, least=0, interior=interior)
    if value.shape:
        raise ShapeError(f"pad: {x} is padded with a scalar, not with {value}")
    c.check_same_dtype("pad", (x, value))
    rows = zip(x.shape, low, high, interior, strict=True)
    shape = tuple(lo + c.spread(n, i + 1) + hi for n, lo, hi, i in rows)
    if any(n < 0 for n in shape):
        raise ShapeError(f"pad: low={low}, high={high} cut more than there is of {x}")
    return Aval(c.check_shape("pad", shape, x), x.dtype, x.weak and value.weak)


def _pad_reference(x: Array, value: Array, *, low: Ints, high: Ints, interior: Ints) -> Array:
    extents = [c.spread(n, i + 1) for n, i in zip(x.shape, interior, strict=True)]
    spread = np.full(extents, value, x.dtype)
    spread[tuple(slice(None, None, i + 1) for i in interior)] = x
    shape = [lo + n + hi for n, lo, hi in zip(extents, low, high, strict=True)]
    out = np.full(shape, value, x.dtype)
    source, target = [], []
    for n, m, lo in zip(extents, shape, low, strict=True):
        length = max(0, min(n - max(-lo, 0), m - max(lo, 0)))
        source.append(slice(max(-lo, 0), max(-lo, 0) + length))
        target.append(slice(max(lo, 0), max(lo, 0) + length))
    out[tuple(target)] = spread[tuple(source)]
    return out


def _padding(aval: Aval, **params: Ints) -> Value:
    """Where ``pad`` of such an operand puts the padding value."""
    return pad(zeros(Aval(aval.shape, bool_)), True, **params)


def _pad_jvp(primals: Sequence[Any], tangents: Sequence[Any], out: Value, **params: Ints) -> Value:
    x, value = tangents
    x = zeros(primals[0].aval.strong()) if x is None else x
    return pad(x, 0.0 if value is None else value, **params)


def _pad_transpose(ct: Value, ops: Sequence[Any], **params: Ints) -> tuple[Any, Any]:
    from .elementwise import select
    from .reduction import reduce

    x, value = ops
    ct_x = ct_value = None
    if isinstance(x, Linear):
        low, high = (tuple(-n for n in params[side]) for side in ("low", "high"))
        none = (0,) * x.aval.ndim
        cut = pad(ct, 0.0, low=low, high=high, interior=none) if any(low + high) else ct
        stride = tuple(i + 1 for i in params["interior"])
        ct_x = slice_(cut, start=none, limit=cut.aval.shape, stride=stride)
    if isinstance(value, Linear):
        padding = select(_padding(x.aval, **params), ct, 0.0)
        ct_value = reduce(padding, monoid="sum", axes=tuple(range(ct.aval.ndim)))
    return ct_x, ct_value


def _pad_batch(args: Sequence[Any], batched: Sequence[bool], size: int, **params: Ints) -> Value:
    from .elementwise import select

    x, value = args
    inner = {key: (0, *values) for key, values in params.items()}
    if not batched[1]:
        return pad(x, value, **inner)
    x = c.with_batch(x, batched[0], size)
    padded = pad(x, literal(0, x.aval.dtype), **inner)
    values = broadcast_in_dim(value, shape=padded.aval.shape, dims=(0,))
    return select(_padding(x.aval, **inner), values, padded)


def _pad_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    x = eqn.inputs[0].aval
    if not x.size:
        return read(1, ())
    rows = zip(index, x.shape, eqn.params["low"], eqn.params["interior"], strict=True)
    places = [c.spaced(i - lo, n, gap + 1) for i, n, lo, gap in rows]
    condition = K.conjunction(*(p for p, _ in places))
    return K.select(condition, read(0, tuple(i for _, i in places)), read(1, ()))


pad: Primitive = Primitive(
    "pad", _pad_abstract, _pad_reference, _pad_batch, Map(_pad_emit, cost=2),
    jvp=_pad_jvp, transpose=_pad_transpose,
)  # fmt: skip

# --- concatenate ---------------------------------------------------------------------------------


def _concatenate_abstract(*xs: Aval, axis: int) -> Aval:
    if not xs:
        raise ShapeError("concatenate: needs at least one operand")
    listed = ", ".join(map(str, xs))
    c.check_axes("concatenate", (axis,), xs[0])
    c.check_same_dtype("concatenate", xs)
    if len({(*x.shape[:axis], -1, *x.shape[axis + 1 :]) for x in xs}) > 1:
        raise ShapeError(f"concatenate: shapes differ outside axis {axis}: {listed}")
    total = sum(x.shape[axis] for x in xs)
    shape = (*xs[0].shape[:axis], total, *xs[0].shape[axis + 1 :])
    return Aval(c.check_shape("concatenate", shape, *xs), xs[0].dtype, all(x.weak for x in xs))


def _concatenate_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, axis: int) -> Value:
    filled = (zeros(x.aval.strong()) if dx is None else dx for x, dx in zip(p, t, strict=True))
    return concatenate(*filled, axis=axis)


def _concatenate_transpose(ct: Value, ops: Sequence[Any], *, axis: int) -> list[Any]:
    out: list[Any] = []
    at = 0
    for op in ops:
        n = op.aval.shape[axis]
        out.append(part(ct, axis, at, at + n) if isinstance(op, Linear) else None)
        at += n
    return out


def _concatenate_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    axis, end = eqn.params["axis"], eqn.out.aval.shape[eqn.params["axis"]]
    out: K.Expr | None = None
    for k, x in reversed(list(enumerate(eqn.inputs))):
        n = x.aval.shape[axis]
        if n:
            at = tuple(i - (end - n) if a == axis else i for a, i in enumerate(index))
            value = read(k, at)
            out = value if out is None else K.select(K.inside(index[axis], 0, end), value, out)
        end -= n
    return K.zero(eqn.out.aval.dtype) if out is None else out


concatenate: Primitive = Primitive(
    "concatenate",
    _concatenate_abstract,
    lambda *xs, axis: np.concatenate(xs, axis),
    lambda args, batched, size, *, axis: concatenate(
        *(c.with_batch(x, b, size) for x, b in zip(args, batched, strict=True)), axis=axis + 1
    ),
    Map(_concatenate_emit),
    jvp=_concatenate_jvp,
    transpose=_concatenate_transpose,
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
