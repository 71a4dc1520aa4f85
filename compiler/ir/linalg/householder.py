"""QR by Householder's reflections, with LAPACK's layout and signs (``geqrf``, ``orgqr``).

Reflection k is ``I - tau v vᴴ``, where v is 1 in row k and lies below the diagonal of column k.
"""

from __future__ import annotations

from typing import Any

from ..core import Value, literal
from ..prims import elementwise as ew
from ..prims import matrices as m
from ..prims.complexes import imag
from ..prims.slicing import part
from ..prims.structural import reshape, transpose
from . import common as c


def qr(a: Any, *, full: bool) -> Value:
    """Q and R of tall matrices, packed as ``prims/decompositions.py`` says."""
    lead, (rows, columns) = a.aval.shape[:-2], a.aval.shape[-2:]
    q, r = orthogonal(c.flat(a), rows if full else columns)
    return c.unflat([q, r], lead)


def orthogonal(x: Any, k: int) -> tuple[Value, Value]:
    """Q ``[b, m, k]`` and R ``[b, k, n]`` of ``x`` ``[b, m, n]`` with n <= k <= m."""
    scale = c.scale_of(x)
    packed, taus = reflected(ew.div(x, c.spread(c.like(scale, x), x.aval.shape)))
    r = part(packed, 1, 0, k)
    r = m.keep(c.on_or_above(r.aval.shape), r)
    return basis(packed, taus, k), ew.mul(r, c.spread(c.like(scale, x), r.aval.shape))


def reflected(x: Any) -> tuple[Value, Value]:
    """R on and above the diagonal, the v below it; and the tau of each column, ``[b, n]``."""
    b, _, n = x.aval.shape
    done = c.repeat("reflect", n, _reflect, (x,))
    return done[0], transpose(done[1], perm=(1, 0)) if n else reshape(x, shape=(b, 0))


def _reflect(k: Any, x: Any) -> tuple[Value, Value]:
    shape = x.aval.shape
    i, j = c.rows(shape), c.columns(shape)
    inner = _below(k, x, x)
    beta, tau, scale = _head(k, x, inner)
    wide = (c.spread(v, shape) for v in (beta, tau, scale))
    beta_, tau_, scale_ = wide
    v = ew.select(ew.eq(i, k), _one(x), ew.mul(c.at_column(x, k), scale_))
    w = ew.add(c.at_row(x, k), ew.mul(c.conj(scale_), m.by_column(inner, shape)))
    moved = ew.sub(x, ew.mul(c.conj(tau_), ew.mul(v, w)))
    first = ew.select(ew.eq(i, k), beta_, v)
    changed = ew.select(ew.eq(j, k), first, moved)
    here = ew.and_(ew.ge(i, k), ew.ge(j, k))
    return ew.select(here, changed, x), tau


def _below(k: Any, v: Any, x: Any) -> Value:
    """``Σ conj(v_ik) x_ij`` over the rows i below k: ``[b, n]``."""
    products = ew.mul(c.conj(c.at_column(v, k, x.aval.shape[2])), x)
    return c.total(ew.select(ew.gt(c.rows(x.aval.shape), k), products, 0.0), 1)


def _head(k: Any, x: Any, inner: Any) -> tuple[Value, Value, Value]:
    """What column k becomes (beta), the factor of its reflection, and that of v: each ``[b]``."""
    tail = c.real(c.element(inner, k))
    x0 = c.corner(x, k)
    re = c.real(x0)
    norm = ew.sqrt(ew.add(c.power(x0), tail))
    still = ew.eq(tail, 0.0)
    if c.is_complex(x):
        still = ew.and_(still, ew.eq(imag(x0), 0.0))
    beta = c.like(ew.select(ew.ge(re, 0.0), ew.neg(norm), norm), x)
    some = ew.select(still, _one(x), beta)
    tau = ew.select(still, 0.0, ew.div(ew.sub(some, x0), some))
    apart = ew.select(still, _one(x), ew.sub(x0, beta))
    return ew.select(still, x0, beta), tau, ew.select(still, 0.0, ew.div(_one(x), apart))


def _one(x: Any) -> Any:
    return literal(1.0, x.aval.dtype)


def basis(packed: Any, taus: Any, k: int) -> Value:
    """The first ``k`` columns of the product of all reflections."""
    b, rows, columns = packed.aval.shape
    wide = m.by_column(taus, packed.aval.shape)

    def step(i: Any, q: Any) -> tuple[Value]:
        v = ew.select(ew.eq(c.rows(q.aval.shape), i), _one(q), c.at_column(packed, i, k))
        w = ew.add(c.at_row(q, i), m.by_column(_below(i, packed, q), q.aval.shape))
        moved = ew.sub(q, ew.mul(c.at_column(wide, i, k), ew.mul(v, w)))
        return (ew.select(ew.ge(c.rows(q.aval.shape), i), moved, q),)

    start = c.identity(b, rows, k, packed.aval.dtype)
    return c.repeat("basis", columns, step, (start,), reverse=True)[0]
