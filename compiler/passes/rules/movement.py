"""Rewrites of equations that only move elements: identities, compositions, and moves of a scalar
that repeats everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...ir.aval import Shape
from ...ir.graph import Atom, Eqn
from ..rewrite import Rewriter, Rule

Ints = tuple[int, ...]


def repeated_scalar(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Moving, padding or joining one repeated scalar gives the same scalar in another shape."""
    moved = eqn.inputs[:1] if eqn.prim.name == "gather" else eqn.inputs
    scalars = {b.splat_of(a) or a for a in moved}
    scalar = scalars.pop()
    return None if scalars or scalar.aval.shape else b.splat(scalar, eqn.out.aval.shape)


def same_shape(eqn: Eqn, _: Rewriter) -> Atom | None:
    """A reshape or broadcast to the shape it has."""
    (x,) = eqn.inputs
    return x if x.aval.shape == eqn.out.aval.shape else None


def reshape_scalar(eqn: Eqn, b: Rewriter) -> Atom | None:
    """A scalar reshaped is a repeated scalar."""
    (x,) = eqn.inputs
    return None if x.aval.shape else b.splat(x, eqn.out.aval.shape)


def reshape_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Only the last reshape counts; a broadcast that only inserts axes is one too."""
    inner = b.producer(eqn.inputs[0], "reshape", "broadcast_in_dim")
    if inner is None or inner.inputs[0].aval.size != eqn.out.aval.size:
        return None
    return b.emit("reshape", inner.inputs[0], **eqn.params)


def broadcast_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """One broadcast to the last shape; a reshape that only inserts axes counts as one."""
    inner = b.producer(eqn.inputs[0], "broadcast_in_dim", "reshape")
    if inner is None:
        return None
    (x,), outer = inner.inputs, eqn.params["dims"]
    dims = inner.params.get("dims", _inserted(x.aval.shape, inner.out.aval.shape))
    if dims is None:
        return None
    shape, dims = eqn.params["shape"], tuple(outer[d] for d in dims)
    return b.emit("broadcast_in_dim", x, shape=shape, dims=dims)


def _inserted(before: Shape, after: Shape) -> Ints | None:
    """The axes of ``after`` that ``before`` has, when the others are all inserted with extent 1."""
    dims: list[int] = []
    for axis, extent in enumerate(after):
        if len(dims) < len(before) and extent == before[len(dims)]:
            dims.append(axis)
        elif extent != 1:
            return None
    return tuple(dims) if len(dims) == len(before) else None


def transpose_nothing(eqn: Eqn, _: Rewriter) -> Atom | None:
    """The identity permutation"""
    perm = eqn.params["perm"]
    return eqn.inputs[0] if perm == tuple(range(len(perm))) else None


def transpose_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """One transpose by the composed permutation"""
    inner = b.producer(eqn.inputs[0], "transpose")
    if inner is None:
        return None
    perm = tuple(inner.params["perm"][p] for p in eqn.params["perm"])
    return b.emit("transpose", inner.inputs[0], perm=perm)


def rev_nothing(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Reversing an axis of extent 1 does nothing."""
    (x,), axes = eqn.inputs, eqn.params["axes"]
    kept = tuple(a for a in axes if x.aval.shape[a] > 1)
    if kept == axes and axes:
        return None
    return b.emit("rev", x, axes=kept) if kept else x


