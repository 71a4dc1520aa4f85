"""Products of the others: what the derivative of a product of scattered updates needs."""

from __future__ import annotations

from typing import Any

from ..core import Value
from ..dtypes import int32
from .elementwise import eq, max_, min_, mul, select
from .indexing import gather
from .scans import shifted
from .sorting import sort_indices
from .structural import broadcast_in_dim, reshape


def products_of_others(
    updates: Any, indices: Any, *, axis: int, size: int, mode: str = "clip"
) -> Value:
    """For each update the product of all other updates at its place, 1 where there is none.

    Sorted by place, it is the product of those before and of those behind: without a division, so
    derivatives of every order are right, however many updates are zero.
    """
    shape, n, rank = updates.aval.shape, indices.aval.size, indices.aval.ndim
    places = reshape(indices, shape=(n,))
    if mode == "clip":
        low = places if places.aval.dtype is not int32 else max_(places, 0)
        places = min_(low, max(size - 1, 0))
    order = sort_indices(places, axis=0, descending=False)
    places = gather(places, order, axis=0)
    rows = gather(
        reshape(updates, shape=(*shape[:axis], n, *shape[axis + rank :])), order, axis=axis
    )
    others = mul(_before(rows, places, axis, False), _before(rows, places, axis, True))
    back = sort_indices(order, axis=0, descending=False)
    return reshape(gather(others, back, axis=axis), shape=shape)


def _before(rows: Any, places: Any, axis: int, reverse: bool) -> Value:
    """The product of the earlier (later) rows of the same place, by doubling."""
    out, by = _neighbour(rows, places, 1, axis, reverse), 1
    while by < places.aval.size:
        out = mul(out, _neighbour(out, places, by, axis, reverse))
        by *= 2
    return out


def _neighbour(rows: Any, places: Any, by: int, axis: int, reverse: bool) -> Value:
    """The row ``by`` places away if it has the same place, else ones."""
    same = eq(places, shifted(places, by, 0, 0, reverse))
    same = broadcast_in_dim(same, shape=rows.aval.shape, dims=(axis,))
    return select(same, shifted(rows, by, 1, axis, reverse), 1)
