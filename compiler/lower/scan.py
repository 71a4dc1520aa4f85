"""Scans: an invocation walks the axis of a row (or of four neighbours), and stores as it goes.

Producers are computed where they are read, and maps of the running result (an epilogue) in the same
step.
"""

from __future__ import annotations

from ..ir import kernel as K
from ..ir.graph import Eqn, Var
from ..ir.index import Index, Loop, flatten, product, unflatten
from ..ir.kernel import LANE, LANES, Assign, Declare, For, Stmt, Store
from ..ir.primitive import Scan, ScanSpec
from ..passes.group import Group
from .emit import Emitter, Registered
from .monoid import combine, identity
from .nest import NestBody

RUNNING = "acc0_0"  # the register that holds the result so far


def may_be_wide(group: Group) -> bool:
    """Whether four neighbouring rows lie side by side in memory."""
    root, spec = _scan_of(group)
    return product(root.out.aval.shape[spec.axis + 1 :]) % LANES == 0


def _scan_of(group: Group) -> tuple[Eqn, ScanSpec]:
    root = group.root
    assert root is not None
    assert isinstance(root.prim.lower, Scan)
    return root, root.prim.lower.spec(root)


def emit_scan(group: Group, wide: bool, buffers: dict[Var, str]) -> NestBody:
    """Emits ``group``, four rows an invocation when ``wide``.

    Raises Misaligned when an output needs the scan elsewhere than where it stands.
    """
    return _Walk(group, wide, buffers).run()


class _Walk:
    def __init__(self, group: Group, wide: bool, buffers: dict[Var, str]) -> None:
        self.root, self.spec = _scan_of(group)
        own = set(group.outputs)
        self.group, self.wide, self.buffers = group, wide, buffers
        self.em = Emitter(group.graph, {v: n for v, n in buffers.items() if v not in own})
        shape, axis = self.root.out.aval.shape, self.spec.axis
        outer = (*shape[:axis], *shape[axis + 1 :])
        self.rows = product(outer) // (LANES if wide else 1)
        item = Index.of(K.item(self.rows))
        row = item * LANES + Index.of(LANE) if wide else item
        self.loop = Loop("j", shape[axis])
        step = Index.of(self.loop)
        index = list(unflatten(row, outer))
        index.insert(axis, shape[axis] - 1 - step if self.spec.reverse else step)
        self.index, self.position = tuple(index), flatten(index, shape)

    def run(self) -> NestBody:
        start = identity(self.spec.monoid, self.root.out.aval.dtype)
        with self.em.storing(self.position):
            body = (self._advance(), *self._stores())
        stmts: list[Stmt] = [Declare(RUNNING, self._splat(start)), For(self.loop, body)]
        stores = {v: {self.position} for v in self.group.outputs}
        return NestBody(stmts, 0, self.rows, self.em, stores)

    def _splat(self, x: K.Expr) -> K.Expr:
        return K.splat(x) if self.wide else x

    def _advance(self) -> Assign:
        running = K.register(RUNNING, self.root.out.aval.dtype, LANES if self.wide else 1)
        value = self._splat(self.em.operand(self.root, 0, self.index))
        self.em.registers[self.root.out] = Registered(self.position, running)
        return Assign(RUNNING, combine(self.spec.monoid, running, value))

    def _stores(self) -> list[Stmt]:
        """All values, then all stores: an output may overwrite what another one reads."""
        values = [self._splat(self._output(v)) for v in self.group.outputs]
        names = [f"new_{self.buffers[v]}" for v in self.group.outputs]
        out: list[Stmt] = [Declare(n, x) for n, x in zip(names, values, strict=True)]
        for var, name, x in zip(self.group.outputs, names, values, strict=True):
            value = K.register(name, x.dtype, x.lanes)
            out.append(Store(self.buffers[var], self.position, value))
        return out

    def _output(self, var: Var) -> K.Expr:
        if var.aval.shape == self.root.out.aval.shape:
            return self.em.read(var, self.index)
        return self.em.read_output(var, self.position)
