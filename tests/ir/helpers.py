"""Random graphs and arrays, and comparison to the bit, for the tests of the IR and its passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import GraphTrace, Tracer
from texelate.compiler.ir.dtypes import bool_, float32, int32, uint32
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph, Literal
from texelate.compiler.ir.primitive import lookup
from texelate.compiler.ir.text import parse_graph, same
from texelate.compiler.ir.verify import verify

Draw = Callable[[st.SearchStrategy[Any]], Any]
DTYPES = st.sampled_from([float32, int32, uint32, bool_])
SHAPES = st.lists(st.sampled_from([2, 3, 1, 2, 3, 0]), max_size=3).map(tuple)
FLOATS = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.7, -1e9, 1e-45, 1e38, np.inf, -np.inf, np.nan]
INTEGERS = [0, 1, 2, 3, 31, 32, 1000, 2**31 - 1]
NEGATIVES = [-1, -2, -7, -(2**31)]


def values_of(dtype: Any) -> list[Any]:
    """Values at which identities tend to break."""
    by_kind = {"f": FLOATS, "i": INTEGERS + NEGATIVES, "u": [*INTEGERS, 2**32 - 1]}
    return by_kind.get(dtype.kind, [False, True])


def arrays_for(graph: Graph, seed: int) -> list[np.ndarray[Any, Any]]:
    """Special values and ordinary ones, in equal parts."""
    rng = np.random.default_rng(seed)

    def array(aval: Aval) -> np.ndarray[Any, Any]:
        special = rng.choice(np.array(values_of(aval.dtype), aval.dtype.numpy), aval.shape)
        plain = rng.integers(0, 9, aval.shape).astype(aval.dtype.numpy)
        return np.where(rng.random(aval.shape) < 0.5, special, plain)

    return [array(v.aval) for v in graph.inputs]


def assert_same_bits(got: list[np.ndarray[Any, Any]], want: list[np.ndarray[Any, Any]]) -> None:
    """Equal dtypes, shapes and bits; all NaNs count as one."""
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        if a.dtype.kind == "f":
            a, b = (np.where(np.isnan(x), np.float32(np.nan), x) for x in (a, b))
        assert a.tobytes() == b.tobytes(), f"{a} is not {b}"


def assert_pass(run: Callable[[Graph], Graph], before: str, expected: str) -> None:
    """``run`` turns the text ``before`` into the text ``expected``, and again changes nothing."""
    start, goal = parse_graph(before), parse_graph(expected)
    text = str(start)
    got = run(start)
    verify(got)
    assert same(got, goal), f"got\n{got}\nexpected\n{goal}"
    assert str(start) == text, "the pass changed its input"
    assert same(run(got), got), "the pass is not idempotent"


def assert_keeps_meaning(run: Callable[[Graph], Graph], graph: Graph, seed: int) -> None:
    """``run(graph)`` is well formed and computes the same bits."""
    arrays = arrays_for(graph, seed)
    want = evaluate_numpy(graph, arrays)
    got = run(graph)
    verify(got)
    assert_same_bits(evaluate_numpy(got, arrays), want)


def equations(lines: str, inputs: str = "a: f32[2,3], b: f32[2,3]", result: str = "z") -> str:
    """The text of a graph of these equations."""
    return f"graph f({inputs}) {{ {lines} return {result} }}"


# --- random graphs -------------------------------------------------------------------------------
# Every operation is correctly rounded in NumPy whatever the memory layout, so bits can be compared.

UNARY = {
    "f": "neg abs floor sqrt sign is_nan",
    "i": "neg abs not sign",
    "u": "neg not popcount",
    "b": "not",
}
BINARY = {
    "f": "add sub mul div max min eq lt",
    "i": "add sub mul div rem max min and or xor ne shift_left shift_right_arithmetic",
    "u": "add sub mul div max min and or xor le shift_right_logical",
    "b": "and or xor max min eq",
}


def _like(draw: Draw, x: Any, others: list[Any]) -> Any:
    """An operand that goes with ``x``: itself, another value, a literal, or a repeated literal."""
    kind = draw(st.sampled_from(["literal", "repeated", "value", "value"]))
    fitting = [
        o for o in others if o.dtype is x.dtype and (o.shape == x.shape or () in (o.shape, x.shape))
    ]
    if kind == "value":
        return draw(st.sampled_from(fitting))
    literal = Literal(draw(st.sampled_from(values_of(x.dtype))), x.dtype)
    if kind == "literal" or not x.shape:
        return literal
    return lookup("broadcast_in_dim")(literal, shape=x.shape, dims=())


def _unary(draw: Draw, x: Any, _: list[Any]) -> Any:
    return lookup(draw(st.sampled_from(UNARY[x.dtype.kind].split())))(x)


def _binary(draw: Draw, x: Any, others: list[Any]) -> Any:
    operands = [x, _like(draw, x, others)]
    if draw(st.booleans()):
        operands.reverse()
    return lookup(draw(st.sampled_from(BINARY[x.dtype.kind].split())))(*operands)


def _select(draw: Draw, x: Any, others: list[Any]) -> Any:
    conditions = [o for o in others if o.dtype is bool_ and o.shape in (x.shape, ())]
    condition = draw(st.sampled_from([*conditions, Literal(True, bool_), Literal(False, bool_)]))
    return lookup("select")(condition, x, _like(draw, x, [x]))


def _convert(draw: Draw, x: Any, _: list[Any]) -> Any:
    return lookup("convert")(x, dtype=draw(DTYPES))


def _integer_pow(draw: Draw, x: Any, _: list[Any]) -> Any:
    return lookup("integer_pow")(x, y=draw(st.integers(0, 2))) if x.dtype is not bool_ else x


def _broadcast(draw: Draw, x: Any, _: list[Any]) -> Any:
    shape = tuple(draw(st.sampled_from([1, 2])) if n == 1 else n for n in x.shape)
    front = draw(SHAPES.filter(lambda s: len(s) <= 1))
    dims = tuple(range(len(front), len(front) + len(shape)))
    return lookup("broadcast_in_dim")(x, shape=front + shape, dims=dims)


def _reshape(draw: Draw, x: Any, _: list[Any]) -> Any:
    shapes = [x.shape, (x.size,), (1, *x.shape), (*x.shape, 1), x.shape[::-1]]
    return lookup("reshape")(x, shape=draw(st.sampled_from(shapes)))


def _transpose(draw: Draw, x: Any, _: list[Any]) -> Any:
    return lookup("transpose")(x, perm=tuple(draw(st.permutations(range(x.ndim)))))


def _rev(draw: Draw, x: Any, _: list[Any]) -> Any:
    axes = [a for a in range(x.ndim) if draw(st.booleans())]
    return lookup("rev")(x, axes=tuple(axes))


def _slice(draw: Draw, x: Any, _: list[Any]) -> Any:
    start = tuple(draw(st.integers(0, n)) for n in x.shape)
    limit = tuple(draw(st.integers(s, n)) for s, n in zip(start, x.shape, strict=True))
    stride = tuple(draw(st.integers(1, 2)) for _ in x.shape)
    return lookup("slice")(x, start=start, limit=limit, stride=stride)


def _pad(draw: Draw, x: Any, _: list[Any]) -> Any:
    def widths(low: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low if n > 1 else 0, 1)) for n in x.shape)

    value = Literal(draw(st.sampled_from(values_of(x.dtype))), x.dtype)
    low, high = widths(-1), widths(0)
    return lookup("pad")(x, value, low=low, high=high, interior=tuple(abs(n) for n in widths(0)))


def _concatenate(draw: Draw, x: Any, others: list[Any]) -> Any:
    if not x.shape:
        return x
    axis = draw(st.integers(0, x.ndim - 1))

    def fits(o: Any) -> bool:
        rest = [n for a, n in enumerate(o.shape) if a != axis]
        return o.dtype is x.dtype and rest == [n for a, n in enumerate(x.shape) if a != axis]

    fitting = [o for o in others if o.ndim == x.ndim and fits(o)]
    parts = draw(st.lists(st.sampled_from(fitting), max_size=2))
    return lookup("concatenate")(x, *parts, axis=axis)


def _reduce(draw: Draw, x: Any, _: list[Any]) -> Any:
    axes = tuple(a for a in range(x.ndim) if draw(st.booleans()))
    count = int(np.prod([x.shape[a] for a in axes], initial=1))
    monoids = ["any", "all"] if x.dtype is bool_ else ["max", "min"] if count else []
    # The sum of one -0 is 0 in NumPy, -0 after simplification: compared elsewhere.
    monoids += ["sum"] if x.dtype is not bool_ and (count > 1 or x.dtype is not float32) else []
    return lookup("reduce")(x, monoid=draw(st.sampled_from(monoids)), axes=axes) if monoids else x


def _gather(draw: Draw, x: Any, _: list[Any]) -> Any:
    if 0 in x.shape or not x.shape:
        return x
    indices = lookup("iota")(shape=(2,), dtype=int32, axis=0)
    return lookup("gather")(x, indices, axis=draw(st.integers(0, x.ndim - 1)))


OPERATIONS = [
    _unary, _binary, _binary, _select, _convert, _integer_pow, _broadcast, _reshape, _transpose,
    _rev, _slice, _pad, _concatenate, _reduce, _gather,
]  # fmt: skip


@st.composite
def graphs(draw: Draw, max_equations: int = 12) -> Graph:
    """A random well-formed graph of some of its values, with the pieces that rules look for."""
    with GraphTrace("random") as trace:
        avals = draw(st.lists(st.builds(Aval, SHAPES, DTYPES), min_size=1, max_size=3))
        values: list[Tracer] = [trace.input(a) for a in avals]
        for _ in range(draw(st.integers(0, max_equations))):
            x = draw(st.sampled_from(values[-2:]))
            new = draw(st.sampled_from(OPERATIONS))(draw, x, values)
            if new.ndim <= 4 and new.size <= 200:
                values.append(new)
        outputs = draw(st.lists(st.sampled_from(values), min_size=1, max_size=4))
        return trace.finish([*outputs, values[-1], Literal(1.5)])
