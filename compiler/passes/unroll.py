"""Short loops of known length become straight code: it fuses across steps and copies nothing.

A ``scan`` is unrolled when it has at most ``knobs.unroll`` steps (4: M, below); when nothing but
elementwise operations are in a step and it stacks nothing, so that all steps become one kernel, at
most four times as many. A loop of one step is always unrolled, control flow is never copied.

M: lavapipe, 2 cores, a call that is warm, loop against straight code, 2 to 32 steps. Elementwise
steps 1.9 to 7.6 times as fast; steps with a product 1.1 to 1.3 times, their gradients 1.3 to 2
times; rows that are stacked 1.7 times with 4 steps, slower with 32. But each step with a product
has shaders of its own, some 0.1 s for the driver in the first call, so few steps are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..ir.aval import Aval
from ..ir.core import Operand, Value, evaluate
from ..ir.graph import Eqn, Graph
from ..ir.primitive import Map
from ..ir.prims.structural import concatenate, reshape, slice_, zeros
from ..knobs import knobs
from .expand import replaced
from .segments import is_control, map_bodies

MOST = 128  # equations: what one kernel of elementwise steps, or a few with products, may hold
FUSED = 4  # times as many steps where all of them are one kernel


def unroll(graph: Graph) -> Graph:
    """``graph`` with its short loops, and those inside its control flow, as straight code.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = parse_graph('''graph f(a: f32[3]) {
    ...   b: f32[3] = scan(a) {body=graph step(c: f32[3]) { d: f32[3] = mul(c, c) return d },
    ...                        length=2, n_carry=1, n_xs=0, reverse=false}
    ...   return b }''')
    >>> [e.prim.name for e in unroll(g).eqns]
    ['mul', 'mul']
    """
    return replaced(map_bodies(graph, unroll), _straight)


def _straight(eqn: Eqn) -> Callable[..., list[Operand]] | None:
    return _steps if eqn.prim.name == "scan" and _is_short(**eqn.params) else None


def _is_short(*, body: Graph, length: int, n_carry: int, **_: Any) -> bool:
    if length <= 1:
        return True
    if length * len(body.eqns) > MOST or any(map(is_control, body.eqns)):
        return False
    fuses = len(body.outputs) == n_carry and all(isinstance(e.prim.lower, Map) for e in body.eqns)
    return length <= knobs.unroll * (FUSED if fuses and knobs.unroll > 1 else 1)


def _steps(
    *operands: Any, body: Graph, length: int, n_carry: int, n_xs: int, reverse: bool
) -> list[Operand]:
    carry, inner = list(operands[:n_carry]), n_carry + n_xs
    xs, consts = operands[n_carry:inner], operands[inner:]
    ys: list[list[Operand]] = []
    for i in reversed(range(length)) if reverse else range(length):
        outs = evaluate(body, [*carry, *(_row(x, i) for x in xs), *consts])
        carry = outs[:n_carry]
        ys.append(outs[n_carry:])
    ordered = ys[::-1] if reverse else ys
    rows = [[y[k] for y in ordered] for k in range(len(body.outputs) - n_carry)]
    return [*carry, *map(_stacked, body.out_avals[n_carry:], rows)]


def _row(x: Any, i: int) -> Value:
    """Element ``i`` of the leading axis."""
    _, *rest = x.aval.shape
    row = slice_(x, start=(i, *[0] * len(rest)), limit=(i + 1, *rest), stride=(1,) * x.aval.ndim)
    return reshape(row, shape=tuple(rest))


def _stacked(aval: Aval, rows: Sequence[Operand]) -> Operand:
    if not rows:
        return zeros(aval.strong().with_shape((0, *aval.shape)))
    return concatenate(*(reshape(row, shape=(1, *aval.shape)) for row in rows), axis=0)
