"""Singular values by Jacobi's rotations of columns (Hestenes, 1958), and pseudo-inverses.

The columns of ``A V`` become orthogonal; their lengths are the singular values. A last QR gives U a
basis also where these are zero.
"""

from __future__ import annotations

import functools
from typing import Any

from ..core import Value
from ..prims import elementwise as ew
from ..prims import matrices as m
from ..prims.indexing import take_along
from ..prims.slicing import concatenate, part
from ..prims.sorting import sort_indices
from ..prims.structural import broadcast_in_dim, reshape
from . import common as c
from .householder import orthogonal
from .jacobi import MOST_SWEEPS, ROUNDING, Round, even, meeting, ordered, rotations, turn


def svd(a: Any, *, full: bool, vectors: bool) -> Value:
    """U, singular values, Vᴴ (or the values), packed as ``prims/singular.py`` says."""
    lead = a.aval.shape[:-2]
    given = c.flat(a)
    tall = a.aval.shape[-2] >= a.aval.shape[-1]
    parts = _tall(given if tall else m.adjoint(given), full, vectors)
    if vectors and not tall:
        v, s, uh = parts
        parts = [m.adjoint(uh), s, m.adjoint(v)]
    bad = c.any_of(ew.not_(c.finite(given)), 1, 2)
    return c.unflat([c.nan_where(bad, p) for p in parts], lead)


def _tall(a: Any, full: bool, vectors: bool) -> list[Value]:
    scale = c.scale_of(a)
    scaled = ew.div(a, c.spread(c.like(scale, a), a.aval.shape))
    rows, n = a.aval.shape[1:]
    moved, v = _orthogonalised(scaled, vectors)
    lengths = ew.sqrt(c.total(c.power(moved), 1))
    order = sort_indices(lengths, axis=1, descending=True)
    s = take_along(lengths, order, axis=1)
    values = c.like(ew.mul(s, c.spread(scale, s.aval.shape)), a)
    if v is None:
        return [values]
    u = _unit(ordered(moved, order), s, rows if full else n)
    return [u, values, m.adjoint(ordered(v, order))]


def _orthogonalised(a: Any, vectors: bool) -> tuple[Value, Value | None]:
    """``a V`` with orthogonal columns, and V: they are turned together, one below the other."""
    b, rows, n = a.aval.shape
    x = even(a, 2)
    k = x.aval.shape[2]
    if vectors:
        x = concatenate(x, c.identity(b, k, k, a.aval.dtype), axis=1)

    sweep = functools.partial(_sweep, meeting(k), rows)
    (x,) = c.until("svd", MOST_SWEEPS, sweep, (x,))
    x = part(x, 2, 0, n)
    if not vectors:
        return x, None
    v = c.orthonormal(part(x, 1, rows, rows + n))
    return m.matmul(a, v), v


def _sweep(places: Round, rows: int, x: Any) -> list[Value]:
    n = x.aval.shape[2]

    def step(k: Any, x: Any) -> tuple[Value]:
        return (_rotate(places, rows, x),)

    (x,) = c.repeat("orthogonalise", n - 1, step, (x,)) if n else (x,)
    moved = part(x, 1, 0, rows)
    gram = m.matmul(m.adjoint(moved), moved)
    square = c.real(m.diagonal(gram))
    shape = gram.aval.shape
    limit = _limit(m.by_row(square, shape), m.by_column(square, shape), n)
    off = ew.select(ew.eq(c.rows(shape), c.columns(shape)), 0.0, c.power(gram))
    return [c.any_of(ew.gt(off, limit), 0, 1, 2), x]


def _limit(p: Any, q: Any, n: int) -> Value:
    """Products of columns with these squared lengths below it (squared) are rounding errors."""
    return ew.mul(ew.mul(p, q), n * ROUNDING**2 / 4)


def _rotate(places: Round, rows: int, x: Any) -> Value:
    """``x J`` for the rotations J that make the pairs of columns orthogonal."""
    h = x.aval.shape[2] // 2
    moved = part(x, 1, 0, rows)
    left, right = part(moved, 2, 0, h), part(moved, 2, h, 2 * h)
    p, q = (c.total(c.power(y), 1) for y in (left, right))
    z = c.total(ew.mul(c.conj(left), right), 1)
    return turn(x, rotations(p, q, z, places), places, 2)


def _unit(x: Any, lengths: Any, k: int) -> Value:
    """Orthonormal columns: those of ``x`` over their lengths, and others where these are zero."""
    some = ew.select(ew.eq(lengths, 0.0), 1.0, lengths)
    q, r = orthogonal(ew.div(x, m.by_column(c.like(some, x), x.aval.shape)), k)
    n = x.aval.shape[2]
    signs = c.like(ew.select(ew.lt(c.real(m.diagonal(r)), 0.0), -1.0, 1.0), x)
    own = part(q, 2, 0, n)
    own = ew.mul(own, m.by_column(signs, own.aval.shape))
    return concatenate(own, part(q, 2, n, k), axis=2) if k > n else own


def pinv(a: Any, rtol: Any) -> Value:
    """Pseudo-inverses; singular values below ``rtol`` times the largest count as zero."""
    from ..prims.singular import svd as decompose
    from ..prims.singular import svd_shapes

    lead, shape = a.aval.shape[:-2], a.aval.shape
    u, s, vh = m.unpacked(decompose(a, full=False, vectors=True), lead, svd_shapes(shape))
    values = c.real(s)
    k = values.aval.shape[-1]
    largest = m.by_row(part(values, len(lead), 0, 1), (*lead, 1, k)) if k else values
    cut = broadcast_in_dim(c.real(rtol), shape=values.aval.shape, dims=tuple(range(len(lead))))
    kept = ew.gt(values, ew.mul(reshape(largest, shape=values.aval.shape), cut))
    over = ew.select(kept, ew.div(1.0, ew.select(kept, values, 1.0)), 0.0)
    scaled = ew.mul(m.adjoint(vh), m.by_column(c.like(over, a), m.adjoint(vh).aval.shape))
    return m.matmul(scaled, m.adjoint(u))
