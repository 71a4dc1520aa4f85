"""Contractions: ``dot_general`` and ``conv_general``, with contractions for gradients."""

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
from .elementwise import add
from .structural import inverse, reshape, rev, zeros

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]
Pair = tuple[Ints, Ints]


def _bilinear_jvp(prim: Any) -> Any:
    """The sum of the product with each factor replaced by its tangent."""

    def jvp(p: Sequence[Any], t: Sequence[Any], out: Value, **params: Any) -> Value:
        terms = [] if t[0] is None else [prim()(t[0], p[1], **params)]
        terms += [] if t[1] is None else [prim()(p[0], t[1], **params)]
        return terms[0] if len(terms) == 1 else add(*terms)

    return jvp


# --- dot_general ---------------------------------------------------------------------------------


def _free(ndim: int, *used: Sequence[int]) -> Ints:
    taken = {a for axes in used for a in axes}
    return tuple(a for a in range(ndim) if a not in taken)


def _dot_abstract(lhs: Aval, rhs: Aval, *, contract: Pair, batch: Pair) -> Aval:
    name = "dot_general"
    c.check_kind(name, lhs, "fiu")
    c.check_same_dtype(name, (lhs, rhs))
    for side, aval in enumerate((lhs, rhs)):
        c.check_axes(name, (*contract[side], *batch[side]), aval)
    for what, (left, right) in (("contracted", contract), ("batch", batch)):
        sizes = [lhs.shape[a] for a in left], [rhs.shape[a] for a in right]
        if sizes[0] != sizes[1]:
            raise ShapeError(
                f"{name}: {lhs} and {rhs} do not fit",
                why=f"{what} axes {left} and {right} have sizes {sizes[0]} and {sizes[1]}",
            )
    shape = [lhs.shape[a] for a in batch[0]]
    shape += [lhs.shape[a] for a in _free(lhs.ndim, contract[0], batch[0])]
    shape += [rhs.shape[a] for a in _free(rhs.ndim, contract[1], batch[1])]
    return Aval(c.check_shape(name, shape, lhs, rhs), lhs.dtype, lhs.weak and rhs.weak)


def _dot_reference(lhs: Array, rhs: Array, *, contract: Pair, batch: Pair) -> Array:
    m = _free(lhs.ndim, contract[0], batch[0])
    n = _free(rhs.ndim, contract[1], batch[1])
    sizes = [[lhs.shape[a] for a in axes] for axes in (batch[0], m, contract[0])]
    b_shape, m_shape, k_shape = sizes
    n_shape = [rhs.shape[a] for a in n]
    b, k = math.prod(b_shape), math.prod(k_shape)
    left = lhs.transpose((*batch[0], *m, *contract[0])).reshape(b, math.prod(m_shape), k)
    right = rhs.transpose((*batch[1], *contract[1], *n)).reshape(b, k, math.prod(n_shape))
    with np.errstate(all="ignore"):
        product = np.asarray(np.matmul(left, right), lhs.dtype)
    return product.reshape((*b_shape, *m_shape, *n_shape))


def _dot_cotangent(ct: Value, other: Any, other_first: bool, contract: Pair, batch: Pair) -> Value:
    """The cotangent of operand 0 of a dot_general; ``ct`` has the axes batch, 0's free, 1's free.

    ``other_first`` says that ``other`` comes first in ``ct`` (the operand sought is the right one).
    Of the two operand orders the one that yields the operand's own axis order is taken.
    """
    mine, theirs = contract
    nb, ndim = len(batch[0]), len(batch[0]) + len(mine)
    their_free = _free(other.aval.ndim, theirs, batch[1])
    ndim += ct.aval.ndim - nb - len(their_free)
    my_free = _free(ndim, mine, batch[0])
    at = nb if other_first else nb + len(my_free)
    ct_contract = tuple(range(at, at + len(their_free)))
    by_theirs = [m for _, m in sorted(zip(theirs, mine, strict=True))]
    left = (*batch[0], *my_free, *by_theirs)  # dot(ct, other)
    right = (*batch[0], *by_theirs, *my_free)  # dot(other, ct)
    ct_batch = tuple(range(nb))
    if right == tuple(range(ndim)) and left != right:
        return dot_general(
            other, ct, contract=(their_free, ct_contract), batch=(batch[1], ct_batch)
        )
    out = dot_general(ct, other, contract=(ct_contract, their_free), batch=(ct_batch, batch[1]))
    return c.permuted(out, inverse(left))


def _dot_transpose(
    ct: Value, ops: Sequence[Any], *, contract: Pair, batch: Pair
) -> tuple[Any, Any]:
    lhs, rhs = ops
    if isinstance(lhs, Linear):
        return _dot_cotangent(ct, rhs, False, contract, batch), None
    return None, _dot_cotangent(ct, lhs, True, contract[::-1], batch[::-1])


