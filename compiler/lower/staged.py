"""Contractions for GPUs: a workgroup copies tiles of both operands to workgroup memory, then
multiplies.

``side`` x ``side`` invocations, each with ``rows`` x ``cols`` results, share a tile; its steps of k
lie one after the other, so that an invocation reads its rows and its columns as vectors. There are
two tiles of each operand: while one is multiplied the next is under way from memory, in registers,
and one barrier a tile is enough. The prologue of an operand (whatever was fused into reading it)
runs once per element of a tile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..ir import kernel as K
from ..ir.index import Index, Loop, unflatten
from ..ir.kernel import LANE, LANES, Barrier, Declare, Expr, For, If, Shared, SharedStore, Stmt
from .contract import Block, ContractBody
from .epilogue import store_block
from .multiply import declare_block, multiply

STAGED_NUMBERS = 4096  # in the 16 KiB of workgroup memory that every adapter has
MOST_STEPS = 16  # A: ONNX Runtime 32, TVM 8, ggml 8


def steps_of(tile: int) -> int:
    """How many steps of k fit in workgroup memory: of two operands, two tiles each."""
    return min(MOST_STEPS, STAGED_NUMBERS // (4 * tile))


def emit_staged(block: Block) -> ContractBody:
    """Emits a block for workgroups of ``schedule.stage`` squared invocations."""
    s = block.schedule
    tiles_m, tiles_n = -(-block.m // (s.stage * s.rows)), -(-block.n // (s.stage * s.cols))
    tiles = tiles_m * tiles_n * block.batch
    batch, m_tile, n_tile = unflatten(Index.of(K.group(tiles)), (block.batch, tiles_m, tiles_n))
    thread = Index.of(K.thread(s.stage * s.stage))
    row, col = thread // s.stage, thread % s.stage
    block.place(m_tile * s.stage + row, n_tile * s.stage, batch)
    block.spread_columns(col, s.stage)
    lhs, rhs = _Operand.both(block, m_tile, n_tile, thread)
    stmts = [*declare_block(block), *_k_loop(block, (lhs, rhs), row, col)]
    stores = store_block(block)
    shared = tuple(o.shared for o in (lhs, rhs))
    return ContractBody([*stmts, *stores.stmts], tiles, block.em, stores.places, shared)


def _k_loop(
    block: Block, operands: tuple[_Operand, _Operand], row: Index, col: Index
) -> list[Stmt]:
    steps = operands[0].steps
    loop = Loop("k_tile", -(-block.k // steps))
    if not loop.extent:
        return []
    first, now = Index.of(0), Index.of(loop)
    fetched = [o.fetch(first) for o in operands]
    stmts = [s for f, _ in fetched for s in f] + [s for _, p in fetched for s in p(first)]
    multiplied = _multiplied(block, operands, now % 2, row, col)
    if loop.extent == 1:
        return [*stmts, Barrier(), multiplied]
    ahead = [o.fetch((now + 1) * steps) for o in operands]
    body: list[Stmt] = [s for f, _ in ahead for s in f]
    body += [multiplied, *(s for _, put in ahead for s in put((now + 1) % 2)), Barrier()]
    return [*stmts, Barrier(), For(loop, tuple(body))]


def _multiplied(
    block: Block, operands: tuple[_Operand, _Operand], half: Index, row: Index, col: Index
) -> Stmt:
    """All the products of one tile."""
    s, (lhs, rhs) = block.schedule, operands
    loop = Loop("kk", lhs.steps)
    step = half * lhs.steps + Index.of(loop)
    rows = [lhs.vector(step, row * (s.rows // LANES) + i) for i in range(s.rows // LANES)]
    cols = [rhs.vector(step, col + s.stage * v) for v in range(s.cols // LANES)]
    a = [[K.lane(rows[i // LANES], i % LANES)] for i in range(s.rows)]
    return For(loop, tuple(multiply(a, [cols])))


Put = Callable[[Index], list[Stmt]]
"""``put(half)``: the stores of what was fetched into the first or second tile."""


@dataclass
class _Operand:
    """One operand's tiles in workgroup memory, and how the workgroup fills them.

    ``read(across, k)`` gives the operand at a position across the tile and a step (flat); it is
    copied in vectors along k with ``along_k``, else along the rows or columns.
    """

    name: str
    block: Block
    tile: int
    along_k: bool
    thread: Index
    read: Callable[[Index, Index], Expr]

    @staticmethod
    def both(
        block: Block, m_tile: Index, n_tile: Index, thread: Index
    ) -> tuple[_Operand, _Operand]:
        s, spec = block.schedule, block.spec
        m, n = s.stage * s.rows, s.stage * s.cols

        def lhs(across: Index, k: Index) -> Expr:
            return block.lhs(m_tile * m + across, unflatten(k, spec.k))

        def rhs(across: Index, k: Index) -> Expr:
            return block.rhs(unflatten(k, spec.k), n_tile * n + across)

        return (
            _Operand("lhs_tile", block, m, s.lhs_lanes == "k", thread, lhs),
            _Operand("rhs_tile", block, n, s.rhs_lanes == "k", thread, rhs),
        )

    @property
    def steps(self) -> int:
        s = self.block.schedule
        return steps_of(s.stage * max(s.rows, s.cols))

    @property
    def shared(self) -> Shared:
        vectors = 2 * self.steps * self.tile // LANES
        return Shared(self.name, self.block.dtype, vectors, vec=True)

    def vector(self, step: Index, number: Index) -> Expr:
        """Vector ``number`` across the tile at a step."""
        place = K.index_value(step * (self.tile // LANES) + number)
        return Expr("shared", (place,), self.block.dtype, LANES, self.name)

    def fetch(self, k0: Index) -> tuple[list[Stmt], Put]:
        """Loads each invocation's part of the tile from step ``k0`` on, and how to store it."""
        s = self.block.schedule
        threads, vectors = s.stage * s.stage, self.tile * self.steps // LANES
        places = [self.thread + first for first in range(0, vectors, threads)]
        names = [f"new_{self.name}_{i}" for i in range(len(places))]
        values = [K.splat(self._padded(k0, at)) for at in places]
        loads: list[Stmt] = [Declare(n, x) for n, x in zip(names, values, strict=True)]

        def put(half: Index) -> list[Stmt]:
            stmts: list[Stmt] = []
            for at, name, x in zip(places, names, values, strict=True):
                writes = self._writes(at, half, K.register(name, x.dtype, LANES))
                inside = K.inside(at, 0, vectors)
                stmts += [If(inside, tuple(writes))] if inside is not None else writes
            return stmts

        return loads, put

    def _place(self, at: Index) -> tuple[Index, Index]:
        """Position across the tile and step of vector ``at``, its lanes included."""
        lane = Index.of(LANE)
        if self.along_k:
            across, group = unflatten(at, (self.tile, self.steps // LANES))
            return across, group * LANES + lane
        k, across = unflatten(at, (self.steps, self.tile // LANES))
        return across * LANES + lane, k

    def _padded(self, k0: Index, at: Index) -> Expr:
        """Beyond the end of k both operands are zero, so that garbage cannot spoil the sum.

        When tiles end where k does, only the last one fetched lies beyond: nobody multiplies it.
        """
        across, k = self._place(at)
        value = self.read(across, k0 + k)
        if self.block.k % self.steps == 0:
            return value
        return K.select(K.inside(k0 + k, 0, self.block.k), value, K.zero(value.dtype))

    def _writes(self, at: Index, half: Index, value: Expr) -> list[Stmt]:
        across, k = self._place(at)
        place = (half * self.steps + k) * self.tile + across
        if not self.along_k:
            return [SharedStore(self.name, place - Index.of(LANE), value)]
        lanes = range(LANES)
        return [
            SharedStore(self.name, place.substitute({LANE: q}), K.lane(value, q)) for q in lanes
        ]
