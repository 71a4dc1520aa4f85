"""Random graphs whose results can be compared between machines, from a stream of choices.

Floats are either *exact* (small whole numbers, which every order of summation gives to the bit) or
*close* (results of exp, tanh …, kept small). What jumps (comparisons, floor, argmax, conversion) is
applied only to exact values, so a difference in the last bit never becomes a different answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import GraphTrace, Tracer
from texelate.compiler.ir.dtypes import DType, bool_, float32, int32, uint32
from texelate.compiler.ir.graph import Graph, Literal
from texelate.compiler.ir.primitive import lookup

T = TypeVar("T")
Array = np.ndarray[Any, Any]
SIZES = (1, 2, 3, 4, 5, 7, 8, 12, 16, 17)
EXACT = 2.0**20  # sums of whole numbers below are exact in any order
CLOSE = 100.0  # larger values that are not exact are squashed
MAX_SIZE = 6000


class Choices:
    """Where decisions come from: ``integer(low, high)``, both included."""

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        self.integer = integer

    def pick(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.integer(1, 100) <= percent

    def order(self, n: int) -> tuple[int, ...]:
        rest = list(range(n))
        return tuple(rest.pop(self.integer(0, len(rest) - 1)) for _ in range(n))


@dataclass
class Known:
    """A value of the graph and what is known of it: ``exact``, and the largest magnitude."""

    value: Tracer
    exact: bool = True
    bound: float = 8.0

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> DType:
        return self.value.dtype

    @property
    def is_float(self) -> bool:
        return self.dtype is float32


def op(name: str, *args: Any, **params: Any) -> Any:
    return lookup(name)(*args, **params)


@dataclass
class Generator:
    """Grows a graph operation by operation."""

    choices: Choices
    trace: GraphTrace
    values: list[Known] = field(default_factory=list)

    def shape(self, rank: int | None = None) -> tuple[int, ...]:
        rank = self.choices.pick((0, 1, 1, 2, 2, 2, 3, 3, 4, 6)) if rank is None else rank
        sizes = (*SIZES, 0) if self.choices.chance(4) else SIZES if rank < 4 else SIZES[:4]
        return tuple(self.choices.pick(sizes) for _ in range(rank))

    def input(self, shape: tuple[int, ...] | None = None, dtype: DType | None = None) -> Known:
        dtype = dtype or self.choices.pick((float32, float32, float32, int32, uint32, bool_))
        new = Known(self.trace.input(Aval(self.shape() if shape is None else shape, dtype)))
        self.values.append(new)
        return new

    def known(self, value: Any, exact: bool, bound: float) -> Known:
        """``value`` with its bounds; what grows too much is squashed."""
        if value.dtype is not float32:
            return Known(value)
        if exact and bound < EXACT:
            return Known(value, True, bound)
        if bound < CLOSE:
            return Known(value, False, bound)
        return Known(op("tanh", op("mul", value, 1 / bound)), False, 1.0)

    def like(self, x: Known) -> Known:
        """An operand that goes with ``x``: a value there is, a literal, a new input."""
        found = [v for v in self.values if v.dtype is x.dtype and v.shape in (x.shape, ())]
        if found and self.choices.chance(70):
            return self.choices.pick(found)
        if self.choices.chance(50):
            literal = Literal(self.choices.integer(0, 3), x.dtype)
            return Known(self.trace.lift(literal), True, 3.0)
        return self.input(x.shape, x.dtype)

    def step(self) -> None:
        x = self.choices.pick(self.values[-3:] if self.choices.chance(70) else self.values)
        made = len(self.trace.eqns)
        new = self.choices.pick(OPERATIONS)(self, x)
        if any(e.out.aval.size > MAX_SIZE for e in self.trace.eqns[made:]):
            del self.trace.eqns[made:]
        elif new is not None:
            self.values.append(new)


# --- operations ----------------------------------------------------------------------------------


def unary(g: Generator, x: Known) -> Known:
    if not x.is_float:
        names = {"i": "neg abs not", "u": "neg not popcount", "b": "not"}[x.dtype.kind]
        return Known(op(g.choices.pick(names.split()), x.value))
    name = g.choices.pick(["neg", "abs", "tanh", "logistic", "sin", "exp", "sqrt", "floor", "sign"])
    if name in ("floor", "sign") and not x.exact:
        name = "neg"
    value = op("tanh", x.value) if name == "exp" else x.value
    value = op("abs", value) if name == "sqrt" else value
    value = op("add", value, 1.0) if name == "sqrt" and not x.exact else value
    bound = 3.0 if name == "exp" else x.bound + 1
    return g.known(op(name, value), x.exact and name in ("neg", "abs", "floor", "sign"), bound)


def binary(g: Generator, x: Known) -> Known:
    y = g.like(x)
    kinds = {"f": "add sub mul max min", "i": "add sub mul div rem max and xor shift_left",
             "u": "add sub mul div rem min or shift_right_logical",
             "b": "and or xor max"}  # fmt: skip
    name = g.choices.pick(kinds[x.dtype.kind].split())
    args = [x.value, y.value] if g.choices.chance(50) else [y.value, x.value]
    bound = x.bound * y.bound if name == "mul" else x.bound + y.bound
    return g.known(op(name, *args), x.exact and y.exact, bound)


def compare(g: Generator, x: Known) -> Known | None:
    y = g.like(x)
    if not (x.exact and y.exact):
        return None
    return Known(op(g.choices.pick(["lt", "ge", "eq", "ne"]), x.value, y.value))


def select(g: Generator, x: Known) -> Known:
    conditions = [v for v in g.values if v.dtype is bool_ and v.shape in (x.shape, ())]
    condition = g.choices.pick(conditions) if conditions else g.input(x.shape, bool_)
    y = g.like(x)
    return g.known(
        op("select", condition.value, x.value, y.value), x.exact and y.exact, max(x.bound, y.bound)
    )


def convert(g: Generator, x: Known) -> Known:
    to = g.choices.pick((float32, int32, uint32, bool_))
    if x.is_float and not x.exact:
        return x
    value = op("convert", x.value, dtype=to)
    if to is float32 and not x.is_float:  # any integer: bring it down
        value = op("max", op("min", value, 9.0), -9.0)
    return g.known(value, True, x.bound if x.is_float else 9.0)


def moved(g: Generator, x: Known) -> Known:
    """The same elements elsewhere."""
    rank = len(x.shape)
    name = g.choices.pick(
        ["broadcast", "reshape", "transpose", "rev", "slice", "pad", "concatenate"]
    )
    if name == "broadcast":
        front = g.shape(g.choices.integer(0, 1))
        shape = tuple(g.choices.pick(SIZES) if n == 1 else n for n in x.shape)
        dims = tuple(range(len(front), len(front) + rank))
        value = op("broadcast_in_dim", x.value, shape=(*front, *shape), dims=dims)
    elif name == "reshape":
        flat, half = (x.value.size,), (x.value.size // 2, 2)
        ends = (*x.shape[:-2], x.shape[-2] * x.shape[-1]) if rank > 1 else flat
        options = [flat, (1, *x.shape), x.shape[::-1], ends, flat if x.value.size % 2 else half]
        value = op("reshape", x.value, shape=g.choices.pick(options))
    elif name == "transpose":
        value = op("transpose", x.value, perm=g.choices.order(rank))
    elif name == "rev":
        value = op("rev", x.value, axes=_axes(g, rank))
    elif name == "slice":
        start = tuple(g.choices.integer(0, n) if g.choices.chance(30) else 0 for n in x.shape)
        limit = tuple(g.choices.integer(s, n) for s, n in zip(start, x.shape, strict=True))
        limit = tuple(n if n == 1 or g.choices.chance(60) else e for e, n in zip(limit, x.shape))
        start = tuple(0 if n == 1 else s for s, n in zip(start, x.shape, strict=True))
        stride = tuple(g.choices.pick((1, 1, 2)) for _ in x.shape)
        value = op("slice", x.value, start=start, limit=limit, stride=stride)
    elif name == "pad":
        low, high = (tuple(g.choices.integer(-1 if n > 2 else 0, 2) for n in x.shape) for _ in "lh")
        interior = tuple(1 if n > 1 and g.choices.chance(15) else 0 for n in x.shape)
        fill = Literal(g.choices.integer(0, 2), x.dtype)
        value = op("pad", x.value, fill, low=low, high=high, interior=interior)
    else:
        parts = [v for v in g.values if v.dtype is x.dtype and v.shape == x.shape] or [x]
        parts = [x] + [g.choices.pick(parts) for _ in range(g.choices.integer(0, 5))]
        if not rank:
            return x
        value = op("concatenate", *(p.value for p in parts), axis=g.choices.integer(0, rank - 1))
        return g.known(value, all(p.exact for p in parts), max(p.bound for p in parts))
    return g.known(value, x.exact, max(x.bound, 2.0))


def _axes(g: Generator, rank: int) -> tuple[int, ...]:
    return tuple(a for a in range(rank) if g.choices.chance(50))


def reduce(g: Generator, x: Known) -> Known:
    axes = _axes(g, len(x.shape))
    count = int(np.prod([x.shape[a] for a in axes], initial=1))
    monoids = (
        ["any", "all"] if x.dtype is bool_ else ["sum", "sum", *(["max", "min"] * bool(count))]
    )
    monoid = g.choices.pick(monoids)
    bound = x.bound * max(count, 1) if monoid == "sum" else x.bound
    return g.known(op("reduce", x.value, monoid=monoid, axes=axes), x.exact, bound)


def arg(g: Generator, x: Known) -> Known | None:
    if not x.exact or not x.shape or x.dtype is bool_ or 0 in x.shape:
        return None
    axis = g.choices.integer(0, len(x.shape) - 1)
    return Known(op(g.choices.pick(["argmax", "argmin"]), x.value, axis=axis))


def dot(g: Generator, x: Known) -> Known | None:
    rank = len(x.shape)
    if not rank or x.dtype is bool_:
        return None
    contracted = g.choices.integer(0, rank - 1)
    batch = tuple(a for a in range(rank) if a != contracted and g.choices.chance(20))
    shape = (*(x.shape[a] for a in batch), x.shape[contracted], *g.shape(g.choices.integer(0, 2)))
    fitting = [v for v in g.values if v.dtype is x.dtype and v.shape == shape]
    y = g.choices.pick(fitting) if fitting else g.input(shape, x.dtype)
    value = op(
        "dot_general", x.value, y.value,
        contract=((contracted,), (len(batch),)), batch=(batch, tuple(range(len(batch)))),
    )  # fmt: skip
    return g.known(value, x.exact and y.exact, x.bound * y.bound * max(x.shape[contracted], 1))


def gather(g: Generator, x: Known) -> Known | None:
    if not x.shape or 0 in x.shape:
        return None
    found = [v for v in g.values if v.dtype in (int32, uint32) and len(v.shape) <= 2]
    indices = g.choices.pick(found) if found else g.input(g.shape(1), int32)
    axis = g.choices.integer(0, len(x.shape) - 1)
    return g.known(op("gather", x.value, indices.value, axis=axis), x.exact, x.bound)


def window(g: Generator, x: Known) -> Known | None:
    rank = len(x.shape)
    if x.dtype is bool_ or rank > 3 or any(n < 3 for n in x.shape):
        return None
    size = tuple(g.choices.pick((1, 2, 3)) for _ in range(rank))
    params = {"window": size, "strides": tuple(g.choices.pick((1, 2)) for _ in size)}
    padding = tuple((g.choices.integer(0, n - 1), g.choices.integer(0, n - 1)) for n in size)
    monoid = g.choices.pick(["sum", "max", "min"])
    monoid = "sum" if any(map(any, padding)) else monoid
    value = op(
        "reduce_window", x.value, monoid=monoid, padding=padding, dilation=(1,) * rank, **params
    )
    return g.known(value, x.exact, x.bound * float(np.prod(size)))


def rows(g: Generator, x: Known) -> Known | None:
    """Softmax or normalisation along some axes."""
    if not x.is_float or not x.shape or 0 in x.shape:
        return None
    axes = (len(x.shape) - 1,) if g.choices.chance(70) else (0,)
    kept = tuple(a for a in range(len(x.shape)) if a not in axes)

    def spread(v: Any) -> Any:
        return op("broadcast_in_dim", v, shape=x.shape, dims=kept)

    if g.choices.chance(50):
        value = op("mul", x.value, 4 / x.bound)
        top = op("reduce", value, monoid="max", axes=axes)
        e = op("exp", op("sub", value, spread(top)))
        return Known(op("div", e, spread(op("reduce", e, monoid="sum", axes=axes))), False, 1.0)
    n = x.shape[axes[0]]
    mean = op("mul", op("reduce", x.value, monoid="sum", axes=axes), 1 / n)
    centred = op("sub", x.value, spread(mean))
    var = op("reduce", op("mul", centred, centred), monoid="sum", axes=axes)
    scale = op("rsqrt", op("add", op("mul", var, 1 / n), 1.0))
    return g.known(op("mul", centred, spread(scale)), False, 2 * x.bound)


OPERATIONS: tuple[Callable[[Generator, Known], Known | None], ...] = (
    unary, unary, binary, binary, binary, compare, select, convert, moved, moved, moved,
    reduce, reduce, arg, dot, dot, gather, window, rows, rows,
)  # fmt: skip


def random_graph(choices: Choices, max_steps: int = 14) -> Graph:
    """A graph of up to ``max_steps`` operations; some inputs stay unused, some outputs repeat."""
    with GraphTrace("random") as trace:
        g = Generator(choices, trace)
        if choices.chance(95):
            for _ in range(choices.integer(1, 3)):
                g.input()
        else:
            g.values.append(Known(op("iota", shape=(7, 3), dtype=float32, axis=0), True, 8.0))
        for _ in range(choices.integer(1, max_steps)):
            g.step()
        outputs = [choices.pick(g.values) for _ in range(choices.integer(0, 3))]
        outputs.append(g.values[-1])
        if choices.chance(10):
            return trace.finish([*(v.value for v in outputs), Literal(2.5, float32)])
        return trace.finish([v.value for v in outputs])


def random_arrays(graph: Graph, seed: int) -> list[Array]:
    """Whole numbers of magnitude 8 and less."""
    rng = np.random.default_rng(seed)

    def array(aval: Aval) -> Array:
        low, high = {"b": (0, 2), "u": (0, 9)}.get(aval.dtype.kind, (-8, 9))
        return rng.integers(low, high, aval.shape).astype(aval.dtype.numpy)

    return [array(v.aval) for v in graph.inputs]
