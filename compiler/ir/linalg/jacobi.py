"""Jacobi's rotations of n/2 pairs at a time: eigenvalues of Hermitian matrices.

Column i meets column i + n/2; then all but the first move on, as players in a round robin: after
n - 1 steps every two have met once and stand where they began, which is one sweep. Source: Brent &
Luk, "The solution of singular-value and symmetric eigenvalue problems on multiprocessor arrays"
(1985).
"""

from __future__ import annotations

import functools
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
"""Convergence is quadratic: 4 to 11 sweeps up to n = 128 (LAPACK's ``gesvj`` stops at 30)."""
ROUNDING = 4 * 2.0**-23
"""What a rotation leaves of an element it makes zero, in matrices scaled to 1: measured on a
thousand, a quarter of it never ends for some."""
Round = tuple[Value, Value]
"""Two lists of columns, i32 ``[n]`` both: see ``meeting``."""


def eigh(a: Any, *, vectors: bool) -> Value:
    """Eigenvalues, ascending, and perhaps vectors, packed as ``prims/decompositions.py`` says."""
    lead, n = a.aval.shape[:-2], a.aval.shape[-1]
    given = c.hermitian(c.flat(a))
    scale = c.scale_of(given)
    scaled = ew.div(given, c.spread(c.like(scale, given), given.aval.shape))
    x = even(even(scaled, 1), 2)
    carry = [x, m.eye(x.aval.shape, x.aval.dtype)] if vectors else [x]
    sweep = functools.partial(_sweep, meeting(x.aval.shape[2]))
    x, *turned = c.until("eigh", MOST_SWEEPS, sweep, carry)
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


def _sweep(places: Round, x: Any, *vectors: Any) -> list[Value]:
    n = x.aval.shape[-1]

    def step(k: Any, *values: Any) -> list[Value]:
        return _rotate(places, *values)

    after = c.repeat("rotate", n - 1, step, (x, *vectors)) if n > 1 else (x, *vectors)
    shape = x.aval.shape
    off = ew.select(ew.eq(c.rows(shape), c.columns(shape)), 0.0, c.size(after[0]))
    return [c.any_of(ew.gt(off, ROUNDING * n**0.5), 0, 1, 2), *after]


def _rotate(places: Round, x: Any, *vectors: Any) -> list[Value]:
    """``Jᴴ x J`` and ``v J`` for the rotations J that make the pairs' elements zero."""
    n = x.aval.shape[-1]
    h = n // 2
    own = c.real(m.diagonal(x))
    turns = rotations(part(own, 1, 0, h), part(own, 1, h, n), m.diagonal(x, h), places)
    conjugated = c.conj(turns[0]), c.conj(turns[1])
    turned = turn(turn(x, turns, places, 2), conjugated, places, 1)
    return [turned, *(turn(v, turns, places, 2) for v in vectors)]


def rotations(p: Any, q: Any, z: Any, places: Round) -> tuple[Value, Value]:
    """What diagonalises each ``[[p, z], [z̄, q]]`` (Golub & Van Loan, section 8.5.2).

    How much each place of the next round takes of the column that comes there, and how much of that
    one's partner: ``[b, n]`` both.
    """
    size = c.size(z)
    gap = ew.sub(q, p)
    down = ew.add(ew.abs_(gap), ew.sqrt(ew.add(ew.mul(gap, gap), ew.mul(4.0, ew.mul(size, size)))))
    tangent = ew.div(ew.mul(2.0, size), ew.select(ew.eq(down, 0.0), 1.0, down))
    tangent = ew.select(ew.lt(gap, 0.0), ew.neg(tangent), tangent)
    cosine = ew.rsqrt(ew.add(1.0, ew.mul(tangent, tangent)))
    phase = c.conj(c.phase(z, size))
    sine = c.like(ew.mul(tangent, cosine), z)
    cosine = c.like(cosine, z)
    stay = concatenate(cosine, ew.mul(cosine, phase), axis=1)
    mix = concatenate(ew.neg(ew.mul(sine, phase)), sine, axis=1)
    return gather(stay, places[0], axis=1), gather(mix, places[0], axis=1)


def turn(x: Any, turns: tuple[Any, Any], places: Round, axis: int) -> Value:
    """The columns (axis 2) or rows (axis 1) of the next round."""
    wide = m.by_column if axis == 2 else m.by_row
    own, partner = (gather(x, at, axis=axis) for at in places)
    stay, mix = (wide(t, x.aval.shape) for t in turns)
    return ew.add(ew.mul(stay, own), ew.mul(mix, partner))


def meeting(n: int) -> Round:
    """Who comes to each place for the next round, and who is that one's partner now."""
    h = n // 2
    i = iota(shape=(n,), dtype=int32, axis=0)
    below = ew.select(ew.lt(i, n - 1), ew.add(i, 1), h - 1)
    above = ew.select(ew.eq(i, 0), 0, ew.select(ew.eq(i, 1), h, ew.sub(i, 1)))
    comes = ew.select(ew.lt(i, h), above, below) if h > 1 else i
    return comes, ew.select(ew.lt(comes, h), ew.add(comes, h), ew.sub(comes, h))
