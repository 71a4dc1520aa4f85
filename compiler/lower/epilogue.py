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
    s, out = block.schedule, Stores()
    paths = {var: _path(block, var) for var in block.group.outputs}
    for i in range(s.rows):
        row: list[Stmt] = []
        for v in range(s.cols // LANES):
            row += _store_vector(block, i, v, paths, out)
        inside = K.inside(block.m0 + i, 0, block.m)
        out.stmts += [If(inside, tuple(row))] if inside is not None else row
    return out


def _store_vector(
    block: Block, i: int, v: int, paths: dict[Var, Path | None], out: Stores
) -> list[Stmt]:
    group, em, result, n0 = block.group, block.em, block.result, block.n0 + LANES * v
    index = _result_index(block, block.m0 + i, n0)
    value = K.register(accumulator(i, v), block.dtype, LANES)
    em.registers[result] = Registered(flatten(index, result.aval.shape), value)
    em.forget()
    whole = block.n % LANES == 0  # then a vector is inside or outside as a whole
    inside = K.inside(n0 + (0 if whole else Index.of(LANE)), 0, block.n)
    values: list[Stmt] = []
    writes: list[Stmt] = []
    for var in group.outputs:  # all values, then all stores: one may overwrite what another reads
        place = _moved(block, var, paths[var], index)
        position = flatten(place, var.aval.shape)
        out.places.setdefault(var, set()).add(position)
        with em.storing(position):
            value = K.splat(em.read(var, place))
        if inside is not None or len(group.outputs) > 1:
            register = f"new_{block.buffers[var]}_{i}_{v}"
            values.append(Declare(register, value))
            value = K.register(register, value.dtype, LANES)
        writes += _guarded(Store(block.buffers[var], position, value), inside)
    return values + writes


def _result_index(block: Block, m: Index, n: Index) -> Place:
    """Where four columns from ``n`` on of row ``m`` are, as if all inside (the rest is guarded)."""
    m_index = unflatten(bounded(m, block.m), block.spec.m)
    return block.spec.out(block.b_index, m_index, unflatten(_vector(n, block.n), block.spec.n))


def _vector(first: Index, extent: int) -> Index:
    """Four columns; where vectors are inside or outside as a whole, they stay vectors."""
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
