"""Primitives that cut arrays and join them.

* ``slice(x; start, limit, stride)``: ``x[start:limit:stride]``, an entry for every axis.
* ``pad(x, value; low, high, interior)``: the scalar ``value`` around the elements and ``interior``
  times between them; negative ``low`` and ``high`` cut.
* ``concatenate(*xs; axis)``
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from .. import kernel as K
from ..aval import Aval
from ..core import Value, literal
from ..dtypes import bool_
from ..graph import Eqn
from ..index import Index
from ..primitive import Linear, Map, Primitive, Read
from . import common as c
from .shaping import broadcast_in_dim, zeros

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

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