def rev_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Axes reversed twice are as they were."""
    inner = b.producer(eqn.inputs[0], "rev")
    if inner is None:
        return None
    once = sorted({*eqn.params["axes"]} ^ {*inner.params["axes"]})
    return b.emit("rev", inner.inputs[0], axes=tuple(once))


def slice_all(eqn: Eqn, _: Rewriter) -> Atom | None:
    """The whole range"""
    (x,), p = eqn.inputs, eqn.params
    whole = not any(p["start"]) and p["limit"] == x.aval.shape and all(s == 1 for s in p["stride"])
    return x if whole else None


def slice_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """One slice with composed starts and strides"""
    inner = b.producer(eqn.inputs[0], "slice")
    if inner is None or not eqn.out.aval.size:  # an empty one may start beyond the end
        return None
    p, q = inner.params, eqn.params
    stride = tuple(s * t for s, t in zip(p["stride"], q["stride"], strict=True))
    start = tuple(s + t * k for s, t, k in zip(p["start"], q["start"], p["stride"], strict=True))
    last = tuple(s + (n - 1) * k for s, n, k in zip(start, eqn.out.aval.shape, stride, strict=True))
    limit = tuple(n + 1 for n in last)
    return b.emit("slice", inner.inputs[0], start=start, limit=limit, stride=stride)


def slice_of_concatenate(eqn: Eqn, b: Rewriter) -> Atom | None:
    """A slice that lies within one operand is a slice of that operand."""
    inner = b.producer(eqn.inputs[0], "concatenate")
    if inner is None or not eqn.out.aval.size:
        return None
    axis, p, offset = inner.params["axis"], eqn.params, 0
    for x in inner.inputs:
        extent = x.aval.shape[axis]
        low, high = p["start"][axis] - offset, p["limit"][axis] - offset
        if low >= 0 and high <= extent:
            start, limit = _with(p["start"], axis, low), _with(p["limit"], axis, high)
            return b.emit("slice", x, start=start, limit=limit, stride=p["stride"])
        offset += extent
    return None


def _with(values: Sequence[int], at: int, value: int) -> Ints:
    return (*values[:at], value, *values[at + 1 :])


def pad_nothing(eqn: Eqn, _: Rewriter) -> Atom | None:
    """No padding, or only between the elements of an axis of at most one"""
    (x, _value), p = eqn.inputs, eqn.params
    between = any(k and n > 1 for k, n in zip(p["interior"], x.aval.shape, strict=True))
    return None if between or any(p["low"]) or any(p["high"]) else x


def pad_twice(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Padding around padding with the same value: the widths add up."""
    inner = b.producer(eqn.inputs[0], "pad")
    if inner is None or inner.inputs[1] != eqn.inputs[1]:
        return None
    p, q = inner.params, eqn.params
    cuts = min((*p["low"], *p["high"], *q["low"], *q["high"]), default=0) < 0
    if cuts or any(q["interior"]):
        return None
    widths = {k: tuple(map(sum, zip(p[k], q[k], strict=True))) for k in ("low", "high")}
    return b.emit("pad", *inner.inputs, **widths, interior=p["interior"])


def concatenate_parts(eqn: Eqn, b: Rewriter) -> Atom | None:
    """Empty operands go, concatenated ones on the same axis are listed, one alone is itself."""
    axis = eqn.params["axis"]
    parts: list[Atom] = []
    for x in eqn.inputs:
        inner = b.producer(x, "concatenate")
        nested = inner is not None and inner.params["axis"] == axis
        parts += inner.inputs if inner and nested else [x] if x.aval.shape[axis] else []
    if len(parts) < 2:
        return parts[0] if parts else eqn.inputs[0]
    return None if tuple(parts) == eqn.inputs else b.emit("concatenate", *parts, axis=axis)


def identity(eqn: Eqn, b: Rewriter) -> Atom:
    """What only derivatives see is the operand, once there are no more of them."""
    return eqn.inputs[0]


RULES: dict[str, list[Rule]] = {
    "broadcast_in_dim": [same_shape, broadcast_twice],
    "reshape": [same_shape, reshape_scalar, repeated_scalar, reshape_twice],
    "transpose": [transpose_nothing, repeated_scalar, transpose_twice],
    "rev": [rev_nothing, repeated_scalar, rev_twice],
    "slice": [slice_all, repeated_scalar, slice_twice, slice_of_concatenate],
    "pad": [pad_nothing, repeated_scalar, pad_twice],
    "concatenate": [concatenate_parts, repeated_scalar],
    "gather": [repeated_scalar],
    "stop_gradient": [identity],
}
