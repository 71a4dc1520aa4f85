"""Eigenvalues of general matrices. They run on the host, and nowhere else."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...compiler.ir.prims import eigen
from ...compiler.ir.prims import matrices as m
from ...operands import ArrayLike
from ...traceback import public
from .structure import matrix


class EigResult(NamedTuple):
    """Eigenvalues in no order, and eigenvectors of length 1 as columns: both complex."""

    eigenvalues: Any
    eigenvectors: Any


@public
def eig(x: ArrayLike, /) -> EigResult:
    """Eigenvalues ``[..., n]`` and right eigenvectors ``[..., n, n]`` of any ``[..., n, n]``.

    complex64 also for real matrices; for Hermitian ones use ``eigh``. Derivatives hold where the
    eigenvalues differ, those of vectors for what does not depend on their phases; terms of equal
    eigenvalues are zero. Runs on the host only: inside of loops and branches on webgpu, and in what
    is exported, it is a CompileError. ShapeError for other than square matrices.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.eig([[0.0, 1.0], [-4.0, 0.0]]).eigenvalues.imag
    Array([ 2., -2.], dtype=float32)
    """
    got = matrix(x, "eig", square=True)
    n, lead = got.aval.shape[-1], got.aval.shape[:-2]
    return EigResult(*m.unpacked(eigen.eig(got, vectors=True), lead, [(n,), (n, n)]))


@public
def eigvals(x: ArrayLike, /) -> Any:
    """The eigenvalues of ``eig``, complex64 ``[..., n]``. Runs on the host only.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.eigvals([[2.0, 1.0], [0.0, 3.0]]).real
    Array([2., 3.], dtype=float32)
    """
    return eigen.eig(matrix(x, "eigvals", square=True), vectors=False)
