"""The end of a contraction: the block's outputs computed from the accumulators, and stored.

An output may have its elements elsewhere than the result has (a transposed or reshaped result):
index maps are followed forwards from the result, so that it is stored in its place and no kernel
copies it there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ir import kernel as K
from ..ir.graph import Eqn, Var, vars_of
from ..ir.index import Index, bounded, flatten, unflatten
from ..ir.kernel import LANE, LANES, Declare, Expr, If, Stmt, Store
from .contract import Block, Place
from .emit import Registered


@dataclass
class Stores:
    """The statements that store a block, and the offsets each output is written at."""

    stmts: list[Stmt] = field(default_factory=list)
    places: dict[Var, set[Index]] = field(default_factory=dict)


def accumulator(i: int, v: int) -> str:
    """The register of row ``i``, vector ``v`` of columns."""
    return f"acc{i}_{v}"


def store_block(block: Block) -> Stores:
    """Stores all outputs of the block; what lies beyond an edge is guarded."""
    s, store = block.schedule, _Storing(block)
    for i in range(s.rows):
        row: list[Stmt] = []
        for v in range(s.cols // LANES):
            n = block.columns(v)
            index = block.out(block.m0 + i, lanes_from(n, block.n))
            row += store.vector((i, v), index, inside_lanes(n, block.n))
        inside = K.inside(block.m0 + i, 0, block.m)
        store.out.stmts += [If(inside, tuple(row))] if inside is not None else row
    return store.out


def store_band(block: Block, first: Index) -> Stores:
    """Stores a block whose vectors run along the batch, from ``first`` on."""
    s, store, within = block.schedule, _Storing(block), inside_lanes(first, block.batch)
    for i in range(s.rows):
        for j in range(s.cols):
            m, n = block.m0 + i, block.n0 + j
            inside = K.conjunction(K.inside(m, 0, block.m), K.inside(n, 0, block.n), within)
            store.out.stmts += store.vector((i, j), block.out(m, bounded(n, block.n)), inside)
    return store.out


class _Storing:
    """Stores vectors of results, in every output."""

    def __init__(self, block: Block) -> None:
        self.block, self.out = block, Stores()
        self.paths = {var: _path(block, var) for var in block.group.outputs}

    def vector(self, at: tuple[int, int], index: Place, inside: Expr | None) -> list[Stmt]:
        """Stores the accumulator ``at``, which holds the results at ``index``."""
        block, em, result, outputs = self.block, self.block.em, self.block.result, self.paths
        held = K.register(accumulator(*at), block.dtype, LANES)
        em.registers[result] = Registered(flatten(index, result.aval.shape), held)
        em.forget()
        values: list[Stmt] = []
        writes: list[Stmt] = []
        for var, path in outputs.items():  # all values first: a store may overwrite what is read
            place = _moved(block, var, path, index)
            position = flatten(place, var.aval.shape)
            self.out.places.setdefault(var, set()).add(position)
            with em.storing(position):
                value = K.splat(em.read(var, place))
            if inside is not None or len(outputs) > 1:
                register = f"new_{block.buffers[var]}_{at[0]}_{at[1]}"
                values.append(Declare(register, value))
                value = K.register(register, value.dtype, LANES)
            writes += guarded(Store(block.buffers[var], position, value), inside)
        return values + writes


def inside_lanes(first: Index, extent: int) -> Expr | None:
    """Whether four from ``first`` on are inside: as a whole, where that can be said of all."""
    return K.inside(first + (0 if extent % LANES == 0 else Index.of(LANE)), 0, extent)


def lanes_from(first: Index, extent: int) -> Index:
    """Four from ``first`` on, as if inside (what is not is guarded); whole vectors stay whole."""
    if extent % LANES == 0:
        return bounded(first // LANES, extent // LANES) * LANES + Index.of(LANE)
    return bounded(first + Index.of(LANE), extent)


def guarded(store: Store, inside: Expr | None) -> list[Stmt]:
    """The store of a vector, or of those of its lanes that are inside."""
    if inside is None or inside.lanes == 1:
        return [store] if inside is None else [If(inside, (store,))]
    out: list[Stmt] = []
    for q in range(LANES):
        one = Store(store.buffer, store.offset.substitute({LANE: q}), K.lane(store.value, q))
        out.append(If(K.lane(inside, q), (one,)))
    return out


# --- outputs whose elements lie elsewhere --------------------------------------------------------

Path = tuple[tuple[Eqn, Var], ...]
"""Equations that lead from the result to an output, each with the operand that the path enters."""


def _path(block: Block, output: Var) -> Path | None:
    """The way from the result to ``output``; None when it does not depend on the result."""
    producers = block.group.graph.producers()
    known: dict[Var, Path | None] = {block.result: ()}

    def find(var: Var) -> Path | None:
        if var not in known:
            known[var] = None
            eqn = None if var in block.em.buffers else producers.get(var)
            for operand in vars_of(eqn.inputs) if eqn else ():
                if eqn and (way := find(operand)) is not None:
                    known[var] = (*way, (eqn, operand))
                    break
        return known[var]

    return find(output)


def _moved(block: Block, output: Var, path: Path | None, index: Place) -> Place:
    """Where in ``output`` the result's element at ``index`` arrives."""
    if path is None:
        return unflatten(flatten(index, block.result.aval.shape), output.aval.shape)
    for eqn, operand in path:
        if eqn.prim.name == "transpose":
            index = tuple(index[axis] for axis in eqn.params["perm"])
        elif eqn.out.aval.shape != operand.aval.shape:
            index = unflatten(flatten(index, operand.aval.shape), eqn.out.aval.shape)
    return index
