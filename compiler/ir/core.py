"""Values, traces and ``bind``: how calling a primitive becomes an equation.

There is always a current trace: the innermost active one, or the eager root that the front end
installs. ``bind`` hands the operation to it. Operands that belong to an outer trace are lifted
(captured) by the current one; operands of a trace that has ended are leaked tracers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .. import source
from ..errors import ArgumentError, LeakedTracerError
from .aval import Aval, Shape
from .dtypes import DType
from .graph import Atom, Eqn, Graph, Literal, Var
from .primitive import Primitive


class Value:
    """Anything an operation can be applied to: an eager array or a traced one."""

    __slots__ = ()
    aval: Aval

    @property
    def shape(self) -> Shape:
        return self.aval.shape

    @property
    def dtype(self) -> DType:
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        return len(self.aval.shape)

    @property
    def size(self) -> int:
        return self.aval.size


Operand = Value | Literal
SCALARS = (bool, int, float, complex)


class Trace:
    """What to do with an operation: record it, or (the eager root) put it on an array."""

    def process(
        self, prim: Primitive, args: Sequence[Operand], params: dict[str, Any]
    ) -> tuple[Value, ...]:
        """The results of the operation."""
        raise NotImplementedError


class Tracer(Value):
    """A value inside a GraphTrace."""

    __slots__ = ("trace", "atom", "aval", "__weakref__")

    def __init__(self, trace: GraphTrace, atom: Atom) -> None:
        self.trace = trace
        self.atom = atom
        self.aval = atom.aval

    def __repr__(self) -> str:
        return f"<traced {self.aval} in {self.trace.name}>"


class GraphTrace(Trace):
    """Records operations into a Graph. Use as a context manager, then ``finish(outputs)``.

    Values of outer traces become extra inputs, after the declared ones; ``captures`` lists them.
    ``tracer`` is the class of the values handed out (the front end's has operators).
    """

    def __init__(self, name: str = "main", tracer: type[Tracer] = Tracer) -> None:
        self.name = name
        self.tracer = tracer
        self.inputs: list[Var] = []
        self.eqns: list[Eqn] = []
        self.captures: list[Value] = []
        self.open = False
        self._captured: dict[int, Tracer] = {}
        self._capture_vars: list[Var] = []

    def __enter__(self) -> GraphTrace:
        self.open = True
        _stack().append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        self.open = False
        popped = _stack().pop()
        assert popped is self, "traces must close in order"

    def input(self, aval: Aval) -> Tracer:
        var = Var(aval)
        self.inputs.append(var)
        return self.tracer(self, var)

    def lift(self, value: Operand) -> Tracer:
        """``value`` as a value of this trace, captured when it belongs to an outer one."""
        if isinstance(value, Literal):
            return self.tracer(self, value)
        if isinstance(value, Tracer):
            if value.trace is self:
                return value
            if not value.trace.open:
                raise leaked(value)
        elif not isinstance(value, Value):
            raise ArgumentError(
                f"{type(value).__name__} is not an array",
                fix="pass arrays or Python scalars; convert others with texelate.numpy.asarray",
            )
        known = self._captured.get(id(value))
        if known is None:
            var = Var(value.aval)
            self._capture_vars.append(var)
            self.captures.append(value)  # keeps it alive, so its id stays its own
            known = self._captured[id(value)] = self.tracer(self, var)
        return known

    def process(
        self, prim: Primitive, args: Sequence[Operand], params: dict[str, Any]
    ) -> tuple[Value, ...]:
        atoms = tuple(self.lift(a).atom for a in args)
        outs = tuple(map(Var, prim.avals(*(a.aval for a in atoms), **params)))
        self.eqns.append(Eqn(prim, atoms, params, outs, here()))
        return tuple(self.tracer(self, out) for out in outs)

    def finish(self, outputs: Sequence[Operand]) -> Graph:
        """The recorded graph; its inputs are the declared ones followed by the captured ones."""
        outs = tuple(self.lift(o).atom for o in outputs)
        return Graph((*self.inputs, *self._capture_vars), tuple(self.eqns), outs, self.name)


def leaked(value: Tracer) -> LeakedTracerError:
    return LeakedTracerError(
        f"a traced value {value.aval} of {value.trace.name} was used after its trace ended",
        why="inside jit, grad or vmap arrays are placeholders that mean nothing outside",
        fix="return the value from the function instead of storing it elsewhere",
    )


class _Local(threading.local):
    def __init__(self) -> None:
        self.stack: list[Trace] = []
        self.source: source.Source | None = None


_local = _Local()
_eager: list[Trace] = []


def _stack() -> list[Trace]:
    return _local.stack


@contextmanager
def at_source(place: source.Source | None) -> Iterator[None]:
    """Equations made in the body carry ``place``, the line of the equation they are made for."""
    before = _local.source
    _local.source = place or before
    try:
        yield
    finally:
        _local.source = before


def here() -> source.Source | None:
    """The source of an equation made now: that of ``at_source``, else the user's own line."""
    return _local.source or source.current()


def install_eager(trace: Trace) -> None:
    """Makes ``trace`` the root that runs operations outside any other trace."""
    _eager[:] = [trace]


def current_trace() -> Trace:
    """The innermost active trace."""
    stack = _local.stack
    if stack:
        return stack[-1]
    if not _eager:
        raise RuntimeError("no trace is active and no eager root is installed")
    return _eager[0]


@contextmanager
def suspended(trace: Trace) -> Iterator[None]:
    """Runs the body at the level just outside ``trace``."""
    stack = _local.stack
    at = stack.index(trace)
    inner, stack[at:] = stack[at:], []
    try:
        yield
    finally:
        stack.extend(inner)


def bind(prim: Primitive, *args: Operand | bool | int | float, **params: Any) -> Value:
    """Applies ``prim``, which has one result, in the current trace.

    A Python scalar becomes a literal with the dtype of the first operand that has one.
    """
    (out,) = bind_all(prim, *args, **params)
    return out


def bind_all(
    prim: Primitive, *args: Operand | bool | int | float, **params: Any
) -> tuple[Value, ...]:
    """All results of ``prim``, applied in the current trace; scalars as in ``bind``."""
    for a in args:
        if isinstance(a, SCALARS):
            args = _as_literals(args)
            break
    return current_trace().process(prim, args, params)  # type: ignore[arg-type]


def _as_literals(args: Sequence[Operand | bool | int | float]) -> tuple[Operand, ...]:
    like = next(a.aval.dtype for a in args if isinstance(a, (Value, Literal)))
    return tuple(Literal(a, like) if isinstance(a, SCALARS) else a for a in args)


def literal(value: bool | int | float, dtype: DType) -> Literal:
    """A rank-0 constant of ``dtype``."""
    return Literal(value, dtype)


def evaluate(graph: Graph, args: Sequence[Operand]) -> list[Operand]:
    """Re-binds every equation of ``graph`` in the current trace, with ``args`` for its inputs."""
    env: dict[Var, Operand] = dict(zip(graph.inputs, args, strict=True))

    def get(atom: Atom) -> Operand:
        return env[atom] if isinstance(atom, Var) else atom

    for eqn in graph.eqns:
        with at_source(eqn.source):
            env.update(zip(eqn.outs, bind_all(eqn.prim, *map(get, eqn.inputs), **eqn.params)))
    return [get(a) for a in graph.outputs]
