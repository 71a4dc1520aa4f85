"""The monoids that folds use: identity, combination, how a vector of partial results collapses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir import kernel as K
from ..ir.dtypes import DType, bool_, int32
from ..ir.kernel import LANES, Assign, Declare, Expr, Stmt

_COMBINE = {"sum": "add", "prod": "mul", "max": "max", "min": "min", "any": "or", "all": "and"}
_ARG = {"argmax": ("max", "gt"), "argmin": ("min", "lt")}


def identity(monoid: str, dtype: DType) -> Expr:
    """The element that changes nothing."""
    return K.const(identity_value(monoid, dtype), dtype)


def identity_value(monoid: str, dtype: DType) -> Any:
    if monoid in ("sum", "any"):
        return 0
    if monoid in ("prod", "all"):
        return 1
    if dtype is bool_:
        return monoid == "min"
    if dtype.kind == "f":
        return -np.inf if monoid == "max" else np.inf
    info = np.iinfo(dtype.numpy)
    return info.min if monoid == "max" else info.max


def combine(monoid: str, a: Expr, b: Expr) -> Expr:
    return K.call(_COMBINE[monoid], a, b)


def is_positional(monoid: str) -> bool:
    """argmax and argmin carry a position beside the value."""
    return monoid in _ARG


@dataclass
class Accumulator:
    """The registers of one fold in one invocation, ``lanes`` wide."""

    name: str
    monoid: str
    dtype: DType
    lanes: int

    def _value_monoid(self) -> str:
        return _ARG[self.monoid][0] if is_positional(self.monoid) else self.monoid

    def _register(self, suffix: str = "", dtype: DType | None = None) -> Expr:
        return K.register(self.name + suffix, dtype or self.dtype, self.lanes)

    def _wide(self, x: Expr) -> Expr:
        return K.splat(x) if self.lanes > 1 else x

    def declare(self) -> list[Stmt]:
        start = self._wide(identity(self._value_monoid(), self.dtype))
        out: list[Stmt] = [Declare(self.name, start)]
        if is_positional(self.monoid):
            out.append(Declare(self.name + "_at", self._wide(K.const(0, int32))))
        return out

    def update(self, predicate: Expr | None, value: Expr, at: Expr | None = None) -> list[Stmt]:
        """Folds one element (or one vector of elements) in."""
        if not is_positional(self.monoid):
            value = K.select(predicate, value, identity(self.monoid, self.dtype))
            return [Assign(self.name, combine(self.monoid, self._register(), self._wide(value)))]
        assert at is not None, "argmax and argmin need positions"
        better = self._better(value, predicate)
        place = self._register("_at", int32)
        return [
            Assign(self.name + "_at", K.select(better, self._wide(at), place)),
            Assign(self.name, K.select(better, self._wide(value), self._register())),
        ]

    def _better(self, value: Expr, predicate: Expr | None) -> Expr:
        best = self._register()
        wins = K.call(_ARG[self.monoid][1], value, best, dtype=bool_)
        if self.dtype.kind == "f":  # the first NaN wins, as in NumPy
            nan = K.call("is_nan", value, dtype=bool_)
            number = K.call("not", K.call("is_nan", best, dtype=bool_))
            wins = K.call("or", wins, K.call("and", nan, number))
        return K.conjunction(predicate, wins) or K.TRUE

    def result(self, across_lanes: bool) -> Expr:
        """The folded value; with ``across_lanes`` the vector's components are folded together."""
        if is_positional(self.monoid):
            return self._register("_at", int32)
        x = self._register()
        if not across_lanes:
            return x
        a, b, c, d = (K.lane(x, i) for i in range(LANES))
        return combine(self.monoid, combine(self.monoid, a, b), combine(self.monoid, c, d))
