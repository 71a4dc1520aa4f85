"""Gaussian elimination with partial pivoting, and ``solve`` by it.

Golub & Van Loan, "Matrix Computations", algorithm 3.4.1. Every step reads and writes whole
matrices (what is finished stays as it is): on a GPU the rows above would idle anyway.
"""

from __future__ import annotations

from typing import Any

from ..core import Value
from ..dtypes import int32
from ..prims import elementwise as ew
from ..prims import matrices as m
from ..prims.reduction import argmax
from ..prims.slicing import concatenate, part
from ..prims.structural import iota, reshape
from . import common as c
from .triangular import substituted


def solve(a: Any, b: Any) -> Value:
    """x with ``a @ x = b``; NaN for singular matrices."""
    n = a.aval.shape[-1]
    both, _ = eliminated(concatenate(c.flat(a), c.flat(b), axis=2), n)
    upper, right = part(both, 2, 0, n), part(both, 2, n, both.aval.shape[2])
    singular = c.any_of(ew.eq(m.diagonal(upper), 0.0), 1)
    x = substituted(upper, right, lower=False)
    return reshape(c.nan_where(singular, x), shape=b.aval.shape)


def eliminated(x: Any, n: int) -> tuple[Value, Value]:
    """The first ``n`` columns made upper triangular, with leftovers below.

    Also the row that each step took for its pivot, i32 ``[n, b]``.
    """
    done = c.repeat("eliminate", n, _step, (x,))
    return done[0], done[1] if n else iota(shape=(0, x.aval.shape[0]), dtype=int32, axis=0)


def _step(k: Any, x: Any) -> tuple[Value, Value]:
    """The largest element of column k from row k on becomes the pivot."""
    shape = x.aval.shape
    at = c.rows(shape)
    p = _pivot(c.column(x, k), k)
    pivot_row = c.own_row(x, p)
    swapped = ew.select(ew.eq(at, c.spread(p, shape)), c.at_row(x, k), x)
    column = ew.select(ew.eq(at, c.spread(p, shape)), c.at_element(x, k, k), c.at_column(x, k))
    pivot = c.at_column(pivot_row, k)
    factor = ew.div(column, ew.select(ew.eq(pivot, 0.0), 1.0, pivot))
    reduced = ew.sub(swapped, ew.mul(factor, pivot_row))
    return ew.select(ew.gt(at, k), reduced, ew.select(ew.eq(at, k), pivot_row, x)), p


def _pivot(column: Any, k: Any) -> Value:
    """Where the largest element from place k on is: i32 ``[b]``."""
    size = c.power(column) if c.is_complex(column) else ew.abs_(column)
    return argmax(ew.select(ew.ge(c.rows(size.aval.shape), k), size, -1.0), axis=1)
