"""Splits long reductions: partial results that fill the machine, then a reduction of those.

Besides being faster it keeps digits: a running float32 sum of a million terms has lost whole units.
Elements left over by an even division join the partial results.
"""

from __future__ import annotations

from typing import Any

from ..ir.dtypes import int32
from ..ir.graph import Atom, Eqn, Literal, Var
from ..ir.index import product
from ..ir.primitive import lookup

MIN_INNER = 4096  # below, one invocation's loop is over before a second dispatch would start
PARTIALS = 2048  # M: a sum of 4M is fastest with some thousand partial sums, then a second pass
BUSY_ROWS = 64  # rows that keep two cores of SIMD lanes, or 64 workgroups of a GPU, at work
LONG_INNER = 16384  # beyond, a running sum loses digits even where rows are many
MIN_CHUNK = 64  # elements that a partial result is worth


def split_reduction(eqn: Eqn) -> list[Eqn]:
    """``reduce``, ``argmax`` or ``argmin`` of long rows in two steps; any other equation as it is.

    Many rows of moderate length stay whole, so that they can join a row chain (softmax).
    """
    if eqn.prim.name not in ("reduce", "argmax", "argmin"):
        return [eqn]
    shape = eqn.inputs[0].aval.shape
    axes = eqn.params["axes"] if eqn.prim.name == "reduce" else (eqn.params["axis"],)
    inner, rows = product(shape[a] for a in axes), eqn.out.aval.size
    whole = inner < MIN_INNER or (rows >= BUSY_ROWS and inner < LONG_INNER)
    if whole or not 0 < rows < PARTIALS:
        return [eqn]
    parts = _parts(inner, min(PARTIALS // rows, inner // MIN_CHUNK))
    return _Split(eqn, axes, parts).run() if parts > 1 else [eqn]


def _parts(inner: int, most: int) -> int:
    """The number of parts, of some whole vectors each, that leaves the fewest elements over."""
    choices = range(most, max(most // 4, 1), -1)
    return min(choices, key=lambda parts: inner - parts * _chunk(inner, parts), default=1)


def _chunk(inner: int, parts: int) -> int:
    return inner // parts // 4 * 4


class _Split:
    """The equations that replace one reduction. ``at`` is the axis of the parts."""

    def __init__(self, eqn: Eqn, axes: tuple[int, ...], parts: int) -> None:
        self.eqn, self.made = eqn, list[Eqn]()
        x = eqn.inputs[0]
        kept = tuple(a for a in range(x.aval.ndim) if a not in axes)
        if axes != tuple(range(axes[0], axes[0] + len(axes))):
            x = self.emit("transpose", x, perm=(*kept, *axes))
            axes = tuple(range(len(kept), x.aval.ndim))
        self.at, shape = axes[0], x.aval.shape
        self.before, self.after = shape[: axes[0]], shape[axes[-1] + 1 :]
        self.inner = product(shape[a] for a in axes)
        self.parts, self.chunk = parts, _chunk(self.inner, parts)
        self.x = self.reshape(x, self.inner)

    def run(self) -> list[Eqn]:
        if self.eqn.prim.name == "reduce":
            self.reduction()
        else:
            self.position()
        return self.made

    def reduction(self) -> None:
        monoid = self.eqn.params["monoid"]
        values = self.with_rest(self.fold(self.cut(), self.at + 1, monoid), self.rest())
        self.last("reduce", values, monoid=monoid, axes=(self.at,))

    def position(self) -> None:
        """The best of each part and where it is; then the best part's place."""
        name, cut = self.eqn.prim.name, self.cut()
        best = self.with_rest(self.fold(cut, self.at + 1, name[3:]), self.rest())
        offsets = self.scaled(self.iota(self.parts), self.chunk)
        within = self.emit(name, cut, axis=self.at + 1)
        rest = None
        if self.rest() is not None:
            start = Literal(self.parts * self.chunk, int32)
            rest = self.emit("add", self.iota(self.inner - self.parts * self.chunk), start)
        places = self.with_rest(self.emit("add", offsets, within), rest)
        count = places.aval.shape[self.at]
        winner = self.emit(name, best, axis=self.at)
        dims = tuple(a for a in range(places.aval.ndim) if a != self.at)
        spread = self.emit("broadcast_in_dim", winner, shape=places.aval.shape, dims=dims)
        chosen = self.emit("eq", self.iota(count), spread)
        only = self.emit("select", chosen, places, Literal(0, int32))
        self.last("reduce", only, monoid="sum", axes=(self.at,))

    # --- pieces ---------------------------------------------------------------------------------

    def emit(self, name: str, *inputs: Atom, **params: Any) -> Var:
        prim = lookup(name)
        out = Var(prim.abstract(*(a.aval for a in inputs), **params))
        self.made.append(Eqn(prim, inputs, params, (out,), self.eqn.source))
        return out

    def last(self, name: str, x: Atom, **params: Any) -> None:
        self.made.append(Eqn(lookup(name), (x,), params, self.eqn.outs, self.eqn.source))

    def reshape(self, x: Atom, *middle: int) -> Atom:
        shape = (*self.before, *middle, *self.after)
        return x if x.aval.shape == shape else self.emit("reshape", x, shape=shape)

    def fold(self, x: Atom, axis: int, monoid: str) -> Var:
        return self.emit("reduce", x, monoid=monoid, axes=(axis,))

    def cut(self) -> Atom:
        """The elements that divide evenly, as (parts, chunk)."""
        return self.reshape(self.range(0, self.parts * self.chunk), self.parts, self.chunk)

    def rest(self) -> Atom | None:
        """The elements left over."""
        taken = self.parts * self.chunk
        return self.range(taken, self.inner) if taken < self.inner else None

    def range(self, start: int, limit: int) -> Atom:
        if (start, limit) == (0, self.inner):
            return self.x
        shape, one = self.x.aval.shape, (1,) * self.x.aval.ndim
        first = tuple(start if a == self.at else 0 for a in range(len(shape)))
        end = tuple(limit if a == self.at else n for a, n in enumerate(shape))
        return self.emit("slice", self.x, start=first, limit=end, stride=one)

    def with_rest(self, values: Atom, rest: Atom | None) -> Atom:
        return values if rest is None else self.emit("concatenate", values, rest, axis=self.at)

    def iota(self, count: int) -> Var:
        shape = (*self.before, count, *self.after)
        return self.emit("iota", shape=shape, dtype=int32, axis=self.at)

    def scaled(self, x: Atom, factor: int) -> Var:
        return self.emit("mul", x, Literal(factor, int32))
