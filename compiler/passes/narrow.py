"""Narrow dtypes (8 and 16 bits) where values are combined across elements, or carried by loops.

Maps work on narrow dtypes as they are. Folds, contractions and scans run in the 32-bit dtype of the
kind, and their result is converted back: sums of float16 keep the digits and the range of float32,
integers wrap as before, and a kernel that writes scattered elements writes whole words. Loops and
branches carry 32-bit values too, since their rows are copied by words.
"""

from __future__ import annotations

from ..ir.aval import Aval
from ..ir.dtypes import DType
from ..ir.graph import Atom, Eqn, Graph, Literal, Var, graphs_in
from ..ir.primitive import Map, lookup
from ..source import Source
from .segments import is_control, map_bodies


def narrow(graph: Graph) -> Graph:
    """``graph`` with every equation but maps and control flow on 32-bit operands.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = "graph f(a: i8[9]) { b: i8[] = reduce(a) {axes=(0), monoid=\\"sum\\"} return b }"
    >>> print(narrow(parse_graph(g)))
    graph f(a: i8[9]) {
      b: i32[9] = convert(a) {dtype=i32}
      c: i32[] = reduce(b) {axes=(0), monoid="sum"}
      d: i8[] = convert(c) {dtype=i8}
      return d
    }
    """
    return graph.replace([part for eqn in graph.eqns for part in _narrow_eqn(eqn)])


def _narrow_eqn(eqn: Eqn) -> list[Eqn]:
    in_place = isinstance(eqn.prim.lower, Map) or is_control(eqn)
    return [eqn] if in_place or not _is_narrow(*eqn.inputs) else _widened(eqn)


def widen_control(graph: Graph) -> Graph:
    """``graph`` with loops and branches that take, carry and give 32-bit values."""
    graph = map_bodies(graph, widen_control)
    return graph.replace([part for eqn in graph.eqns for part in _control_eqn(eqn)])


def _control_eqn(eqn: Eqn) -> list[Eqn]:
    plain = not any(graphs_in(eqn.params.values())) or not _is_narrow(*eqn.inputs, *eqn.outs)
    if plain or not is_control(eqn):
        return [eqn]
    (whole,) = map_bodies(Graph((), (eqn,), ()), _wide_body).eqns
    return _widened(whole)


def _wide_body(body: Graph) -> Graph:
    """A sub-graph whose inputs and outputs have 32 bits."""
    if not _is_narrow(*body.inputs, *body.outputs):
        return body
    eqns: list[Eqn] = []
    inputs = tuple(Var(_wide_aval(v.aval)) for v in body.inputs)
    known = {v: _converted(w, v.aval.dtype, eqns) for v, w in zip(body.inputs, inputs)}

    def get(atom: Atom) -> Atom:
        return known.get(atom, atom) if isinstance(atom, Var) else atom

    eqns += [Eqn(e.prim, tuple(map(get, e.inputs)), e.params, e.outs, e.source) for e in body.eqns]
    outputs = [_converted(get(a), a.aval.dtype.wide, eqns) for a in body.outputs]
    return Graph(inputs, tuple(eqns), tuple(outputs), body.name, body.input_names)


def _widened(eqn: Eqn) -> list[Eqn]:
    """``eqn`` on 32-bit operands, and its results back in their dtypes."""
    made: list[Eqn] = []
    inputs = tuple(_converted(a, a.aval.dtype.wide, made, eqn.source) for a in eqn.inputs)
    avals = eqn.prim.avals(*(a.aval for a in inputs), **eqn.params)
    outs = tuple(v if v.aval == aval else Var(aval) for v, aval in zip(eqn.outs, avals))
    made.append(Eqn(eqn.prim, inputs, eqn.params, outs, eqn.source))
    made += [_conversion(o, v, eqn.source) for o, v in zip(outs, eqn.outs) if o is not v]
    return made


def _is_narrow(*atoms: Atom) -> bool:
    return any(a.aval.dtype.is_narrow for a in atoms)


def _wide_aval(aval: Aval) -> Aval:
    return Aval(aval.shape, aval.dtype.wide, aval.weak)


def _converted(x: Atom, dtype: DType, made: list[Eqn], source: Source | None = None) -> Atom:
    """``x`` in ``dtype``; the equation that makes it is added to ``made``."""
    if x.aval.dtype is dtype:
        return x
    if isinstance(x, Literal):
        return Literal(x.value.item(), dtype, x.aval.weak)
    out = Var(Aval(x.aval.shape, dtype, x.aval.weak))
    made.append(_conversion(x, out, source))
    return out


def _conversion(x: Atom, out: Var, source: Source | None) -> Eqn:
    params = {"dtype": out.aval.dtype, **({"weak": True} if out.aval.weak else {})}
    return Eqn(lookup("convert"), (x,), params, (out,), source)
