"""Control flow: primitives that run sub-graphs, with several results.

* ``cond(index, *operands; branches)``: the results of ``branches[index]`` on the operands; the
  index (i32) is clipped into range.
* ``while_loop(*carry, *test_consts, *body_consts; test, body, n_carry, n_test)``: while
  ``test(*carry, *test_consts)``, the carry becomes ``body(*carry, *body_consts)``.
* ``scan(*carry, *xs, *consts; body, length, n_carry, n_xs, reverse)``: for each i, ``(carry, y_i) =
  body(carry, xs[i], consts)``; the results are the last carry, then the stacked ``y``. ``reverse``
  walks from the end; ``y_i`` belongs to ``x_i`` either way.

What a sub-graph reads from outside is among its operands: sub-graphs are closed. How they are
differentiated and batched is a matter of transforms: ``transforms/control.py`` gives those rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, ShapeError
from ..aval import Aval
from ..dtypes import bool_, int32
from ..evaluate import evaluate_numpy
from ..graph import Graph
from ..primitive import Control, Several
from . import common as c

Array = np.ndarray[Any, Any]


def later(*_: Any, **__: Any) -> Any:
    """Stands for a rule until ``texelate.compiler.transforms`` is imported, which gives it."""
    raise AssertionError("texelate.compiler.transforms gives this rule")


def check_fits(name: str, graph: Graph, operands: Sequence[Aval]) -> None:
    """ArgumentError, ShapeError or DtypeError unless ``graph`` takes such operands."""
    if len(operands) != len(graph.inputs):
        raise ArgumentError(f"{name} takes {len(graph.inputs)} operands, not {len(operands)}")
    for i, (want, got) in enumerate(zip(graph.in_avals, operands)):
        check_alike(f"{name}: operand {i}", want, got)


def check_alike(what: str, want: Aval, got: Aval) -> None:
    """ShapeError or DtypeError unless shape and dtype agree."""
    if want.shape != got.shape:
        raise ShapeError(f"{what} is {got}, not {want}")
    if want.dtype is not got.dtype:
        raise DtypeError(f"{what} is {got}, not {want}")


def _strong(avals: Sequence[Aval]) -> tuple[Aval, ...]:
    return tuple(a.strong() for a in avals)


# --- cond ----------------------------------------------------------------------------------------


def _cond_abstract(index: Aval, *operands: Aval, branches: tuple[Graph, ...]) -> tuple[Aval, ...]:
    if index.shape or index.dtype is not int32 or not branches:
        raise ArgumentError(f"cond: {index} does not choose among {len(branches)} branches")
    outs = branches[0].out_avals
    for k, branch in enumerate(branches):
        check_fits(f"cond: branch {k}", branch, operands)
        if len(branch.outputs) != len(outs):
            raise ArgumentError(
                f"cond: branches have {len(outs)} and {len(branch.outputs)} results"
            )
        for i, (want, got) in enumerate(zip(outs, branch.out_avals)):
            check_alike(f"cond: result {i} of branch {k}", want, got)
    return _strong(outs)


def _cond_reference(index: Array, *operands: Array, branches: tuple[Graph, ...]) -> list[Array]:
    chosen = branches[int(np.clip(index, 0, len(branches) - 1))]
    return evaluate_numpy(chosen, operands)


cond: Several = Several(
    "cond", _cond_abstract, _cond_reference, later, Control(), jvp=later, transpose=later
)

# --- while_loop ----------------------------------------------------------------------------------


def _while_abstract(
    *operands: Aval, test: Graph, body: Graph, n_carry: int, n_test: int
) -> tuple[Aval, ...]:
    carry, rest = operands[:n_carry], operands[n_carry:]
    check_fits("while_loop: the condition", test, (*carry, *rest[:n_test]))
    check_fits("while_loop: the body", body, (*carry, *rest[n_test:]))
    if [(a.shape, a.dtype) for a in test.out_avals] != [((), bool_)]:
        raise DtypeError("while_loop: the condition must give one bool of rank 0")
    _check_carry("while_loop", carry, body.out_avals)
    return _strong(carry)


def _check_carry(name: str, carry: Sequence[Aval], after: Sequence[Aval]) -> None:
    if len(after) != len(carry):
        raise ArgumentError(f"{name}: {len(carry)} values are carried, {len(after)} come back")
    for i, (want, got) in enumerate(zip(carry, after)):
        check_alike(f"{name}: carried value {i} after a step", want, got)


def _while_reference(
    *operands: Array, test: Graph, body: Graph, n_carry: int, n_test: int
) -> list[Array]:
    carry, rest = list(operands[:n_carry]), operands[n_carry:]
    while evaluate_numpy(test, [*carry, *rest[:n_test]])[0]:
        carry = evaluate_numpy(body, [*carry, *rest[n_test:]])
    return carry


while_loop: Several = Several(
    "while_loop",
    _while_abstract,
    _while_reference,
    later,
    Control(),
    jvp=later,
    no_transpose="the number of iterations is not known before it runs, so what every iteration "
    "computed cannot be kept: use scan, or fori_loop with bounds that are Python ints",
)

# --- scan ----------------------------------------------------------------------------------------


def _scan_abstract(
    *operands: Aval, body: Graph, length: int, n_carry: int, n_xs: int, reverse: bool
) -> tuple[Aval, ...]:
    carry, xs = operands[:n_carry], operands[n_carry : n_carry + n_xs]
    for i, x in enumerate(xs):
        if x.shape[:1] != (length,):
            raise ShapeError(f"scan: xs {i} is {x}: its leading axis is not of length {length}")
    rows = [x.with_shape(x.shape[1:]) for x in xs]
    check_fits("scan: the body", body, (*carry, *rows, *operands[n_carry + n_xs :]))
    _check_carry("scan", carry, body.out_avals[:n_carry])
    ys = [y.with_shape((length, *y.shape)) for y in body.out_avals[n_carry:]]
    for y in ys:
        c.check_shape("scan", y.shape)
    return _strong((*carry, *ys))


def _scan_reference(
    *operands: Array, body: Graph, length: int, n_carry: int, n_xs: int, reverse: bool
) -> list[Array]:
    carry, consts = list(operands[:n_carry]), operands[n_carry + n_xs :]
    xs = operands[n_carry : n_carry + n_xs]
    ys = [np.zeros((length, *y.shape), y.dtype.numpy) for y in body.out_avals[n_carry:]]
    for i in reversed(range(length)) if reverse else range(length):
        outs = evaluate_numpy(body, [*carry, *(np.asarray(x[i]) for x in xs), *consts])
        carry = outs[:n_carry]
        for stacked, y in zip(ys, outs[n_carry:], strict=True):
            stacked[i] = y
    return [*carry, *ys]


scan: Several = Several(
    "scan", _scan_abstract, _scan_reference, later, Control(), jvp=later, transpose=later
)
