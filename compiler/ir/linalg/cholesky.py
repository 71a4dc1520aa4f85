"""Cholesky's factor, a column at a time: elimination without pivots."""

from __future__ import annotations

from typing import Any

from ..core import Value
from ..prims import elementwise as ew
from ..prims import matrices as m
from ..prims.structural import reshape
from . import common as c


def cholesky(a: Any) -> Value:
    """The lower factor of Hermitian matrices; NaN for those that are not positive definite.

    Row k of the eliminated matrix, over the root of its pivot, is row k of the upper factor.
    """
    x = c.hermitian(c.flat(a))
    (x,) = c.repeat("cholesky", a.aval.shape[-1], _step, (x,))
    pivots = c.real(m.diagonal(x))
    bad = c.any_of(ew.not_(ew.gt(pivots, 0.0)), 1)
    root = m.by_row(c.like(ew.sqrt(pivots), x), x.aval.shape)
    upper = m.keep(c.on_or_above(x.aval.shape), ew.div(x, root))
    return reshape(c.nan_where(bad, m.adjoint(upper)), shape=a.aval.shape)


def _step(k: Any, x: Any) -> tuple[Value]:
    rate = ew.div(c.at_column(x, k), c.at_element(x, k, k))
    rest = ew.sub(x, ew.mul(rate, c.at_row(x, k)))
    return (ew.select(ew.gt(c.rows(x.aval.shape), k), rest, x),)
