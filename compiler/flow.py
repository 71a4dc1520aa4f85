"""Control flow as steps of a Program: branches, and loops of known and unknown length.

A sub-graph reads the buffers of its operands where they are; a loop's carry lives in the buffers of
the loop's results. What a body computes is in temporaries, which are idle again behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .ir.graph import Eqn, Graph, Var, vars_of
from .passes.memory import device_bytes
from .program import Branch, Copy, Loop, Step

if TYPE_CHECKING:
    from .assembly import Block


def control_steps(block: Block, eqn: Eqn) -> list[Step]:
    """The steps of a ``cond``, ``while_loop`` or ``scan`` of ``block``."""
    return _CONTROL[eqn.prim.name](block, eqn)


def _copy(source: int, target: int, var: Var) -> list[Step]:
    """Copies a whole value, unless it is there already."""
    return [Copy(source, target, var.aval.nbytes)] if source != target and var.aval.size else []


def _numbers(block: Block, eqn: Eqn) -> list[int]:
    return [block.number[v] for v in vars_of(eqn.inputs)]


def _cond(block: Block, eqn: Eqn) -> list[Step]:
    index, *operands = _numbers(block, eqn)
    targets = [block.number[v] for v in eqn.outs]
    bodies = []
    for branch in eqn.params["branches"]:
        inner = block.inner(branch)
        steps, where = inner.run(operands, targets)
        for source, target, var in zip(where, targets, eqn.outs, strict=True):
            steps += _copy(source, target, var)
        inner.release()
        bodies.append(tuple(steps))
    return [Branch(index, tuple(bodies))]


def _start(block: Block, eqn: Eqn, given: Sequence[int]) -> tuple[list[Step], list[int]]:
    """Puts the initial values of a loop's carry where its results will be."""
    n = eqn.params["n_carry"]
    carry = [block.number[v] for v in eqn.outs[:n]]
    rows = zip(given[:n], carry, eqn.outs[:n], strict=True)
    return [step for row in rows for step in _copy(*row)], carry


def _body(
    block: Block, body: Graph, carry: Sequence[int], others: Sequence[int]
) -> tuple[list[Step], list[int], list[Step], Block]:
    """One iteration: its steps, where its other outputs then are, and what renews the carry. The
    block is to be released when they have been read.

    A new value is written over the old one where that is safe; else it is copied there at the end,
    by way of a temporary when it is the old value of another.
    """
    n = len(carry)
    partner = dict(zip(vars_of(body.outputs[:n]), body.inputs[:n], strict=True))
    inner = block.inner(body, body.inputs[:n], partner)
    steps, where = inner.run([*carry, *others], [None] * len(body.outputs))
    staged: list[Step] = []
    moves: list[Step] = []
    for source, target, var in zip(where[:n], carry, body.inputs[:n], strict=True):
        if source != target and source in carry:
            copied = inner.take(device_bytes(var))
            staged += _copy(source, copied, var)
            source = copied
        moves += _copy(source, target, var)
    return steps, where[n:], [*staged, *moves], inner


def _while_loop(block: Block, eqn: Eqn) -> list[Step]:
    n, n_test = eqn.params["n_carry"], eqn.params["n_test"]
    given = _numbers(block, eqn)
    start, carry = _start(block, eqn, given)
    tested = block.inner(eqn.params["test"])
    test, (condition,) = tested.run([*carry, *given[n : n + n_test]], [None])
    tested.release()  # the host has read the condition before the body runs
    steps, _, moves, inner = _body(block, eqn.params["body"], carry, given[n + n_test :])
    inner.release()
    return [*start, Loop((*steps, *moves), None, False, tuple(test), condition)]


def _scan(block: Block, eqn: Eqn) -> list[Step]:
    """Each step copies its rows of ``xs`` to buffers of the body, and its ``y`` to its row."""
    p = eqn.params
    n, n_rows, body = p["n_carry"], p["n_carry"] + p["n_xs"], p["body"]
    given = _numbers(block, eqn)
    start, carry = _start(block, eqn, given)
    steps: list[Step] = []
    rows = []
    used = {*vars_of(body.outputs), *(v for e in body.eqns for v in vars_of(e.inputs))}
    for source, var in zip(given[n:n_rows], body.inputs[n:n_rows], strict=True):
        rows.append(block.assembly.take(device_bytes(var)))
        if var in used and var.aval.size:
            steps.append(Copy(source, rows[-1], var.aval.nbytes, source_stride=var.aval.nbytes))
    more, ys, moves, inner = _body(block, body, carry, [*rows, *given[n_rows:]])
    steps += more
    for source, stacked, var in zip(ys, eqn.outs[n:], body.outputs[n:], strict=True):
        if var.aval.size:
            nbytes = var.aval.nbytes
            steps.append(Copy(source, block.number[stacked], nbytes, target_stride=nbytes))
    inner.release()
    block.assembly.idle += rows
    return [*start, Loop((*steps, *moves), p["length"], p["reverse"])]


_CONTROL: dict[str, Callable[[Block, Eqn], list[Step]]] = {
    "cond": _cond,
    "scan": _scan,
    "while_loop": _while_loop,
}
