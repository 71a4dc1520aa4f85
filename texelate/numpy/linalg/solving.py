"""Linear systems, inverses, determinants."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...compiler.errors import ShapeError
from ...compiler.ir.core import Value
from ...compiler.ir.prims import determinants, singular, systems
from ...compiler.ir.prims import elementwise as ew
from ...compiler.ir.prims import matrices as m
from ...operands import (
    ArrayLike,
    as_float,
    broadcast_shape,
    broadcast_to,
    in_float32,
    promote_all,
    value,
)
from ...traceback import public
from ..complexes import real
from ..elementwise import abs as abs_of
from ..reductions import sum as sum_of
from ..shapes import expand_dims, squeeze
from .factors import svdvals
from .norms import above, default_rtol
from .structure import matrix


class SlogdetResult(NamedTuple):
    """The sign of a determinant (of size 1, or 0) and the logarithm of its absolute value."""

    sign: Any
    logabsdet: Any


class LstsqResult(NamedTuple):
    """The solution, the sums of squared residuals, the rank, the singular values."""

    x: Any
    residuals: Any
    rank: Any
    s: Any


def _system(name: str, a: ArrayLike, b: ArrayLike, square: bool) -> tuple[Any, Any]:
    """Both as float matrices with the same leading axes."""
    left, right = (value(v) for v in promote_all((as_float(a), as_float(b)), name=name))
    matrix(left, name, square=square)
    if right.aval.ndim < 2 or left.aval.shape[-2] != right.aval.shape[-2]:
        raise ShapeError(
            f"{name}: shapes {np.shape(left)} and {np.shape(right)} do not fit",
            why="both sides need the same number of rows",
        )
    lead = broadcast_shape(name, [left.aval.shape[:-2], right.aval.shape[:-2]])
    return (
        broadcast_to(left, (*lead, *left.aval.shape[-2:])),
        broadcast_to(right, (*lead, *right.aval.shape[-2:])),
    )


@public
@in_float32
def solve(a: ArrayLike, b: ArrayLike, /) -> Any:
    """x with ``a @ x = b``: ``[..., n, n]`` and ``[..., n, k]`` (or ``[n]``) give b's shape.

    Leading axes broadcast. NaN where ``a`` is singular. ShapeError for shapes that do not fit. By
    elimination with partial pivoting, on the host or the device.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
    Array([1. , 0.5], dtype=float32)
    """
    right = as_float(b)
    if right.aval.ndim == 1:
        return squeeze(systems.solve(*_system("solve", a, expand_dims(right, -1), True)), -1)
    return systems.solve(*_system("solve", a, right, True))


@public
@in_float32
def solve_triangular(a: ArrayLike, b: ArrayLike, /, *, lower: bool = False) -> Any:
    """x with ``a @ x = b`` as in ``solve``, for triangular ``a``: the other triangle is not read.

    NaN where the diagonal has a zero. ShapeError for shapes that do not fit. By substitution, on
    the host or the device.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.solve_triangular([[2.0, 1.0], [9.0, 4.0]], [3.0, 4.0])
    Array([1., 1.], dtype=float32)
    """
    right = as_float(b)
    vector = right.aval.ndim == 1
    rows = expand_dims(right, -1) if vector else right
    x = systems.triangular_solve(*_system("solve_triangular", a, rows, True), lower=lower)
    return squeeze(x, -1) if vector else x


@public
@in_float32
def inv(x: ArrayLike, /) -> Any:
    """The inverses of matrices ``[..., n, n]``; NaN for singular ones. Runs where ``solve`` does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.inv([[2.0, 0.0], [0.0, 4.0]])
    Array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    got = matrix(x, "inv", square=True)
    return systems.solve(got, m.eye(got.aval.shape, got.aval.dtype))


@public
@in_float32
def slogdet(x: ArrayLike, /) -> SlogdetResult:
    """Sign and logarithm of the size of the determinants of ``[..., n, n]``.

    A singular matrix has sign 0 and -inf. By elimination, on the host or the device.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.slogdet([[1.0, 0.0], [0.0, -1.0]]).sign
    Array(-1., dtype=float32)
    """
    got = matrix(x, "slogdet", square=True)
    sign, log = m.unpacked(determinants.slogdet(got), got.aval.shape[:-2], [(), ()])
    return SlogdetResult(sign, real(log))


@public
@in_float32
def det(x: ArrayLike, /) -> Any:
    """The determinants of ``[..., n, n]``.

    Up to 3 x 3 a polynomial, on the device; larger ones by elimination, on the host or the device.
    Their derivatives are made of cofactors (by ``svd``) and hold for singular matrices too, to
    order 2; from order 3 on only where the singular values differ.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.det([[1.0, 2.0], [3.0, 4.0]])
    Array(-2., dtype=float32)
    """
    got: Any = matrix(x, "det", square=True)
    n = got.aval.shape[-1]
    if 1 <= n <= 3:
        return _expanded([[got[..., i, j] for j in range(n)] for i in range(n)])
    return determinants.det(got)


def _expanded(rows: list[list[Any]]) -> Any:
    """Along the first row."""
    if len(rows) == 1:
        return rows[0][0]
    terms = [
        rows[0][k] * _expanded([row[:k] + row[k + 1 :] for row in rows[1:]])
        for k in range(len(rows))
    ]
    return sum((-t if k % 2 else t for k, t in enumerate(terms[1:], 1)), terms[0])


@public
@in_float32
def pinv(x: ArrayLike, /, *, rtol: ArrayLike | None = None) -> Any:
    """The pseudo-inverses ``[..., n, m]`` of ``[..., m, n]``.

    Singular values below ``rtol`` (one, or one for each matrix) times the largest count as zero; by
    default max(m, n) times the rounding of float32. The derivative holds for a constant rank. Runs
    where ``svd`` does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.pinv([[2.0], [0.0]])
    Array([[0.5, 0. ]], dtype=float32)
    """
    got = matrix(x, "pinv")
    cut = as_float(default_rtol(got.aval.shape) if rtol is None else rtol)
    return singular.pinv(got, broadcast_to(cut, got.aval.shape[:-2]))


@public
@in_float32
def lstsq(a: ArrayLike, b: ArrayLike, /, *, rcond: float | None = None) -> LstsqResult:
    """x with the least ``|a @ x - b|``, and among those the least ``|x|``.

    ``a`` is ``[m, n]``, ``b`` ``[m]`` or ``[m, k]``; x is ``[n]`` or ``[n, k]``. Unlike NumPy's the
    residuals are always there. ``rcond`` as ``rtol`` of ``pinv``. Runs where ``svd`` does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0]).x
    Array([2.], dtype=float32)
    """
    right = as_float(b)
    vector = right.aval.ndim == 1
    left, rows = _system("lstsq", a, expand_dims(right, -1) if vector else right, False)
    if left.aval.ndim != 2:
        raise ShapeError(f"lstsq takes one matrix, got shape {left.aval.shape}")
    x: Any = m.matmul(pinv(left, rtol=rcond), rows)
    apart: Any = ew.sub(m.matmul(left, x), rows)
    s: Any = svdvals(left)
    residuals = sum_of(_squared(apart), 0)
    cut = default_rtol(left.aval.shape) if rcond is None else rcond
    return LstsqResult(squeeze(x, -1) if vector else x, residuals, above(s, cut), s)


def _squared(x: Value) -> Value:
    size = abs_of(x) if x.aval.dtype.kind == "c" else x
    return ew.mul(size, size)
