"""``svd`` and ``pinv`` (see ``hosted``).

The derivative of a singular vector has no term for another one of an equal singular value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import GradientError, ShapeError
from ..aval import Aval, Shape
from ..core import Value
from . import matrices as m
from .arithmetic import add, mul, neg, sub
from .hosted import Array, check_matrix, each, flat, matrix_primitive, over


def svd_shapes(a: Shape, full: bool = False) -> list[Shape]:
    """The shapes of U, of the singular values, and of Vᴴ."""
    rows, columns = a[-2:]
    k = min(rows, columns)
    return [(rows, rows if full else k), (k,), (columns if full else k, columns)]


def _svd_size(a: Shape, full: bool, vectors: bool) -> int:
    u, s, v = svd_shapes(a, full)
    return s[0] + vectors * (u[0] * u[1] + v[0] * v[1])


def _svd_abstract(a: Aval, *, full: bool, vectors: bool) -> Aval:
    check_matrix("svd", a)
    return Aval((*a.shape[:-2], _svd_size(a.shape, full, vectors)), a.dtype)


def _svd_reference(a: Array, *, full: bool, vectors: bool) -> Array:
    def decompose(x: Array) -> Array:
        return flat(np.linalg.svd(x, full) if vectors else [np.linalg.svdvals(x)], x)

    return each(decompose, (_svd_size(a.shape, full, vectors),), a)


def _svd_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, **params: Any) -> Value:
    """See Townsend, "Differentiating the singular value decomposition" (2016), and JAX."""
    (a,), (da,) = p, t
    if params["full"] and a.aval.shape[-1] != a.aval.shape[-2]:
        raise GradientError(
            f"svd of {a.aval} with full_matrices has no derivative",
            why="the extra columns of U or V are any basis of their space",
            fix="use full_matrices=False",
        )
    shape, lead = a.aval.shape, a.aval.shape[:-2]
    both = out if params["vectors"] else svd(a, full=False, vectors=True)
    u, s, vh = m.unpacked(both, lead, svd_shapes(shape))
    v = m.adjoint(vh)
    inner = m.matmul(m.matmul(m.adjoint(u), da), v)
    ds = m.real_part(m.diagonal(inner))
    if not params["vectors"]:
        return ds
    du, dv = _svd_vectors(inner, s)
    du, dv = m.matmul(u, du), m.matmul(v, dv)
    if shape[-2] > shape[-1]:
        du = add(du, _outside(m.matmul(da, v), u, s))
    if shape[-1] > shape[-2]:
        dv = add(dv, _outside(m.matmul(m.adjoint(da), u), v, s))
    return m.packed([du, ds, m.adjoint(dv)], lead)


def _svd_vectors(inner: Value, s: Value) -> tuple[Value, Value]:
    """How U and V turn within the spaces they span."""
    square = inner.aval.shape
    column, row = m.by_column(s, square), m.by_row(s, square)
    gaps = mul(add(column, row), sub(column, row))
    right, left = mul(inner, column), mul(inner, row)
    turn = mul(over(sub(inner, m.adjoint(inner)), row), 0.5)
    k = square[-1]
    du = add(over(add(right, m.adjoint(right)), gaps), m.keep(m.identity(k, k), turn))
    return du, over(add(left, m.adjoint(left)), gaps)


def _outside(moved: Value, basis: Value, s: Value) -> Value:
    """The part of a change that leaves the space of ``basis``, over the singular values."""
    rest = sub(moved, m.matmul(basis, m.matmul(m.adjoint(basis), moved)))
    return over(rest, m.by_column(s, rest.aval.shape))


svd = matrix_primitive("svd", _svd_abstract, _svd_reference, "hestenes.svd", _svd_jvp)
"""``svd(a; full, vectors)``: U, singular values, Vᴴ, packed (see ``svd_shapes``), or the values.

The U and V of ``full`` have a derivative only for square matrices.
"""


def _pinv_abstract(a: Aval, rtol: Aval) -> Aval:
    check_matrix("pinv", a)
    if rtol.shape != a.shape[:-2]:
        raise ShapeError(f"pinv: the tolerance {rtol} is not one for each matrix of {a}")
    return Aval((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)


def _pinv_reference(a: Array, rtol: Array) -> Array:
    return each(lambda x, r: np.linalg.pinv(x, r.real), a.shape[:-3:-1], a, rtol)


def _pinv_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value | None:
    """Golub & Pereyra (1973): for a constant rank."""
    (a, _), (da, _) = p, t
    if da is None:
        return None
    first = neg(m.matmul(m.matmul(out, da), out))
    gram, dah = m.matmul(out, m.adjoint(out)), m.adjoint(da)
    second = m.matmul(gram, sub(dah, m.matmul(m.matmul(dah, a), out)))
    inner = m.matmul(dah, m.matmul(m.adjoint(out), out))
    third = sub(inner, m.matmul(out, m.matmul(a, inner)))
    return add(first, add(second, third))


pinv = matrix_primitive("pinv", _pinv_abstract, _pinv_reference, "hestenes.pinv", _pinv_jvp)
"""``pinv(a, rtol)``: pseudo-inverses; singular values below ``rtol`` times the largest are zero."""
