"""What the rules of several primitive families share: checks, batching, index conditions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

from ...errors import AxisError, DtypeError, LimitError, ShapeError
from .. import kernel as K
from ..aval import Aval, Shape
from ..core import Operand, Value
from ..dtypes import bool_, int32
from ..index import Index
from ..primitive import REGISTRY

MAX_ELEMENTS = 2**31 - 1
"""Offsets into an array are i32 on the device."""

_WORDS = {"c": "complex64", "f": "float32", "i": "int32", "u": "uint32", "b": "bool"}


def check_shape(name: str, shape: Sequence[int], *operands: Aval) -> Shape:
    """``shape`` as a tuple; ShapeError for negative extents, LimitError for too many elements."""
    if operands:
        name = f"{name} of {', '.join(map(str, operands))}"
    if not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ShapeError(f"{name}: the shape {tuple(shape)} has an extent that is not a size >= 0")
    if math.prod(shape) > MAX_ELEMENTS:
        raise LimitError(
            f"{name}: the shape {tuple(shape)} has {math.prod(shape)} elements",
            why=f"arrays have at most {MAX_ELEMENTS} elements: offsets are 32-bit integers",
        )
    return tuple(shape)


def check_axes(name: str, axes: Sequence[int], aval: Aval) -> None:
    """AxisError unless ``axes`` are distinct axes of ``aval`` counted from 0."""
    bad = [a for a in axes if not 0 <= a < aval.ndim]
    if bad or len(set(axes)) != len(axes):
        problem = f"axis {bad[0]} does not exist" if bad else f"axes {tuple(axes)} repeat"
        raise AxisError(f"{name}: {problem} in {aval}")


def check_per_axis(
    name: str, aval: Aval, rank: int, least: int | None = None, **parameters: Sequence[Any]
) -> None:
    """ShapeError unless each parameter has an entry, not below ``least``, for each axis."""
    for parameter, values in parameters.items():
        given = f"{name}: {parameter}={tuple(values)}"
        if len(values) != rank:
            raise ShapeError(f"{given} has {len(values)} entries for the {rank} axes of {aval}")
        if least is not None and any(v < least for v in values):
            raise ShapeError(f"{given} for {aval} must be at least {least}")


def check_kind(name: str, aval: Aval, kinds: str) -> None:
    """DtypeError unless the dtype's kind is among ``kinds``."""
    if aval.dtype.kind not in kinds:
        wanted = ", ".join(_WORDS[k] for k in kinds)
        raise DtypeError(f"{name} does not take {aval.dtype} (operand {aval})", fix=f"use {wanted}")


def check_same_dtype(name: str, avals: Sequence[Aval]) -> None:
    """DtypeError unless all operands have the dtype of the first."""
    for a in avals:
        if a.dtype is not avals[0].dtype:
            raise DtypeError(f"{name}: operands have different dtypes: {avals[0]}, {a}")


def linear_jvp(name: str) -> Callable[..., Value]:
    """The jvp of a primitive that is linear in operand 0 (the others carry no tangent)."""

    def jvp(primals: Sequence[Any], tangents: Sequence[Any], out: Value, **params: Any) -> Value:
        return REGISTRY[name](tangents[0], *primals[1:], **params)

    return jvp


def bilinear_jvp(name: str) -> Callable[..., Value]:
    """The jvp of a product: the sum of the products with either factor replaced by its tangent."""

    def jvp(p: Sequence[Any], t: Sequence[Any], out: Value, **params: Any) -> Value:
        from .arithmetic import add

        prim = REGISTRY[name]
        terms = [] if t[0] is None else [prim(t[0], p[1], **params)]
        terms += [] if t[1] is None else [prim(p[0], t[1], **params)]
        return terms[0] if len(terms) == 1 else add(*terms)

    return jvp


def no_tangent(*_: Any, **__: Any) -> None:
    """The jvp of a primitive with an integer or boolean result."""


def after_batch(axes: Sequence[int]) -> tuple[int, ...]:
    """The same axes once a batch axis is in front."""
    return tuple(a + 1 for a in axes)


def with_batch(x: Operand, batched: bool, size: int) -> Operand:
    """``x`` with the batch as axis 0, repeated when it had none."""
    from .shaping import broadcast_in_dim

    if batched:
        return x
    dims = after_batch(range(x.aval.ndim))
    return broadcast_in_dim(x, shape=(size, *x.aval.shape), dims=dims)


def permuted(x: Any, perm: Sequence[int]) -> Value:
    """``transpose(x, perm)``; ``x`` itself when the permutation changes nothing."""
    from .shaping import transpose

    if tuple(perm) == tuple(range(len(perm))):
        return cast(Value, x)
    return transpose(x, perm=tuple(perm))


def move_axis(x: Any, source: int, target: int) -> Value:
    """``x`` with one axis moved to another place."""
    perm = [a for a in range(x.aval.ndim) if a != source]
    perm.insert(target, source)
    return permuted(x, perm)


def spaced(position: Index, extent: int, step: int) -> tuple[K.Expr | None, Index]:
    """Which of ``extent`` elements ``step`` apart lies at ``position``: (condition, element)."""
    condition = K.inside(position, 0, spread(extent, step))
    rest = position % step
    if rest.constant is None:
        on_grid = K.call("eq", K.index_value(rest), K.const(0, int32), dtype=bool_)
        condition = K.conjunction(condition, on_grid)
    elif rest.constant:
        condition = K.const(False, bool_)
    return condition, position // step


def spread(extent: int, step: int) -> int:
    """The length of ``extent`` elements lying ``step`` apart."""
    return (extent - 1) * step + 1 if extent else 0


def positions(extent: int, padding: tuple[int, int], span: int, stride: int) -> int:
    """How many windows of length ``span`` fit on a padded axis, ``stride`` apart."""
    return max(0, (extent + sum(padding) - span) // stride + 1)


def check_padding(
    name: str, aval: Aval, extents: Sequence[int], padding: Sequence[tuple[int, int]]
) -> None:
    """ShapeError when negative padding cuts more than there is."""
    for n, (low, high) in zip(extents, padding, strict=True):
        if n + low + high < 0:
            raise ShapeError(f"{name}: the padding {(low, high)} cuts more than the {n} of {aval}")
