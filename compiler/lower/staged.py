"""Contractions for GPUs: a workgroup copies tiles of both operands to workgroup memory, then
multiplies.

``side`` x ``side`` invocations of 4x4 results share a square tile; tiles are K_TILE deep and stored
k-major, so that an invocation reads its four rows and four columns as one vector each. The prologue
of an operand (whatever was fused into reading it) runs once per element of a tile.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ir import kernel as K
from ..ir.index import Index, Loop, unflatten
from ..ir.kernel import LANE, LANES, Barrier, Expr, For, If, Shared, SharedStore, Stmt
from .contract import Block, ContractBody
from .epilogue import store_block
from .multiply import declare_block, multiply

K_TILE = 16  # ONNX Runtime 32, TVM 8, ggml 8: 16 keeps both 64-wide tiles in 8 KiB


Read = Callable[[Index, Index], Expr]
"""An operand at (position across the tile, flat k)."""


def emit_staged(block: Block) -> ContractBody:
    """Emits a block for workgroups of ``schedule.stage`` squared invocations."""
    return _Staged(block).run()


class _Staged:
    def __init__(self, block: Block) -> None:
        self.block, self.side = block, block.schedule.stage
        self.tile = self.side * LANES
        self.threads = self.side * self.side
        self.k, self.k_axes = block.k, block.spec.k

    def run(self) -> ContractBody:
        block, side = self.block, self.side
        tiles_m, tiles_n = -(-block.m // self.tile), -(-block.n // self.tile)
        tiles = tiles_m * tiles_n * block.batch
        batch, tile_m, tile_n = unflatten(Index.of(K.group(tiles)), (block.batch, tiles_m, tiles_n))
        thread = Index.of(K.thread(self.threads))
        self.row, self.col = thread // side, thread % side
        self.m_base, self.n_base = tile_m * self.tile, tile_n * self.tile
        block.place(tile_m * side + self.row, tile_n * side + self.col, batch)
        stmts = declare_block(block)
        loop = Loop("k_tile", -(-self.k // K_TILE))
        body = self._round(Index.of(loop) * K_TILE, thread)
        stmts += [For(loop, tuple(body))] if loop.extent > 1 else body * loop.extent
        stores = store_block(block)
        dtype = block.dtype
        size = self.tile * K_TILE
        shared = tuple(Shared(n, dtype, size // LANES, vec=True) for n in ("lhs_tile", "rhs_tile"))
        return ContractBody([*stmts, *stores.stmts], tiles, block.em, stores.places, shared)

    def _round(self, k0: Index, thread: Index) -> list[Stmt]:
        """One tile of k: copy in, wait, multiply, wait."""
        s = self.block.schedule
        stmts = self._copy("lhs_tile", k0, thread, s.lhs_lanes == "k", self._lhs)
        stmts += self._copy("rhs_tile", k0, thread, s.rhs_lanes == "k", self._rhs)
        return [*stmts, Barrier(), self._multiply(), Barrier()]

    def _lhs(self, across: Index, k: Index) -> Expr:
        return self._padded(k, self.block.lhs(self.m_base + across, unflatten(k, self.k_axes)))

    def _rhs(self, across: Index, k: Index) -> Expr:
        return self._padded(k, self.block.rhs(unflatten(k, self.k_axes), self.n_base + across))

    def _padded(self, k: Index, value: Expr) -> Expr:
        """Beyond the end of k both operands are zero, so that garbage cannot spoil the sum."""
        return K.select(K.inside(k, 0, self.k), value, K.zero(value.dtype))

    def _copy(self, array: str, k0: Index, thread: Index, along_k: bool, read: Read) -> list[Stmt]:
        """Each invocation copies every ``threads``-th vector of the tile."""
        stmts: list[Stmt] = []
        vectors = self.tile * K_TILE // LANES
        for first in range(0, vectors, self.threads):
            at = thread + first
            copy = self._copy_vector(array, k0, at, along_k, read)
            guard = K.inside(at, 0, vectors)
            stmts += [If(guard, tuple(copy))] if guard is not None else copy
        return stmts

    def _copy_vector(
        self, array: str, k0: Index, at: Index, along_k: bool, read: Read
    ) -> list[Stmt]:
        lane = Index.of(LANE)
        if not along_k:
            k, across = unflatten(at, (K_TILE, self.tile // LANES))
            value = K.splat(read(across * LANES + lane, k0 + k))
            return [SharedStore(array, k * self.tile + across * LANES, value)]
        across, group = unflatten(at, (self.tile, K_TILE // LANES))
        value = read(across, k0 + group * LANES + lane)
        return [
            SharedStore(array, (group * LANES + q) * self.tile + across, K.lane(value, q))
            for q in range(LANES)
        ]

    def _multiply(self) -> For:
        dtype = self.block.dtype
        loop = Loop("kk", K_TILE)
        base = Index.of(loop) * (self.tile // LANES)
        a, b = (
            Expr("shared", (K.index_value(base + i),), dtype, LANES, name)
            for name, i in (("lhs_tile", self.row), ("rhs_tile", self.col))
        )
        return For(loop, tuple(multiply([[K.lane(a, i)] for i in range(LANES)], [[b]])))
