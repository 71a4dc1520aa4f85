"""Loop nests: maps, reductions, row chains (softmax, layer norm), windows — rows in parallel.

One invocation walks a row (``serial``), or a workgroup does (``cooperative``: invocations stride
over the inner space and combine through workgroup memory). LANE runs along the rows or along the
inner space, whichever needs fewer load instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..ir import kernel as K
from ..ir.dtypes import DType
from ..ir.graph import Eqn, Var
from ..ir.index import Index, Loop, bounded, product, unflatten
from ..ir.kernel import LANE, LANES, Barrier, Declare, Expr, For, If, Stmt, Store
from ..passes.group import Group, fold_spec, phases
from .emit import Emitter, Registered, access_cost
from .monoid import Accumulator, combine, is_positional

MAX_UNROLL = 9  # a 3x3 window; beyond, loops keep the shader small


@dataclass(frozen=True)
class NestSchedule:
    """``lanes``: what LANE runs over ("rows", "inner", ""); ``threads``: invocations a row (1:
    serial); ``vectors``: how many vectors of rows an invocation computes one after the other.
    """

    lanes: str
    threads: int = 1
    vectors: int = 1

    def __str__(self) -> str:
        vector = f"vec4 over {self.lanes}" if self.lanes else "scalar"
        vector = f"{self.vectors} x {vector}" if self.vectors > 1 else vector
        return f"{vector}, " + (
            f"{self.threads} invocations a row" if self.threads > 1 else "serial"
        )


@dataclass
class NestBody:
    """The statements of one invocation and what the emission found out."""

    stmts: list[Stmt]
    cost: int
    rows: int
    emitter: Emitter
    stores: dict[Var, set[Index]]
    shared: tuple[K.Shared, ...] = ()


def emit_nest(
    group: Group, schedule: NestSchedule, buffers: dict[Var, str], item: str = "item"
) -> NestBody:
    """Emits ``group``; raises Misaligned when its equations cannot share a kernel this way.

    ``item``: what the number of an invocation is called.
    """
    return _Nest(group, schedule, buffers, item).run()


class _Nest:
    def __init__(
        self, group: Group, schedule: NestSchedule, buffers: dict[Var, str], item: str
    ) -> None:
        own = set(group.outputs)
        loads = {v: n for v, n in buffers.items() if v not in own}
        self.group, self.schedule, self.buffers = group, schedule, buffers
        self.em = Emitter(group.graph, loads)
        self.body: list[Stmt] = []
        self.cost = 0
        self.stores: dict[Var, set[Index]] = {}
        self.shared: list[K.Shared] = []
        wide = schedule.lanes == "rows"
        self.rows = -(-group.rows // (LANES * schedule.vectors)) if wide else group.rows
        self.row_var = K.group(self.rows) if schedule.threads > 1 else Loop(item, self.rows)
        self.vector = Loop("v", schedule.vectors)
        base = Index.of(self.row_var) * schedule.vectors + Index.of(self.vector)
        self.row = base * LANES + Index.of(LANE) if wide else base

    def run(self) -> NestBody:
        for number, round_ in enumerate(phases(self.group, self.em.buffers)):
            self._fold_round(number, round_)
        self._full_outputs()
        self._row_outputs()  # last: an output may overwrite an input that the loops still read
        body: list[Stmt] = self.body
        if self.schedule.vectors > 1:
            body = [For(self.vector, tuple(body))]
        return NestBody(body, self.cost, self.rows, self.em, self.stores, tuple(self.shared))

    # --- folds -----------------------------------------------------------------------------------

    def _fold_round(self, number: int, folds: list[Eqn]) -> None:
        spec = fold_spec(folds[0])
        accs = [self._accumulator(f, f"{spec_name(f)}{number}_{i}") for i, f in enumerate(folds)]
        for acc in accs:
            self.body += acc.declare()
        if product(spec.extents) == 0:
            pass  # nothing to fold: the identity
        elif spec.axes is not None:
            self._inner_loop(lambda j: self._update_all(folds, accs, j))
        else:
            self.body += _loops(spec.extents, partial(self._update_window, folds[0], accs[0]))
        for fold, acc in zip(folds, accs, strict=True):
            self._finish(fold, acc)

    def _accumulator(self, fold: Eqn, name: str) -> Accumulator:
        monoid = fold_spec(fold).monoid
        lanes = LANES if self.schedule.lanes else 1
        folded = fold.inputs[0] if is_positional(monoid) else fold.out
        return Accumulator(name, monoid, folded.aval.dtype, lanes)

    def _update_all(self, folds: list[Eqn], accs: list[Accumulator], j: Index) -> list[Stmt]:
        spec = self.group.spec
        assert spec is not None
        stmts: list[Stmt] = []
        rows = unflatten(self.row, self.group.row_shape)
        inner = unflatten(j, spec.extents)
        inside = K.inside(j, 0, self.group.inner)
        for fold, acc in zip(folds, accs, strict=True):
            element = fold_spec(fold).element(partial(self.em.operand, fold), rows, inner)
            stmts += self._update(acc, element, inside)
        return stmts

    def _update_window(self, fold: Eqn, acc: Accumulator, inner: tuple[Index, ...]) -> list[Stmt]:
        out_index = unflatten(self.row, fold.out.aval.shape)
        element = fold_spec(fold).element(partial(self.em.operand, fold), out_index, inner)
        return self._update(acc, element, None)

    def _update(
        self, acc: Accumulator, element: tuple[Expr | None, ...], inside: Expr | None
    ) -> list[Stmt]:
        predicate, value = element[0], element[1]
        assert value is not None
        self.cost += access_cost(value)
        at = element[2] if is_positional(acc.monoid) else None
        return acc.update(K.conjunction(inside, predicate), value, at)

    def _finish(self, fold: Eqn, acc: Accumulator) -> None:
        across = self.schedule.lanes == "inner"
        result = acc.result(across)
        if self.schedule.threads > 1:
            result = self._across_threads(acc, result)
        elif across:
            self.body.append(Declare(acc.name + "_all", result))
            result = K.register(acc.name + "_all", result.dtype)
        self.em.registers[fold.out] = Registered(self.row, result)

    def _across_threads(self, acc: Accumulator, mine: Expr) -> Expr:
        """A tree in workgroup memory; every invocation gets the result."""
        threads, shared = self.schedule.threads, f"shared_{acc.name}"
        me = Index.of(K.thread(threads))
        self.shared.append(K.Shared(shared, acc.dtype, threads))
        self.body += [K.SharedStore(shared, me, mine), Barrier()]
        step = threads // 2
        while step:
            pair = [shared_load(shared, me + d, acc.dtype) for d in (0, step)]
            total = combine(acc.monoid, *pair)
            active = K.inside(me, 0, step)
            assert active is not None
            self.body += [If(active, (K.SharedStore(shared, me, total),)), Barrier()]
            step //= 2
        whole = acc.name + "_all"
        self.body.append(Declare(whole, shared_load(shared, Index.of(0), acc.dtype)))
        return K.register(whole, acc.dtype)

    def _inner_loop(self, make: Callable[[Index], list[Stmt]]) -> None:
        """Runs ``make(j)`` over the inner space, vectorised and shared out as the schedule says."""
        wide = self.schedule.lanes == "inner"
        steps = -(-self.group.inner // LANES) if wide else self.group.inner
        threads = self.schedule.threads
        trips = -(-steps // threads)
        loop = Loop("j", trips)
        j = Index.of(loop)
        guard: Expr | None = None
        if threads > 1:
            j = j * threads + Index.of(K.thread(threads))
            guard = K.inside(j, 0, steps)
            j = bounded(j, steps)
        if wide:
            j = j * LANES + Index.of(LANE)
        body = tuple(make(j))
        body = (If(guard, body),) if guard is not None else body
        self.body += list(body) if trips == 1 else [For(loop, body)]

    # --- outputs ---------------------------------------------------------------------------------

    def _row_outputs(self) -> None:
        row = [v for v in self.group.outputs if self.group.is_row_output(v)]
        stores = self._stores(row, self.row)
        if stores and self.schedule.threads > 1:
            first = K.inside(Index.of(K.thread(self.schedule.threads)), 0, 1)
            assert first is not None
            stores = [If(first, tuple(stores))]
            self.stores.update((v, set()) for v in row)  # others may still read: not in place
        self.body += stores

    def _full_outputs(self) -> None:
        full = [v for v in self.group.outputs if not self.group.is_row_output(v)]
        if full:
            self._inner_loop(lambda j: self._full_stores(full, j))

    def _full_stores(self, full: list[Var], j: Index) -> list[Stmt]:
        position = self.group.place(self.row, j)
        return self._stores(full, position)

    def _stores(self, outputs: list[Var], position: Index) -> list[Stmt]:
        """All values, then all stores: an output may overwrite what another one reads."""
        values = [self._value(v, position) for v in outputs]
        if len(outputs) == 1:
            return [Store(self.buffers[outputs[0]], position, values[0])]
        names = [f"new_{self.buffers[v]}" for v in outputs]
        out: list[Stmt] = [Declare(n, x) for n, x in zip(names, values, strict=True)]
        for var, name, x in zip(outputs, names, values, strict=True):
            out.append(Store(self.buffers[var], position, K.register(name, x.dtype, x.lanes)))
        return out

    def _value(self, var: Var, position: Index) -> Expr:
        value = self.em.read_output(var, position)
        value = K.splat(value) if position.depends(LANE) else value
        whole = not position.depends(LANE) or K.is_vector_access(position)
        self.cost += access_cost(value) + (1 if whole else LANES)
        self.stores.setdefault(var, set()).add(position)
        return value


def shared_load(array: str, offset: Index, dtype: DType) -> Expr:
    return Expr("shared", (K.index_value(offset),), dtype, 1, array)


def spec_name(fold: Eqn) -> str:
    """What an accumulator is called in the shader."""
    monoid = fold_spec(fold).monoid
    return {"any": "some", "all": "every"}.get(monoid, monoid)


def _loops(extents: tuple[int, ...], make: Callable[[tuple[Index, ...]], list[Stmt]]) -> list[Stmt]:
    """``make`` for every index of ``extents``: unrolled when small, nested loops otherwise."""
    if product(extents) <= MAX_UNROLL:
        stmts: list[Stmt] = []
        for flat in range(product(extents)):
            stmts += make(unflatten(flat, extents))
        return stmts
    loops = [Loop(f"w{axis}", n) for axis, n in enumerate(extents)]
    body = tuple(make(tuple(Index.of(loop) for loop in loops)))
    for loop in reversed(loops):
        body = (For(loop, body),) if loop.extent > 1 else body
    return list(body)
