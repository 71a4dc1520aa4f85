"""Eager operations: recorded as nodes, computed when a value is looked at.

A node is a value that is stored, or pending: a primitive on other nodes. Equal operations on equal
nodes are one node, so nothing is computed twice while it is alive. Looking at a value turns what it
needs into a Graph, and that goes the same way as a jitted function's, through a cache by structure.
"""

from __future__ import annotations

import itertools
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from . import backends
from .backends import Backend, Executable
from .compiler.errors import ArgumentError
from .compiler.ir import core
from .compiler.ir.aval import Aval
from .compiler.ir.core import Operand, Trace, Tracer, Value
from .compiler.ir.dtypes import float32
from .compiler.ir.graph import Eqn, Graph, Literal, Var
from .compiler.ir.primitive import Primitive, Several
from .compiler.ir.prims import elementwise, structural
from .compiler.knobs import knobs
from .compiler.source import Source
from .compiler.trace.signature import aval_key

NOT_LIFTED = {0.0, 1.0, -1.0, 2.0, 0.5}
"""Literals that the passes can use; others become inputs, so that a new value compiles nothing."""

PROGRAMS_KEPT = 1024
KNOWN_AT_LEAST = 4096
"""Operations remembered, dead ones too, before the dead are looked for."""

lock = threading.RLock()
_uids = itertools.count()
Param = tuple[str, Any]


class Node:
    """A value: pending while ``prim`` is set, then on the ``host`` or ``stored`` on its backend."""

    __slots__ = (
        "uid", "aval", "backend", "prim", "inputs", "params", "source", "host", "stored",
        "__weakref__",
    )  # fmt: skip

    def __init__(
        self,
        aval: Aval,
        backend: Backend | None,
        prim: Primitive | None = None,
        inputs: tuple[Node | Literal, ...] = (),
        params: tuple[Param, ...] = (),
        where: Source | None = None,
    ) -> None:
        self.uid = next(_uids)
        self.aval, self.backend = aval, backend
        self.prim, self.inputs, self.params, self.source = prim, inputs, params, where
        self.host: np.ndarray[Any, Any] | None = None
        self.stored: Any = None

    def identity(self) -> int:
        """Equal for the same value only (see ``Literal.identity``)."""
        return self.uid

    @staticmethod
    def of_host(array: np.ndarray[Any, Any], aval: Aval) -> Node:
        """A stored value; ``array`` is now owned by it, and nobody writes it any more."""
        array.flags.writeable = False
        node = Node(aval, None)
        node.host = array
        return node

    @staticmethod
    def of_stored(stored: Any, aval: Aval, backend: Backend) -> Node:
        node = Node(aval, backend)
        node.stored = stored
        return node

    def on(self, backend: Backend) -> Any:
        """The value as ``backend`` stores it; uploaded, once, when it was elsewhere."""
        if self.prim is not None:
            flush([self])
        if self.stored is not None and self.backend is backend and backend.holds(self.stored):
            return self.stored
        host = self.read()
        self.stored, self.backend = backend.upload(host), backend
        return self.stored

    def read(self) -> np.ndarray[Any, Any]:
        """The value on the host, read-only."""
        if self.prim is not None:
            flush([self])
        if self.host is None:
            assert self.backend is not None
            self.host = self.backend.read(self.stored, self.aval)
            self.host.flags.writeable = False
        return self.host

    def settle(self, stored: Any) -> None:
        """What was pending has been computed."""
        self.stored = stored
        self.prim, self.inputs, self.params, self.source = None, (), (), None


