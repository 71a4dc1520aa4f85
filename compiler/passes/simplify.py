"""Simplification: local algebraic rewrites and constant folding, to the fixed point in one sweep.

The rewrites are small named functions in ``rules/``, keyed here by primitive. To add one, write the
function in the file of its family and list it in that file's table.
"""

from __future__ import annotations

from ..ir.graph import Graph
from .dce import dce
from .fold import fold_literals
from .rewrite import ANY, Rule, rewrite
from .rules import arithmetic, movement, permutations, summation


def _merged(*tables: dict[str, list[Rule]]) -> dict[str, list[Rule]]:
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: [r for table in tables for r in table.get(name, [])] for name in names}


RULES: dict[str, list[Rule]] = {
    ANY: [fold_literals],
    **_merged(arithmetic.RULES, movement.RULES, permutations.RULES, summation.RULES),
}


def simplify(graph: Graph) -> Graph:
    """``graph`` with every rule applied until none fits, without what then is dead.

    Results keep their bits, but for a sum of one element (-0 stays -0) and the summation order of
    contractions whose operands swap. Weakness, which only tracing asks for, may change.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = "graph f(a: f32[2]) { b: f32[2] = neg(a) c: f32[2] = neg(b) return c }"
    >>> print(simplify(parse_graph(g)))
    graph f(a: f32[2]) {
      return a
    }
    """
    return dce(rewrite(graph, RULES))
