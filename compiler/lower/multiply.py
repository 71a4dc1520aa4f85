"""The main loop of a contraction: operands as values, products added to the accumulators.

Operands are read four at a time along whichever axis lies contiguous in memory. The last axes of k
are walked in chunks of a few steps, unrolled; axes before them are loops, so that conditions on
them (a tap in the padding) are decided once, outside the innermost loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..ir import kernel as K
from ..ir.index import Index, Loop, product, unflatten
from ..ir.kernel import LANE, LANES, Assign, Declare, Expr, For, Stmt
from .contract import Block, ContractBody, Place
from .epilogue import accumulator, store_block

Rows = list[list[Expr]]


@dataclass(frozen=True)
class Steps:
    """``count`` steps of k from ``first`` on, along the last axes ``inner``; before them ``outer``.

    ``at(i)`` is the k index of step i.
    """

    outer: Place
    inner: tuple[int, ...]
    first: Index
    count: int

    def at(self, i: Index | int) -> Place:
        return (*self.outer, *unflatten(self.first + i, self.inner))


def emit_contract(block: Block) -> ContractBody:
    """Emits a block for an invocation on its own, or for those of a subgroup together."""
    tiles = block.tiles
    block.place_by_number(Index.of((K.group if block.schedule.share else K.item)(tiles)))
    body = [*declare_block(block), *k_loops(block, _products)]
    stores = store_block(block)
    return ContractBody([*body, *stores.stmts], tiles, block.em, stores.places)


def declare_block(block: Block) -> list[Stmt]:
    zero, s = K.splat(K.zero(block.dtype)), block.schedule
    return [Declare(accumulator(i, v), zero) for i in range(s.rows) for v in range(s.cols // LANES)]


def multiply(a: Rows, b: Rows) -> list[Stmt]:
    """``acc[i][v] += Σ_q a[i][q] · b[q][v]``: an accumulator's additions one after the other."""
    stmts: list[Stmt] = []
    for i, row in enumerate(a):
        for v in range(len(b[0])):
            for q, columns in enumerate(b):
                column, name = K.splat(columns[v]), accumulator(i, v)
                acc = K.register(name, column.dtype, LANES)
                stmts.append(Assign(name, K.call("fma", K.splat(row[q]), column, acc)))
    return stmts


# --- loops over k --------------------------------------------------------------------------------


def inner_axes(k: tuple[int, ...], unroll: int) -> int:
    """How many of the last axes of k are walked together: one, more while they are too short."""
    count = 1
    while count < len(k) and product(k[-count:]) < unroll:
        count += 1
    return count


Chunk = Callable[[Block, Steps], list[Stmt]]
"""The products of a few steps."""


def k_loops(block: Block, chunk: Chunk) -> list[Stmt]:
    """All the steps of k, in loops where there are many."""
    k = block.spec.k or (1,)
    split = len(k) - inner_axes(k, block.schedule.unroll)
    loops = [Loop(f"k{axis}", n) for axis, n in enumerate(k[:split])]
    body = _inner_loop(block, tuple(map(Index.of, loops)), k[split:], chunk)
    for loop in reversed(loops):
        body = [For(loop, tuple(body))] if loop.extent > 1 else body * loop.extent
    return body


def _inner_loop(block: Block, outer: Place, inner: tuple[int, ...], chunk: Chunk) -> list[Stmt]:
    steps = product(inner)
    unroll = min(block.schedule.unroll, steps)
    trips, tail = divmod(steps, unroll) if unroll else (0, 0)
    loop, body = Loop("k", trips), list[Stmt]()
    if trips:
        step = chunk(block, Steps(outer, inner, Index.of(loop) * unroll, unroll))
        body += step if trips == 1 else [For(loop, tuple(step))]
    if tail:
        body += chunk(block, Steps(outer, inner, Index.of(trips * unroll), tail))
    return body


def _products(block: Block, steps: Steps) -> list[Stmt]:
    stmts: list[Stmt] = []
    for q in range(0, steps.count, LANES):
        four = Steps(steps.outer, steps.inner, steps.first + q, min(LANES, steps.count - q))
        stmts += multiply(lhs_values(block, four), rhs_values(block, four))
    return stmts


# --- operands ------------------------------------------------------------------------------------


def _dealt(block: Block, count: int, read: Callable[[Index], Expr]) -> list[Expr]:
    """``read`` of ``0 … count``; in a subgroup each invocation reads its share for all of them."""
    peers = block.schedule.share
    if not peers:
        return [read(Index.of(i)) for i in range(count)]
    mine = [read(first + Index.of(K.peer(peers))) for first in range(0, count, peers)]
    return [K.broadcast(mine[i // peers], i % peers, K.peer(peers)) for i in range(count)]


def lhs_values(block: Block, steps: Steps) -> Rows:
    """``[row][step]`` scalars."""
    rows, by, count = block.schedule.rows, block.schedule.lhs_lanes, steps.count
    lane = Index.of(LANE)
    if by == "k" and count == LANES:
        wide = _dealt(block, rows, lambda i: block.lhs(block.m0 + i, steps.at(lane)))
        return [[K.lane(x, q) for q in range(LANES)] for x in wide]
    high = LANES if by == "m" else 1
    bands = rows // high

    def read(i: Index) -> Expr:
        row = block.m0 + i % bands * high
        return block.lhs(row + lane if by == "m" else row, steps.at(i // bands))

    got = _dealt(block, bands * count, read)
    return [
        [K.lane(got[q * bands + i // high], i % high) for q in range(count)] for i in range(rows)
    ]


def rhs_values(block: Block, steps: Steps) -> Rows:
    """``[step][vector]``: the columns of the block as vectors."""
    cols, by, lane = block.schedule.cols, block.schedule.rhs_lanes, Index.of(LANE)
    vectors = range(cols // LANES)
    if by == "k" and steps.count == LANES:
        wide = [
            block.rhs(steps.at(lane), block.columns(c // LANES) + c % LANES) for c in range(cols)
        ]
        return [
            [K.vector([K.lane(x, q) for x in wide[LANES * v : LANES * v + LANES]]) for v in vectors]
            for q in range(LANES)
        ]
    return [
        [block.rhs(steps.at(q), block.columns(v) + lane) for v in vectors]
        for q in range(steps.count)
    ]
