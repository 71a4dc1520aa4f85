"""Derivatives and batching of ``scan``.

The derivative of a loop is two loops: the first computes the results and keeps what each step's
derivative needs, stacked; the second, linear, carries tangents. Turned round, the second walks from
the end and carries cotangents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ir.core import Operand, bind_all, evaluate
from ..ir.graph import Atom, Graph, Var
from ..ir.primitive import Linear
from ..ir.prims.common import move_axis, with_batch
from ..ir.prims.control import scan
from ..ir.prims.elementwise import add
from ..ir.prims.structural import zeros
from .control import (
    Marks,
    Operands,
    avals_of,
    build,
    chosen,
    everything,
    filled,
    known_first,
    reached,
    settled,
)
from .jvp import Tangent, is_float
from .linearize import linearize_graph
from .transpose import transpose_evaluate
from .vmap import vmap_partly


def _rows(values: Sequence[Any]) -> list[Any]:
    """The avals of one step's share of stacked values."""
    return [v.aval.with_shape(v.aval.shape[1:]) for v in values]


class _Residuals:
    """What the tangents of a step need, parted by where it comes from.

    ``steady`` depends on constants alone: it is computed once, outside. ``rows`` are elements of
    ``xs``. The rest is ``stacked``.
    """

    def __init__(self, body: Graph, known: Graph, n_carry: int, n_xs: int) -> None:
        n, inner = len(body.outputs), n_carry + n_xs
        self.all = [v for v in known.outputs[n:] if isinstance(v, Var)]
        every = Graph(known.inputs, known.eqns, tuple(self.all))
        varies = reached(every, [i < inner for i in range(len(known.inputs))])
        xs = {v: k for k, v in enumerate(known.inputs[n_carry:inner])}
        self.steady = chosen(self.all, varies, False)
        self.rows = {v: xs[v] for v in self.all if v in xs}
        self.stacked = [v for v, m in zip(self.all, varies) if m and v not in xs]
        self.known, self.consts = known, known.inputs[inner:]
        self.body = Graph(known.inputs, known.eqns, (*known.outputs[:n], *self.stacked), body.name)

    def steady_values(self, consts: Operands) -> list[Operand]:
        """Evaluates what does not depend on the step."""
        defined = set(self.consts)
        eqns = []
        for eqn in self.known.eqns:
            if all(v in defined for v in eqn.inputs if isinstance(v, Var)):
                eqns.append(eqn)
                defined.update(eqn.outs)
        outputs: tuple[Atom, ...] = tuple(self.steady)
        return evaluate(Graph(self.consts, tuple(eqns), outputs, self.known.name), consts)


def _jvp(
    primals: Operands, tangents: Sequence[Tangent], *, body: Graph, length: int, n_carry: int,
    n_xs: int, reverse: bool,
) -> tuple[Operands, Sequence[Tangent]]:  # fmt: skip
    inner = n_carry + n_xs
    moved = settled(body, [t is not None for t in tangents], n_carry, is_float)
    known, linear, _ = linearize_graph(body, moved)
    kept = _Residuals(body, known, n_carry, n_xs)
    same = {"length": length, "reverse": reverse}
    results = bind_all(scan, *primals, body=interned_body(kept.body), n_carry=n_carry, n_xs=n_xs,
                       **same)  # fmt: skip
    outs, stacked = results[: len(body.outputs)], results[len(body.outputs) :]
    rates = chosen(filled(tangents, primals), moved)
    cuts = sum(moved[:n_carry]), sum(moved[:inner])
    t_carry, t_xs, t_consts = rates[: cuts[0]], rates[cuts[0] : cuts[1]], rates[cuts[1] :]
    xs = [primals[n_carry + k] for k in kept.rows.values()]
    steady = kept.steady_values(primals[inner:])
    wanted = [m for m, o in zip([*moved[:n_carry], *[True] * len(body.outputs)], body.outputs)
              if is_float(o)]  # fmt: skip

    def step(moving: Operands, dx: Operands, of_step: Operands, row: Operands, dk: Operands,
             fixed: Operands) -> list[Operand]:  # fmt: skip
        values = dict(zip(kept.stacked, of_step))
        values.update(zip(kept.rows, row))
        values.update(zip(kept.steady, fixed))
        return chosen(evaluate(linear, [*map(values.__getitem__, kept.all), *moving, *dx, *dk]),
                      wanted)  # fmt: skip

    tangent_body = build(linear.name, step, avals_of(t_carry), _rows(t_xs), _rows(stacked),
                         _rows(xs), avals_of(t_consts), avals_of(steady))  # fmt: skip
    operands = (*t_carry, *t_xs, *stacked, *xs, *t_consts, *steady)
    n_rows = len(t_xs) + len(stacked) + len(xs)
    made = iter(bind_all(scan, *operands, body=tangent_body, n_carry=len(t_carry), n_xs=n_rows,
                         **same))  # fmt: skip
    out_moved = [*moved[:n_carry], *(is_float(y) for y in outs[n_carry:])]
    return outs, [next(made) if m else None for m in out_moved]


