"""Primitives about derivatives: calls with rules of their own, and what derivatives stop at.

* ``stop_gradient(x)``: ``x``, a constant to every derivative.
* ``barrier(*xs, *after; n)``: the first ``n`` operands, computed into nothing that was there before
  ``after`` was: what is computed of them is computed again, and later (see ``checkpoint``).
* ``custom_jvp(*args; call, rule, n_args)``: ``call(*args)``. ``rule`` takes the operands and a
  tangent for each float one of the first ``n_args``, and gives the results and a tangent for each
  float one.
* ``custom_vjp(*args; call, forward, backward, n_args)``: ``call(*args)``. ``forward`` also gives
  residuals; ``backward`` takes them and a cotangent for each float result, and gives one for each
  float operand among the first ``n_args``.
* ``checkpoint(*args; call)``: ``call(*args)``, of which a derivative keeps only ``args``.
* ``linear_call(*known, *linear; forward, backward, n_known)``: ``forward(*known, *linear)``, whose
  transpose is ``backward(*known, *cotangents)``. Without ``forward`` it is the transpose of that.

All but the first two are inlined before anything is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..aval import Aval
from ..core import Operand, evaluate
from ..evaluate import evaluate_numpy
from ..graph import Graph
from ..primitive import Control, Expand, Map, Primitive, Several
from . import common as c
from .control import check_fits, later

Array = np.ndarray[Any, Any]

stop_gradient: Primitive = Primitive(
    "stop_gradient",
    lambda x: x,
    lambda x: x,
    lambda args, batched, size: stop_gradient(args[0]),
    Map(lambda read, index, eqn: read(0, index), free=True, pointwise=True),
    jvp=c.no_tangent,
    no_transpose="its tangent is zero",
)

barrier: Several = Several(
    "barrier",
    lambda *xs, n: xs[:n],
    lambda *xs, n: xs[:n],
    later,
    Control(),
    jvp=later,
    no_transpose="tangents do not pass through it",
)


def _strong(avals: Sequence[Aval]) -> tuple[Aval, ...]:
    return tuple(a.strong() for a in avals)


def _call_abstract(*args: Aval, call: Graph, **_: Any) -> tuple[Aval, ...]:
    check_fits(call.name, call, args)
    return _strong(call.out_avals)


def _call_reference(*args: Array, call: Graph, **_: Any) -> list[Array]:
    return evaluate_numpy(call, args)


def _inlined(*args: Operand, call: Graph, **_: Any) -> list[Operand]:
    return evaluate(call, args)


def _call(name: str) -> Several:
    return Several(
        name,
        _call_abstract,
        _call_reference,
        later,
        Expand(_inlined),
        jvp=later,
        no_transpose="its derivative holds no such call",
    )


custom_jvp: Several = _call("custom_jvp")
custom_vjp: Several = _call("custom_vjp")
checkpoint: Several = _call("checkpoint")


def _linear_abstract(
    *operands: Aval, forward: Graph | None, backward: Graph, n_known: int
) -> tuple[Aval, ...]:
    check_fits(backward.name, backward, (*operands[:n_known], *backward.in_avals[n_known:]))
    return _strong(backward.in_avals[n_known:])


linear_call: Several = Several(
    "linear_call", _linear_abstract, later, later, Expand(later), jvp=later, transpose=later
)
