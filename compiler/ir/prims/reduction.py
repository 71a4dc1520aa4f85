"""Reductions over axes, which disappear from the shape.

* ``reduce(x; monoid, axes)``: sum, prod, max, min of numbers; any, all of bools. The axes are in
  order. Over no elements it gives the identity; max and min refuse.
* ``argmax(x; axis)``, ``argmin(x; axis)``: the i32 position of the first extremum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, AxisError, GradientError, ShapeError
from .. import kernel as K
from ..aval import Aval
from ..core import Value
from ..dtypes import int32
from ..graph import Eqn
from ..index import Index
from ..primitive import Fold, FoldSpec, Primitive, Read
from . import common as c
from .elementwise import add, convert, div, eq, mul
from .structural import broadcast_in_dim, concatenate, part, reshape

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]

REFERENCE: dict[str, Callable[..., Array]] = {
    "sum": lambda x, axes: np.sum(x, axes, dtype=x.dtype),
    "prod": lambda x, axes: np.prod(x, axes, dtype=x.dtype),
    "max": np.max,
    "min": np.min,
    "any": np.any,
    "all": np.all,
}
_KINDS = {"sum": "fiuc", "prod": "fiuc", "max": "fiu", "min": "fiu", "any": "b", "all": "b"}


def _without(values: Sequence[Any], axes: Sequence[int]) -> tuple[Any, ...]:
    return tuple(v for a, v in enumerate(values) if a not in axes)


def _merged(out: Sequence[Index], inner: Sequence[Index], axes: Sequence[int]) -> tuple[Index, ...]:
    """The operand's index from the result's and that within the reduced axes."""
    outer, folded = iter(out), iter(inner)
    rank = len(out) + len(inner)
    return tuple(next(folded) if a in axes else next(outer) for a in range(rank))


def _no_empty_extremum(name: str, x: Aval, axes: Sequence[int]) -> None:
    if any(x.shape[a] == 0 for a in axes):
        raise ShapeError(
            f"{name} of {x} over axes {tuple(axes)}: the axis is empty",
            why="there is no largest or smallest of no elements",
        )


def _reduce_abstract(x: Aval, *, monoid: str, axes: Ints) -> Aval:
    name = f"reduce {monoid}"
    if monoid not in REFERENCE:
        raise ArgumentError(f"reduce: {monoid!r} is not one of {', '.join(REFERENCE)}")
    c.check_kind(name, x, _KINDS[monoid])
    c.check_axes(name, axes, x)
    if list(axes) != sorted(axes):
        raise AxisError(f"{name}: axes {axes} of {x} are not in order")
    if monoid in ("max", "min"):
        _no_empty_extremum(name, x, axes)
    return Aval(_without(x.shape, axes), x.dtype, x.weak)


def _reduce_reference(x: Array, *, monoid: str, axes: Ints) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(REFERENCE[monoid](x, axes), x.dtype)


def _extremum_jvp(x: Any, t: Any, out: Value, axes: Ints) -> Value:
    """Elements that attain the extremum share the derivative equally (as JAX)."""
    kept = _without(range(x.aval.ndim), axes)
    attained = eq(x, broadcast_in_dim(out, shape=x.aval.shape, dims=kept))
    weight = convert(attained, dtype=x.aval.dtype)
    count = reduce(weight, monoid="sum", axes=axes)
    return div(reduce(mul(t, weight), monoid="sum", axes=axes), count)


def halves(x: Any, axis: int) -> tuple[Value, Value, Value]:
    """Two equal halves along an axis and what is left over."""
    n = x.aval.shape[axis]
    h = n // 2
    return part(x, axis, 0, h), part(x, axis, h, 2 * h), part(x, axis, 2 * h, n)


def _product_jvp(x: Any, t: Any, axes: Ints) -> Value | None:
    """Halves of (value, tangent) multiply until one is left: exact where elements are zero."""
    for axis in axes:
        n = x.aval.shape[axis]
        if n == 0:
            return None
        while n > 1:
            x0, x1, x2 = halves(x, axis)
            t0, t1, t2 = halves(t, axis)
            x, t = mul(x0, x1), add(mul(t0, x1), mul(t1, x0))
            if n % 2:
                x, t = concatenate(x, x2, axis=axis), concatenate(t, t2, axis=axis)
            n -= n // 2
    return reshape(t, shape=_without(t.aval.shape, axes))


def _reduce_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, monoid: str, axes: Ints) -> Any:
    if monoid == "sum":
        return reduce(t[0], monoid=monoid, axes=axes)
    if monoid == "prod":
        return _product_jvp(p[0], t[0], axes)
    return _extremum_jvp(p[0], t[0], out, axes)


def _reduce_transpose(ct: Value, ops: Sequence[Any], *, monoid: str, axes: Ints) -> tuple[Any]:
    if monoid != "sum":
        raise GradientError(f"reduce {monoid} is not linear: it has no transpose")
    shape = ops[0].aval.shape
    return (broadcast_in_dim(ct, shape=shape, dims=_without(range(len(shape)), axes)),)


def _reduce_spec(eqn: Eqn) -> FoldSpec:
    axes: Ints = eqn.params["axes"]
    shape = eqn.inputs[0].aval.shape

    def element(read: Read, out: Sequence[Index], inner: Sequence[Index]) -> tuple[Any, ...]:
        return None, read(0, _merged(out, inner, axes))

    extents = tuple(shape[a] for a in axes)
    return FoldSpec(extents, eqn.params["monoid"], element, axes=axes)


reduce: Primitive = Primitive(
    "reduce",
    _reduce_abstract,
    _reduce_reference,
    lambda args, batched, size, *, monoid, axes: reduce(
        args[0], monoid=monoid, axes=c.after_batch(axes)
    ),
    Fold(_reduce_spec),
    jvp=_reduce_jvp,
    transpose=_reduce_transpose,
)


# --- argmax, argmin ------------------------------------------------------------------------------


def _arg_extremum(name: str, reference: Callable[..., Array]) -> Primitive:
    """The position of the first extremum along one axis, as i32; NaN is extreme (as NumPy)."""

    def abstract(x: Aval, *, axis: int) -> Aval:
        c.check_kind(name, x, "fiu")
        c.check_axes(name, (axis,), x)
        _no_empty_extremum(name, x, (axis,))
        return Aval(_without(x.shape, (axis,)), int32)

    def batch(args: Sequence[Any], batched: Sequence[bool], size: int, *, axis: int) -> Value:
        return prim(args[0], axis=axis + 1)

    def spec(eqn: Eqn) -> FoldSpec:
        axis = eqn.params["axis"]

        def element(read: Read, out: Sequence[Index], inner: Sequence[Index]) -> tuple[Any, ...]:
            return None, read(0, _merged(out, inner, (axis,))), K.index_value(inner[0])

        return FoldSpec((eqn.inputs[0].aval.shape[axis],), name, element, axes=(axis,))

    prim = Primitive(
        name,
        abstract,
        lambda x, *, axis: np.asarray(reference(x, axis), np.int32),
        batch,
        Fold(spec),
        jvp=c.no_tangent,
        no_transpose="its result is an integer",
    )
    return prim


argmax: Primitive = _arg_extremum("argmax", np.argmax)
argmin: Primitive = _arg_extremum("argmin", np.argmin)
