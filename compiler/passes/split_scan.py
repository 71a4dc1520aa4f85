"""Splits a scan of few long rows into scans of blocks, which fill the machine.

The totals of the blocks are scanned too; what comes before a block is combined with each element of
its own scan, in the same kernel. The order is fixed, so the result is the same in each run.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from ..ir.core import GraphTrace, Value, at_source
from ..ir.graph import Eqn
from ..ir.prims.elementwise import add, max_, min_, mul
from ..ir.prims.reduction import reduce
from ..ir.prims.scans import cumulative, shifted
from ..ir.prims.scattering import identity
from ..ir.prims.structural import broadcast_in_dim, pad, part, reshape

MIN_LENGTH = 8192  # M: below, one invocation is done before three more dispatches
BUSY_ROWS = 64  # as for reductions: rows that keep the machine at work
SCANS = 2048  # scans that fill the machine, as many as partial results of a reduction
COMBINE = {"sum": add, "prod": mul, "max": max_, "min": min_}


def split_scan(eqn: Eqn) -> list[Eqn]:
    """The equations that take the place of ``eqn``: itself unless it is a long scan."""
    blocks = _blocks(eqn)
    if blocks < 2:
        return [eqn]
    with GraphTrace("cumulative") as trace, at_source(eqn.source):
        x = trace.tracer(trace, eqn.inputs[0])
        *eqns, last = trace.finish([_in_blocks(x, blocks, **eqn.params)]).eqns
    return [*eqns, Eqn(last.prim, last.inputs, last.params, eqn.outs, eqn.source)]


def _blocks(eqn: Eqn) -> int:
    """How many blocks: about as many as each has elements, a divisor where there is one."""
    if eqn.prim.name != "cumulative" or not eqn.out.aval.size:
        return 1
    n = eqn.out.aval.shape[eqn.params["axis"]]
    rows = eqn.out.aval.size // n
    if n < MIN_LENGTH or rows >= BUSY_ROWS:
        return 1
    want = min(SCANS // rows, isqrt(n))
    return next((d for d in range(want, want // 2, -1) if n % d == 0), want)


def _in_blocks(x: Any, blocks: int, *, monoid: str, axis: int, reverse: bool) -> Value:
    shape, n, rank = x.aval.shape, x.aval.shape[axis], x.aval.ndim
    length, nothing = -(-n // blocks), identity(monoid, x.aval.dtype.numpy).item()
    if rest := blocks * length - n:
        high = tuple(rest if a == axis else 0 for a in range(rank))
        x = pad(x, nothing, low=(0,) * rank, high=high, interior=(0,) * rank)
    x = reshape(x, shape=(*shape[:axis], blocks, length, *shape[axis + 1 :]))
    totals = reduce(x, monoid=monoid, axes=(axis + 1,))
    through = cumulative(totals, monoid=monoid, axis=axis, reverse=reverse)
    before = shifted(through, 1, nothing, axis, reverse)
    dims = tuple(a for a in range(rank + 1) if a != axis + 1)
    before = broadcast_in_dim(before, shape=x.shape, dims=dims)
    own = cumulative(x, monoid=monoid, axis=axis + 1, reverse=reverse)
    whole = reshape(
        COMBINE[monoid](before, own), shape=(*shape[:axis], blocks * length, *shape[axis + 1 :])
    )
    return part(whole, axis, 0, n) if rest else whole
