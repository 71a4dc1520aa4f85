"""Jacobi's rotations of n/2 pairs at a time: eigenvalues of Hermitian matrices.

Column i meets column i + n/2; then all but the first move on, as players in a round robin: after
n - 1 steps every two have met once and stand where they began, which is one sweep. Source: Brent &
Luk, "The solution of singular-value and symmetric eigenvalue problems on multiprocessor arrays"
(1985).
"""

from __future__ import annotations

from typing import Any

from ..core import Value, literal
from ..dtypes import int32
from ..prims import elementwise as ew
from ..prims import matrices as m
from ..prims.indexing import gather, take_along
from ..prims.slicing import concatenate, part
from ..prims.sorting import sort_indices
from ..prims.structural import iota, pad
from . import common as c

MOST_SWEEPS = 24
"""Convergence is quadratic: 6 to 10 sweeps up to n = 200 (LAPACK's ``gesvj`` stops at 30)."""
EPSILON = 2.0**-23


def eigh(a: Any, *, vectors: bool) -> Value:
    """Eigenvalues, ascending, and perhaps vectors, packed as ``prims/decompositions.py`` says."""
    lead, n = a.aval.shape[:-2], a.aval.shape[-1]
    given = c.flat(a)
    scale = c.scale_of(given)
    scaled = ew.div(given, c.spread(c.like(scale, given), given.aval.shape))
    x = even(even(scaled, 1), 2)
    carry = [x, m.eye(x.aval.shape, x.aval.dtype)] if vectors else [x]
    x, *turned = c.until("eigh", MOST_SWEEPS, _sweep, carry)
    found = [c.orthonormal(part(part(v, 1, 0, n), 2, 0, n)) for v in turned]
    w = _quotients(scaled, found[0]) if vectors else part(c.real(m.diagonal(x)), 1, 0, n)
    order = sort_indices(w, axis=1, descending=False)
    w = ew.mul(take_along(w, order, axis=1), c.spread(scale, w.aval.shape))
    parts = [c.like(w, given), *(ordered(v, order) for v in found)]
    bad = c.any_of(ew.not_(c.finite(given)), 1, 2)
    return c.unflat([c.nan_where(bad, p) for p in parts], lead)


def _quotients(a: Any, v: Any) -> Value:
    """Rayleigh's quotients, whose error is the square of the vectors'."""
    return c.real(c.total(ew.mul(c.conj(v), m.matmul(a, v)), 1))


def ordered(x: Any, order: Any) -> Value:
    """The columns of each matrix in ``order`` ``[b, n]``."""
    return take_along(x, m.by_column(order, x.aval.shape), axis=2)


def even(x: Any, axis: int) -> Value:
    """With a zero at the end of the axis where its extent is odd."""
    if x.aval.shape[axis] % 2 == 0:
        return x  # type: ignore[no-any-return]
    none = (0,) * x.aval.ndim
    high = tuple(int(a == axis) for a in range(x.aval.ndim))
    return pad(x, literal(0.0, x.aval.dtype), low=none, high=high, interior=none)


def _sweep(x: Any, *vectors: Any) -> list[Value]:
    n = x.aval.shape[-1]
    after = c.repeat("rotate", n - 1, _rotate, (x, *vectors)) if n > 1 else (x, *vectors)
    shape = x.aval.shape
    off = ew.select(ew.eq(c.rows(shape), c.columns(shape)), 0.0, c.size(after[0]))
    return [c.any_of(ew.gt(off, EPSILON * n**0.5), 0, 1, 2), *after]


def _rotate(k: Any, x: Any, *vectors: Any) -> list[Value]:
    """``Jᴴ x J`` and ``v J`` for the rotations J that make the pairs' elements zero."""
    n = x.aval.shape[-1]
    h = n // 2
    places = c.real(m.diagonal(x))
    stay, mix = rotations(part(places, 1, 0, h), part(places, 1, h, n), m.diagonal(x, h))
    turned = turn(x, stay, mix, 2)
    order = meeting(n)
    x = gather(gather(turn(turned, c.conj(stay), c.conj(mix), 1), order, axis=1), order, axis=2)
    return [x, *(gather(turn(v, stay, mix, 2), order, axis=2) for v in vectors)]


def rotations(p: Any, q: Any, z: Any) -> tuple[Value, Value]:
    """What diagonalises each ``[[p, z], [z̄, q]]``: how much of itself and how much of its partner
    every column becomes, ``[b, n]`` each. Golub & Van Loan, section 8.5.2.
    """
    size = c.size(z)
    gap = ew.sub(q, p)
    down = ew.add(ew.abs_(gap), ew.sqrt(ew.add(ew.mul(gap, gap), ew.mul(4.0, ew.mul(size, size)))))
    none = ew.eq(down, 0.0)
    tangent = ew.div(ew.mul(2.0, size), ew.select(none, 1.0, down))
    tangent = ew.select(ew.lt(gap, 0.0), ew.neg(tangent), tangent)
    cosine = ew.rsqrt(ew.add(1.0, ew.mul(tangent, tangent)))
    sine = ew.mul(tangent, cosine)
    phase = c.conj(c.phase(z, size))
    cosine, sine = c.like(cosine, z), c.like(sine, z)
    stay = concatenate(cosine, ew.mul(cosine, phase), axis=1)
    return stay, concatenate(ew.neg(ew.mul(sine, phase)), sine, axis=1)


def turn(x: Any, stay: Any, mix: Any, axis: int) -> Value:
    """The columns (axis 2) or rows (axis 1), each with some of its partner."""
    shape, h = x.aval.shape, x.aval.shape[axis] // 2
    wide = m.by_column if axis == 2 else m.by_row
    partner = concatenate(part(x, axis, h, 2 * h), part(x, axis, 0, h), axis=axis)
    return ew.add(ew.mul(wide(stay, shape), x), ew.mul(wide(mix, shape), partner))


def meeting(n: int) -> Value:
    """Who comes to each place for the next round: i32 ``[n]``."""
    h = n // 2
    i = iota(shape=(n,), dtype=int32, axis=0)
    below = ew.select(ew.lt(i, n - 1), ew.add(i, 1), h - 1)
    above = ew.select(ew.eq(i, 0), 0, ew.select(ew.eq(i, 1), h, ew.sub(i, 1)))
    return ew.select(ew.lt(i, h), above, below) if h > 1 else i
