"""Complex numbers become pairs of floats: no kernel knows them.

Inside the graph a complex value is two values, the real and the imaginary part, so that everything
fuses. An input or output of shape S is interleaved in memory, as NumPy's: a float of shape (*S, 2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..ir.aval import Aval, Shape
from ..ir.core import GraphTrace, at_source, bind_all
from ..ir.dtypes import complex64, float32
from ..ir.graph import Atom, Eqn, Graph, Literal, Var
from ..ir.primitive import Expand, Several
from ..ir.prims.shaping import reshape
from ..ir.prims.slicing import concatenate, part
from .expand import replaced
from .pair_rules import Pair, rule
from .segments import is_control, map_bodies


def pairs(graph: Graph) -> Graph:
    """``graph`` without complex values. DtypeError for primitives that have no rule here.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = "graph f(a: c64[3]) { b: c64[3] = add(a, a) c: f32[3] = real(b) return c }"
    >>> print(pairs(parse_graph(g)).in_avals[0])
    f32[3,2]
    """
    graph = map_bodies(replaced(graph, _complex_call), pairs)
    atoms = [*graph.inputs, *graph.outputs, *(a for e in graph.eqns for a in (*e.inputs, *e.outs))]
    if not any(a.aval.dtype is complex64 for a in atoms):
        return graph
    with GraphTrace(graph.name) as trace:
        body = _Body(trace)
        for var in graph.inputs:
            body.declare(var)
        for eqn in graph.eqns:
            with at_source(eqn.source):
                body.add(eqn)
        made = trace.finish([body.whole(a) for a in graph.outputs])
    return Graph(made.inputs, made.eqns, made.outputs, graph.name, graph.input_names)


def _complex_call(eqn: Eqn) -> Callable[..., Any] | None:
    """What a call with complex operands is made of, which has rules here."""
    lower = eqn.prim.lower
    if not isinstance(lower, Expand) or not isinstance(eqn.prim, Several):
        return None
    return lower.body if any(a.aval.dtype is complex64 for a in (*eqn.inputs, *eqn.outs)) else None


class _Body:
    """The graph under construction: what each variable has become."""

    def __init__(self, trace: GraphTrace) -> None:
        self._trace = trace
        self._known: dict[Var, Any] = {}
        self._interleaved: dict[Var, Any] = {}

    def declare(self, var: Var) -> None:
        if var.aval.dtype is not complex64:
            self._known[var] = self._trace.input(var.aval)
            return
        shape = var.aval.shape
        whole = self._trace.input(Aval((*shape, 2), float32))
        self._interleaved[var] = whole
        self._known[var] = _split(whole, shape)

    def whole(self, atom: Atom) -> Any:
        """An output: a complex one with its parts interleaved."""
        value = self._get(atom)
        if not isinstance(value, Pair):
            return value
        if isinstance(atom, Var) and atom in self._interleaved:
            return self._interleaved[atom]
        shape = atom.aval.shape
        parts = (reshape(p, shape=(*shape, 1)) for p in value)
        return concatenate(*parts, axis=len(shape))

    def add(self, eqn: Eqn) -> None:
        if is_control(eqn):
            self._control(eqn)
            return
        args = [self._get(a) for a in eqn.inputs]
        if any(isinstance(a, Pair) for a in args) or eqn.outs[0].aval.dtype is complex64:
            self._known[eqn.out] = rule(eqn)(eqn, args)
            return
        outs = bind_all(eqn.prim, *args, **eqn.params)
        self._known.update(zip(eqn.outs, outs))

    def _control(self, eqn: Eqn) -> None:
        """Its sub-graphs take and give complex values interleaved."""
        outs = bind_all(eqn.prim, *map(self.whole, eqn.inputs), **eqn.params)
        for var, out in zip(eqn.outs, outs):
            if var.aval.dtype is complex64:
                self._interleaved[var] = out
            self._known[var] = _split(out, var.aval.shape) if var in self._interleaved else out

    def _get(self, atom: Atom) -> Any:
        if isinstance(atom, Var):
            return self._known[atom]
        if atom.aval.dtype is not complex64:
            return atom
        return Pair(Literal(atom.value.real, float32), Literal(atom.value.imag, float32))


def _split(whole: Any, shape: Shape) -> Pair:
    re, im = (reshape(part(whole, len(shape), k, k + 1), shape=shape) for k in (0, 1))
    return Pair(re, im)
