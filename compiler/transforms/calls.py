"""Derivatives and batching of calls that bring rules of their own (``ir/prims/calls.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import GradientError
from ..ir.core import Operand, bind_all, evaluate
from ..ir.evaluate import evaluate_numpy
from ..ir.graph import Graph
from ..ir.primitive import Expand, Several
from ..ir.prims.calls import barrier, checkpoint, custom_jvp, custom_vjp, linear_call
from ..ir.prims.common import with_batch
from .control import Marks, Operands, avals_of, build, chosen, filled, spread
from .jvp import Tangent, is_float, jvp_evaluate, jvp_graph
from .transpose import transpose_evaluate, vjp_graph
from .vmap import vmap_graph

Rates = Sequence[Tangent]


def _moving(primals: Operands, tangents: Rates, n: int) -> list[Operand]:
    """A tangent for each float operand among the first ``n``, zeros where there is none."""
    every = filled(tangents[:n], primals[:n])
    return [t for t, p in zip(every, primals) if is_float(p)]


# --- custom rules --------------------------------------------------------------------------------


def _custom_jvp_jvp(
    primals: Operands, tangents: Rates, *, call: Graph, rule: Graph, n_args: int
) -> tuple[Operands, Rates]:
    n = len(call.outputs)
    results = evaluate(rule, [*primals, *_moving(primals, tangents, n_args)])
    return results[:n], spread(results[n:], results[:n])


def _custom_vjp_jvp(
    primals: Operands,
    tangents: Rates,
    *,
    call: Graph,
    forward: Graph,
    backward: Graph,
    n_args: int,
) -> tuple[Operands, Rates]:
    n = len(call.outputs)
    results = evaluate(forward, primals)
    outs, residuals = results[:n], results[n:]
    operands = (*residuals, *_moving(primals, tangents, n_args))
    rates = bind_all(
        linear_call, *operands, forward=None, backward=backward, n_known=len(residuals)
    )
    return outs, spread(rates, outs)


def _checkpoint_jvp(primals: Operands, tangents: Rates, *, call: Graph) -> tuple[Operands, Rates]:
    """Backwards, all is computed again from the operands, once the cotangents are there."""
    outs = bind_all(checkpoint, *primals, call=call)
    moved = [t is not None for t in tangents]
    push, pull, n = jvp_graph(call, moved), vjp_graph(call, moved), len(call.outputs)

    def backward(known: Operands, cts: Operands) -> list[Operand]:
        again = bind_all(barrier, *known, *cts, n=len(known))
        return evaluate(pull, [*again, *cts])[n:]

    def forward(known: Operands, rates: Operands) -> list[Operand]:
        return evaluate(push, [*known, *rates])[n:]

    known = avals_of(primals)
    again = build(f"{call.name}_again", backward, known, [o.aval for o in outs if is_float(o)])
    along = build(f"{call.name}_along", forward, known, avals_of(chosen(tangents, moved)))
    operands = (*primals, *chosen(tangents, moved))
    rates = bind_all(linear_call, *operands, forward=along, backward=again, n_known=len(primals))
    return outs, spread(rates, outs)


custom_jvp.jvp, custom_vjp.jvp, checkpoint.jvp = _custom_jvp_jvp, _custom_vjp_jvp, _checkpoint_jvp


def _barrier_jvp(primals: Operands, tangents: Rates, *, n: int) -> tuple[Operands, Rates]:
    return bind_all(barrier, *primals, n=n), tangents[:n]


def _barrier_batch(args: Operands, batched: Marks, size: int, *, n: int) -> Operands:
    return [with_batch(x, b, size) for x, b in zip(bind_all(barrier, *args, n=n), batched)]


barrier.jvp, barrier.batch = _barrier_jvp, _barrier_batch


# --- a linear function given by its transpose ----------------------------------------------------


def _forward(forward: Graph | None, backward: Graph, n_known: int) -> Graph:
    """``forward``, else the transpose of ``backward`` in its cotangents.

    GradientError when that is not linear.
    """
    if forward is not None:
        return forward

    def run(known: Operands, linear: Operands) -> list[Operand]:
        try:
            return transpose_evaluate(backward, known, linear)
        except GradientError as e:
            raise GradientError(
                f"{backward.name}: a backward rule without a forward mode",
                why=f"it is not linear in the cotangent, so it has no transpose ({e.what})",
                fix="differentiate it in reverse (grad, vjp), or use custom_jvp",
            ) from e

    known, linear = backward.in_avals[:n_known], backward.out_avals
    return build(f"{backward.name}_forward", run, known, linear)


def _linear_inlined(
    *operands: Operand, forward: Graph | None, backward: Graph, n_known: int
) -> list[Operand]:
    return evaluate(_forward(forward, backward, n_known), operands)


def _linear_reference(
    *operands: Any, forward: Graph | None, backward: Graph, n_known: int
) -> list[Any]:
    return evaluate_numpy(_forward(forward, backward, n_known), operands)


def _linear_jvp(
    primals: Operands, tangents: Rates, *, forward: Graph | None, backward: Graph, n_known: int
) -> tuple[Operands, Rates]:
    return jvp_evaluate(_forward(forward, backward, n_known), primals, tangents)


def _linear_transpose(
    cts: Sequence[Operand | None],
    ops: Sequence[Any],
    *,
    forward: Graph | None,
    backward: Graph,
    n_known: int,
) -> list[Operand | None]:
    outs = [
        ct if ct is not None else zero
        for ct, zero in zip(cts, filled([None] * len(cts), backward.inputs[n_known:]))  # type: ignore[arg-type]
    ]
    return [None] * n_known + list(evaluate(backward, [*ops[:n_known], *outs]))


linear_call.jvp, linear_call.transpose = _linear_jvp, _linear_transpose
linear_call.reference, linear_call.lower = _linear_reference, Expand(_linear_inlined)


# --- batching: every operand gets the batch ------------------------------------------------------


def _batch_all(prim: Several) -> None:
    def batch(args: Operands, batched: Marks, size: int, **params: Any) -> Operands:
        over = {k: _over(v, size) if isinstance(v, Graph) else v for k, v in params.items()}
        values = [with_batch(x, b, size) for x, b in zip(args, batched, strict=True)]
        return bind_all(prim, *values, **over)

    prim.batch = batch


def _over(graph: Graph, size: int) -> Graph:
    batched = vmap_graph(graph, [True] * len(graph.inputs), size)
    return build(batched.name, lambda values: evaluate(batched, values), batched.in_avals)


for _prim in (custom_jvp, custom_vjp, checkpoint, linear_call):
    _batch_all(_prim)
