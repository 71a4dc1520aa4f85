"""Long scatters by sorting: comparing every place with every update would take too long.

The updates are sorted by place; then each adds (multiplies …) the one 1, 2, 4 … behind it that has
the same place, so the first of each place holds them all. The order is fixed: no atomics.
"""

from __future__ import annotations

from typing import Any

from ..ir.core import GraphTrace, Value, at_source
from ..ir.dtypes import int32, uint32
from ..ir.graph import Eqn, Graph
from ..ir.prims.elementwise import and_, bitcast, eq, ge, lt, max_, min_, select
from ..ir.prims.indexing import gather
from ..ir.prims.scans import shifted
from ..ir.prims.scattering import identity
from ..ir.prims.sorting import lower_bound, sort_indices
from ..ir.prims.structural import broadcast_in_dim, iota, reshape
from .split_scan import COMBINE

MIN_WORK = 1 << 24  # M: comparisons, 0.1 s
MIN_RESULTS = 2048  # M: sorting an update takes as long as comparing it with some hundred places
MIN_PLACES = 64  # the doubling reads all updates, once for each power of two


def sort_scatters(graph: Graph) -> Graph:
    """``graph`` with the scatters sorted that are long."""
    return graph.replace([made for eqn in graph.eqns for made in _sorted(eqn)])


def _sorted(eqn: Eqn) -> list[Eqn]:
    if eqn.prim.name != "scatter_reduce" or not _is_long(eqn):
        return [eqn]
    with GraphTrace("scatter") as trace, at_source(eqn.source):
        operands = (trace.tracer(trace, a) for a in eqn.inputs)
        params = {"mode": "clip", **eqn.params}
        *eqns, last = trace.finish([_scatter(*operands, **params)]).eqns
    return [*eqns, Eqn(last.prim, last.inputs, last.params, eqn.outs, last.source)]


def _is_long(eqn: Eqn) -> bool:
    results, updates = eqn.out.aval.size, eqn.inputs[1].aval.size
    enough = results >= MIN_RESULTS and eqn.params["size"] >= MIN_PLACES
    return enough and results * updates >= MIN_WORK


def _scatter(updates: Any, indices: Any, *, monoid: str, axis: int, size: int, mode: str) -> Value:
    n, rank, shape = indices.aval.size, indices.aval.ndim, updates.aval.shape
    places = _places(reshape(indices, shape=(n,)), size, mode)
    order = sort_indices(places, axis=0, descending=False)
    places = gather(places, order, axis=0)
    rows = reshape(updates, shape=(*shape[:axis], n, *shape[axis + rank :]))
    totals = _doubled(gather(rows, order, axis=axis), places, monoid, axis)
    here = iota(shape=(size,), dtype=int32, axis=0)
    first = lower_bound(places, here, side="left")
    hit = eq(gather(places, first, axis=0), here)
    out = gather(totals, first, axis=axis)
    hit = broadcast_in_dim(hit, shape=out.shape, dims=(axis,))
    return select(hit, out, identity(monoid, updates.aval.dtype.numpy).item())


def _places(indices: Any, size: int, mode: str) -> Value:
    """i32 places; those that are dropped come after all others."""
    if indices.aval.dtype is uint32:
        indices = bitcast(min_(indices, size), dtype=int32)
    if mode == "clip":
        return min_(max_(indices, 0), size - 1)
    return select(and_(ge(indices, 0), lt(indices, size)), indices, size)


def _doubled(rows: Value, places: Value, monoid: str, axis: int) -> Value:
    """Each row folded with the later ones of the same place."""
    nothing = identity(monoid, rows.dtype.numpy).item()
    by = 1
    while by < places.size:
        same = eq(places, shifted(places, by, -1, 0, True))
        same = broadcast_in_dim(same, shape=rows.shape, dims=(axis,))
        behind = shifted(rows, by, nothing, axis, True)
        rows = COMBINE[monoid](rows, select(same, behind, nothing))
        by *= 2
    return rows
