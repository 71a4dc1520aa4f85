"""Decompositions of matrices, on the host or the device."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...compiler.errors import ArgumentError
from ...compiler.ir.core import Value
from ...compiler.ir.prims import decompositions as d
from ...compiler.ir.prims import matrices as m
from ...compiler.ir.prims import singular
from ...operands import ArrayLike, in_float32
from ...traceback import public
from ..complexes import real
from ..shapes import concatenate
from .structure import matrix


class QRResult(NamedTuple):
    """Q and R."""

    Q: Any
    R: Any


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class SVDResult(NamedTuple):
    """U, singular values (descending), and the conjugated transpose of V."""

    U: Any
    S: Any
    Vh: Any


@public
@in_float32
def cholesky(x: ArrayLike, /, *, upper: bool = False) -> Any:
    """The lower triangular L with ``L @ Lᴴ = x`` (``upper``: its conjugated transpose).

    ``x``: ``[..., n, n]``, taken as Hermitian (its Hermitian part counts). NaN for a matrix that is
    not positive definite. ShapeError for other than square matrices. Column by column, on the host
    or the device.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    Array([[2., 0.],
           [1., 2.]], dtype=float32)
    """
    lower = d.cholesky(m.symmetric(matrix(x, "cholesky", square=True)))
    return m.adjoint(lower) if upper else lower


@public
@in_float32
def qr(x: ArrayLike, /, *, mode: str = "reduced") -> Any:
    """``x = Q @ R`` with orthonormal columns in Q and R upper triangular.

    ``[..., m, n]`` gives ``[..., m, k]`` and ``[..., k, n]`` with k = min(m, n); with
    ``mode="complete"`` k = m, which has a derivative only when m <= n. ``mode="r"`` gives R alone.
    Raises ShapeError below rank 2, ArgumentError for other modes. By Householder's reflections
    with LAPACK's signs, on the host or the device.

    >>> import texelate.numpy as tnp
    >>> q, r = tnp.linalg.qr(tnp.eye(3))
    >>> bool(tnp.allclose(q @ r, tnp.eye(3)))
    True
    """
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(f"qr: mode {mode!r}", fix='"reduced", "complete" or "r"')
    got = matrix(x, "qr")
    rows, columns = got.aval.shape[-2:]
    full = mode == "complete" and rows > columns
    q, r = _wide(got) if rows < columns else _tall(got, full)
    return r if mode == "r" else QRResult(q, r)


def _tall(x: Value, full: bool = False) -> list[Value]:
    shape = x.aval.shape
    return m.unpacked(d.qr(x, full=full), shape[:-2], d.qr_shapes(shape, full))


def _wide(x: Any) -> list[Value]:
    """More columns than rows: the first ones make Q."""
    rows = x.shape[-2]
    q, r = _tall(x[..., :rows])
    return [q, concatenate([r, m.matmul(m.adjoint(q), x[..., rows:])], -1)]


@public
@in_float32
def eigh(x: ArrayLike, /) -> EighResult:
    """Eigenvalues ``[..., n]`` (ascending) and eigenvectors ``[..., n, n]`` (columns).

    ``x``: ``[..., n, n]``, taken as Hermitian (its Hermitian part counts). Eigenvectors of equal
    eigenvalues have no derivative; those terms are zero. ShapeError for other than square matrices.
    On the host, or on the device by Jacobi's rotations (4 to 11 sweeps up to n = 128).

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.eigh([[2.0, 0.0], [0.0, 1.0]]).eigenvalues
    Array([1., 2.], dtype=float32)
    """
    got = m.symmetric(matrix(x, "eigh", square=True))
    n, lead = got.aval.shape[-1], got.aval.shape[:-2]
    w, v = m.unpacked(d.eigh(got, vectors=True), lead, d.eigh_shapes(n))
    return EighResult(real(w), v)


@public
@in_float32
def eigvalsh(x: ArrayLike, /) -> Any:
    """The eigenvalues of ``eigh``; runs where that does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]])
    Array([1., 2.], dtype=float32)
    """
    return real(d.eigh(m.symmetric(matrix(x, "eigvalsh", square=True)), vectors=False))


@public
@in_float32
def svd(x: ArrayLike, /, *, full_matrices: bool = True) -> SVDResult:
    """``x = U @ diag(S) @ Vh`` with singular values S, descending, and orthonormal U, V.

    ``[..., m, n]`` gives ``[..., m, m]``, ``[..., k]``, ``[..., n, n]`` with k = min(m, n); without
    ``full_matrices`` ``[..., m, k]``, ``[..., k]``, ``[..., k, n]``. Full ones have a derivative
    only when square (else GradientError); vectors of equal singular values have none, and those
    terms are zero. ShapeError below rank 2. On the host, or on the device by Jacobi's rotations.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.svd([[3.0, 0.0], [0.0, 4.0]]).S
    Array([4., 3.], dtype=float32)
    """
    got = matrix(x, "svd")
    shape = got.aval.shape
    packed = singular.svd(got, full=full_matrices, vectors=True)
    u, s, vh = m.unpacked(packed, shape[:-2], singular.svd_shapes(shape, full_matrices))
    return SVDResult(u, real(s), vh)


@public
@in_float32
def svdvals(x: ArrayLike, /) -> Any:
    """The singular values of ``svd``, ``[..., min(m, n)]``; runs where that does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.svdvals([[3.0, 0.0], [0.0, 4.0]])
    Array([4., 3.], dtype=float32)
    """
    return real(singular.svd(matrix(x, "svdvals"), full=False, vectors=False))
