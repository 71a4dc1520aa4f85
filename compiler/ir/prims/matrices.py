"""Helpers for rules on stacks of matrices (``[..., m, n]``), written with primitives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from ..aval import Shape
from ..core import Value
from ..dtypes import DType, complex64, int32
from . import common as c
from .arithmetic import add, mul, sub
from .complexes import complex_, conj
from .complexes import real as real_of
from .dot import dot_general
from .logic import eq, gt, not_, select
from .reduction import reduce
from .shaping import broadcast_in_dim, iota, reshape
from .slicing import concatenate, part, slice_


def matmul(a: Any, b: Any) -> Value:
    """Products of the matrices of two stacks with the same leading axes."""
    n = a.aval.ndim - 2
    lead = tuple(range(n))
    return dot_general(a, b, contract=((n + 1,), (n,)), batch=(lead, lead))


def turned(x: Any) -> Value:
    """Each matrix transposed."""
    return c.move_axis(x, x.aval.ndim - 1, x.aval.ndim - 2)


def conjugated(x: Any) -> Value:
    """``x`` with its imaginary parts, if it has any, turned round."""
    return conj(x) if x.aval.dtype is complex64 else cast(Value, x)


def adjoint(x: Any) -> Value:
    """Each matrix transposed and conjugated."""
    return turned(conjugated(x))


def real(x: Any) -> Value:
    """The real part, as float32."""
    return real_of(x) if x.aval.dtype is complex64 else cast(Value, x)


def as_dtype(x: Any, of: Any) -> Value:
    """A float32 in the dtype of ``of``."""
    return complex_(x, 0.0) if of.aval.dtype is complex64 else cast(Value, x)


def real_part(x: Any) -> Value:
    """The real part, in the dtype of ``x``."""
    return as_dtype(real(x), x)


def symmetric(x: Any) -> Value:
    """The Hermitian part of each matrix."""
    return mul(add(x, adjoint(x)), 0.5)


def identity(rows: int, columns: int) -> Value:
    """bool ``[rows, columns]``: where row and column are equal."""
    return eq(*_places(rows, columns))


def strictly_lower(n: int) -> Value:
    """bool ``[n, n]``: below the diagonal."""
    return gt(*_places(n, n))


def _places(rows: int, columns: int) -> tuple[Value, Value]:
    shape = (rows, columns)
    return iota(shape=shape, dtype=int32, axis=0), iota(shape=shape, dtype=int32, axis=1)


def keep(mask: Value, x: Any) -> Value:
    """The elements of each matrix where ``mask`` (a matrix) holds, zero elsewhere."""
    return select(everywhere(mask, x.aval.shape), x, 0.0)


def everywhere(matrix: Value, shape: Shape) -> Value:
    """One matrix as all those of a stack of the whole ``shape``."""
    return broadcast_in_dim(matrix, shape=shape, dims=(len(shape) - 2, len(shape) - 1))


def triangle(x: Any, lower: bool) -> Value:
    """One triangle of each matrix, with its diagonal."""
    mask = not_(strictly_lower(x.aval.shape[-1]))
    return turned(keep(mask, turned(x))) if lower else keep(mask, x)


def skew(x: Any) -> Value:
    """The skew-Hermitian matrix that agrees with ``x`` below the diagonal, and in its phases."""
    n = x.aval.shape[-1]
    lower = keep(strictly_lower(n), x)
    spin = sub(lower, adjoint(lower))
    if x.aval.dtype is not complex64:
        return spin
    return add(spin, keep(identity(n, n), sub(x, real_part(x))))


def eye(shape: Shape, dtype: DType) -> Value:
    """A stack of identity matrices of the whole ``shape``."""
    from .conversion import convert

    ones = convert(identity(*shape[-2:]), dtype=dtype)
    return everywhere(ones, shape)


def diagonal(x: Any, offset: int = 0) -> Value:
    """The diagonal ``x[..., i, i + offset]`` of each matrix: every (n + 1)-th element."""
    *lead, rows, columns = x.aval.shape
    down, right = max(-offset, 0), max(offset, 0)
    count = max(min(rows - down, columns - right), 0)
    start = down * columns + right if count else 0
    return slice_(
        reshape(x, shape=(*lead, rows * columns)),
        start=(*(0 for _ in lead), start),
        limit=(*lead, start + (count - 1) * (columns + 1) + 1 if count else 0),
        stride=(*(1 for _ in lead), columns + 1),
    )


def trace(x: Any) -> Value:
    """The sum of each main diagonal."""
    return reduce(diagonal(x), monoid="sum", axes=(x.aval.ndim - 2,))


def by_column(v: Any, shape: Shape) -> Value:
    """``v`` ``[..., n]`` as ``[..., m, n]``: the same in every row."""
    lead = tuple(range(len(shape) - 2))
    return broadcast_in_dim(v, shape=shape, dims=(*lead, len(shape) - 1))


def by_row(v: Any, shape: Shape) -> Value:
    """``v`` ``[..., m]`` as ``[..., m, n]``: the same in every column."""
    return broadcast_in_dim(v, shape=shape, dims=tuple(range(len(shape) - 1)))


def packed(parts: Sequence[Any], lead: Shape) -> Value:
    """Several results as one array ``[*lead, total]``: an equation has one result."""
    flat = [reshape(p, shape=(*lead, math.prod(p.aval.shape[len(lead) :]))) for p in parts]
    return concatenate(*flat, axis=len(lead))


def unpacked(x: Value, lead: Shape, shapes: Sequence[Shape]) -> list[Value]:
    """The parts of ``packed``, each with the shape that follows the leading axes."""
    out, at = [], 0
    for shape in shapes:
        piece = part(x, len(lead), at, at + math.prod(shape))
        out.append(reshape(piece, shape=(*lead, *shape)))
        at += math.prod(shape)
    return out
