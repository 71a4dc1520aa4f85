"""Sliding windows over all axes (1 where nothing happens), and the pieces of their derivative.

* ``reduce_window(x; monoid, window, strides, padding, dilation)``: sum, max or min.
* ``window_argmax(x; …)``: the flat i32 position in its window of the first largest element.
* ``window_take(x, position; …)``: the element at that position; 0 outside ``x``.
* ``window_put(ct, position; …, shape)``: its transpose.

Position ``o`` of the result sees the elements ``o * stride + w * dilation - low`` for ``w`` in the
window; those outside ``x`` do not count. ``padding`` has a (low, high) pair an axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...errors import ArgumentError, GradientError, ShapeError
from .. import kernel as K
from ..aval import Aval, Shape
from ..core import Value
from ..dtypes import bool_, int32
from ..graph import Eqn
from ..index import Dyn, Index, flatten, unflatten
from ..primitive import Fold, FoldSpec, Map, Primitive, Read
from . import common as c
from .elementwise import neg
from .structural import pad

Array = np.ndarray[Any, Any]
Params = dict[str, Any]


# --- geometry ------------------------------------------------------------------------------------


def _window_shape(name: str, x: Aval, params: Params) -> Shape:
    """The shape of the result; ShapeError for parameters that make no window."""
    steps = {key: params[key] for key in ("window", "strides", "dilation")}
    c.check_per_axis(name, x, x.ndim, padding=params["padding"])
    c.check_per_axis(name, x, x.ndim, least=1, **steps)
    c.check_padding(name, x, x.shape, params["padding"])
    rows = zip(
        x.shape, params["window"], params["strides"], params["padding"], params["dilation"],
        strict=True,
    )  # fmt: skip
    shape = [c.positions(n, around, c.spread(w, gap), step) for n, w, step, around, gap in rows]
    return c.check_shape(name, shape, x)


def _at(out: Sequence[Index], inner: Sequence[Index], params: Params) -> list[Index]:
    """The element that window position ``inner`` of ``out`` sees; it may be outside."""
    rows = zip(out, inner, params["strides"], params["padding"], params["dilation"], strict=True)
    return [o * stride + w * gap - low for o, w, stride, (low, _), gap in rows]


def _within(at: Sequence[Index], shape: Shape) -> K.Expr | None:
    return K.conjunction(*(K.inside(i, 0, n) for i, n in zip(at, shape, strict=True)))


def _windows(x: Array, fill: Any, params: Params) -> Array:
    """What each position sees, of shape (*result, window size), from the padded operand."""
    low, high = (tuple(p[side] for p in params["padding"]) for side in (0, 1))
    padded = pad.reference(x, np.asarray(fill), low=low, high=high, interior=(0,) * x.ndim)
    spans = map(c.spread, params["window"], params["dilation"])
    rows = zip(padded.shape, spans, params["strides"], strict=True)
    shape = [c.positions(n, (0, 0), span, stride) for n, span, stride in rows]
    strides = [s * n for s, n in zip(padded.strides, params["strides"], strict=True)]
    strides += [s * n for s, n in zip(padded.strides, params["dilation"], strict=True)]
    view = as_strided(padded, (*shape, *params["window"]), strides, writeable=False)
    return view.reshape(*shape, math.prod(params["window"]))


def _batched(params: Params) -> Params:
    """The same windows with a batch axis in front."""
    before = {"window": 1, "strides": 1, "padding": (0, 0), "dilation": 1}
    return {key: (first, *params[key]) for key, first in before.items()}


def _overlap(params: Params) -> int:
    return math.prod(map(lambda w, s: -(-w // s), params["window"], params["strides"]))


# --- reduce_window -------------------------------------------------------------------------------


def _identity(monoid: str, dtype: np.dtype[Any]) -> Any:
    if monoid == "sum":
        return dtype.type(0)
    if dtype.kind == "f":
        return dtype.type(-np.inf if monoid == "max" else np.inf)
    info = np.iinfo(dtype)
    return dtype.type(info.min if monoid == "max" else info.max)


def _reduce_abstract(x: Aval, *, monoid: str, **params: Any) -> Aval:
    if monoid not in ("sum", "max", "min"):
        raise ArgumentError(f"reduce_window: {monoid!r} is not one of sum, max, min")
    c.check_kind("reduce_window", x, "fiu")
    return x.with_shape(_window_shape("reduce_window", x, params))


def _reduce_reference(x: Array, *, monoid: str, **params: Any) -> Array:
    windows = _windows(x, _identity(monoid, x.dtype), params)
    with np.errstate(all="ignore"):
        if monoid == "sum":
            return np.asarray(np.sum(windows, -1, dtype=x.dtype))
        return np.asarray(np.max(windows, -1) if monoid == "max" else np.min(windows, -1))


def _reduce_jvp(
    p: Sequence[Any], t: Sequence[Any], out: Value, *, monoid: str, **params: Any
) -> Value:
    if monoid == "sum":
        return reduce_window(t[0], monoid=monoid, **params)
    x = p[0] if monoid == "max" else neg(p[0])
    return window_take(t[0], window_argmax(x, **params), **params)


def _reduce_transpose(ct: Value, ops: Sequence[Any], *, monoid: str, **params: Any) -> tuple[Value]:
    """Each element sums the windows that see it: again windows, over the spread cotangent."""
    if monoid != "sum":
        raise GradientError(f"reduce_window {monoid} is not linear: it has no transpose")
    padding = []
    for i, n in enumerate(ops[0].aval.shape):
        low = c.spread(params["window"][i], params["dilation"][i]) - 1 - params["padding"][i][0]
        reach = n + params["padding"][i][0] - c.spread(ct.shape[i], params["strides"][i])
        padding.append((low, reach))
    ones = (1,) * ct.ndim
    if params["strides"] != ones:
        low, high = (tuple(p[side] for p in padding) for side in (0, 1))
        ct = pad(ct, 0.0, low=low, high=high, interior=tuple(s - 1 for s in params["strides"]))
        padding = [(0, 0)] * ct.ndim
    params |= {"strides": ones, "padding": tuple(padding)}
    return (reduce_window(ct, monoid="sum", **params),)


def _reduce_spec(eqn: Eqn) -> FoldSpec:
    params, shape = dict(eqn.params), eqn.inputs[0].aval.shape

    def element(read: Read, out: Sequence[Index], inner: Sequence[Index]) -> tuple[Any, ...]:
        at = _at(out, inner, params)
        return _within(at, shape), read(0, tuple(at))

    return FoldSpec(params["window"], params["monoid"], element, overlap=_overlap(params))


reduce_window: Primitive = Primitive(
    "reduce_window",
    _reduce_abstract,
    _reduce_reference,
    lambda args, batched, size, *, monoid, **params: reduce_window(
        args[0], monoid=monoid, **_batched(params)
    ),
    Fold(_reduce_spec),
    jvp=_reduce_jvp,
    transpose=_reduce_transpose,
)

# --- window_argmax -------------------------------------------------------------------------------


def _argmax_abstract(x: Aval, **params: Any) -> Aval:
    c.check_kind("window_argmax", x, "f")
    return Aval(_window_shape("window_argmax", x, params), int32)


def _argmax_reference(x: Array, **params: Any) -> Array:
    """The first of the largest elements; 0 where a window sees none (or nothing above -inf)."""
    return np.asarray(np.argmax(_windows(x, _identity("max", x.dtype), params), -1), np.int32)


def _argmax_spec(eqn: Eqn) -> FoldSpec:
    params, shape = dict(eqn.params), eqn.inputs[0].aval.shape

    def element(read: Read, out: Sequence[Index], inner: Sequence[Index]) -> tuple[Any, ...]:
        at = _at(out, inner, params)
        position = K.index_value(flatten(inner, params["window"]))
        return _within(at, shape), read(0, tuple(at)), position

    return FoldSpec(params["window"], "argmax", element, overlap=_overlap(params))


window_argmax: Primitive = Primitive(
    "window_argmax",
    _argmax_abstract,
    _argmax_reference,
    lambda args, batched, size, **params: window_argmax(args[0], **_batched(params)),
    Fold(_argmax_spec),
    jvp=c.no_tangent,
    no_transpose="its result is an integer",
)

# --- window_take, window_put ---------------------------------------------------------------------


def _check_position(name: str, position: Aval, shape: Shape) -> None:
    if position.dtype is not int32 or position.shape != shape:
        raise ShapeError(f"{name}: the positions {position} should be i32{list(shape)}")


def _take_abstract(x: Aval, position: Aval, **params: Any) -> Aval:
    c.check_kind("window_take", x, "f")
    shape = _window_shape("window_take", x, params)
    _check_position("window_take", position, shape)
    return x.with_shape(shape)


def _take_reference(x: Array, position: Array, **params: Any) -> Array:
    at = position[..., None].astype(np.int64)
    taken = np.take_along_axis(_windows(x, 0, params), at, -1)
    return np.asarray(taken[..., 0], x.dtype)


def _take_emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    window, shape = eqn.params["window"], eqn.inputs[0].aval.shape
    chosen = Index.of(Dyn(read(1, index), math.prod(window)))
    at = _at(index, unflatten(chosen, window), dict(eqn.params))
    return K.select(_within(at, shape), read(0, tuple(at)), K.zero(eqn.out.aval.dtype))


def _both_batched(args: Sequence[Any], batched: Sequence[bool], size: int) -> list[Any]:
    return [c.with_batch(a, b, size) for a, b in zip(args, batched, strict=True)]


window_take: Primitive = Primitive(
    "window_take",
    _take_abstract,
    _take_reference,
    lambda args, batched, size, **params: window_take(
        *_both_batched(args, batched, size), **_batched(params)
    ),
    Map(_take_emit, cost=4),
    jvp=c.linear_jvp("window_take"),
    transpose=lambda ct, ops, **params: (
        window_put(ct, ops[1], shape=ops[0].aval.shape, **params),
        None,
    ),
)


def _put_abstract(ct: Aval, position: Aval, *, shape: Shape, **params: Any) -> Aval:
    c.check_kind("window_put", ct, "f")
    out = ct.with_shape(c.check_shape("window_put", shape, ct))
    if _window_shape("window_put", out, params) != ct.shape:
        raise ShapeError(f"window_put: {ct} is not the shape of the windows on {out}")
    _check_position("window_put", position, ct.shape)
    return out


def _put_reference(ct: Array, position: Array, *, shape: Shape, **params: Any) -> Array:
    if not ct.size:
        return np.zeros(shape, ct.dtype)
    within = np.unravel_index(position, params["window"]) if shape else ()
    inside = np.ones(ct.shape, np.bool_)
    target = np.zeros(ct.shape, np.int64)
    for axis, o in enumerate(np.ix_(*map(np.arange, ct.shape))):
        low, _ = params["padding"][axis]
        at = o * params["strides"][axis] + within[axis] * params["dilation"][axis] - low
        inside &= (at >= 0) & (at < shape[axis])
        target = target * shape[axis] + at
    totals = np.bincount(target[inside], ct[inside], minlength=math.prod(shape))
    return totals.astype(ct.dtype).reshape(shape)


def _put_spec(eqn: Eqn) -> FoldSpec:
    """Each element asks the windows that could see it whether they chose it."""
    params, ct = dict(eqn.params), eqn.inputs[0].aval

    def element(read: Read, out: Sequence[Index], inner: Sequence[Index]) -> tuple[Any, ...]:
        rows = zip(out, inner, params["padding"], params["dilation"], strict=True)
        starts = [i + low - w * gap for i, w, (low, _), gap in rows]
        places = list(map(c.spaced, starts, ct.shape, params["strides"]))
        at = tuple(i for _, i in places)
        mine = K.index_value(flatten(inner, params["window"]))
        chosen = K.call("eq", read(1, at), mine, dtype=bool_)
        return K.conjunction(*(p for p, _ in places), chosen), read(0, at)

    return FoldSpec(params["window"], "sum", element, overlap=math.prod(params["window"]))


window_put: Primitive = Primitive(
    "window_put",
    _put_abstract,
    _put_reference,
    lambda args, batched, size, *, shape, **params: window_put(
        *_both_batched(args, batched, size), shape=(size, *shape), **_batched(params)
    ),
    Fold(_put_spec),
    jvp=c.linear_jvp("window_put"),
    transpose=lambda ct, ops, *, shape, **params: (window_take(ct, ops[1], **params), None),
)
