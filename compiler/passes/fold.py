"""Constant folding: scalars that depend only on literals are computed now, by reference rules."""

from __future__ import annotations

import numpy as np

from ..ir.graph import Atom, Eqn, Graph, Literal
from .dce import dce
from .rewrite import ANY, Rewriter, rewrite


def fold_literals(eqn: Eqn, _: Rewriter) -> Atom | None:
    """A rank-0 result of literals is a literal."""
    aval = eqn.out.aval
    literals = [a for a in eqn.inputs if isinstance(a, Literal)]
    if aval.shape or not literals or len(literals) != len(eqn.inputs):
        return None
    with np.errstate(all="ignore"):
        value = eqn.prim.reference(*(np.asarray(a.value) for a in literals), **eqn.params)
    return Literal(np.asarray(value).item(), aval.dtype, aval.weak)


def fold(graph: Graph) -> Graph:
    """``graph`` with every constant scalar replaced by its value.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = "graph f(a: f32[2]) { b: f32[] = add(1.0:f32, 2.0:f32) c: f32[2] = mul(a, b) return c }"
    >>> print(fold(parse_graph(g)))
    graph f(a: f32[2]) {
      b: f32[2] = mul(a, 3.0:f32)
      return b
    }
    """
    return dce(rewrite(graph, {ANY: [fold_literals]}))
