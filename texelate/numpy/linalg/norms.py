"""Norms, ranks, condition numbers. What needs singular values runs where ``svd`` does."""

from __future__ import annotations

import math
from typing import Any

from ...compiler.errors import ArgumentError, ShapeError
from ...compiler.ir.aval import Shape
from ...compiler.ir.core import Value
from ...compiler.ir.dtypes import int32
from ...compiler.ir.prims import elementwise as ew
from ...operands import ArrayLike, as_float, axes_of, broadcast_to, in_float32
from ...traceback import public
from ..elementwise import abs as abs_of
from ..elementwise import power
from ..reductions import any as any_of
from ..reductions import max as max_of
from ..reductions import min as min_of
from ..reductions import sum as sum_of
from ..shapes import expand_dims, moveaxis, reshape
from .factors import svdvals
from .structure import matrix

EPSILON = 2.0**-23
"""The rounding of float32."""


def default_rtol(shape: Shape) -> float:
    """Singular values of a matrix below this times the largest are rounding errors."""
    return max(shape[-2:]) * EPSILON


def above(s: Any, rtol: ArrayLike) -> Any:
    """How many of the singular values ``[..., k]`` exceed ``rtol`` times the first, as int32."""
    if not s.shape[-1]:
        return sum_of(s, -1, int32)
    cut = broadcast_to(as_float(rtol), s.shape[:-1]) * s[..., 0]
    return sum_of(s > expand_dims(cut, -1), -1)


@public
@in_float32
def vector_norm(
    x: ArrayLike,
    /,
    *,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    ord: float = 2,
) -> Any:
    """The ``ord``-norm ``(Σ |x|^ord)^(1/ord)`` over ``axis`` (None: all elements).

    ``ord`` may be inf, -inf (largest and smallest size) and 0 (number of elements that are not 0).

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.vector_norm([3.0, 4.0])
    Array(5., dtype=float32)
    """
    got = as_float(x)
    axes = axes_of(axis, got.aval.ndim, "vector_norm")
    size: Any = abs_of(got)
    if ord == math.inf or ord == -math.inf:
        return (max_of if ord > 0 else min_of)(size, axes, keepdims=keepdims)
    if ord == 0:
        return ew.convert(sum_of(size != 0, axes, keepdims=keepdims), dtype=size.aval.dtype)
    if ord == 1:
        return sum_of(size, axes, keepdims=keepdims)
    if ord == 2:
        return ew.sqrt(sum_of(ew.mul(size, size), axes, keepdims=keepdims))
    return power(sum_of(power(size, ord), axes, keepdims=keepdims), 1 / ord)


@public
@in_float32
def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord: float | str = "fro") -> Any:
    """The norm of matrices ``[..., m, n]``.

    ``ord``: "fro" (root of the sum of squares), "nuc" (sum of singular values), 2 and -2 (largest
    and smallest singular value), 1 and -1 (largest and smallest column sum of sizes), inf and -inf
    (of rows). ArgumentError for others, ShapeError below rank 2.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.matrix_norm([[1.0, -2.0], [3.0, 4.0]], ord=1)
    Array(6., dtype=float32)
    """
    got = matrix(x, "matrix_norm")
    out = _matrix_norm(got, ord)
    return reshape(out, (*out.shape, 1, 1)) if keepdims else out


def _matrix_norm(x: Value, ord: float | str) -> Any:
    if ord == "fro":
        return vector_norm(x, axis=(-2, -1))
    if ord == "nuc":
        return sum_of(svdvals(x), -1)
    if isinstance(ord, str) or abs(ord) not in (1, 2, math.inf):
        raise ArgumentError(
            f"matrix_norm: ord {ord!r}", fix='"fro", "nuc", 1, -1, 2, -2, inf or -inf'
        )
    extreme = max_of if ord > 0 else min_of
    if abs(ord) == 2:
        return extreme(svdvals(x), -1)
    return extreme(sum_of(abs_of(x), -2 if abs(ord) == 1 else -1), -1)


@public
@in_float32
def norm(
    x: ArrayLike,
    /,
    ord: float | str | None = None,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
) -> Any:
    """NumPy's norm: of vectors along an int ``axis``, of matrices over two axes.

    Without ``ord`` and ``axis`` it is the 2-norm of all elements. See ``vector_norm`` and
    ``matrix_norm`` for ``ord``.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.norm([[3.0, 0.0], [0.0, 4.0]])
    Array(5., dtype=float32)
    """
    got = as_float(x)
    axes = axes_of(axis, got.aval.ndim, "norm")
    if ord is None or (len(axes) == 1 and not isinstance(ord, str)):
        return vector_norm(got, axis=axes, keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ShapeError(f"norm: ord {ord!r} needs one or two axes, shape {got.aval.shape} {axis=}")
    given = axes if axis is None else axis
    out = matrix_norm(moveaxis(got, given, (-2, -1)), ord=ord)
    return expand_dims(out, axes) if keepdims else out


@public
def matrix_rank(
    x: ArrayLike, /, *, rtol: ArrayLike | None = None, tol: ArrayLike | None = None
) -> Any:
    """How many singular values of ``[..., m, n]`` exceed ``rtol`` times the largest, as int32.

    By default ``rtol`` is max(m, n) times the rounding of float32; ``tol`` is an absolute bound
    instead. Runs where ``svd`` does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    Array(1, dtype=int32)
    """
    got = as_float(x)
    if got.aval.ndim < 2:
        return ew.convert(any_of(got), dtype=int32)
    s: Any = svdvals(got)
    if tol is not None:
        return sum_of(s > expand_dims(broadcast_to(as_float(tol), s.shape[:-1]), -1), -1)
    return above(s, default_rtol(got.aval.shape) if rtol is None else rtol)


@public
def cond(x: ArrayLike, /, p: float | str | None = None) -> Any:
    """The condition numbers of ``[..., m, n]``: largest over smallest singular value.

    With ``p``, an ``ord`` of ``matrix_norm``, the norm of a square matrix times that of its inverse
    (None: 2; -2: smallest over largest). Runs where ``svd``, or ``inv``, does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.cond([[2.0, 0.0], [0.0, 1.0]])
    Array(2., dtype=float32)
    """
    if p not in (None, 2, -2):
        from .solving import inv

        got = matrix(x, "cond", square=True)
        return ew.mul(matrix_norm(got, ord=p), matrix_norm(inv(got), ord=p))
    s: Any = svdvals(x)
    return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
