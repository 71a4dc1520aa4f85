"""Diagonals and traces along any two axes, cross products, Vandermonde's matrix."""

from __future__ import annotations

from typing import Any

from ..compiler.errors import ShapeError
from ..compiler.ir.prims import matrices
from ..operands import ArrayLike, axes_of, axis_of, promoted, value
from ..traceback import public
from .creation import ones_like, zeros, zeros_like
from .reductions import sum as sum_of
from .shapes import concatenate, moveaxis, stack


@public
def diagonal(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The elements at ``i, i + offset`` of two axes, as the last axis of the result.

    ShapeError below rank 2, AxisError for axes that do not exist or are one. ``linalg.diagonal`` is
    for stacks of matrices.

    >>> import texelate.numpy as tnp
    >>> tnp.diagonal(tnp.arange(6).reshape(2, 3), 1)
    Array([1, 5], dtype=int32)
    """
    got = value(x)
    if got.aval.ndim < 2:
        raise ShapeError(f"diagonal takes at least two axes, got shape {got.aval.shape}")
    axes_of((axis1, axis2), got.aval.ndim, "diagonal")
    return matrices.diagonal(moveaxis(got, (axis1, axis2), (-2, -1)), offset)


@public
def trace(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum along a ``diagonal``.

    >>> import texelate.numpy as tnp
    >>> tnp.trace([[1.0, 2.0], [3.0, 4.0]])
    Array(5., dtype=float32)
    """
    return sum_of(diagonal(x, offset, axis1, axis2), -1, dtype)


@public
def cross(
    x: ArrayLike,
    y: ArrayLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Any:
    """The cross products of vectors of 3 elements along ``axisa`` and ``axisb``.

    They lie along ``axisc``; ``axis`` is all three. A vector of 2 elements has a third of 0; of two
    such only the third element is given, without an axis. ShapeError for other extents.

    >>> import texelate.numpy as tnp
    >>> tnp.cross([1, 0, 0], [0, 1, 0])
    Array([0, 0, 1], dtype=int32)
    """
    axes = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = (_vectors(v, at) for v, at in zip((x, y), axes[:2], strict=True))
    flat = a.shape[-1] == b.shape[-1] == 2
    a, b = map(value, promoted("cross", _of_three(a), _of_three(b)))
    (a0, a1, a2), (b0, b1, b2) = _components(a), _components(b)
    third = a0 * b1 - a1 * b0
    if flat:
        return third
    out = stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, third], axis=-1)
    return moveaxis(out, -1, axes[2])


def _vectors(x: ArrayLike, axis: int) -> Any:
    """With the elements of each vector along the last axis."""
    got = value(x)
    if not got.aval.ndim:
        raise ShapeError("cross takes vectors, not scalars")
    moved: Any = moveaxis(got, axis_of(axis, got.aval.ndim, "cross"), -1)
    if moved.shape[-1] not in (2, 3):
        raise ShapeError(f"cross takes vectors of 2 or 3 elements, got shape {got.aval.shape}")
    return moved


def _components(x: Any) -> list[Any]:
    return [x[..., k] for k in range(3)]


def _of_three(x: Any) -> Any:
    return x if x.shape[-1] == 3 else concatenate([x, zeros_like(x[..., :1])], axis=-1)


@public
def vander(x: ArrayLike, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of a vector: column j is ``x ** (N - 1 - j)``, or ``x ** j`` when ``increasing``.

    N is the length of ``x`` unless it is given. ShapeError for other than vectors.

    >>> import texelate.numpy as tnp
    >>> tnp.vander([2, 3], 3)
    Array([[4, 2, 1],
           [9, 3, 1]], dtype=int32)
    """
    got: Any = value(x)
    if got.ndim != 1:
        raise ShapeError(f"vander takes a vector, got shape {got.shape}")
    count = got.shape[0] if N is None else N
    powers = [ones_like(got)]
    for _ in range(count - 1):
        powers.append(powers[-1] * got)
    rows = powers[:count] if increasing else powers[:count][::-1]
    return stack(rows, axis=1) if rows else zeros((got.shape[0], 0), got.dtype)


__all__ = ["cross", "diagonal", "trace", "vander"]
