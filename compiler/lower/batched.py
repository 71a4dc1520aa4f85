"""Contractions with a long batch and a row or column for each: depthwise convolutions.

Vectors run along the batch (the channels, neighbours in memory), registers over a few rows
(neighbouring pixels). The steps of k are written out, so that what the windows of neighbouring
pixels share is loaded once.
"""

from __future__ import annotations

from ..ir import kernel as K
from ..ir.index import Index, product, unflatten
from ..ir.kernel import LANES, Assign, Declare, Stmt
from .contract import Block, ContractBody
from .epilogue import accumulator, lanes_from, store_band
from .multiply import Steps, k_loops

MOST_STEPS = 16  # written out: a window of 3 x 3, a row of a larger one
FEWEST_STEPS = 4


def steps_of(k: tuple[int, ...]) -> int:
    """How many steps to write out: whole axes where they are short."""
    whole = (product(k[-count:]) for count in range(1, len(k) + 1))
    return max((n for n in whole if n <= MOST_STEPS), default=FEWEST_STEPS)


def emit_batched(block: Block) -> ContractBody:
    """Emits a block of four batch elements, each with ``rows`` x ``cols`` results."""
    s = block.schedule
    extents = (block.m_tiles, block.n_tiles, -(-block.batch // LANES))
    tiles = product(extents)
    m_tile, n_tile, band = unflatten(Index.of(K.item(tiles)), extents)
    block.place(m_tile, n_tile, lanes_from(band * LANES, block.batch))
    zero = K.splat(K.zero(block.dtype))
    cells = [(i, j) for i in range(s.rows) for j in range(s.cols)]
    body: list[Stmt] = [Declare(accumulator(*cell), zero) for cell in cells]
    body += k_loops(block, _products)
    stores = store_band(block, band * LANES)
    return ContractBody([*body, *stores.stmts], tiles, block.em, stores.places)


def _products(block: Block, steps: Steps) -> list[Stmt]:
    stmts: list[Stmt] = []
    for q in range(steps.count):
        a = [block.lhs(block.m0 + i, steps.at(q)) for i in range(block.schedule.rows)]
        b = [block.rhs(steps.at(q), block.n0 + j) for j in range(block.schedule.cols)]
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                name = accumulator(i, j)
                acc = K.register(name, block.dtype, LANES)
                stmts.append(Assign(name, K.call("fma", K.splat(x), K.splat(y), acc)))
    return stmts
