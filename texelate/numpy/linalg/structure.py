"""Diagonals, traces, cross products: index arithmetic and a little arithmetic, on the device."""

from __future__ import annotations

from typing import Any

from ...compiler.errors import ShapeError
from ...compiler.ir.core import Value
from ...compiler.ir.prims import elementwise as ew
from ...compiler.ir.prims import matrices
from ...operands import ArrayLike, as_float, axis_of, promoted, value
from ...traceback import public
from ..reductions import sum as sum_of
from ..shapes import moveaxis, stack


def matrix(x: ArrayLike, name: str, square: bool = False) -> Value:
    """``x`` as float matrices ``[..., m, n]``. ShapeError for other ranks, or not ``square``."""
    got = as_float(x)
    shape = got.aval.shape
    if len(shape) < 2 or (square and shape[-1] != shape[-2]):
        kind = "square matrices [..., n, n]" if square else "matrices [..., m, n]"
        raise ShapeError(f"{name} takes {kind}, got shape {shape}")
    return got


@public
def diagonal(x: ArrayLike, /, *, offset: int = 0) -> Any:
    """The elements ``x[..., i, i + offset]`` of matrices ``[..., m, n]``. ShapeError below rank 2.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.diagonal([[1, 2], [3, 4]])
    Array([1, 4], dtype=int32)
    """
    got = value(x)
    if got.aval.ndim < 2:
        raise ShapeError(f"diagonal takes matrices [..., m, n], got shape {got.aval.shape}")
    return matrices.diagonal(got, offset)


@public
def trace(x: ArrayLike, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sum of the diagonal of matrices ``[..., m, n]``; see ``diagonal``.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.trace([[1.0, 2.0], [3.0, 4.0]])
    Array(5., dtype=float32)
    """
    return sum_of(diagonal(x, offset=offset), -1, dtype)


@public
def cross(x: ArrayLike, y: ArrayLike, /, *, axis: int = -1) -> Any:
    """The cross product of vectors of 3 elements along ``axis``; the others broadcast.

    ``axis`` counts from the end of the broadcast shape when negative. ShapeError unless both have
    3 elements there.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.cross([1, 0, 0], [0, 1, 0])
    Array([0, 0, 1], dtype=int32)
    """
    a, b = (value(v) for v in promoted("cross", x, y))
    if a.aval.ndim != b.aval.ndim or not a.aval.ndim:
        raise ShapeError("cross takes vectors, not scalars")
    place = axis_of(axis, a.aval.ndim, "cross")
    given = [value(v).aval for v in (x, y)]
    lengths = {g.shape[place - a.aval.ndim] for g in given if g.ndim >= a.aval.ndim - place}
    if lengths != {3}:
        listed = " and ".join(str(g.shape) for g in given)
        raise ShapeError(f"cross takes vectors of 3 elements, got shapes {listed}")
    (a0, a1, a2), (b0, b1, b2) = (_components(moveaxis(v, place, -1)) for v in (a, b))
    parts = [_minor(a1, b2, a2, b1), _minor(a2, b0, a0, b2), _minor(a0, b1, a1, b0)]
    return stack(parts, axis=place)


def _components(x: Any) -> list[Any]:
    return [x[..., k] for k in range(3)]


def _minor(a: Any, b: Any, c: Any, d: Any) -> Value:
    return ew.sub(ew.mul(a, b), ew.mul(c, d))
