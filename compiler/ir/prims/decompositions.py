"""Cholesky's factor, QR, and eigenvalues of Hermitian matrices (see ``hosted``).

Derivatives follow JAX's rules; where they divide by the distance of two equal eigenvalues, which
has no derivative, that term is zero (as in TensorFlow).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import GradientError, ShapeError
from ..aval import Aval, Shape
from ..core import Value
from . import matrices as m
from .arithmetic import add, mul, sub
from .hosted import Array, check_matrix, check_square, each, flat, matrix_primitive, over, wide
from .systems import triangular_solve

# --- cholesky ------------------------------------------------------------------------------------


def _cholesky_abstract(a: Aval) -> Aval:
    check_square("cholesky", a)
    return a.strong()


def _cholesky_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    """dL = L Φ(L⁻¹ dA L⁻ᴴ), Φ halves the diagonal and drops what is above (Murray, 2016)."""
    left = triangular_solve(out, t[0], lower=True)
    both = m.adjoint(triangular_solve(out, m.adjoint(left), lower=True))
    n = out.aval.shape[-1]
    half = mul(m.keep(m.identity(n, n), both), 0.5)
    return m.matmul(out, add(m.keep(m.strictly_lower(n), both), half))


cholesky = matrix_primitive(
    "cholesky",
    _cholesky_abstract,
    lambda a: each(np.linalg.cholesky, a.shape[-2:], a),
    "cholesky.cholesky",
    _cholesky_jvp,
)
"""``cholesky(a)``: the lower factor of symmetric positive definite matrices."""


# --- qr ------------------------------------------------------------------------------------------


def qr_shapes(a: Shape, full: bool = False) -> list[Shape]:
    """The shapes of Q and R of a matrix with at least as many rows as columns."""
    rows, columns = a[-2:]
    k = rows if full else columns
    return [(rows, k), (k, columns)]


def _qr_abstract(a: Aval, *, full: bool) -> Aval:
    check_matrix("qr", a)
    rows, columns = a.shape[-2:]
    if rows < columns:
        raise ShapeError(f"qr takes matrices with at least as many rows as columns, got {a}")
    return Aval((*a.shape[:-2], (rows if full else columns) * (rows + columns)), a.dtype)


def _qr_reference(a: Array, *, full: bool) -> Array:
    return flat(np.linalg.qr(wide(a), "complete" if full else "reduced"), a)


def _qr_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, full: bool) -> Value:
    shape, lead = p[0].aval.shape, p[0].aval.shape[:-2]
    if full and shape[-2] > shape[-1]:
        raise GradientError(
            f"qr of {p[0].aval} in mode complete has no derivative",
            why="the extra columns of Q are any basis of their space",
            fix="use mode='reduced'",
        )
    q, r = m.unpacked(out, lead, qr_shapes(shape))
    scaled = m.turned(triangular_solve(m.turned(r), m.turned(t[0]), lower=True))  # dA R⁻¹
    inner = m.matmul(m.adjoint(q), scaled)
    spin = m.skew(inner)
    dq = add(m.matmul(q, sub(spin, inner)), scaled)
    return m.packed([dq, m.matmul(sub(inner, spin), r)], lead)


qr = matrix_primitive("qr", _qr_abstract, _qr_reference, "householder.qr", _qr_jvp)
"""``qr(a; full)``: Q and R of tall matrices, packed (see ``qr_shapes``)."""


# --- eigh ----------------------------------------------------------------------------------------


def eigh_shapes(n: int) -> list[Shape]:
    """The shapes of the eigenvalues and the eigenvectors."""
    return [(n,), (n, n)]


def _eigh_abstract(a: Aval, *, vectors: bool) -> Aval:
    check_square("eigh", a)
    n = a.shape[-1]
    return Aval((*a.shape[:-2], n + vectors * n * n), a.dtype)


def _eigh_reference(a: Array, *, vectors: bool) -> Array:
    def decompose(x: Array) -> Array:
        return flat(np.linalg.eigh(x) if vectors else [np.linalg.eigvalsh(x)], x)

    n = a.shape[-1]
    return each(decompose, (n + vectors * n * n,), a)


def _eigh_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, vectors: bool) -> Value:
    """dw = diag(Vᴴ dA V); dV = V (F ∘ Vᴴ dA V) with F = 1 / (w_j - w_i)."""
    shape, n = p[0].aval.shape, p[0].aval.shape[-1]
    values, v = m.unpacked(out if vectors else eigh(p[0], vectors=True), shape[:-2], eigh_shapes(n))
    inner = m.matmul(m.matmul(m.adjoint(v), t[0]), v)
    dw = m.real_part(m.diagonal(inner))
    if not vectors:
        return dw
    gaps = sub(m.by_column(values, shape), m.by_row(values, shape))
    return m.packed([dw, m.matmul(v, over(inner, gaps))], shape[:-2])


eigh = matrix_primitive("eigh", _eigh_abstract, _eigh_reference, "jacobi.eigh", _eigh_jvp)
"""``eigh(a; vectors)``: eigenvalues, ascending, and perhaps -vectors of Hermitian matrices."""
