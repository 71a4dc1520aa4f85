"""Products of matrices and tensors: all are ``dot_general`` between reshapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..compiler.errors import ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims.contraction import dot_general
from ..operands import (
    ArrayLike,
    axis_of,
    broadcast_shape,
    broadcast_to,
    promote_all,
    value,
)
from ..traceback import public
from .complexes import conj
from .elementwise import multiply
from .reductions import sum as sum_of
from .shapes import ravel, reshape


def _factors(name: str, x: ArrayLike, y: ArrayLike) -> tuple[Value, Value]:
    """Both in their common dtype; booleans count as integers."""
    a, b = promote_all((x, y), name=name)
    if a.aval.dtype.kind == "b":
        a, b = promote_all((a, b), int32)
    return value(a), value(b)


@public
def matmul(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Matrix product of the last two axes; leading axes broadcast. Vectors count as row or column.

    Shapes ``[..., m, k]`` and ``[..., k, n]`` give ``[..., m, n]``. Raises ShapeError when the
    inner extents differ or an operand has rank 0.

    >>> import texelate.numpy as tnp
    >>> tnp.matmul(tnp.ones((2, 3)), tnp.ones((3,)))
    Array([3., 3.], dtype=float32)
    """
    a, b = _factors("matmul", x, y)
    if not a.aval.ndim or not b.aval.ndim:
        raise ShapeError(f"matmul: a factor has rank 0: {a.aval}, {b.aval}", fix="use multiply")
    inner = a.aval.ndim - 1, max(b.aval.ndim - 2, 0)
    if a.aval.shape[inner[0]] != b.aval.shape[inner[1]]:
        raise ShapeError(
            f"matmul: shapes {a.aval.shape} and {b.aval.shape} do not fit",
            why=f"the inner extents are {a.aval.shape[inner[0]]} and {b.aval.shape[inner[1]]}",
        )
    if b.aval.ndim <= 2:
        return dot_general(a, b, contract=((inner[0],), (inner[1],)), batch=((), ()))
    return _batched(a, b)


def _batched(a: Value, b: Value) -> Value:
    """At least one operand has leading axes, and ``b`` has."""
    row = a.aval.ndim == 1
    left = reshape(a, (1, -1)) if row else a
    lead = broadcast_shape("matmul", [left.aval.shape[:-2], b.aval.shape[:-2]])
    left = broadcast_to(left, (*lead, *left.aval.shape[-2:]))
    right = broadcast_to(b, (*lead, *b.aval.shape[-2:]))
    n = len(lead)
    axes = tuple(range(n))
    out = dot_general(left, right, contract=((n + 1,), (n,)), batch=(axes, axes))
    return reshape(out, (*lead, out.aval.shape[-1])) if row else out


@public
def dot(x: ArrayLike, y: ArrayLike, /) -> Any:
    """NumPy's dot: the last axis of ``x`` with the last but one of ``y``; rank 0 multiplies."""
    a, b = _factors("dot", x, y)
    if not a.aval.ndim or not b.aval.ndim:
        return multiply(a, b)
    return tensordot(a, b, ((a.aval.ndim - 1,), (max(b.aval.ndim - 2, 0),)))


@public
def tensordot(x: ArrayLike, y: ArrayLike, /, axes: Any = 2) -> Any:
    """Sum of products over ``axes``: the last n of ``x`` with the first n of ``y``, or two lists.

    Raises ShapeError when the extents along paired axes differ.
    """
    a, b = _factors("tensordot", x, y)
    if isinstance(axes, int):
        left: Sequence[int] = range(a.aval.ndim - axes, a.aval.ndim)
        right: Sequence[int] = range(axes)
    else:
        left, right = (s if isinstance(s, (tuple, list)) else (s,) for s in axes)
    ls = tuple(axis_of(i, a.aval.ndim, "tensordot") for i in left)
    rs = tuple(axis_of(i, b.aval.ndim, "tensordot") for i in right)
    if [a.aval.shape[i] for i in ls] != [b.aval.shape[i] for i in rs]:
        raise ShapeError(
            f"tensordot: axes {ls} of {a.aval.shape} and {rs} of {b.aval.shape} differ in extent"
        )
    return dot_general(a, b, contract=(ls, rs), batch=((), ()))


@public
def vdot(x: ArrayLike, y: ArrayLike, /) -> Any:
    """The sum of products of all elements; those of ``x`` are conjugated."""
    return tensordot(ravel(conj(x)), ravel(y), 1)


@public
def inner(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Sum of products over the last axes of both."""
    a, b = _factors("inner", x, y)
    if not a.aval.ndim or not b.aval.ndim:
        return multiply(a, b)
    return tensordot(a, b, ((-1,), (-1,)))


@public
def outer(x: ArrayLike, y: ArrayLike, /) -> Any:
    """All products of an element of ``x`` and one of ``y``, as a matrix."""
    return multiply(reshape(ravel(x), (-1, 1)), ravel(y))


@public
def kron(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Kronecker's product: ``y`` scaled by each element of ``x``, in blocks."""
    a, b = _factors("kron", x, y)
    n = max(a.aval.ndim, b.aval.ndim)
    left, right = ((1,) * (n - v.aval.ndim) + v.aval.shape for v in (a, b))
    spread = reshape(a, [e for m in left for e in (m, 1)])
    blocks = multiply(spread, reshape(b, [e for m in right for e in (1, m)]))
    return reshape(blocks, [m * k for m, k in zip(left, right, strict=True)])


@public
def vecdot(x: ArrayLike, y: ArrayLike, /, axis: int = -1) -> Any:
    """Sum of products along ``axis``, with broadcasting; the elements of ``x`` are conjugated.

    ``axis`` counts in the broadcast shape. ShapeError unless both have the same extent there.
    """
    a, b = value(x), value(y)
    rank = max(a.aval.ndim, b.aval.ndim)
    place = axis_of(axis, rank, "vecdot") - rank
    if a.aval.shape[place:][:1] != b.aval.shape[place:][:1]:
        raise ShapeError(f"vecdot: {a.aval} and {b.aval} differ along axis {axis}")
    products = multiply(conj(a), b)
    return sum_of(products, place, dtype=products.dtype)


__all__ = [
    "dot", "inner", "kron", "matmul", "outer", "tensordot", "vdot", "vecdot",
]  # fmt: skip
