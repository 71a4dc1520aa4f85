"""Triangular systems by substitution, a column at a time (Golub & Van Loan, algorithm 3.1.3)."""

from __future__ import annotations

from typing import Any

from ..core import Value
from ..prims import elementwise as ew
from ..prims import matrices as m
from ..prims.structural import reshape
from . import common as c


def triangular_solve(a: Any, b: Any, *, lower: bool) -> Value:
    """x with ``a @ x = b``, reading one triangle of ``a``; NaN where its diagonal has a zero."""
    left = c.flat(a)
    singular = c.any_of(ew.eq(m.diagonal(left), 0.0), 1)
    x = c.nan_where(singular, substituted(left, c.flat(b), lower))
    return reshape(x, shape=b.aval.shape)


def substituted(a: Any, b: Any, lower: bool) -> Value:
    """x, from the first row on (``lower``) or from the last, on ``[b, n, n]`` and ``[b, n, k]``."""
    shape = b.aval.shape
    at = c.rows(shape)

    def step(k: Any, x: Any) -> tuple[Value]:
        rate = c.at_column(a, k, shape[2])
        found = ew.div(c.at_row(x, k), c.at_row(rate, k))
        rest = ew.sub(x, ew.mul(rate, found))
        ahead = (ew.gt if lower else ew.lt)(at, k)
        return (ew.select(ahead, rest, ew.select(ew.eq(at, k), found, x)),)

    return c.repeat("substitute", shape[1], step, (b,), reverse=not lower)[0]
