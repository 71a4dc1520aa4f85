"""The Graph: an SSA function of primitives on tensors."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..source import Source
from .aval import Aval
from .dtypes import DType, Scalar, of_scalar
from .primitive import Primitive

_ids = itertools.count()


class Var:
    """A value of a graph, defined once: an input or the result of an equation."""

    __slots__ = ("aval", "id", "__weakref__")

    def __init__(self, aval: Aval) -> None:
        self.aval = aval
        self.id = next(_ids)

    def __repr__(self) -> str:
        return f"%{self.id}:{self.aval}"


class Literal:
    """A rank-0 constant in the graph. Equal when dtype and bits are (so NaN = NaN)."""

    __slots__ = ("value", "aval")

    def __init__(self, value: Scalar, dtype: DType | None = None, weak: bool | None = None) -> None:
        """Without a dtype it is Python's own kind, and weak; ``weak`` overrides that."""
        self.aval = Aval((), dtype or of_scalar(value), dtype is None if weak is None else weak)
        self.value: Any = _stored(value, self.aval.dtype)

    def with_weakness(self, weak: bool) -> Literal:
        """The same constant, weak or not."""
        made = object.__new__(Literal)
        made.value, made.aval = self.value, Aval((), self.aval.dtype, weak)
        return made

    def identity(self) -> tuple[str, bool, bytes]:
        """Plain data, equal for the same constant of the same weakness."""
        return self.aval.dtype.short, self.aval.weak, self.value.tobytes()

    def _key(self) -> tuple[DType, bytes]:
        return self.aval.dtype, self.value.tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"{self.value!s}:{self.aval.dtype.short}"


def _stored(value: Scalar, dtype: DType) -> Any:
    """``value`` as NumPy's scalar; integers that do not fit wrap, large floats become infinite."""
    if type(value) is float and dtype.short == "f32" and abs(value) < 1e38:
        return np.float32(value)  # a tenth of the time of what follows, and nearly always
    with np.errstate(all="ignore"):
        return np.asarray(value).astype(dtype.numpy)[()]


Atom = Var | Literal


@dataclass(eq=False, slots=True)
class Eqn:
    """``outs = prim(*inputs, **params)``, and the user's line it came from."""

    prim: Primitive
    inputs: tuple[Atom, ...]
    params: Mapping[str, Any]
    outs: tuple[Var, ...]
    source: Source | None = None

    @property
    def out(self) -> Var:
        """The result of an equation that has one."""
        (var,) = self.outs
        return var

    def key(self) -> tuple[Any, ...]:
        """Hashable identity of the computation: equal keys compute equal values."""
        return (self.prim.name, self.inputs, tuple(sorted(self.params.items())))


@dataclass(eq=False)
class Graph:
    """Inputs, equations in dependency order, outputs. Functional: nothing is mutated once built.

    ``name`` is the user's function, ``input_names`` say what the inputs are in its words
    (``params.w1``); both only make messages and shaders readable.
    """

    inputs: tuple[Var, ...]
    eqns: tuple[Eqn, ...]
    outputs: tuple[Atom, ...]
    name: str = "main"
    input_names: tuple[str, ...] = ()
    _producers: dict[Var, Eqn] = field(default_factory=dict, repr=False)
    _positions: dict[Var, int] = field(default_factory=dict, repr=False)

    @property
    def in_avals(self) -> tuple[Aval, ...]:
        return tuple(v.aval for v in self.inputs)

    @property
    def out_avals(self) -> tuple[Aval, ...]:
        return tuple(v.aval for v in self.outputs)

    def producers(self) -> dict[Var, Eqn]:
        """The equation that defines each non-input variable."""
        if not self._producers and self.eqns:
            self._producers.update((v, e) for e in self.eqns for v in e.outs)
        return self._producers

    def positions(self) -> dict[Var, int]:
        """The place of each non-input variable's equation."""
        if not self._positions and self.eqns:
            self._positions.update((v, i) for i, e in enumerate(self.eqns) for v in e.outs)
        return self._positions

    def consumers(self) -> dict[Var, list[Eqn]]:
        """The equations that read each variable (an equation appears once per variable)."""
        uses: dict[Var, list[Eqn]] = {}
        for eqn in self.eqns:
            for var in dict.fromkeys(vars_of(eqn.inputs)):
                uses.setdefault(var, []).append(eqn)
        return uses

    def replace(
        self, eqns: Iterable[Eqn] | None = None, outputs: Iterable[Atom] | None = None
    ) -> Graph:
        """The same function with other equations or outputs."""
        return Graph(
            self.inputs,
            self.eqns if eqns is None else tuple(eqns),
            self.outputs if outputs is None else tuple(outputs),
            self.name,
            self.input_names,
        )

    def __str__(self) -> str:
        from .text import print_graph

        return print_graph(self)


def graphs_in(params: Iterable[Any]) -> Iterator[Graph]:
    """The sub-graphs among parameters, those in tuples too."""
    for value in params:
        if isinstance(value, Graph):
            yield value
        elif isinstance(value, tuple):
            yield from graphs_in(value)


def vars_of(atoms: Iterable[Atom]) -> Iterator[Var]:
    """The variables among ``atoms``."""
    return (a for a in atoms if isinstance(a, Var))
