"""``Traced``: what stands for an array inside ``jit``, ``grad`` and ``vmap``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiler.errors import ConcretizationError
from .compiler.ir import core
from .compiler.ir.core import GraphTrace, Tracer
from .compiler.ir.graph import Literal
from .compiler.trace.stage import StageTrace, Tape, produced_by
from .methods import ArrayMethods


class Traced(ArrayMethods, Tracer):
    """A placeholder with the same operators and methods as ``Array``; see there."""

    __slots__ = ()

    def _value(self, asked: str) -> np.ndarray[Any, Any]:
        """Its value, where it can be had: in ``grad`` outside ``jit``. Else ConcretizationError."""
        if not self.trace.open:
            raise core.leaked(self)
        if not isinstance(self.trace, Tape):
            raise _unknown(self, asked)
        if asked == "np.asarray()":
            raise ConcretizationError(
                f"NumPy was given an array {self.aval} that is being differentiated",
                why="what NumPy computes is not recorded: its derivative would silently be 0",
                fix="use texelate.numpy's function of the same name; x.tolist() to look at it",
            )
        return _value_of(self.trace.outer(self.atom), asked)

    def _peek(self) -> np.ndarray[Any, Any] | None:
        known = self.trace.open and has_value(self.trace)
        return self._value("repr()") if known else None


def _value_of(x: Any, asked: str) -> np.ndarray[Any, Any]:
    if isinstance(x, Literal):
        return np.asarray(x.value)
    result: np.ndarray[Any, Any] = x._value(asked)
    return result


def has_value(trace: GraphTrace) -> bool:
    """Whether values can be had inside ``trace``: it and all traces around it are tapes."""
    stack = core._stack()
    around = stack[: stack.index(trace) + 1] if trace in stack else []
    return bool(around) and all(isinstance(t, Tape) for t in around)


_INSTEAD = {
    "bool()": "use texelate.numpy.where(condition, yes, no) or texelate.cond instead of `if`, "
    "texelate.while_loop instead of `while`, or make the argument static (static_argnums)",
    "int()": "make the argument static (static_argnums), or keep the value in an array",
    "an index": "make the argument static (static_argnums), or use texelate.numpy.take",
}


def _unknown(x: Traced, asked: str) -> ConcretizationError:
    eqn = produced_by(x)
    came = f"the result of `{eqn.prim.name}`" if eqn is not None else "an argument"
    if eqn is not None and eqn.source is not None:
        came += f" at {eqn.source}"
    kind = x.trace.kind if isinstance(x.trace, StageTrace) else "a transformation"
    return ConcretizationError(
        f"{asked} needs the value of a traced array {x.aval}, {came}",
        why=f"inside {kind} (here: {x.trace.name}) arrays are placeholders: the program is being "
        "written down, and will run later with other values",
        fix=_INSTEAD.get(asked, f"return the array and look at it outside {kind}"),
    )
