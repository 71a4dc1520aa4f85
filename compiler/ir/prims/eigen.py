"""``eig``: eigenvalues of any square matrices, by LAPACK on the host alone (see ``hosted``).

They are complex also where the matrix is real; a graph that has them cannot be exported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..aval import Aval
from ..core import Value
from ..dtypes import complex64
from . import matrices as m
from .arithmetic import mul, sub
from .conversion import convert
from .hosted import Array, check_square, each, flat, matrix_primitive, over
from .reduction import reduce
from .systems import solve


def _abstract(a: Aval, *, vectors: bool) -> Aval:
    check_square("eig", a)
    n = a.shape[-1]
    return Aval((*a.shape[:-2], n + vectors * n * n), complex64)


def _reference(a: Array, *, vectors: bool) -> Array:
    """Real matrices by LAPACK's routine for them: its order is that of NumPy's results."""
    own = np.asarray if a.dtype.kind == "c" else np.real

    def decompose(x: Array) -> Array:
        return flat(np.linalg.eig(own(x)) if vectors else [np.linalg.eigvals(own(x))], x)

    n = a.shape[-1]
    return each(decompose, (n + vectors * n * n,), a.astype(np.complex64))


def _jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, vectors: bool) -> Value:
    """dw = diag(V⁻¹ dA V); dV = V (F ∘ V⁻¹ dA V) with F = 1 / (w_j - w_i), less what turns or
    stretches each vector (Magnus, "On differentiating eigenvalues and eigenvectors", 1985).
    """
    shape, n = p[0].aval.shape, p[0].aval.shape[-1]
    both = out if vectors else eig(p[0], vectors=True)
    values, v = m.unpacked(both, shape[:-2], [(n,), (n, n)])
    change = t[0] if t[0].aval.dtype is complex64 else convert(t[0], dtype=complex64)
    inner = solve(v, m.matmul(change, v))
    dw = m.diagonal(inner)
    if not vectors:
        return dw
    gaps = sub(m.by_column(values, shape), m.by_row(values, shape))
    dv = m.matmul(v, over(inner, gaps))
    along = reduce(mul(m.conjugated(v), dv), monoid="sum", axes=(len(shape) - 2,))
    return m.packed([dw, sub(dv, mul(v, m.by_column(along, shape)))], shape[:-2])


eig = matrix_primitive("eig", _abstract, _reference, "", _jvp)
"""``eig(a; vectors)``: complex eigenvalues, in LAPACK's order, and perhaps right eigenvectors."""
