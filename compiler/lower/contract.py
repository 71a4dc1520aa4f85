"""Contractions: one implicit-GEMM generator for dot_general, conv_general and all their gradients.

``out[b, m, n] = Σ_k lhs[b, m, k] · rhs[b, k, n]`` with m, n, k flattened lists of axes and any
affine access. An invocation owns a block of ``rows`` x ``cols`` results in registers (``cols`` in
vectors) and applies the fused epilogue to it. Operands are read four at a time along whichever axis
lies contiguous in memory; with ``stage`` a workgroup first copies its tiles to workgroup memory.
Edges cost nothing in the main loop: reads past an edge give values that are never stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..ir import kernel as K
from ..ir.dtypes import DType
from ..ir.graph import Atom, Var
from ..ir.index import Index, Loop, bounded, flatten, product, unflatten
from ..ir.kernel import LANE, LANES, Assign, Declare, Expr, For, If, Stmt, Store
from ..passes.group import Group
from .axes import ordered
from .emit import Emitter, Registered, access_cost


@dataclass(frozen=True)
class ContractSchedule:
    """``rows`` x ``cols`` results an invocation, ``unroll`` steps of k an iteration.

    ``lhs_lanes`` and ``rhs_lanes``: the axis along which an operand is read as vectors ("m", "n",
    "k" or "" for scalars). ``stage``: 0, or the side of the square of invocations that shares
    staged tiles.
    """

    rows: int
    cols: int
    unroll: int = 4
    lhs_lanes: str = ""
    rhs_lanes: str = ""
    stage: int = 0

    def __str__(self) -> str:
        lanes = f"lhs by {self.lhs_lanes or '1'}, rhs by {self.rhs_lanes or '1'}"
        staged = f", staged {self.stage}x{self.stage}" if self.stage else ""
        return f"{self.rows}x{self.cols} registers, k by {self.unroll}, {lanes}{staged}"


@dataclass
class ContractBody:
    stmts: list[Stmt]
    tiles: int
    emitter: Emitter
    stores: dict[Var, set[Index]]


class Block:
    """The block of results that one invocation owns, and how to read operands for it."""

    def __init__(self, group: Group, schedule: ContractSchedule, em: Emitter) -> None:
        spec = ordered(group, em.buffers)
        self.group, self.schedule, self.spec, self.em = group, schedule, spec, em
        self.m, self.n, self.batch = product(spec.m), product(spec.n), product(spec.batch)
        self.k_outer, self.k_inner = spec.k[:-1], (spec.k[-1] if spec.k else 1)
        self.m_tiles = -(-self.m // schedule.rows)
        self.n_tiles = -(-self.n // schedule.cols)

    @property
    def dtype(self) -> DType:
        """Of the accumulators and the result."""
        assert self.group.root is not None
        return self.group.root.out.aval.dtype

    def place(self, m_tile: Index, n_tile: Index, batch: Index) -> None:
        """Says which block: everything below is relative to it."""
        self.m0, self.n0 = m_tile * self.schedule.rows, n_tile * self.schedule.cols
        self.b_index = unflatten(batch, self.spec.batch)

    def lhs(self, m: Index, k: Index, outer: tuple[Index, ...]) -> Expr:
        """lhs at row ``m`` (flat) and step ``k`` of the innermost k axis."""
        predicate, index = self.spec.lhs(
            self.b_index, unflatten(m, self.spec.m), self._k_index(k, outer)
        )
        return self._operand(0, predicate, index)

    def rhs(self, k: Index, n: Index, outer: tuple[Index, ...]) -> Expr:
        predicate, index = self.spec.rhs(
            self.b_index, self._k_index(k, outer), unflatten(n, self.spec.n)
        )
        return self._operand(1, predicate, index)

    def _k_index(self, k: Index, outer: tuple[Index, ...]) -> tuple[Index, ...]:
        return (*outer, k) if self.spec.k else ()

    def _operand(self, which: int, predicate: Expr | None, index: tuple[Index, ...]) -> Expr:
        assert self.group.root is not None
        atom: Atom = self.group.root.inputs[which]
        value = self.em.read(atom, index if atom.aval.shape else ())
        return K.select(predicate, value, K.zero(value.dtype))

    # --- one step of k ---------------------------------------------------------------------------

    def lhs_values(self, k0: Index, steps: int, outer: tuple[Index, ...]) -> list[list[Expr]]:
        """``[row][step]`` scalars."""
        rows, by = self.schedule.rows, self.schedule.lhs_lanes
        lane = Index.of(LANE)
        if by == "k" and steps == LANES:
            wide = [self.lhs(self.m0 + i, k0 + lane, outer) for i in range(rows)]
            return [[K.lane(x, q) for q in range(LANES)] for x in wide]
        if by == "m":
            blocks = [
                [self.lhs(self.m0 + 4 * g + lane, k0 + q, outer) for q in range(steps)]
                for g in range(rows // LANES)
            ]
            return [[K.lane(x, i % LANES) for x in blocks[i // LANES]] for i in range(rows)]
        return [[self.lhs(self.m0 + i, k0 + q, outer) for q in range(steps)] for i in range(rows)]

    def rhs_values(self, k0: Index, steps: int, outer: tuple[Index, ...]) -> list[list[Expr]]:
        """``[step][vector]``: the columns of the block as vectors."""
        vectors, by = self.schedule.cols // LANES, self.schedule.rhs_lanes
        lane = Index.of(LANE)
        if by == "k" and steps == LANES:
            wide = [self.rhs(k0 + lane, self.n0 + c, outer) for c in range(self.schedule.cols)]
            return [
                [
                    K.vector([K.lane(wide[4 * v + i], q) for i in range(LANES)])
                    for v in range(vectors)
                ]
                for q in range(LANES)
            ]
        return [
            [self.rhs(k0 + q, self.n0 + 4 * v + lane, outer) for v in range(vectors)]
            for q in range(steps)
        ]


def emit_contract(
    group: Group, schedule: ContractSchedule, buffers: dict[Var, str]
) -> ContractBody:
    """Emits ``group`` with every invocation on its own (no workgroup memory)."""
    em = Emitter(group.graph, {v: n for v, n in buffers.items() if v not in group.outputs})
    block = Block(group, schedule, em)
    tiles = block.m_tiles * block.n_tiles * block.batch
    batch, m_tile, n_tile = unflatten(
        Index.of(K.item(tiles)), (block.batch, block.m_tiles, block.n_tiles)
    )
    block.place(m_tile, n_tile, batch)
    body: list[Stmt] = declare_block(block)
    body += _k_loops(block)
    stores: dict[Var, set[Index]] = {}
    body += epilogue(block, buffers, stores)
    return ContractBody(body, tiles, em, stores)


def accumulator(i: int, v: int) -> str:
    return f"acc{i}_{v}"


def declare_block(block: Block) -> list[Stmt]:
    zero = K.splat(K.zero(block.dtype))
    s = block.schedule
    return [Declare(accumulator(i, v), zero) for i in range(s.rows) for v in range(s.cols // LANES)]


def multiply(a: list[list[Expr]], b: list[list[Expr]]) -> list[Stmt]:
    """``acc[i][v] += a[i][q] · b[q][v]`` for every step q."""
    stmts: list[Stmt] = []
    for q, columns in enumerate(b):
        for i, row in enumerate(a):
            for v, column in enumerate(columns):
                name = accumulator(i, v)
                acc = K.register(name, column.dtype, LANES)
                column = K.splat(column)
                stmts.append(Assign(name, K.call("fma", K.splat(row[q]), column, acc)))
    return stmts


def _k_loops(block: Block) -> list[Stmt]:
    loops = [Loop(f"k{axis}", n) for axis, n in enumerate(block.k_outer)]
    outer = tuple(Index.of(loop) for loop in loops)
    unroll = min(block.schedule.unroll, block.k_inner)
    trips, tail = divmod(block.k_inner, unroll) if unroll else (0, 0)
    body: list[Stmt] = []
    if trips:
        loop = Loop("k", trips)
        step = _k_step(block, Index.of(loop) * unroll, unroll, outer)
        body += step if trips == 1 else [For(loop, tuple(step))]
    if tail:
        body += _k_step(block, Index.of(trips * unroll), tail, outer)
    for loop in reversed(loops):
        if loop.extent > 1:
            body = [For(loop, tuple(body))]
        elif loop.extent == 0:
            body = []
    return body


def _k_step(block: Block, k0: Index, unroll: int, outer: tuple[Index, ...]) -> list[Stmt]:
    stmts: list[Stmt] = []
    for first in range(0, unroll, LANES):
        steps = min(LANES, unroll - first)
        a = block.lhs_values(k0 + first, steps, outer)
        b = block.rhs_values(k0 + first, steps, outer)
        stmts += multiply(a, b)
    return stmts


def epilogue(block: Block, buffers: dict[Var, str], stores: dict[Var, set[Index]]) -> list[Stmt]:
    """Stores the block's outputs, each computed from the accumulators; edges are guarded."""
    s, stmts = block.schedule, list[Stmt]()
    for i in range(s.rows):
        row: list[Stmt] = []
        for v in range(s.cols // LANES):
            row += _store_vector(block, i, v, buffers, stores)
        inside = K.inside(block.m0 + i, 0, block.m)
        stmts += [If(inside, tuple(row))] if inside is not None else row
    return stmts


def _store_vector(
    block: Block, i: int, v: int, buffers: dict[Var, str], stores: dict[Var, set[Index]]
) -> list[Stmt]:
    group, em = block.group, block.em
    assert group.root is not None
    result = group.root.out
    n = _inside_vector(block.n0 + 4 * v, block.n)
    m = bounded(block.m0 + i, block.m)  # what lies beyond is guarded, see epilogue
    m_index, n_index = unflatten(m, block.spec.m), unflatten(n, block.spec.n)
    index = block.spec.out(block.b_index, m_index, n_index)
    position = flatten(index, result.aval.shape)
    value = K.register(accumulator(i, v), result.aval.dtype, LANES)
    em.registers[result] = Registered(position, value)
    em.forget()
    whole = block.n % LANES == 0  # then a vector is inside or outside as a whole
    inside = K.inside(block.n0 + 4 * v + (0 if whole else Index.of(LANE)), 0, block.n)
    values: list[Stmt] = []
    writes: list[Stmt] = []
    for var in group.outputs:  # all values, then all stores: one may overwrite what another reads
        stores.setdefault(var, set()).add(position)
        same = var.aval.shape == result.aval.shape
        with em.storing(position):
            value = K.splat(em.read(var, index) if same else em.read_output(var, position))
        if inside is not None or len(group.outputs) > 1:
            register = f"new_{buffers[var]}_{i}_{v}"
            values.append(Declare(register, value))
            value = K.register(register, value.dtype, LANES)
        writes += _guarded(Store(buffers[var], position, value), inside)
    return values + writes


def _inside_vector(first: Index, extent: int) -> Index:
    """Four columns from ``first`` on, as if inside: whole vectors stay vectors."""
    if extent % LANES == 0:
        return bounded(first // LANES, extent // LANES) * LANES + Index.of(LANE)
    return bounded(first + Index.of(LANE), extent)


def _guarded(store: Store, inside: Expr | None) -> list[Stmt]:
    """The store of a vector, or of those of its lanes that are inside."""
    if inside is None or inside.lanes == 1:
        return [store] if inside is None else [If(inside, (store,))]
    out: list[Stmt] = []
    for q in range(LANES):
        one = Store(store.buffer, store.offset.substitute({LANE: q}), K.lane(store.value, q))
        out.append(If(K.lane(inside, q), (one,)))
    return out


def lane_choice(
    group: Group, schedule: ContractSchedule, buffers: dict[Var, str]
) -> tuple[str, str]:
    """The axes along which reading the two operands takes the fewest load instructions."""
    block = _probe(group, schedule, buffers)
    k_wide = block.k_inner >= LANES and schedule.unroll % LANES == 0
    lhs = ["", *(["k"] if k_wide else []), *(["m"] if schedule.rows % LANES == 0 else [])]
    rhs = ["n", *(["k"] if k_wide else [])]
    return _cheapest(block, lhs, "lhs"), _cheapest(block, rhs, "rhs")


def _probe(group: Group, schedule: ContractSchedule, buffers: dict[Var, str]) -> Block:
    em = Emitter(group.graph, {v: n for v, n in buffers.items() if v not in group.outputs})
    block = Block(group, schedule, em)
    tiles = (block.m_tiles, block.n_tiles, block.batch)
    block.place(*(Index.of(Loop(name, n)) for name, n in zip("mnb", tiles, strict=True)))
    return block


def _cheapest(block: Block, choices: Iterable[str], which: str) -> str:
    original, best, best_cost = block.schedule, "", float("inf")
    probe = replace(original, rows=min(original.rows, LANES), cols=min(original.cols, LANES))
    outer = tuple(Index.of(Loop(f"k{a}", n)) for a, n in enumerate(block.k_outer))
    steps = min(LANES, block.k_inner)
    k0 = Index.of(Loop("k", max(block.k_inner // LANES, 1))) * LANES
    for choice in choices:
        block.schedule = (
            replace(probe, lhs_lanes=choice) if which == "lhs" else replace(probe, rhs_lanes=choice)
        )
        values: Any = block.lhs_values if which == "lhs" else block.rhs_values
        seen: set[int] = set()
        cost = sum(access_cost(x, seen) for line in values(k0, steps, outer) for x in line)
        if cost < best_cost:
            best, best_cost = choice, cost
    block.schedule = original
    return best