class EagerTrace(Trace):
    """The root of all traces: puts operations on nodes."""

    def __init__(self, wrap: Any, unwrap: Any) -> None:
        self._wrap, self._unwrap = wrap, unwrap
        self._known: dict[Any, weakref.ref[Node]] = {}  # the dead are dropped now and then
        self._alive = 0
        self._recent: dict[str, list[weakref.ref[Node]]] = {}

    def process(
        self, prim: Primitive, args: Sequence[Operand], params: dict[str, Any]
    ) -> tuple[Value, ...]:
        backend = backends.current()
        inputs = tuple([a if type(a) is Literal else self._input(a, backend) for a in args])
        fixed = tuple(sorted(params.items())) if params else ()
        if isinstance(prim, Several):
            return tuple(map(self._wrap, _run_several(prim, inputs, fixed, backend)))
        key = (prim.name, backend.name, fixed, *[a.identity() for a in inputs])
        known = self._known.get(key)
        node = None if known is None else known()
        if node is None:
            aval = prim.abstract(*[a.aval for a in inputs], **params)
            node = Node(aval, backend, prim, inputs, fixed, core.here())
            known = self._known[key] = weakref.ref(node)
            self._remember(known, backend)
        return (self._wrap(node),)

    def _input(self, x: Operand, backend: Backend) -> Node | Literal:
        if isinstance(x, Literal):
            return x
        if isinstance(x, Tracer):
            raise core.leaked(x)
        node: Node | None = self._unwrap(x)
        if node is None:
            raise ArgumentError(
                f"{type(x).__name__} is not an array",
                fix="pass arrays or Python scalars; convert others with texelate.numpy.asarray",
            )
        if node.prim is not None and node.backend is not backend:
            flush([node])
        return node

    def _remember(self, node: weakref.ref[Node], backend: Backend) -> None:
        recent = self._recent.setdefault(backend.name, [])
        recent.append(node)
        if len(recent) > knobs.eager_limit:
            self.flush_all(backend.name)
        if len(self._known) > 2 * self._alive + KNOWN_AT_LEAST:
            self._drop_dead()

    def _drop_dead(self) -> None:
        for key in [k for k, node in list(self._known.items()) if node() is None]:
            self._known.pop(key, None)
        self._alive = len(self._known)

    def flush_all(self, backend_name: str) -> None:
        """Computes everything that is pending on a backend and still wanted."""
        with lock:
            recent = self._recent.pop(backend_name, [])
            _run(_visit(n for n in (r() for r in recent) if n is not None), frozenset())


def _visit(targets: Iterable[Node]) -> list[Node]:
    """The pending nodes that ``targets`` need, producers first (no recursion: chains are long)."""
    order: list[Node] = []
    seen: set[int] = set()
    stack = [(n, False) for n in targets]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node.prim is not None and node.uid not in seen:
            seen.add(node.uid)
            stack.append((node, True))
            stack += [(i, False) for i in reversed(node.inputs) if isinstance(i, Node)]
    return order


def _references(order: list[Node]) -> list[int]:
    """How many references each node has, beyond those every node in a list has here."""
    return [sys.getrefcount(node) for node in order]


_OWN = _references([Node(Aval((), float32), None)])[0]


def _kept(order: list[Node]) -> list[int]:
    """Positions of the nodes that something outside this computation still refers to.

    CPython's reference counts say it: an array in a variable, a pending operation elsewhere. A
    count that is too high (a debugger's) only keeps a value that nobody needs.
    """
    inside = Counter(i.uid for n in order for i in n.inputs if isinstance(i, Node))
    counts = _references(order)
    return [k for k, n in enumerate(order) if counts[k] - _OWN > inside[n.uid]]


class _Form:
    """The canonical form of a pending computation: rows over numbered nodes, leaves, constants."""

    def __init__(self, order: list[Node]) -> None:
        self.leaves: list[Node] = []
        self.constants: list[Literal] = []
        self._numbers: dict[int, int] = {n.uid: k for k, n in enumerate(order)}
        self._slots: dict[Literal, int] = {}
        self.rows = [(n.prim, tuple(map(self._ref, n.inputs)), n.params) for n in order]

    def _ref(self, x: Node | Literal) -> Any:
        """A node's number, -1 - a leaf's number, a constant's slot ``(k,)``, or a literal."""
        if isinstance(x, Node):
            if x.uid not in self._numbers:
                self.leaves.append(x)
                self._numbers[x.uid] = -len(self.leaves)
            return self._numbers[x.uid]
        if x.aval.dtype.kind != "f" or x.value in NOT_LIFTED or not np.isfinite(x.value):
            return x, x.aval.weak
        slot = self._slots.setdefault(x, len(self._slots))
        if slot == len(self.constants):
            self.constants.append(x)
        return (slot, x.aval.weak)

    def key(self) -> tuple[Any, ...]:
        leaves = tuple(aval_key(n.aval) for n in self.leaves)
        return tuple((id(p), refs, params) for p, refs, params in self.rows), leaves

    def graph(self, order: list[Node], outputs: Sequence[int]) -> Graph:
        """Leaves, then one f32 vector of all float constants, to the nodes at ``outputs``."""
        inputs = [Var(n.aval) for n in self.leaves]
        eqns: list[Eqn] = []
        scalars: dict[Any, Var] = {}
        if self.constants:
            packed = Var(Aval((len(self.constants),), float32))
            inputs.append(packed)
            scalars = self._unpack(packed, eqns)
        made: list[Var] = []

        def atom(ref: Any) -> Any:
            if isinstance(ref, int):
                return made[ref] if ref >= 0 else inputs[-1 - ref]
            return ref[0] if isinstance(ref[0], Literal) else scalars[ref]

        for node, (prim, refs, params) in zip(order, self.rows):
            assert prim is not None
            made.append(Var(node.aval))
            atoms = tuple(map(atom, refs))
            eqns.append(Eqn(prim, atoms, dict(params), (made[-1],), node.source))
        return Graph(tuple(inputs), tuple(eqns), tuple(made[k] for k in outputs), "eager")

    def _unpack(self, packed: Var, eqns: list[Eqn]) -> dict[Any, Var]:
        """Each constant as a scalar, weak where it was: element ``slot`` of the vector."""
        used = {r for _, refs, _ in self.rows for r in refs if isinstance(r, tuple)}
        out: dict[Any, Var] = {}
        for slot, weak in sorted(r for r in used if isinstance(r[0], int)):
            dtype = self.constants[slot].aval.dtype
            part, scalar = Var(Aval((1,), float32)), Var(Aval((), float32))
            take = {"start": (slot,), "limit": (slot + 1,), "stride": (1,)}
            eqns.append(Eqn(structural.slice_, (packed,), take, (part,)))
            eqns.append(Eqn(structural.reshape, (part,), {"shape": ()}, (scalar,)))
            if weak or dtype is not float32:
                plain, scalar = scalar, Var(Aval((), dtype, weak))
                to_own = {"dtype": dtype, "weak": weak}
                eqns.append(Eqn(elementwise.convert, (plain,), to_own, (scalar,)))
            out[slot, weak] = scalar
        return out