def interned_body(body: Graph) -> Graph:
    return build(body.name, lambda values: evaluate(body, values), body.in_avals)


def _transpose(
    cts: Sequence[Operand | None], ops: Sequence[Any], *, body: Graph, length: int, n_carry: int,
    n_xs: int, reverse: bool,
) -> list[Operand | None]:  # fmt: skip
    """All that is carried is linear; an initial value that is known there is zero."""
    inner = n_carry + n_xs
    linear = [i < n_carry or isinstance(op, Linear) for i, op in enumerate(ops)]
    ordered = known_first(body, linear)
    x_marks, k_marks = linear[n_carry:inner], linear[inner:]
    known_xs = chosen(ops[n_carry:inner], x_marks, False)
    known_consts = chosen(ops[inner:], k_marks, False)
    outs = [*body.out_avals[:n_carry],
            *(a.with_shape((length, *a.shape)) for a in body.out_avals[n_carry:])]  # fmt: skip
    given = [zeros(a.strong()) if ct is None else ct for ct, a in zip(cts, outs)]
    sums = [zeros(op.aval.strong()) for op in chosen(ops[inner:], k_marks)]
    n_xs_linear = sum(x_marks)

    def step(back: Operands, totals: Operands, pulled: Operands, rows: Operands, fixed: Operands
             ) -> list[Operand]:  # fmt: skip
        parts = transpose_evaluate(ordered, [*rows, *fixed], [*back, *pulled])
        ct_carry, rest = parts[:n_carry], parts[n_carry:]
        ct_xs, ct_consts = rest[:n_xs_linear], rest[n_xs_linear:]
        return [*ct_carry, *map(add, totals, ct_consts), *ct_xs]

    backward = build(f"{body.name}_transpose", step, avals_of(given[:n_carry]), avals_of(sums),
                     _rows(given[n_carry:]), _rows(known_xs), avals_of(known_consts))  # fmt: skip
    results = bind_all(
        scan, *given[:n_carry], *sums, *given[n_carry:], *known_xs, *known_consts, body=backward,
        length=length, n_carry=n_carry + len(sums), n_xs=len(given) - n_carry + len(known_xs),
        reverse=not reverse,
    )  # fmt: skip
    ct_sums, ct_xs = results[n_carry : n_carry + len(sums)], results[n_carry + len(sums) :]
    pulled = iter([*results[:n_carry], *ct_xs, *ct_sums])
    found = [next(pulled) if m else None for m in linear]
    return [ct if isinstance(op, Linear) else None for ct, op in zip(found, ops)]


def _batch(
    args: Operands, batched: Marks, size: int, *, body: Graph, length: int, n_carry: int,
    n_xs: int, reverse: bool,
) -> Operands:  # fmt: skip
    """The batch is axis 0 of a step's values, so axis 1 of what is stacked."""
    inner = n_carry + n_xs
    marks = settled(body, batched, n_carry, everything)
    out_marks = [*marks[:n_carry], *reached(body, marks)[n_carry:]]
    carry = [with_batch(x, b, size) if m else x for x, b, m in zip(args, batched, marks[:n_carry])]
    pairs = zip(args[n_carry:inner], marks[n_carry:inner])
    xs = [move_axis(x, 0, 1) if m else x for x, m in pairs]

    def step(values: Operands, rows: Operands, consts: Operands) -> list[Operand]:
        outs, own = vmap_partly(body, [*values, *rows, *consts], marks, size)
        return [with_batch(x, b, size) if m else x for x, b, m in zip(outs, own, out_marks)]

    over = build(f"{body.name}_vmap", step, avals_of(carry), _rows(xs), avals_of(args[inner:]))
    outs = bind_all(scan, *carry, *xs, *args[inner:], body=over, length=length, n_carry=n_carry,
                    n_xs=n_xs, reverse=reverse)  # fmt: skip
    moved = [*outs[:n_carry], *(move_axis(y, 1, 0) if m else y
                                for y, m in zip(outs[n_carry:], out_marks[n_carry:]))]  # fmt: skip
    return [with_batch(x, m, size) for x, m in zip(moved, out_marks, strict=True)]


scan.jvp, scan.transpose, scan.batch = _jvp, _transpose, _batch
