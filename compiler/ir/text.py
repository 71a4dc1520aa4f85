"""The text form of a Graph: ``print_graph`` and ``parse_graph`` are inverse to each other.

::

    graph step(a: f32[128,64] "x", b: f32[64] "params.w") {
      c: f32[128] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
      d: f32[128] = max(c, 0.0:f32)
      return d
    }

Names follow the order of definition (a … z, aa …), parameters are sorted, ``~`` marks a weak type,
and ``(1)`` is a tuple of one. A parameter that is a graph is printed in place; its names are its
own. A string after an input is its name in the user's words. A literal carries its dtype; one that
no decimal denotes (a NaN with a payload) is written as its 32 bits in hexadecimal. The grammar is
``grammar.lark``; reading it is ``parse.py``.
"""

from __future__ import annotations

import itertools
import json
import re
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from .dtypes import BY_SHORT, DType
from .graph import Atom, Eqn, Graph, Literal, Var
from .parse import parse_graph

__all__ = ["Names", "interned", "parse_graph", "print_eqn", "print_graph", "print_literal", "same"]

_RESERVED = {"graph", "return", "true", "false", "none", "inf", "nan", *BY_SHORT}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


class Names:
    """The short name of each variable of a graph, in order of definition."""

    def __init__(self, graph: Graph) -> None:
        defined = itertools.chain(graph.inputs, (v for e in graph.eqns for v in e.outs))
        self._of = dict(zip(dict.fromkeys(defined), _short_names()))

    def __getitem__(self, var: Var) -> str:
        return self._of.get(var, f"%{var.id}")  # undefined: only in graphs the verifier refuses


def _short_names() -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    for n in itertools.count(1):
        for name in map("".join, itertools.product(letters, repeat=n)):
            if name not in _RESERVED:
                yield name


def print_graph(graph: Graph, *, sources: bool = False) -> str:
    """The text of ``graph``; ``sources`` adds the user's line of each equation as a comment.

    >>> g = parse_graph("graph f(x: f32[2]) { y: f32[2] = mul(x, 2.0:f32) return y }")
    >>> print(print_graph(g))
    graph f(a: f32[2]) {
      b: f32[2] = mul(a, 2.0:f32)
      return b
    }
    """
    names = Names(graph)
    words = itertools.chain(graph.input_names, itertools.repeat(""))
    declared = ", ".join(
        _declaration(v, names) + (f" {json.dumps(said)}" if said else "")
        for v, said in zip(graph.inputs, words)
    )
    lines = [f"graph {_graph_name(graph.name)}({declared}) {{"]
    for eqn in graph.eqns:
        comment = f"  # {eqn.source}" if sources and eqn.source else ""
        lines.append(f"  {print_eqn(eqn, names)}{comment}")
    outputs = ", ".join(_atom(a, names) for a in graph.outputs)
    return "\n".join([*lines, f"  return {outputs}".rstrip(), "}"])


def print_eqn(eqn: Eqn, names: Names) -> str:
    """One equation, on one line when no parameter is a graph."""
    outs = ", ".join(_declaration(v, names) for v in eqn.outs)
    args = ", ".join(_atom(a, names) for a in eqn.inputs)
    params = ", ".join(f"{k}={_param(v)}" for k, v in sorted(eqn.params.items()))
    return f"{outs} = {eqn.prim.name}({args})" + (f" {{{params}}}" if params else "")


def print_literal(literal: Literal) -> str:
    """A literal with its dtype, such that parsing gives the same bits."""
    weak = "~" if literal.aval.weak else ""
    return f"{_scalar(literal.value)}:{literal.aval.dtype.short}{weak}"


def _declaration(var: Var, names: Names) -> str:
    return f"{names[var]}: {var.aval}"


def _atom(atom: Atom, names: Names) -> str:
    return names[atom] if isinstance(atom, Var) else print_literal(atom)


def _scalar(value: np.generic) -> str:
    if value.dtype.kind == "b":
        return "true" if value else "false"
    if value.dtype.kind == "c":
        return f"<{_scalar(value.real)},{_scalar(value.imag)}>"
    text = str(value)
    if value.dtype.kind == "f" and value.dtype.type(text).tobytes() != value.tobytes():
        size = value.dtype.itemsize
        return f"0x{int(value.view(f'u{size}')):0{2 * size}x}"
    return text


def _param(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, DType):
        return value.short
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, tuple):
        return f"({','.join(map(_param, value))})"
    if isinstance(value, Graph):
        return print_graph(value).replace("\n", "\n    ")
    return repr(value)


def _graph_name(name: str) -> str:
    plain = _NAME.fullmatch(name) and name not in _RESERVED
    return name if plain else json.dumps(name)


def same(a: Graph, b: Graph) -> bool:
    """Whether two graphs are identical but for names of variables, the graph's name and sources."""
    if a.in_avals != b.in_avals or len(a.eqns) != len(b.eqns):
        return False
    to: dict[Var, Var] = dict(zip(a.inputs, b.inputs))

    def alike(xs: tuple[Atom, ...], ys: tuple[Atom, ...]) -> bool:
        return len(xs) == len(ys) and all(
            (to.get(x) is y if isinstance(x, Var) else x == y) and x.aval == y.aval
            for x, y in zip(xs, ys)
        )

    for e, f in zip(a.eqns, b.eqns):
        if e.prim is not f.prim or not alike(e.inputs, f.inputs):
            return False
        if not _same_value(tuple(sorted(e.params.items())), tuple(sorted(f.params.items()))):
            return False
        to.update(zip(e.outs, f.outs))
        if not alike(e.outs, f.outs):
            return False
    return alike(a.outputs, b.outputs)


def _same_value(x: Any, y: Any) -> bool:
    """Whether two parameters are equal, graphs by what they compute."""
    if isinstance(x, Graph) and isinstance(y, Graph):
        return same(x, y)
    if isinstance(x, tuple) and isinstance(y, tuple):
        return len(x) == len(y) and all(map(_same_value, x, y))
    return bool(x == y)


_interned: weakref.WeakValueDictionary[str, Graph] = weakref.WeakValueDictionary()


def interned(graph: Graph) -> Graph:
    """The one graph with this text. Graphs in parameters hash by identity: equal ones are made one
    so that what is cached by parameters (eager programs, common subexpressions) is found again.
    """
    return _interned.setdefault(print_graph(graph), graph)
