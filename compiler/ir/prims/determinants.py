"""Determinants, their logarithms, and adjugates of stacks of matrices (see ``hosted``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..aval import Aval
from ..core import Value
from . import matrices as m
from .arithmetic import add, mul, sub
from .hosted import Array, check_square, each, matrix_primitive, wide
from .reduction import reduce
from .scans import cumulative
from .structural import broadcast_in_dim, pad
from .systems import solve

# --- slogdet -------------------------------------------------------------------------------------


def _slogdet_abstract(a: Aval) -> Aval:
    check_square("slogdet", a)
    return Aval((*a.shape[:-2], 2), a.dtype)


def _slogdet_reference(a: Array) -> Array:
    sign, log = np.linalg.slogdet(wide(a))
    return np.stack([sign, log], -1).astype(a.dtype)


def _slogdet_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    """d log|det A| = Re tr(A⁻¹ dA); the sign turns by the imaginary part."""
    lead = out.aval.shape[:-1]
    rate = m.trace(solve(p[0], t[0]))
    real = m.real_part(rate)
    sign, _ = m.unpacked(out, lead, [(), ()])
    return m.packed([mul(sign, sub(rate, real)), real], lead)


slogdet = matrix_primitive(
    "slogdet", _slogdet_abstract, _slogdet_reference, "determinants.slogdet", _slogdet_jvp
)
"""``slogdet(a)``: ``[..., 2]``, the sign of each determinant and the logarithm of its size."""


# --- det -----------------------------------------------------------------------------------------


def _det_abstract(a: Aval) -> Aval:
    check_square("det", a)
    return Aval(a.shape[:-2], a.dtype)


def _det_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    """Jacobi's formula, tr(adj(A) dA), which holds for singular matrices too."""
    rates = mul(m.turned(adjugate(p[0])), t[0])
    return reduce(rates, monoid="sum", axes=(rates.aval.ndim - 2, rates.aval.ndim - 1))


det = matrix_primitive(
    "det",
    _det_abstract,
    lambda a: np.asarray(np.linalg.det(wide(a)), a.dtype),
    "determinants.det",
    _det_jvp,
)
"""``det(a)``: the determinants ``[...]``."""


def _adjugate_abstract(a: Aval) -> Aval:
    check_square("adjugate", a)
    return a.strong()


def _adjugate_reference(a: Array) -> Array:
    """A = U S Vᴴ: adj(A) = det(U Vᴴ) V adj(S) Uᴴ, and S is diagonal."""

    def compute(x: Array) -> Array:
        u, s, vh = np.linalg.svd(x)
        others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1)
        v, uh = (np.swapaxes(y.conj(), -1, -2) for y in (vh, u))
        sign = np.asarray(np.linalg.det(u @ vh))[..., None, None]
        return np.asarray(sign * (v * others[..., None, :]) @ uh)

    return each(compute, a.shape[-2:], a)


def _adjugate_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    """In the bases of the singular vectors A is diagonal; there the derivative is made of the
    products of all singular values but two.
    """
    from .singular import svd, svd_shapes

    shape, lead, n = p[0].aval.shape, p[0].aval.shape[:-2], p[0].aval.shape[-1]
    u, s, vh = m.unpacked(svd(p[0], full=False, vectors=True), lead, svd_shapes(shape))
    inner = m.matmul(m.matmul(m.adjoint(u), t[0]), m.adjoint(vh))
    sign, _ = m.unpacked(slogdet(m.matmul(u, vh)), lead, [(), ()])
    others = m.as_dtype(products_but_two(m.real(s)), inner)
    onto = mul(others, m.by_column(m.diagonal(inner), shape))
    traces = m.by_row(reduce(onto, monoid="sum", axes=(len(shape) - 1,)), shape)
    middle = sub(m.keep(m.identity(n, n), traces), mul(others, inner))
    whole = m.matmul(m.matmul(m.adjoint(vh), middle), m.adjoint(u))
    return mul(broadcast_in_dim(sign, shape=shape, dims=tuple(range(len(lead)))), whole)


def products_but_two(s: Any) -> Value:
    """``[..., i, j]``: the product of all ``s[..., k]`` with k other than i and j; 0 where i = j.

    For i < j: what is before j without i, times what is after j.
    """
    n = s.aval.shape[-1]
    shape = (*s.aval.shape, n)
    rows = m.by_column(s, shape)
    rows = add(sub(rows, m.keep(m.identity(n, n), rows)), m.eye(shape, s.aval.dtype))
    before = _shifted(cumulative(rows, monoid="prod", axis=len(shape) - 1, reverse=False), 1)
    after = _shifted(cumulative(s, monoid="prod", axis=len(shape) - 2, reverse=True), -1)
    products = mul(before, m.by_column(after, shape))
    above = m.turned(m.keep(m.strictly_lower(n), m.turned(products)))
    return add(above, m.turned(above))


def _shifted(x: Any, by: int) -> Value:
    """Along the last axis, one place on (1) or back (-1); what comes in is 1."""
    none = (0,) * x.aval.ndim
    low, high = ((*none[1:], k) for k in (by, -by))
    return pad(x, 1.0, low=low, high=high, interior=none)


adjugate = matrix_primitive(
    "adjugate", _adjugate_abstract, _adjugate_reference, "determinants.adjugate", _adjugate_jvp
)
"""``adjugate(a)``: adj(A) with A adj(A) = det(A) I, also where A is singular.

Its derivative is right everywhere; that one's own derivative, where singular values are distinct.
"""
