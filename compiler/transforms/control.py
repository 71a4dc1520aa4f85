"""Derivatives and batching of ``cond`` and ``while_loop``; what ``scan``'s rules share with them.

The rules of control flow are transforms of its sub-graphs, so they live here rather than in the
primitive's file. They are filled in when this package is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..ir.aval import Aval
from ..ir.core import GraphTrace, Operand, bind_all, evaluate, literal
from ..ir.graph import Graph, Var
from ..ir.primitive import Linear
from ..ir.prims.common import with_batch
from ..ir.prims.control import cond, while_loop
from ..ir.prims.elementwise import le, select
from ..ir.prims.reduction import reduce
from ..ir.prims.structural import broadcast_in_dim, zeros
from ..ir.text import interned
from .jvp import Tangent, is_float, jvp_evaluate
from .linearize import linearize_graph
from .transpose import transpose_evaluate
from .vmap import vmap_evaluate, vmap_partly

Operands = Sequence[Operand]
Marks = Sequence[bool]


# --- shared --------------------------------------------------------------------------------------


def reached(
    graph: Graph, marks: Marks, passes: Callable[[Var], bool] = lambda _: True
) -> list[bool]:
    """Which outputs depend on the marked inputs, by way of variables that ``passes`` lets through.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = parse_graph("graph f(a: f32[], b: f32[]) { c: f32[] = exp(b) return a, c }")
    >>> reached(g, (True, False))
    [True, False]
    """
    seen = {v for v, m in zip(graph.inputs, marks, strict=True) if m}
    for eqn in graph.eqns:
        if any(a in seen for a in eqn.inputs):
            seen.update(filter(passes, eqn.outs))
    return [a in seen for a in graph.outputs]


def settled(body: Graph, marks: Marks, n: int, passes: Callable[[Var], bool]) -> list[bool]:
    """``marks`` of a body's inputs, with a carried one (the first ``n``) marked when it depends on
    a marked input after any number of steps.
    """
    now = list(marks)
    while True:
        after = reached(body, now, passes)[:n]
        if not any(a and not b for a, b in zip(after, now)):
            return now
        now[:n] = [a or b for a, b in zip(after, now)]


def everything(_: Var) -> bool:
    """Batches pass through every operation."""
    return True


def build(name: str, function: Callable[..., Sequence[Operand]], *avals: Sequence[Aval]) -> Graph:
    """The graph of ``function``, which takes a list of values for each list of avals."""
    with GraphTrace(name) as trace:
        inputs = [[trace.input(a.strong()) for a in group] for group in avals]
        return interned(trace.finish(function(*inputs)))


def avals_of(values: Sequence[Any]) -> list[Aval]:
    return [v.aval for v in values]


def chosen(items: Sequence[Any], marks: Marks, wanted: bool = True) -> list[Any]:
    """The items whose mark is ``wanted``."""
    return [x for x, m in zip(items, marks, strict=True) if m is wanted]


def known_first(graph: Graph, linear: Marks) -> Graph:
    """``graph`` with its linear inputs behind the others."""
    inputs = (*chosen(graph.inputs, linear, False), *chosen(graph.inputs, linear))
    return Graph(inputs, graph.eqns, graph.outputs, graph.name)


def filled(tangents: Sequence[Tangent], primals: Operands) -> list[Operand]:
    """Tangents with zeros where there are none."""
    return [
        zeros(p.aval.strong()) if t is None else t for t, p in zip(tangents, primals, strict=True)
    ]


def spread(rates: Sequence[Operand], outs: Operands) -> list[Tangent]:
    """A tangent for each result: the rates are those of the float ones."""
    left = iter(rates)
    return [next(left) if is_float(o) else None for o in outs]


# --- cond ----------------------------------------------------------------------------------------


def _cond_jvp(
    primals: Operands, tangents: Sequence[Tangent], *, branches: tuple[Graph, ...]
) -> tuple[Operands, Sequence[Tangent]]:
    """Each branch is linearized; a branch gives zeros for what only others keep."""
    index, *operands = primals
    moved = [t is not None for t in tangents[1:]]
    halves = [linearize_graph(b, moved)[:2] for b in branches]
    kept = [_kept(b, known) for b, (known, _) in zip(branches, halves)]
    flat = [v.aval for vs in kept for v in vs]
    forward = tuple(
        _keeping(b, known, kept, k) for k, (b, (known, _)) in enumerate(zip(branches, halves))
    )
    results = bind_all(cond, index, *operands, branches=forward)
    n = len(branches[0].outputs)
    outs, residuals = results[:n], results[n:]
    rates = [t for t in tangents[1:] if t is not None]
    groups = flat, avals_of(operands), avals_of(rates)
    linear = tuple(
        _tangent_branch(b, *half, kept, k, groups)
        for k, (b, half) in enumerate(zip(branches, halves))
    )
    moved_outs = bind_all(cond, index, *residuals, *operands, *rates, branches=linear)
    return outs, spread(moved_outs, outs)


def _residuals(branch: Graph, known: Graph) -> list[Var]:
    return [v for v in known.outputs[len(branch.outputs) :] if isinstance(v, Var)]


def _kept(branch: Graph, known: Graph) -> list[Var]:
    """The residuals that are not operands anyway."""
    return [v for v in _residuals(branch, known) if v not in branch_inputs(known)]


def branch_inputs(graph: Graph) -> set[Var]:
    return set(graph.inputs)


def _keeping(branch: Graph, known: Graph, kept: Sequence[Sequence[Var]], k: int) -> Graph:
    """Branch ``k`` with the residuals of all branches as further results."""
    n = len(branch.outputs)
    own = Graph(known.inputs, known.eqns, (*known.outputs[:n], *kept[k]), known.name)

    def run(operands: Operands) -> list[Operand]:
        results = evaluate(own, operands)
        mine, out = results[n:], results[:n]
        for j, others in enumerate(kept):
            out += mine if j == k else [zeros(v.aval.strong()) for v in others]
        return out

    return build(known.name, run, branch.in_avals)


def _tangent_branch(
    branch: Graph,
    known: Graph,
    linear: Graph,
    kept: Sequence[Sequence[Var]],
    k: int,
    groups: tuple[list[Aval], list[Aval], list[Aval]],
) -> Graph:
    """Branch ``k`` of the derivative: residuals of all branches, operands, tangents."""
    before = sum(map(len, kept[:k]))

    def run(residuals: Operands, operands: Operands, rates: Operands) -> list[Operand]:
        values = dict(zip(known.inputs, operands))
        values.update(zip(kept[k], residuals[before:]))
        return evaluate(linear, [*(values[v] for v in _residuals(branch, known)), *rates])

    return build(linear.name, run, *groups)


def _cond_transpose(
    cts: Sequence[Operand | None], ops: Sequence[Any], *, branches: tuple[Graph, ...]
) -> list[Operand | None]:
    index, *operands = ops
    linear = [isinstance(op, Linear) for op in operands]
    known = chosen(operands, linear, False)
    given = [zeros(a.strong()) if ct is None else ct for ct, a in zip(cts, branches[0].out_avals)]

    def backward(branch: Graph) -> Graph:
        def run(values: Operands, pulled: Operands) -> list[Operand]:
            return transpose_evaluate(known_first(branch, linear), values, pulled)

        return build(f"{branch.name}_transpose", run, avals_of(known), avals_of(given))

    back = tuple(map(backward, branches))
    results = iter(bind_all(cond, index, *known, *given, branches=back))
    return [None, *(next(results) if m else None for m in linear)]


def _cond_batch(
    args: Operands, batched: Marks, size: int, *, branches: tuple[Graph, ...]
) -> Operands:
    index, *operands = args
    marks = batched[1:]
    if batched[0]:
        return _select_branch(index, [vmap_evaluate(b, operands, marks, size) for b in branches])

    def over(branch: Graph) -> Graph:
        def run(values: Operands) -> list[Operand]:
            return vmap_evaluate(branch, values, marks, size)

        return build(f"{branch.name}_vmap", run, avals_of(operands))

    return bind_all(cond, index, *operands, branches=tuple(map(over, branches)))


def _select_branch(index: Operand, results: Sequence[list[Operand]]) -> list[Operand]:
    """For each example the results of its branch: all are computed."""
    out = results[-1]
    for k, values in reversed(list(enumerate(results[:-1]))):
        here = le(index, literal(k, index.aval.dtype))
        out = [_where(here, a, b) for a, b in zip(values, out, strict=True)]
    return out


def _where(condition: Operand, yes: Operand, no: Operand) -> Operand:
    """``select`` with one condition for each example, broadcast over the other axes."""
    if condition.aval.shape == yes.aval.shape:
        return select(condition, yes, no)
    return select(broadcast_in_dim(condition, shape=yes.aval.shape, dims=(0,)), yes, no)


cond.jvp, cond.transpose, cond.batch = _cond_jvp, _cond_transpose, _cond_batch

# --- while_loop ----------------------------------------------------------------------------------


def _while_jvp(
    primals: Operands, tangents: Sequence[Tangent], *, test: Graph, body: Graph, n_carry: int,
    n_test: int,
) -> tuple[Operands, Sequence[Tangent]]:  # fmt: skip
    """A second loop carries values and tangents: the results stay those of the first one, so that
    what is known and what is linear can be told apart.
    """
    params = {"test": test, "body": body, "n_carry": n_carry, "n_test": n_test}
    outs = bind_all(while_loop, *primals, **params)
    inner = n_carry + n_test
    moved = settled(body, [t is not None for t in (*tangents[:n_carry], *tangents[inner:])],
                    n_carry, is_float)  # fmt: skip
    carried, fixed = moved[:n_carry], moved[n_carry:]
    carry, consts = primals[:n_carry], primals[inner:]
    rates = chosen(filled(tangents[:n_carry], carry), carried)
    const_rates = chosen(tangents[inner:], fixed)

    def both(values: Operands, moving: Operands, known: Operands, drift: Operands) -> list[Operand]:
        left, steady = iter(moving), iter(drift)
        into: list[Tangent] = [next(left) if m else None for m in carried]
        into += [next(steady) if m else None for m in fixed]
        after, out_rates = jvp_evaluate(body, [*values, *known], into)
        return [*after, *chosen(filled(out_rates, after), carried)]

    groups = avals_of(carry), avals_of(rates)
    joint = bind_all(
        while_loop, *carry, *rates, *primals[n_carry:inner], *consts, *const_rates,
        test=build(f"{test.name}_jvp", lambda values, _, known: evaluate(test, [*values, *known]),
                   *groups, avals_of(primals[n_carry:inner])),
        body=build(f"{body.name}_jvp", both, *groups, avals_of(consts), avals_of(const_rates)),
        n_carry=n_carry + len(rates), n_test=n_test,
    )  # fmt: skip
    moving = iter(joint[n_carry:])
    return outs, [next(moving) if m else None for m in carried]


def _while_batch(
    args: Operands, batched: Marks, size: int, *, test: Graph, body: Graph, n_carry: int,
    n_test: int,
) -> Operands:  # fmt: skip
    """Where the condition depends on the example, all go on while any does; done ones stay."""
    inner = n_carry + n_test
    test_marks, body_marks = list(batched[n_carry:inner]), list(batched[inner:])
    marks = settled(body, [*batched[:n_carry], *body_marks], n_carry, everything)[:n_carry]
    each = reached(test, [*marks, *test_marks])[0]
    if each:
        marks = [True] * n_carry
    carry = [with_batch(x, b, size) if m else x for x, b, m in zip(args, batched, marks)]

    def going(values: Operands, known: Operands) -> Operand:
        return vmap_partly(test, [*values, *known], [*marks, *test_marks], size)[0][0]

    def proceed(values: Operands, known: Operands) -> list[Operand]:
        on = going(values, known)
        return [reduce(on, monoid="any", axes=(0,)) if each else on]

    def step(values: Operands, known: Operands, consts: Operands) -> list[Operand]:
        after, own = vmap_partly(body, [*values, *consts], [*marks, *body_marks], size)
        after = [with_batch(x, b, size) if m else x for x, b, m in zip(after, own, marks)]
        if not each:
            return after
        on = going(values, known)
        return [_where(on, new, old) for new, old in zip(after, values, strict=True)]

    groups = avals_of(carry), avals_of(args[n_carry:inner])
    outs = bind_all(
        while_loop, *carry, *args[n_carry:inner], *args[n_carry:],
        test=build(f"{test.name}_vmap", proceed, *groups),
        body=build(f"{body.name}_vmap", step, *groups, avals_of(args[inner:])),
        n_carry=n_carry, n_test=n_test,
    )  # fmt: skip
    return [with_batch(x, m, size) for x, m in zip(outs, marks, strict=True)]


while_loop.jvp, while_loop.batch = _while_jvp, _while_batch
