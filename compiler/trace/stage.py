"""From a Python function to a Graph: staging (values unknown) and taping (values on demand)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..ir import core
from ..ir.aval import Aval
from ..ir.core import GraphTrace, Operand, Tracer, Value
from ..ir.graph import Atom, Eqn, Graph, Var
from ..ir.primitive import Primitive
from . import pytree


class _Recording(GraphTrace):
    """Forgets its tracers at the end: they refer to it, and a cycle would keep arrays alive."""

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._captured.clear()


class StageTrace(_Recording):
    """Records with placeholders. ``kind`` ("jit", "vmap") is for messages."""

    def __init__(self, name: str, tracer: type[Tracer], kind: str) -> None:
        super().__init__(name, tracer)
        self.kind = kind
        self.numpy_captures: dict[int, tuple[Any, Value]] = {}
        """NumPy arrays met while tracing, by id, with the array made of each: they may change."""
        self.inherited: list[Any] = []
        """Guards of jitted functions that were called while tracing."""


class Tape(_Recording):
    """Records, and can compute what it has recorded at the level outside, when Python asks.

    ``primals`` are the outer values of its inputs. What was computed is kept, per variable.
    """

    def __init__(self, name: str, tracer: type[Tracer], primals: Sequence[Value]) -> None:
        super().__init__(name, tracer)
        self._made: dict[Var, Eqn] = {}
        self._known: dict[Var, Operand] = {}
        self._primals = primals

    def arguments(self) -> list[Tracer]:
        """A placeholder for each primal; to be called once."""
        return [self._argument(p) for p in self._primals]

    def _argument(self, primal: Value) -> Tracer:
        tracer = self.input(primal.aval)
        assert isinstance(tracer.atom, Var)
        self._known[tracer.atom] = primal
        return tracer

    def process(
        self, prim: Primitive, args: Sequence[Operand], params: dict[str, Any]
    ) -> tuple[Value, ...]:
        outs = super().process(prim, args, params)
        eqn = self.eqns[-1]
        self._made.update((v, eqn) for v in eqn.outs)
        return outs

    def outer(self, atom: Atom) -> Operand:
        """The value of ``atom`` at the level outside this trace."""
        if not isinstance(atom, Var):
            return atom
        self._known.update(zip(self._capture_vars, self.captures))
        stack = [atom]
        while stack:
            var = stack[-1]
            eqn = self._made.get(var)
            missing = [] if eqn is None or var in self._known else self._missing(eqn)
            if missing:
                stack += missing
                continue
            stack.pop()
            if var not in self._known:
                assert eqn is not None
                self._known.update(zip(eqn.outs, self._compute(eqn), strict=True))
        return self._known[atom]

    def _missing(self, eqn: Eqn) -> list[Var]:
        return [v for v in eqn.inputs if isinstance(v, Var) and v not in self._known]

    def _compute(self, eqn: Eqn) -> tuple[Value, ...]:
        args = [self._known[a] if isinstance(a, Var) else a for a in eqn.inputs]
        if not self.open:
            return core.bind_all(eqn.prim, *args, **eqn.params)
        with core.suspended(self):
            return core.bind_all(eqn.prim, *args, **eqn.params)


@dataclass(frozen=True)
class Staged:
    """A traced function: ``graph`` takes the declared inputs, then the captured values."""

    graph: Graph
    out_tree: pytree.Tree
    captures: tuple[Value, ...]
    numpy_captures: tuple[tuple[Any, Value], ...] = ()
    inherited: tuple[Any, ...] = ()


def stage(
    function: Callable[..., Any],
    avals: Sequence[Aval],
    *,
    name: str,
    tracer: type[Tracer],
    coerce: Callable[[Any, str], Operand],
    kind: str = "jit",
) -> Staged:
    """Calls ``function(*placeholders)`` and records what it does.

    ``coerce(leaf, path)`` turns a result's leaf into an operand (arrays, scalars).
    """
    trace = StageTrace(name, tracer, kind)
    with trace:
        result = function(*[trace.input(a) for a in avals])
        leaves, out_tree = pytree.flatten(result)
        where = pytree.paths(out_tree, "result")
        graph = trace.finish([coerce(x, p) for x, p in zip(leaves, where)])
    return Staged(
        graph,
        out_tree,
        tuple(trace.captures),
        tuple(trace.numpy_captures.values()),
        tuple(trace.inherited),
    )


def open_stages() -> list[StageTrace]:
    """The functions that are being staged now, outermost first."""
    return [t for t in core._stack() if isinstance(t, StageTrace)]


def produced_by(tracer: Tracer) -> Eqn | None:
    """The equation that made a traced value; None for an input."""
    return next((e for e in reversed(tracer.trace.eqns) if tracer.atom in e.outs), None)