def _dot_batch(
    args: Sequence[Any], batched: Sequence[bool], size: int, *, contract: Pair, batch: Pair
) -> Value:
    """Two batched operands share a batch axis; one gives the batch as one of its free axes."""
    lhs_b, rhs_b = batched
    inner_contract, inner_batch = (
        (c.after_batch(left) if lhs_b else left, c.after_batch(right) if rhs_b else right)
        for left, right in (contract, batch)
    )
    if lhs_b and rhs_b:
        inner_batch = (0, *inner_batch[0]), (0, *inner_batch[1])
        return dot_general(*args, contract=inner_contract, batch=inner_batch)
    out = dot_general(*args, contract=inner_contract, batch=inner_batch)
    at = len(batch[0])
    if rhs_b:
        at = args[0].aval.ndim - len(contract[0])
    return c.move_axis(out, at, 0)


def _place(ndim: int, *groups: tuple[Sequence[int], Sequence[Index]]) -> tuple[Index, ...]:
    """An operand's index from groups of (axes, their indices)."""
    at: dict[int, Index] = {}
    for axes, values in groups:
        at.update(zip(axes, values, strict=True))
    return tuple(at[a] for a in range(ndim))


def _dot_spec(eqn: Eqn) -> ContractSpec:
    (lc, rc), (lb, rb) = eqn.params["contract"], eqn.params["batch"]
    lhs, rhs = (a.aval for a in eqn.inputs)
    m_axes, n_axes = _free(lhs.ndim, lc, lb), _free(rhs.ndim, rc, rb)
    return ContractSpec(
        batch=tuple(lhs.shape[a] for a in lb),
        m=tuple(lhs.shape[a] for a in m_axes),
        n=tuple(rhs.shape[a] for a in n_axes),
        k=tuple(lhs.shape[a] for a in lc),
        lhs=lambda b, m, k: (None, _place(lhs.ndim, (lb, b), (m_axes, m), (lc, k))),
        rhs=lambda b, k, n: (None, _place(rhs.ndim, (rb, b), (n_axes, n), (rc, k))),
        out=lambda b, m, n: (*b, *m, *n),
    )


dot_general: Primitive = Primitive(
    "dot_general",
    _dot_abstract,
    _dot_reference,
    _dot_batch,
    Contract(_dot_spec),
    jvp=_bilinear_jvp(lambda: dot_general),
    transpose=_dot_transpose,
)

# --- conv_general --------------------------------------------------------------------------------


def _conv_extents(lhs: Shape, rhs: Shape, params: dict[str, Any]) -> list[int]:
    """The spatial extents of the result."""
    extents = map(c.spread, lhs[2:-1], params["lhs_dilation"])
    spans = map(c.spread, rhs[1:-2], params["rhs_dilation"])
    return list(map(c.positions, extents, params["padding"], spans, params["strides"]))


def _conv_abstract(lhs: Aval, rhs: Aval, **params: Any) -> Aval:
    name = "conv_general"
    c.check_kind(name, lhs, "fiu")
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
    from .structural import pad

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


def _conv_spec(eqn: Eqn) -> ContractSpec:
    lhs, rhs, params = eqn.inputs[0].aval, eqn.inputs[1].aval, eqn.params
    extents, window = lhs.shape[2:-1], rhs.shape[1:-2]
    lows = [low for low, _ in params["padding"]]

    def lhs_at(b: Any, m: Any, k: Any) -> tuple[K.Expr | None, tuple[Index, ...]]:
        rows = zip(m[1:], k, params["strides"], params["rhs_dilation"], lows, strict=False)
        at = [o * stride + w * gap - low for o, w, stride, gap, low in rows]
        places = list(map(c.spaced, at, extents, params["lhs_dilation"]))
        inside = K.conjunction(*(condition for condition, _ in places))
        return inside, (*b, m[0], *(i for _, i in places), k[-1])

    return ContractSpec(
        batch=lhs.shape[:1],
        m=(lhs.shape[1], *eqn.out.aval.shape[2:-1]),
        n=rhs.shape[-1:],
        k=(*window, rhs.shape[-2]),
        lhs=lhs_at,
        rhs=lambda b, k, n: (None, (*b, *k, *n)),
        out=lambda b, m, n: (*b, *m, *n),
    )


conv_general: Primitive = Primitive(
    "conv_general",
    _conv_abstract,
    _conv_reference,
    _conv_batch,
    Contract(_conv_spec),
    jvp=_bilinear_jvp(lambda: conv_general),
    transpose=_conv_transpose,
)