_programs: dict[Any, Executable] = {}


def flush(targets: Sequence[Node]) -> None:
    """Computes ``targets`` and whatever else they need that is still referred to."""
    with lock:
        wanted = frozenset(n.uid for n in targets)
        for backend in {n.backend: None for n in targets if n.prim is not None}:
            _run(_visit([n for n in targets if n.backend is backend]), wanted)


def _run(order: list[Node], wanted: frozenset[int]) -> None:
    outputs = sorted({*_kept(order), *(k for k, n in enumerate(order) if n.uid in wanted)})
    if not outputs:
        return
    backend = order[0].backend
    assert backend is not None
    form = _Form(order)
    program = _program(form, order, outputs, backend)
    inputs = [n.on(backend) for n in form.leaves]
    if form.constants:
        inputs.append(backend.upload(np.array([c.value for c in form.constants], np.float32)))
    results = program(inputs, (False,) * len(inputs))
    for k, stored in zip(outputs, results, strict=True):
        order[k].settle(stored)


def _run_several(
    prim: Primitive, inputs: tuple[Node | Literal, ...], params: tuple[Param, ...], backend: Backend
) -> list[Node]:
    """An operation with several results (a loop, a branch) runs when it is called."""
    atoms = [x if isinstance(x, Literal) else Var(x.aval) for x in inputs]
    avals = prim.avals(*(a.aval for a in atoms), **dict(params))
    nodes = [x for x in inputs if isinstance(x, Node)]
    row = tuple((x, x.aval.weak) if isinstance(x, Literal) else aval_key(x.aval) for x in inputs)
    key = (backend.name, id(prim), params, row, knobs.fingerprint())
    with lock:
        program = _programs.get(key)
        if program is None:
            outs = tuple(map(Var, avals))
            eqn = Eqn(prim, tuple(atoms), dict(params), outs, core.here())
            graph = Graph(tuple(a for a in atoms if isinstance(a, Var)), (eqn,), outs, prim.name)
            program = _keep(key, backend.compile(graph, ()))
        results = program([n.on(backend) for n in nodes], (False,) * len(nodes))
    return [Node.of_stored(x, aval, backend) for x, aval in zip(results, avals, strict=True)]


def _program(form: _Form, order: list[Node], outputs: list[int], backend: Backend) -> Executable:
    key = (backend.name, form.key(), tuple(outputs), knobs.fingerprint())
    program = _programs.get(key)
    if program is None:
        program = _keep(key, backend.compile(form.graph(order, outputs), ()))
    return program


def _keep(key: Any, program: Executable) -> Executable:
    while len(_programs) >= PROGRAMS_KEPT:
        del _programs[next(iter(_programs))]
    _programs[key] = program
    return program


def holders(nodes: list[Node]) -> list[int]:
    """How many others (arrays, pending operations, captures) refer to each node of the list."""
    counts = _references(nodes)
    return [c - _OWN for c in counts]


def clear_programs() -> None:
    """Forgets the compiled programs of eager operations."""
    with lock:
        _programs.clear()
