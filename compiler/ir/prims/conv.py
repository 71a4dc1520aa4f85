"""``conv_general(lhs, rhs; strides, padding, lhs_dilation, rhs_dilation)``: convolution.

``lhs`` is ``[G, N, *spatial, C]``, ``rhs`` ``[G, *window, C, O]``, the result
``[G, N, *spatial, O]``, of any spatial rank: groups are a batch axis in front. ``padding`` has a
(low, high) pair an axis, which may be negative. Its gradients are conv_general again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...errors import ShapeError
from .. import kernel as K
from ..aval import Aval, Shape
from ..core import Value
from ..graph import Eqn
from ..index import Index
from ..primitive import Contract, ContractSpec, Linear, Primitive
from . import common as c
from .shaping import reshape, rev, zeros
from .slicing import pad

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]
Pair = tuple[Ints, Ints]


def _conv_extents(lhs: Shape, rhs: Shape, params: dict[str, Any]) -> list[int]:
    """The spatial extents of the result."""
    extents = map(c.spread, lhs[2:-1], params["lhs_dilation"])
    spans = map(c.spread, rhs[1:-2], params["rhs_dilation"])
    return list(map(c.positions, extents, params["padding"], spans, params["strides"]))


def _conv_abstract(lhs: Aval, rhs: Aval, **params: Any) -> Aval:
    name = "conv_general"
    c.check_kind(name, lhs, "fiuc")
    c.check_same_dtype(name, (lhs, rhs))
    if lhs.ndim < 3 or rhs.ndim != lhs.ndim:
        raise ShapeError(f"{name}: takes [G,N,*spatial,C] and [G,*window,C,O], got {lhs}, {rhs}")
    if lhs.shape[0] != rhs.shape[0] or lhs.shape[-1] != rhs.shape[-2]:
        raise ShapeError(f"{name}: groups or channels differ: {lhs} with {rhs}")
    steps = {key: params[key] for key in ("strides", "lhs_dilation", "rhs_dilation")}
    c.check_per_axis(name, lhs, lhs.ndim - 3, padding=params["padding"])
    c.check_per_axis(name, lhs, lhs.ndim - 3, least=1, **steps)
    extents = list(map(c.spread, lhs.shape[2:-1], params["lhs_dilation"]))
    c.check_padding(name, lhs, extents, params["padding"])
    if 0 in rhs.shape[1:-2]:
        raise ShapeError(f"{name}: the window of {rhs} is empty")
    spatial = _conv_extents(lhs.shape, rhs.shape, params)
    shape = (*lhs.shape[:2], *spatial, rhs.shape[-1])
    return Aval(c.check_shape(name, shape, lhs, rhs), lhs.dtype, lhs.weak and rhs.weak)


def _conv_reference(lhs: Array, rhs: Array, **params: Any) -> Array:
    """im2col as a strided view, then one matmul a group."""
    rank = lhs.ndim - 3
    spatial = _conv_extents(lhs.shape, rhs.shape, params)
    low, high = ((0, 0, *(p[side] for p in params["padding"]), 0) for side in (0, 1))
    gaps = (0, 0, *(d - 1 for d in params["lhs_dilation"]), 0)
    groups, window, (channels, features) = lhs.shape[0], rhs.shape[1 : 1 + rank], rhs.shape[-2:]
    shape = (groups, lhs.shape[1], *spatial, features)
    if 0 in (*shape, channels):
        return np.zeros(shape, lhs.dtype)
    x = pad.reference(lhs, lhs.dtype.type(0), low=low, high=high, interior=gaps)
    steps = x.strides[2:-1]
    columns = as_strided(
        x,
        (groups, lhs.shape[1], *spatial, *window, channels),
        (
            *x.strides[:2],
            *(s * n for s, n in zip(steps, params["strides"], strict=True)),
            *(s * d for s, d in zip(steps, params["rhs_dilation"], strict=True)),
            x.strides[-1],
        ),
        writeable=False,
    )
    inner = math.prod(window) * channels
    with np.errstate(all="ignore"):
        weights = rhs.reshape(groups, inner, features)
        product = np.asarray(np.matmul(columns.reshape(groups, -1, inner), weights), lhs.dtype)
    return product.reshape(shape)


def _conv_lhs_cotangent(ct: Value, lhs: Aval, rhs: Value, params: dict[str, Any]) -> Value:
    """A convolution of the cotangent with the reversed window, strides turned into dilation."""
    rank = lhs.ndim - 3
    spatial = tuple(range(1, 1 + rank))
    flipped = rev(rhs, axes=spatial) if math.prod(rhs.aval.shape[1:-2]) > 1 else rhs
    swapped = c.permuted(flipped, (0, *spatial, rank + 2, rank + 1))
    padding = []
    for i, (low, _) in enumerate(params["padding"]):
        reach = c.spread(rhs.aval.shape[1 + i], params["rhs_dilation"][i]) - 1
        extent = c.spread(lhs.shape[2 + i], params["lhs_dilation"][i])
        spread = c.spread(ct.aval.shape[2 + i], params["strides"][i])
        padding.append((reach - low, extent + low - spread))
    return conv_general(
        ct,
        swapped,
        strides=params["lhs_dilation"],
        padding=tuple(padding),
        lhs_dilation=params["strides"],
        rhs_dilation=params["rhs_dilation"],
    )


def _conv_rhs_cotangent(ct: Value, lhs: Value, rhs: Aval, params: dict[str, Any]) -> Value:
    """A convolution over the examples: C takes the place of N, N that of C."""
    rank = rhs.ndim - 3
    spatial = tuple(range(2, 2 + rank))
    padding = []
    for i, (low, _) in enumerate(params["padding"]):
        reach = c.spread(rhs.shape[1 + i], params["rhs_dilation"][i]) - 1
        extent = c.spread(lhs.aval.shape[2 + i], params["lhs_dilation"][i])
        spread = c.spread(ct.aval.shape[2 + i], params["strides"][i])
        padding.append((low, spread + reach - extent - low))
    out = conv_general(
        c.permuted(lhs, (0, rank + 2, *spatial, 1)),
        c.permuted(ct, (0, *spatial, 1, rank + 2)),
        strides=params["rhs_dilation"],
        padding=tuple(padding),
        lhs_dilation=params["lhs_dilation"],
        rhs_dilation=params["strides"],
    )
    return c.permuted(out, (0, *spatial, 1, rank + 2))


def _conv_transpose(ct: Value, ops: Sequence[Any], **params: Any) -> tuple[Any, Any]:
    lhs, rhs = ops
    if not ct.aval.size:
        return tuple(zeros(op.aval) if isinstance(op, Linear) else None for op in ops)  # type: ignore[return-value]
    if isinstance(lhs, Linear):
        return _conv_lhs_cotangent(ct, lhs.aval, rhs, params), None
    return None, _conv_rhs_cotangent(ct, lhs, rhs.aval, params)


def _conv_batch(args: Sequence[Any], batched: Sequence[bool], size: int, **params: Any) -> Value:
    """The batch joins the groups when both have it, else the examples or the features."""
    lhs, rhs = args
    groups = lhs.aval.shape[1 if batched[0] else 0]
    if all(batched):
        lhs, rhs = (reshape(x, shape=(size * groups, *x.aval.shape[2:])) for x in args)
        out = conv_general(lhs, rhs, **params)
        return reshape(out, shape=(size, groups, *out.aval.shape[1:]))
    if batched[0]:
        n = lhs.aval.shape[2]
        lhs = c.move_axis(lhs, 0, 1)
        lhs = reshape(lhs, shape=(groups, size * n, *lhs.aval.shape[3:]))
        out = conv_general(lhs, rhs, **params)
        out = reshape(out, shape=(groups, size, n, *out.aval.shape[2:]))
        return c.move_axis(out, 1, 0)
    features = rhs.aval.shape[-1]
    rhs = c.move_axis(rhs, 0, rhs.aval.ndim - 2)
    rhs = reshape(rhs, shape=(*rhs.aval.shape[:-2], size * features))
    out = conv_general(lhs, rhs, **params)
    out = reshape(out, shape=(*out.aval.shape[:-1], size, features))
    return c.move_axis(out, out.aval.ndim - 2, 0)


def _phases(eqn: Eqn) -> Ints:
    """Into how many phases each result axis is cut.

    Between the elements of a dilated lhs lie zeros. Results ``d`` apart meet the same taps of the
    window, so with one phase for each residue only the taps that meet an element are computed.
    """
    params, extents = eqn.params, eqn.out.aval.shape[2:-1]
    axes = zip(extents, params["lhs_dilation"], params["strides"], params["rhs_dilation"])
    return tuple(d if stride == gap == 1 and n % d == 0 else 1 for n, d, stride, gap in axes)


class _Axis:
    """One spatial axis: result ``r + phases · t`` (phase r) and tap number ``j`` of that phase."""

    def __init__(self, eqn: Eqn, i: int, phases: int) -> None:
        lhs, rhs = (a.aval for a in eqn.inputs)
        self.extent, self.window, self.phases = lhs.shape[2 + i], rhs.shape[1 + i], phases
        self.stride, self.gap = eqn.params["strides"][i], eqn.params["rhs_dilation"][i]
        self.low, self.dilation = eqn.params["padding"][i][0], eqn.params["lhs_dilation"][i]
        self.taps = -(-self.window // phases)

    def place(self, r: Index, t: Index, j: Index) -> tuple[K.Expr | None, Index, Index]:
        """Whether a tap meets an element, the element's position, the tap's."""
        if self.phases == 1:
            at = t * self.stride + j * self.gap - self.low
            return *c.spaced(at, self.extent, self.dilation), j
        first = (-r + self.low) % self.phases
        tap = first + j * self.phases
        at = t + j + (r + first - self.low) // self.phases
        meets = K.conjunction(K.inside(at, 0, self.extent), K.inside(tap, 0, self.window))
        return meets, at, tap


def _conv_spec(eqn: Eqn) -> ContractSpec:
    lhs, rhs, phases = eqn.inputs[0].aval, eqn.inputs[1].aval, _phases(eqn)
    axes = [_Axis(eqn, i, n) for i, n in enumerate(phases)]

    def taps(b: Any, t: Any, k: Any) -> list[tuple[K.Expr | None, Index, Index]]:
        return [axis.place(*rtj) for axis, *rtj in zip(axes, b[1:], t, k)]

    def lhs_at(b: Any, m: Any, k: Any) -> tuple[K.Expr | None, tuple[Index, ...]]:
        found = taps(b, m[1:], k)
        return K.conjunction(*(p for p, _, _ in found)), (
            b[0],
            m[0],
            *(x for _, x, _ in found),
            k[-1],
        )

    def rhs_at(b: Any, k: Any, n: Any) -> tuple[K.Expr | None, tuple[Index, ...]]:
        found = taps(b, [Index.of(0)] * len(axes), k)
        inside = (K.inside(tap, 0, a.window) for a, (_, _, tap) in zip(axes, found))
        return K.conjunction(*inside), (b[0], *(tap for _, _, tap in found), k[-1], *n)

    def out_at(b: Any, m: Any, n: Any) -> tuple[Index, ...]:
        return (b[0], m[0], *(r + t * d for r, t, d in zip(b[1:], m[1:], phases)), *n)

    spatial = (n // d for n, d in zip(eqn.out.aval.shape[2:-1], phases))
    return ContractSpec(
        batch=(lhs.shape[0], *phases),
        m=(lhs.shape[1], *spatial),
        n=rhs.shape[-1:],
        k=(*(axis.taps for axis in axes), rhs.shape[-2]),
        lhs=lhs_at,
        rhs=rhs_at,
        out=out_at,
    )


conv_general: Primitive = Primitive(
    "conv_general",
    _conv_abstract,
    _conv_reference,
    _conv_batch,
    Contract(_conv_spec),
    jvp=c.bilinear_jvp("conv_general"),
    transpose=_conv_transpose,
)
