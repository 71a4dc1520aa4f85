"""Contractions: one implicit-GEMM generator for dot_general, conv_general and all their gradients.

``out[b, m, n] = Σ_k lhs[b, m, k] · rhs[b, k, n]`` with m, n, k flattened lists of axes and any
affine access. An invocation owns a block of ``rows`` x ``cols`` results in registers (``cols`` in
vectors); ``multiply.py`` fills it, ``epilogue.py`` stores it. Edges cost nothing in the main loop:
reads past an edge give values that are never stored.

With ``share`` the invocations of a subgroup own neighbouring columns of the same rows: each loads a
part of what they all need of lhs and broadcasts it to the others, so a load feeds many more
products. ``swap`` exchanges the operands: registers then run over m.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..ir import kernel as K
from ..ir.dtypes import DType
from ..ir.graph import Atom, Var
from ..ir.index import Index, bounded, product, unflatten
from ..ir.kernel import LANES, Expr, Shared, Stmt
from ..ir.primitive import ContractSpec
from ..passes.group import Group
from .axes import ordered
from .emit import Emitter

Place = tuple[Index, ...]
"""An index along several axes."""


@dataclass(frozen=True)
class ContractSchedule:
    """``rows`` x ``cols`` results an invocation, ``unroll`` steps of k an iteration.

    ``lhs_lanes`` and ``rhs_lanes``: the axis along which an operand is read as vectors ("m", "n",
    "k" or "" for scalars). ``share``: the subgroup's size where its invocations share rows, else 0.
    ``by_batch``: vectors run along the batch instead of the columns (see ``batched.py``).
    ``stage``: 0, or the side of the square of invocations that shares staged tiles.
    """

    rows: int
    cols: int
    unroll: int = 4
    lhs_lanes: str = ""
    rhs_lanes: str = "n"
    share: int = 0
    swap: bool = False
    by_batch: bool = False
    stage: int = 0

    def __str__(self) -> str:
        parts = [f"{self.rows}x{self.cols} registers", f"k by {self.unroll}"]
        lanes = f"lhs by {self.lhs_lanes or '1'}, rhs by {self.rhs_lanes or '1'}"
        parts.append("vec4 over the batch" if self.by_batch else lanes)
        parts += [f"lhs shared by {self.share} invocations"] if self.share else []
        parts += [f"staged {self.stage}x{self.stage}"] if self.stage else []
        return ", ".join(parts) + (", operands swapped" if self.swap else "")


@dataclass
class ContractBody:
    """The statements of one invocation, and how many tiles of results there are."""

    stmts: list[Stmt]
    tiles: int
    emitter: Emitter
    stores: dict[Var, set[Index]]
    shared: tuple[Shared, ...] = field(default=())


class Block:
    """The block of results that one invocation owns, and how to read operands for it."""

    def __init__(self, group: Group, schedule: ContractSchedule, buffers: dict[Var, str]) -> None:
        self.group, self.schedule, self.buffers = group, schedule, buffers
        loaded = {v: n for v, n in buffers.items() if v not in group.outputs}
        self.em = Emitter(group.graph, loaded)
        spec = ordered(group, loaded)
        self.spec = swapped(spec) if schedule.swap else spec
        self.m, self.n = product(self.spec.m), product(self.spec.n)
        self.k, self.batch = product(self.spec.k), product(self.spec.batch)
        self.m_tiles = -(-self.m // schedule.rows)
        self.n_tiles = -(-self.n // (schedule.cols * max(schedule.share, 1)))

    @property
    def tiles(self) -> int:
        return self.m_tiles * self.n_tiles * self.batch

    @property
    def result(self) -> Var:
        assert self.group.root is not None
        return self.group.root.out

    @property
    def dtype(self) -> DType:
        """Of the accumulators and the result."""
        return self.result.aval.dtype

    def place(self, m_tile: Index, n_tile: Index, batch: Index) -> None:
        """Says which block: everything below is relative to it."""
        self.m0, self.n0 = m_tile * self.schedule.rows, n_tile * self.schedule.cols
        self.n_step = LANES
        self.b_index = unflatten(batch, self.spec.batch)

    def spread_columns(self, number: Index, peers: int) -> None:
        """The block's vectors of columns alternate with those of its ``peers``: this is one's."""
        self.n0, self.n_step = self.n0 + number * LANES, LANES * peers

    def columns(self, v: int) -> Index:
        """The first column of vector ``v``."""
        return self.n0 + v * self.n_step

    def place_by_number(self, number: Index) -> None:
        """The block of tile ``number``, of an invocation that works alone or in a subgroup."""
        extents = (self.batch, self.m_tiles, self.n_tiles)
        batch, m_tile, n_tile = unflatten(number, extents)
        if self.schedule.share:
            n_tile = n_tile * self.schedule.share + Index.of(K.peer(self.schedule.share))
        self.place(m_tile, n_tile, batch)

    def lhs(self, m: Index, k: Place) -> Expr:
        """lhs at row ``m`` (flat) and step ``k``."""
        predicate, index = self.spec.lhs(self.b_index, unflatten(m, self.spec.m), k)
        return self._operand(0, predicate, index)

    def rhs(self, k: Place, n: Index) -> Expr:
        predicate, index = self.spec.rhs(self.b_index, k, unflatten(n, self.spec.n))
        return self._operand(1, predicate, index)

    def out(self, m: Index, n: Index) -> Place:
        """Where in the result row ``m`` (as if inside) and column ``n`` are."""
        m_index = unflatten(bounded(m, self.m), self.spec.m)
        return self.spec.out(self.b_index, m_index, unflatten(n, self.spec.n))

    def _operand(self, which: int, predicate: Expr | None, index: Place) -> Expr:
        assert self.group.root is not None
        atom: Atom = self.group.root.inputs[1 - which if self.schedule.swap else which]
        value = self.em.read(atom, index if atom.aval.shape else ())
        return K.select(predicate, value, K.zero(value.dtype))


def swapped(spec: ContractSpec) -> ContractSpec:
    """The same contraction with its operands exchanged."""
    return replace(
        spec,
        m=spec.n,
        n=spec.m,
        lhs=lambda b, m, k: spec.rhs(b, k, m),
        rhs=lambda b, k, n: spec.lhs(b, n, k),
        out=lambda b, m, n: spec.out(b, n, m),
    )
