"""Determinants by elimination, adjugates by singular values."""

from __future__ import annotations

from typing import Any

from ..core import Value, literal
from ..dtypes import float32, int32
from ..prims import elementwise as ew
from ..prims import matrices as m
from ..prims.reduction import reduce
from ..prims.slicing import concatenate
from ..prims.structural import broadcast_in_dim, iota, reshape
from . import common as c
from .elimination import eliminated
from .hestenes import svd


def det(a: Any) -> Value:
    """``[...]``: the product of the pivots."""
    pivots, parity = _pivots(a)
    product = reduce(pivots, monoid="prod", axes=(1,))
    return reshape(ew.mul(c.like(parity, a), product), shape=a.aval.shape[:-2])


def slogdet(a: Any) -> Value:
    """``[..., 2]``: the sign (complex: the phase), and the logarithm of the size."""
    pivots, parity = _pivots(a)
    size = c.size(pivots)
    phase = reduce(c.phase(pivots, size), monoid="prod", axes=(1,))
    phase = ew.select(c.any_of(ew.eq(size, 0.0), 1), 0.0, ew.mul(c.like(parity, a), phase))
    log = c.like(c.total(ew.log(size), 1), a)
    parts = (reshape(x, shape=(*x.aval.shape, 1)) for x in (phase, log))
    return reshape(concatenate(*parts, axis=1), shape=(*a.aval.shape[:-2], 2))


def _pivots(a: Any) -> tuple[Value, Value]:
    """The pivots ``[b, n]``, and the sign of the permutation of the rows, f32 ``[b]``.

    Each exchange of two rows turns the sign round.
    """
    upper, taken = eliminated(c.flat(a), a.aval.shape[-1])
    moved = ew.ne(taken, iota(shape=taken.aval.shape, dtype=int32, axis=0))
    signs = ew.select(moved, -1.0, literal(1.0, float32))
    return m.diagonal(upper), reduce(signs, monoid="prod", axes=(0,))


def adjugate(a: Any) -> Value:
    """A = U S Vᴴ: adj(A) = det(U Vᴴ) V adj(S) Uᴴ, and S is diagonal."""
    shape, lead, n = a.aval.shape, a.aval.shape[:-2], a.aval.shape[-1]
    whole = svd(a, full=False, vectors=True)
    u, s, vh = m.unpacked(whole, lead, [(n, n), (n,), (n, n)])
    own = m.by_column(c.real(s), shape)
    one = literal(1.0, float32)
    rest = ew.select(m.everywhere(m.identity(n, n), shape), one, own)
    others = reduce(rest, monoid="prod", axes=(len(shape) - 1,))
    sign = broadcast_in_dim(det(m.matmul(u, vh)), shape=shape, dims=tuple(range(len(lead))))
    scaled = ew.mul(m.adjoint(vh), m.by_column(c.like(others, a), shape))
    return ew.mul(sign, m.matmul(scaled, m.adjoint(u)))
