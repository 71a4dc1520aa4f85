"""Attention that never holds its scores: softmax(scale · q kᵀ + bias) · v, and its derivatives.

With scores ``s[i, j] = scale · <q[i], k[j]> + bias[i, j]`` (where ``causal``: for ``j <= i`` only),

* ``attention(q, k, v, bias; scale, causal)``: rows of ``v`` averaged with weights softmax(s).
* ``attention_normalizer(q, k, bias; scale, causal)``: the logarithm of the sum of exp(s) of a row.
* ``attention_weigh(a, b, w, shift, bias[, c, d, e]; scale, causal, flipped)``: what derivatives
  are made of, ``Σ_j exp(s[i, j] - shift[i]) · (<c[i], d[j]> - e[i]) · w[j]`` with ``a`` for ``q``
  and ``b`` for ``k``; the factor in brackets is 1 without its operands. ``flipped``: rows are keys,
  so ``s[j, i]``, ``shift[j]`` and ``e[j]`` take the place of ``s[i, j]``, ``shift[i]``, ``e[i]``.

Operands are ``[batch, positions, width]``; ``shift`` and ``e`` ``[batch, positions]``; ``bias`` is
``[batch, queries, keys]`` or rank 0. Their own derivatives hold the scores: only second ones and
forward mode need them. Sources: Milakov and Gimelshein, arXiv:1805.02867; Dao et al.,
arXiv:2205.14135.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from .. import kernel as K
from ..aval import Aval
from ..core import Operand, Value
from ..dtypes import bool_, int32
from ..graph import Eqn
from ..index import Index
from ..primitive import Linear, Primitive, Read, Stream, StreamSpec
from . import common as c
from .arithmetic import add, mul, sub
from .dot import dot_general
from .functions import exp
from .logic import le, select
from .reduction import reduce
from .shaping import broadcast_in_dim, iota, reshape, transpose

Array = np.ndarray[Any, Any]
HIDDEN = -3.4028235e38  # finite, so that differences of two are no NaN


# --- shapes --------------------------------------------------------------------------------------


def _check(name: str, avals: Sequence[Aval], shapes: Sequence[tuple[int, ...]]) -> None:
    for aval, shape in zip(avals, shapes, strict=True):
        c.check_kind(name, aval, "f")
        if aval.shape != shape:
            raise ShapeError(f"{name}: {', '.join(map(str, avals))} do not fit, {aval} for {shape}")
    c.check_same_dtype(name, avals)


def _scores_shape(name: str, a: Aval, b: Aval) -> tuple[int, int, int]:
    if a.ndim != 3 or b.ndim != 3:
        raise ShapeError(f"{name}: {a}, {b} must have the axes batch, positions, width")
    return a.shape[0], a.shape[1], b.shape[1]


def _bias_shape(bias: Aval, *shape: int) -> tuple[int, ...]:
    return shape if bias.ndim else ()


def _normalizer_abstract(q: Aval, k: Aval, bias: Aval, *, scale: float, causal: bool) -> Aval:
    batch, t, s = _scores_shape("attention_normalizer", q, k)
    shapes = [q.shape, (batch, s, q.shape[2]), _bias_shape(bias, batch, t, s)]
    _check("attention_normalizer", (q, k, bias), shapes)
    return Aval((batch, t), q.dtype)


def _attention_abstract(
    q: Aval, k: Aval, v: Aval, bias: Aval, *, scale: float, causal: bool
) -> Aval:
    batch, t, s = _scores_shape("attention", q, k)
    width = v.shape[-1] if v.ndim == 3 else 0
    shapes = [q.shape, (batch, s, q.shape[2]), (batch, s, width), _bias_shape(bias, batch, t, s)]
    _check("attention", (q, k, v, bias), shapes)
    return Aval((batch, t, width), q.dtype)


def _weigh_abstract(
    a: Aval, b: Aval, w: Aval, shift: Aval, bias: Aval, *gate: Aval,
    scale: float, causal: bool, flipped: bool,
) -> Aval:  # fmt: skip
    name = "attention_weigh"
    batch, rows, steps = _scores_shape(name, a, b)
    queries, keys = (steps, rows) if flipped else (rows, steps)
    width = w.shape[-1] if w.ndim == 3 else 0
    shapes = [a.shape, (batch, steps, a.shape[2]), (batch, steps, width), (batch, queries)]
    shapes.append(_bias_shape(bias, batch, queries, keys))
    if gate:
        of = gate[0].shape[-1] if gate[0].ndim == 3 else 0
        shapes += [(batch, rows, of), (batch, steps, of), (batch, queries)]
    _check(name, (a, b, w, shift, bias, *gate), shapes)
    return Aval((batch, rows, width), a.dtype)


# --- NumPy ---------------------------------------------------------------------------------------


def _np_scores(q: Array, k: Array, bias: Array, scale: float, causal: bool) -> Array:
    scores = np.einsum("bth,bsh->bts", q, k) * q.dtype.type(scale) + bias
    if causal:
        scores = np.where(np.tri(*scores.shape[1:]) > 0, scores, HIDDEN)
    return np.asarray(scores, q.dtype)


def _normalizer_reference(q: Array, k: Array, bias: Array, *, scale: float, causal: bool) -> Array:
    with np.errstate(all="ignore"):
        scores = _np_scores(q, k, bias, scale, causal)
        top = np.max(scores, axis=-1, initial=HIDDEN)
        total = np.sum(np.exp(scores - top[..., None]), axis=-1)
        return np.asarray(top + np.log(total), q.dtype)


def _attention_reference(
    q: Array, k: Array, v: Array, bias: Array, *, scale: float, causal: bool
) -> Array:
    with np.errstate(all="ignore"):
        scores = _np_scores(q, k, bias, scale, causal)
        weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True, initial=HIDDEN))
        total = np.sum(weights, axis=-1, keepdims=True)
        return np.asarray(np.matmul(weights, v) / total, q.dtype)


def _weigh_reference(
    a: Array, b: Array, w: Array, shift: Array, bias: Array, *gate: Array,
    scale: float, causal: bool, flipped: bool,
) -> Array:  # fmt: skip
    with np.errstate(all="ignore"):
        q, k = (b, a) if flipped else (a, b)
        p = np.exp(_np_scores(q, k, bias, scale, causal) - shift[..., None])
        if gate:
            rows, steps = gate[:2] if not flipped else gate[1::-1]
            p = p * (np.einsum("bth,bsh->bts", rows, steps) - gate[2][..., None])
        p = p.transpose(0, 2, 1) if flipped else p
        return np.asarray(np.matmul(p, w), a.dtype)


# --- derivatives, with the scores held -----------------------------------------------------------


def _outer(x: Any, y: Any) -> Value:
    """``<x[i], y[j]>``"""
    return dot_general(x, y, contract=((2,), (2,)), batch=((0,), (0,)))


def _columns(x: Any, like: Any) -> Value:
    """``x[i]`` for all j."""
    return broadcast_in_dim(x, shape=like.aval.shape, dims=(0, 1))


def _applied(p: Any, w: Any) -> Value:
    return dot_general(p, w, contract=((2,), (1,)), batch=((0,), (0,)))


def _scores(q: Any, k: Any, bias: Any, scale: float, causal: bool) -> Value:
    scores = add(mul(_outer(q, k), scale), bias)
    if not causal:
        return scores
    row, column = (iota(shape=scores.aval.shape, dtype=int32, axis=a) for a in (1, 2))
    return select(le(column, row), scores, HIDDEN)


def _total(*terms: Value | None) -> Value | None:
    """The sum of the terms there are."""
    real = [t for t in terms if t is not None]
    return None if not real else real[0] if len(real) == 1 else add(*_pair(real))


def _pair(terms: Sequence[Value]) -> tuple[Value, Value]:
    first = terms[0]
    for t in terms[1:-1]:
        first = add(first, t)
    return first, terms[-1]


def _scores_tangent(q: Any, k: Any, tangents: Sequence[Any], scale: float) -> Value | None:
    tq, tk, tbias = tangents
    left = None if tq is None else mul(_outer(tq, k), scale)
    right = None if tk is None else mul(_outer(q, tk), scale)
    return _total(left, right, tbias)


def _weights(q: Any, k: Any, bias: Any, shift: Any, scale: float, causal: bool) -> Value:
    scores = _scores(q, k, bias, scale, causal)
    return exp(sub(scores, _columns(shift, scores)))


def _rows(x: Any) -> Value:
    return reduce(x, monoid="sum", axes=(2,))


def _normalizer_jvp(
    p: Sequence[Any], t: Sequence[Any], out: Value, *, scale: float, causal: bool
) -> Value | None:
    ts = _scores_tangent(p[0], p[1], t, scale)
    if ts is None:
        return None
    weights = _weights(p[0], p[1], p[2], out, scale, causal)
    return _rows(mul(weights, _shaped(ts, weights)))


def _shaped(t: Value, like: Value) -> Value:
    return t if t.aval.ndim else broadcast_in_dim(t, shape=like.aval.shape, dims=())


def _attention_jvp(
    p: Sequence[Any], t: Sequence[Any], out: Value, *, scale: float, causal: bool
) -> Value | None:
    q, k, v, bias = p
    shift = attention_normalizer(q, k, bias, scale=scale, causal=causal)
    weights = _weights(q, k, bias, shift, scale, causal)
    ts = _scores_tangent(q, k, (t[0], t[1], t[3]), scale)
    by_scores = None
    if ts is not None:
        moved = mul(weights, _shaped(ts, weights))
        mean = broadcast_in_dim(_rows(moved), shape=out.aval.shape, dims=(0, 1))
        by_scores = sub(_applied(moved, v), mul(mean, out))
    return _total(by_scores, None if t[2] is None else _applied(weights, t[2]))


def _swapped(x: Any, flipped: bool) -> Any:
    return transpose(x, perm=(0, 2, 1)) if flipped else x


def _weigh_jvp(
    p: Sequence[Any], t: Sequence[Any], out: Value, *, scale: float, causal: bool, flipped: bool
) -> Value | None:
    w, shift, bias = p[2:5]
    order = (1, 0) if flipped else (0, 1)
    q, k = (p[i] for i in order)
    weights = _weights(q, k, bias, shift, scale, causal)
    ts = _scores_tangent(q, k, (t[order[0]], t[order[1]], t[4]), scale)
    ts = None if ts is None else _shaped(ts, weights)
    if t[3] is not None:
        fall = _columns(t[3], weights)
        ts = mul(fall, -1.0) if ts is None else sub(ts, fall)
    gated, moved = weights, None if ts is None else mul(weights, ts)
    if len(p) > 5:
        sides, gate = [5 + i for i in order], _gate(p, weights, flipped)
        gated = mul(weights, gate)
        moved = None if moved is None else mul(moved, gate)
        tg = _scores_tangent(p[sides[0]], p[sides[1]], (*(t[i] for i in sides), None), 1.0)
        tg = _total(tg, None if t[7] is None else mul(_columns(t[7], weights), -1.0))
        moved = _total(moved, None if tg is None else mul(weights, tg))
    return _total(
        None if moved is None else _applied(_swapped(moved, flipped), w),
        None if t[2] is None else _applied(_swapped(gated, flipped), t[2]),
    )


def _weigh_transpose(
    ct: Value, ops: Sequence[Any], *, scale: float, causal: bool, flipped: bool
) -> tuple[Any, ...]:
    """By ``w``, or by ``e`` and one of ``c`` and ``d``: it is linear in either of the two."""
    a, b, w, shift, bias = ops[:5]
    q, k = (b, a) if flipped else (a, b)
    p = _weights(q, k, bias, shift, scale, causal)
    out: list[Any] = [None] * len(ops)
    if isinstance(w, Linear):
        gated = p if len(ops) == 5 else mul(p, _gate(ops, p, flipped))
        out[2] = _applied(_swapped(gated, not flipped), ct)
        return tuple(out)
    by_gate = mul(p, _swapped(_outer(ct, w), flipped))  # [queries, keys]
    c_, d, e = ops[5:]
    out[5] = _applied(_swapped(by_gate, flipped), d) if isinstance(c_, Linear) else None
    out[6] = _applied(_swapped(by_gate, not flipped), c_) if isinstance(d, Linear) else None
    out[7] = mul(_rows(by_gate), -1.0) if isinstance(e, Linear) else None
    return tuple(out)


def _gate(ops: Sequence[Any], like: Any, flipped: bool) -> Value:
    sides = (ops[6], ops[5]) if flipped else (ops[5], ops[6])
    return sub(_outer(*sides), _columns(ops[7], like))


# --- batching: one more batch axis joins the one there is ----------------------------------------


def _batch(prim: str) -> Any:
    def rule(args: Sequence[Operand], batched: Sequence[bool], size: int, **params: Any) -> Value:
        from ..primitive import REGISTRY

        merged = []
        for x, has in zip(args, batched, strict=True):
            if not has and not x.aval.ndim:
                merged.append(x)
                continue
            x = c.with_batch(x, has, size)
            if x.aval.ndim == 1:  # a bias for each: spread over its scores
                x = broadcast_in_dim(
                    x, shape=(size, *_all_scores(args, batched, params)), dims=(0,)
                )
            merged.append(reshape(x, shape=(size * x.aval.shape[1], *x.aval.shape[2:])))
        out = REGISTRY[prim](*merged, **params)
        inner = args[0].aval.shape[1 if batched[0] else 0]
        return reshape(out, shape=(size, inner, *out.aval.shape[1:]))

    return rule


def _all_scores(
    args: Sequence[Operand], batched: Sequence[bool], params: dict[str, Any]
) -> tuple[int, int, int]:
    """[batch, queries, keys]"""
    first, second = (x.aval.shape[1:] if b else x.aval.shape for x, b in zip(args[:2], batched))
    t, s = first[1], second[1]
    return (first[0], s, t) if params.get("flipped") else (first[0], t, s)


# --- lowering ------------------------------------------------------------------------------------


def _read_bias(read: Read, eqn: Eqn, which: int, index: tuple[Index, ...]) -> K.Expr:
    return read(which, index if eqn.inputs[which].aval.shape else ())


def _seen(i: Index, j: Index, causal: bool, flipped: bool = False) -> K.Expr | None:
    """Whether row ``i`` sees step ``j``; None for always."""
    if not causal:
        return None
    first, last = (i, j) if flipped else (j, i)
    return K.call("le", K.index_value(first), K.index_value(last), dtype=bool_)


def _spec(eqn: Eqn) -> StreamSpec:
    """For attention and its normalizer: scores, folded by a running softmax."""
    a, b = (x.aval.shape for x in eqn.inputs[:2])
    p, bias = eqn.params, len(eqn.inputs) - 1

    def score(read: Read, index: tuple[Index, ...], products: Sequence[K.Expr]) -> K.Expr:
        dtype = eqn.out.aval.dtype
        scaled = K.call("mul", products[0], K.const(p["scale"], dtype))
        return K.call("add", scaled, _read_bias(read, eqn, bias, index))

    return StreamSpec(
        a[0], a[1], b[1], ((0, 1, a[2]),), score, 2 if bias == 3 else None, True,
        lambda i, j: _seen(i, j, p["causal"]),
    )  # fmt: skip


def _weigh_spec(eqn: Eqn) -> StreamSpec:
    a, b = (x.aval.shape for x in eqn.inputs[:2])
    p, gated = eqn.params, len(eqn.inputs) > 5

    def weight(read: Read, index: tuple[Index, ...], products: Sequence[K.Expr]) -> K.Expr:
        dtype = eqn.out.aval.dtype
        n, i, j = index
        place, row = ((n, j, i), (n, j)) if p["flipped"] else ((n, i, j), (n, i))
        score = K.call("mul", products[0], K.const(p["scale"], dtype))
        score = K.call("add", score, _read_bias(read, eqn, 4, place))
        out = K.call("exp", K.call("sub", score, read(3, row)))
        return K.call("mul", out, K.call("sub", products[1], read(7, row))) if gated else out

    products = ((0, 1, a[2]), (5, 6, eqn.inputs[5].aval.shape[2])) if gated else ((0, 1, a[2]),)
    return StreamSpec(
        a[0], a[1], b[1], products, weight, 2, False,
        lambda i, j: _seen(i, j, p["causal"], p["flipped"]),
    )  # fmt: skip


_NOT_LINEAR = "its derivatives are written with the scores held: no tangent reaches it"

attention_normalizer: Primitive = Primitive(
    "attention_normalizer",
    _normalizer_abstract,
    _normalizer_reference,
    _batch("attention_normalizer"),
    Stream(_spec),
    jvp=_normalizer_jvp,
    no_transpose=_NOT_LINEAR,
)

attention: Primitive = Primitive(
    "attention",
    _attention_abstract,
    _attention_reference,
    _batch("attention"),
    Stream(_spec),
    jvp=_attention_jvp,
    no_transpose=_NOT_LINEAR,
)

attention_weigh: Primitive = Primitive(
    "attention_weigh",
    _weigh_abstract,
    _weigh_reference,
    _batch("attention_weigh"),
    Stream(_weigh_spec),
    jvp=_weigh_jvp,
    transpose=_weigh_transpose,
)
