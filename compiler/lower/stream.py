"""Streams: rows meet steps block by block, and nothing of size rows x steps is ever stored.

An invocation owns ``rows`` rows and ``cols`` columns of the result. For each block of steps it
computes the inner products, turns them into weights (by a running softmax, whose rescaling keeps
what was added before comparable), and adds the weighted rows of the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce

from ..ir import kernel as K
from ..ir.graph import Eqn, Var
from ..ir.index import Index, Loop, bounded, flatten, unflatten
from ..ir.kernel import LANE, LANES, Assign, Declare, Expr, For, If, Stmt, Store
from ..ir.primitive import Stream, StreamSpec
from ..passes.group import Group
from .emit import Emitter, Registered
from .epilogue import guarded, inside_lanes, lanes_from
from .nest import NestBody

LOWEST = -3.4028235e38  # where a running maximum starts: finite, so that differences are no NaN


@dataclass(frozen=True)
class StreamSchedule:
    """``rows`` x ``cols`` of the result an invocation (``cols`` a multiple of LANES), ``steps`` a
    block (a multiple of LANES).
    """

    rows: int = 1
    cols: int = LANES
    steps: int = LANES

    def __str__(self) -> str:
        return f"{self.rows}x{self.cols} registers, {self.steps} steps a block"


def stream_of(group: Group) -> tuple[Eqn, StreamSpec]:
    """The equation at the root of ``group``, and what it says."""
    root = group.root
    assert root is not None
    assert isinstance(root.prim.lower, Stream)
    return root, root.prim.lower.spec(root)


def emit_stream(group: Group, schedule: StreamSchedule, buffers: dict[Var, str]) -> NestBody:
    """Emits ``group``; raises Misaligned when an output needs the result out of its place."""
    return _Stream(group, schedule, buffers).run()


class _Stream:
    def __init__(self, group: Group, schedule: StreamSchedule, buffers: dict[Var, str]) -> None:
        self.root, self.spec = stream_of(group)
        self.group, self.schedule, self.buffers = group, schedule, buffers
        own = set(group.outputs)
        self.em = Emitter(group.graph, {v: n for v, n in buffers.items() if v not in own})
        self.dtype = self.root.out.aval.dtype
        self.width = self.root.out.aval.shape[2] if self.spec.values is not None else 1
        self.vectors = schedule.cols // LANES if self.spec.values is not None else 0
        tiles = (-(-self.spec.rows // schedule.rows), -(-self.width // schedule.cols))
        self.items = self.spec.batch * tiles[0] * tiles[1]
        item = Index.of(K.item(self.items))
        self.b, row_tile, col_tile = unflatten(item, (self.spec.batch, *tiles))
        self.i0, self.n0 = row_tile * schedule.rows, col_tile * schedule.cols
        self.stores: dict[Var, set[Index]] = {}

    def run(self) -> NestBody:
        size, spec = self.schedule.steps, self.spec
        whole, rest = divmod(spec.steps, size)
        body = list(self._declarations())
        if whole:
            loop = Loop("j", whole)
            block = self._block(Index.of(loop) * size, size)
            body += block if whole == 1 else [For(loop, tuple(block))]
        if rest:
            body += self._block(Index.of(whole * size), rest, "t")
        for r in range(self.schedule.rows):
            body += self._finish(r)
        return NestBody(body, 0, self.items, self.em, self.stores)

    def _declarations(self) -> Iterator[Stmt]:
        for r in range(self.schedule.rows):
            if self.spec.softmax:
                yield Declare(f"top{r}", K.const(LOWEST, self.dtype))
                yield Declare(f"total{r}", K.zero(self.dtype))
            for v in range(self.vectors):
                yield Declare(f"acc{r}_{v}", K.splat(K.zero(self.dtype)))

    # --- one block of steps ----------------------------------------------------------------------

    def _block(self, j0: Index, steps: int, tag: str = "") -> list[Stmt]:
        """All rows against ``steps`` steps from ``j0`` on; skipped where no row sees any."""
        stmts: list[Stmt] = []
        for p in range(len(self.spec.products)):
            stmts += self._products(p, j0, steps, tag)
        for r in range(self.schedule.rows):
            stmts += self._weights(r, j0, steps, tag)
        stmts += self._values(j0, steps, tag)
        seen = self._any_seen(j0, steps)
        return stmts if seen is None else [If(seen, tuple(stmts))]

    def _any_seen(self, j0: Index, steps: int) -> Expr | None:
        """Visibility is monotone in both, so the corners of a block decide."""
        rows = self.schedule.rows
        corners = [self.spec.seen(i, j) for i in (self.i0, self.i0 + rows - 1)
                   for j in (j0, j0 + steps - 1)]  # fmt: skip
        known = [c for c in corners if c is not None]
        return reduce(lambda a, b: K.call("or", a, b), known) if known else None

    def _products(self, p: int, j0: Index, steps: int, tag: str) -> list[Stmt]:
        """Inner products, summed lane by lane: four partial sums each."""
        row_operand, step_operand, width = self.spec.products[p]
        rows = range(self.schedule.rows)
        names = [[f"s{p}_{r}_{q}{tag}" for q in range(steps)] for r in rows]
        zero = K.splat(K.zero(self.dtype))
        stmts: list[Stmt] = [Declare(name, zero) for row in names for name in row]
        loop = Loop(f"c{p}{tag}", -(-width // LANES))
        at = Index.of(loop) * LANES + Index.of(LANE)
        inside = K.inside(at, 0, width)
        left = [self._read(row_operand, self.i0 + r, at, inside) for r in rows]
        right = [self._read(step_operand, j0 + q, at, inside) for q in range(steps)]
        body = [
            Assign(names[r][q], K.call("fma", left[r], right[q], self._vector(names[r][q])))
            for r in rows
            for q in range(steps)
        ]
        return [*stmts, For(loop, tuple(body))] if loop.extent else stmts

    def _read(self, which: int, row: Index, column: Index, inside: Expr | None) -> Expr:
        value = K.splat(self.em.operand(self.root, which, (self.b, row, column)))
        return K.select(inside, value, K.splat(K.zero(value.dtype)))

    def _vector(self, name: str) -> Expr:
        return K.register(name, self.dtype, LANES)

    def _scalar(self, name: str) -> Expr:
        return K.register(name, self.dtype)

    def _weights(self, r: int, j0: Index, steps: int, tag: str) -> list[Stmt]:
        """Weights of row ``r`` in vectors over the steps, and the running softmax brought along."""
        groups = range(-(-steps // LANES))
        stmts = [Declare(f"w{r}_{g}{tag}", self._weight(r, g, j0, steps, tag)) for g in groups]
        if not self.spec.softmax:
            return list(stmts)
        scores = [self._vector(f"w{r}_{g}{tag}") for g in groups]
        top, total, new = self._scalar(f"top{r}"), self._scalar(f"total{r}"), f"new{r}{tag}"
        lifted = K.call("max", top, _across("max", scores))
        shrink = K.call("exp", K.call("sub", top, self._scalar(new)))
        out: list[Stmt] = [*stmts, Declare(new, lifted), Declare(f"shrink{r}{tag}", shrink)]
        for g, score in zip(groups, scores, strict=True):
            power = K.call("exp", K.call("sub", score, self._scalar(new)))
            out.append(Assign(f"w{r}_{g}{tag}", self._counted(power, r, g, j0, steps, K.zero)))
        shrunk = K.call("mul", total, self._scalar(f"shrink{r}{tag}"))
        out.append(Assign(f"total{r}", K.call("add", shrunk, _across("add", scores))))
        out.append(Assign(f"top{r}", self._scalar(new)))
        return out

    def _weight(self, r: int, g: int, j0: Index, steps: int, tag: str) -> Expr:
        """Four weights (or scores): those of steps that do not count are nothing."""
        lanes = range(g * LANES, min(steps, (g + 1) * LANES))
        products = [
            _padded([_total(self._vector(f"s{p}_{r}_{q}{tag}")) for q in lanes])
            for p in range(len(self.spec.products))
        ]
        j = j0 + g * LANES + Index.of(LANE)
        j = j if len(lanes) == LANES else bounded(j, self.spec.steps)
        index = (self.b, self.i0 + r, j)
        read = lambda k, i: self.em.operand(self.root, k, i)  # noqa: E731
        weight = K.splat(self.spec.weight(read, index, products))
        nothing = (lambda d: K.const(LOWEST, d)) if self.spec.softmax else K.zero
        return self._counted(weight, r, g, j0, steps, nothing)

    def _counted(
        self, weight: Expr, r: int, g: int, j0: Index, steps: int, nothing: Callable[..., Expr]
    ) -> Expr:
        j = j0 + g * LANES + Index.of(LANE)
        there = K.inside(Index.of(LANE), 0, steps - g * LANES)
        counts = K.conjunction(there, self.spec.seen(self.i0 + r, j))
        return K.select(counts, weight, K.splat(nothing(weight.dtype)))

    def _values(self, j0: Index, steps: int, tag: str) -> list[Stmt]:
        """``acc[r] = acc[r] · shrink[r] + Σ_j w[r, j] · values[j]``"""
        stmts: list[Stmt] = []
        for v in range(self.vectors):
            column = lanes_from(self.n0 + v * LANES, self.width)
            which = self.spec.values
            assert which is not None
            values = [self._read(which, j0 + q, column, None) for q in range(steps)]
            stmts += [
                Assign(f"acc{r}_{v}", self._added(r, v, values, tag))
                for r in range(self.schedule.rows)
            ]
        return stmts

    def _added(self, r: int, v: int, values: list[Expr], tag: str) -> Expr:
        acc = self._vector(f"acc{r}_{v}")
        if self.spec.softmax:
            acc = K.call("mul", acc, K.splat(self._scalar(f"shrink{r}{tag}")))
        for q, value in enumerate(values):
            weight = K.lane(self._vector(f"w{r}_{q // LANES}{tag}"), q % LANES)
            acc = K.call("fma", K.splat(weight), value, acc)
        return acc

    # --- results ---------------------------------------------------------------------------------

    def _finish(self, r: int) -> list[Stmt]:
        """Stores row ``r``, each output computed from the result; edges are guarded."""
        stmts: list[Stmt] = []
        i = bounded(self.i0 + r, self.spec.rows)
        if self.spec.values is None:
            log = K.call("log", self._scalar(f"total{r}"))
            stmts += self._store((self.b, i), K.call("add", self._scalar(f"top{r}"), log), None, r)
        for v in range(self.vectors):
            value = self._vector(f"acc{r}_{v}")
            if self.spec.softmax:
                value = K.call("div", value, K.splat(self._scalar(f"total{r}")))
            n = self.n0 + v * LANES
            inside = inside_lanes(n, self.width)
            stmts += self._store((self.b, i, lanes_from(n, self.width)), value, inside, r)
        inside = K.inside(self.i0 + r, 0, self.spec.rows)
        return stmts if inside is None else [If(inside, tuple(stmts))]

    def _store(
        self, index: tuple[Index, ...], value: Expr, inside: Expr | None, r: int
    ) -> list[Stmt]:
        result = self.root.out
        position = flatten(index, result.aval.shape)
        self.em.registers[result] = Registered(position, value)
        self.em.forget()
        values: list[Stmt] = []
        writes: list[Stmt] = []
        for var in self.group.outputs:  # all values, then all stores: see contract
            self.stores.setdefault(var, set()).add(position)
            with self.em.storing(position):
                x = self.em.read_output(var, position)
            x = K.splat(x) if value.lanes > 1 else x
            name = f"new_{self.buffers[var]}_{r}_{len(self.stores[var])}"
            values.append(Declare(name, x))
            writes += guarded(Store(self.buffers[var], position, K.register(
                name, x.dtype, x.lanes)), inside)  # fmt: skip
        return values + writes


def _total(x: Expr) -> Expr:
    """The sum of a vector's lanes."""
    return _across("add", [x])


def _across(op: str, vectors: list[Expr]) -> Expr:
    """All lanes of all vectors combined."""
    wide = reduce(lambda a, b: K.call(op, a, b), vectors)
    a, b, c, d = (K.lane(wide, q) for q in range(LANES))
    return K.call(op, K.call(op, a, b), K.call(op, c, d))


def _padded(parts: list[Expr]) -> Expr:
    return K.vector([*parts, *[K.zero(parts[0].dtype)] * (LANES - len(parts))])
