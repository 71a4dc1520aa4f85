"""Random well-formed applications of every primitive: operands and parameters, from hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from texelate.compiler.ir import prims  # noqa: F401  (registers all)
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import GraphTrace
from texelate.compiler.ir.dtypes import DType, as_dtype, bool_, float32, int32, uint32
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.primitive import REGISTRY, Primitive, lookup

Array = np.ndarray[Any, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
BY_KIND = {"f": float32, "i": int32, "u": uint32, "b": bool_}
SIZES = st.sampled_from([1, 2, 3, 4, 0])


@dataclass
class Case:
    """``prim(*operands, **params)``"""

    prim: Primitive
    operands: list[Array]
    params: dict[str, Any]

    def __repr__(self) -> str:
        shapes = ", ".join(f"{x.dtype}{list(x.shape)}" for x in self.operands)
        return f"{self.prim.name}({shapes}; {self.params})"

    def graph(self) -> Graph:
        """A graph of this one equation."""
        with GraphTrace(self.prim.name) as trace:
            inputs = [trace.input(Aval(x.shape, as_dtype(x.dtype))) for x in self.operands]
            return trace.finish([self.prim(*inputs, **self.params)])

    def reference(self) -> Array:
        return self.prim.reference(*self.operands, **self.params)


def data(draw: Draw, shape: tuple[int, ...], dtype: DType) -> Array:
    """Ordinary numbers, distinct floats; reproducible from what hypothesis drew."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if dtype.kind == "f":
        return np.asarray(rng.normal(size=shape), np.float32)
    low = {"i": -5, "u": 0, "b": 0}[dtype.kind]
    return np.asarray(rng.integers(low, 2 if dtype is bool_ else 6, shape)).astype(dtype.numpy)


def _shape(draw: Draw, low: int = 0, high: int = 3) -> tuple[int, ...]:
    return tuple(draw(st.lists(SIZES, min_size=low, max_size=high)))


def _dtype(draw: Draw, kinds: str) -> DType:
    return BY_KIND[draw(st.sampled_from(kinds))]


def _ints(draw: Draw, n: int, low: int, high: int) -> tuple[int, ...]:
    return tuple(draw(st.integers(low, high)) for _ in range(n))


# --- elementwise: kinds of the operands ----------------------------------------------------------

_UNARY = {
    "fiu": "neg sign",
    "fi": "abs",
    "fiub": "stop_gradient",
    "iub": "not",
    "iu": "popcount",
    "f": "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan asin acos atan sinh cosh tanh "
    "asinh acosh atanh logistic erf erf_inv floor ceil round trunc is_nan is_finite",
}
_BINARY = {
    "fiub": "max min eq ne lt le gt ge",
    "fiu": "add sub mul div rem",
    "f": "pow atan2",
    "iub": "and or xor",
    "iu": "shift_left shift_right_logical shift_right_arithmetic",
}
ARITY_AND_KINDS = {
    **{name: (1, kinds) for kinds, names in _UNARY.items() for name in names.split()},
    **{name: (2, kinds) for kinds, names in _BINARY.items() for name in names.split()},
}
_DOMAIN: dict[str, Callable[[Array], Array]] = {
    **{
        name: lambda x: np.abs(x) + np.float32(0.1)
        for name in "log log2 log10 sqrt rsqrt pow".split()
    },
    "log1p": np.abs,
    "acosh": lambda x: np.abs(x) + np.float32(1.1),
    **{
        name: lambda x: np.tanh(x) * np.float32(0.9)
        for name in ("asin", "acos", "atanh", "erf_inv")
    },
}


def _elementwise(name: str) -> Callable[[Draw], Case]:
    arity, kinds = ARITY_AND_KINDS[name]

    def make(draw: Draw) -> Case:
        shape, dtype = _shape(draw), _dtype(draw, kinds)
        scalar = draw(st.integers(0, 2 * arity))  # which operand, if any, is rank 0
        shapes = [() if arity > 1 and scalar == k else shape for k in range(arity)]
        operands = [data(draw, s, dtype) for s in shapes]
        if name in _DOMAIN:
            operands = [np.asarray(_DOMAIN[name](x), x.dtype) for x in operands]
        return Case(lookup(name), operands, {})

    return make


def _select(draw: Draw) -> Case:
    shape, dtype = _shape(draw), _dtype(draw, "fiub")
    shapes = [draw(st.sampled_from([shape, ()])) for _ in range(3)]
    dtypes = (bool_, dtype, dtype)
    operands = [data(draw, s, d) for s, d in zip(shapes, dtypes, strict=True)]
    return Case(lookup("select"), operands, {})


def _convert(draw: Draw) -> Case:
    x = data(draw, _shape(draw), _dtype(draw, "fiub"))
    return Case(lookup("convert"), [x], {"dtype": _dtype(draw, "fiub")})


def _bitcast(draw: Draw) -> Case:
    x = data(draw, _shape(draw), _dtype(draw, "fiu"))
    return Case(lookup("bitcast"), [x], {"dtype": _dtype(draw, "fiu")})


def _integer_pow(draw: Draw) -> Case:
    dtype = _dtype(draw, "fiu")
    y = draw(st.integers(-3 if dtype is float32 else 0, 5))
    x = data(draw, _shape(draw), dtype)
    x = x + np.sign(x) if y < 0 else x  # away from the pole
    return Case(lookup("integer_pow"), [x], {"y": y})


# --- structural ----------------------------------------------------------------------------------


def _any_array(draw: Draw, low: int = 0, kinds: str = "fiub") -> Array:
    return data(draw, _shape(draw, low), _dtype(draw, kinds))


def _broadcast_in_dim(draw: Draw) -> Case:
    shape = _shape(draw)
    dims = tuple(d for d in range(len(shape)) if draw(st.booleans()))
    extents = tuple(draw(st.sampled_from([1, shape[d]])) for d in dims)
    x = data(draw, extents, _dtype(draw, "fiub"))
    return Case(lookup("broadcast_in_dim"), [x], {"shape": shape, "dims": dims})


def _reshape(draw: Draw) -> Case:
    x = _any_array(draw)
    others = [(x.size,), (1, *x.shape), x.shape[::-1], (*x.shape, 1), x.shape]
    if x.ndim > 1:
        others.append((x.shape[0] * x.shape[1], *x.shape[2:]))
    return Case(lookup("reshape"), [x], {"shape": draw(st.sampled_from(others))})


def _transpose(draw: Draw) -> Case:
    x = _any_array(draw)
    return Case(lookup("transpose"), [x], {"perm": tuple(draw(st.permutations(range(x.ndim))))})


def _rev(draw: Draw) -> Case:
    x = _any_array(draw)
    return Case(lookup("rev"), [x], {"axes": _subset(draw, x.ndim)})


def _subset(draw: Draw, n: int) -> tuple[int, ...]:
    return tuple(a for a in range(n) if draw(st.booleans()))


def _slice(draw: Draw) -> Case:
    x = _any_array(draw)
    start = tuple(draw(st.integers(0, n)) for n in x.shape)
    limit = tuple(draw(st.integers(lo, n)) for lo, n in zip(start, x.shape, strict=True))
    params = {"start": start, "limit": limit, "stride": _ints(draw, x.ndim, 1, 3)}
    return Case(lookup("slice"), [x], params)


def _pad(draw: Draw) -> Case:
    x = _any_array(draw)
    interior = _ints(draw, x.ndim, 0, 2)
    spread = [n + i * max(n - 1, 0) for n, i in zip(x.shape, interior, strict=True)]
    low = tuple(draw(st.integers(-n, 2)) for n in spread)
    high = tuple(draw(st.integers(-max(n + lo, 0), 2)) for n, lo in zip(spread, low, strict=True))
    params = {"low": low, "high": high, "interior": interior}
    return Case(lookup("pad"), [x, data(draw, (), as_dtype(x.dtype))], params)


def _concatenate(draw: Draw) -> Case:
    first = _any_array(draw, 1)
    axis = draw(st.integers(0, first.ndim - 1))
    more = draw(st.lists(SIZES, max_size=2))
    rest = [(*first.shape[:axis], n, *first.shape[axis + 1 :]) for n in more]
    operands = [first, *(data(draw, s, as_dtype(first.dtype)) for s in rest)]
    return Case(lookup("concatenate"), operands, {"axis": axis})


def _iota(draw: Draw) -> Case:
    shape = _shape(draw, 1)
    params = {"dtype": _dtype(draw, "fiu"), "axis": draw(st.integers(0, len(shape) - 1))}
    return Case(lookup("iota"), [], {"shape": shape, **params})


# --- reduction, contraction ----------------------------------------------------------------------


def _reduce(draw: Draw) -> Case:
    monoid = draw(st.sampled_from(["sum", "prod", "max", "min", "any", "all"]))
    x = _any_array(draw, kinds="b" if monoid in ("any", "all") else "fiu")
    axes = _subset(draw, x.ndim)
    if monoid in ("max", "min"):
        axes = tuple(a for a in axes if x.shape[a])
    return Case(lookup("reduce"), [x], {"monoid": monoid, "axes": axes})


def _arg(name: str) -> Callable[[Draw], Case]:
    def make(draw: Draw) -> Case:
        x = _any_array(draw, 1, "fiu")
        axis = draw(st.integers(0, x.ndim - 1))
        x = x if x.shape[axis] else np.ones([n or 1 for n in x.shape], x.dtype)
        return Case(lookup(name), [x], {"axis": axis})

    return make


def _dot_general(draw: Draw) -> Case:
    dtype = _dtype(draw, "ffiu")
    kinds = draw(st.lists(st.sampled_from("bklr"), max_size=5))  # batch, contracted, left, right
    sizes = {d: draw(SIZES) for d in range(len(kinds))}
    sides = []
    for own in "lr":
        axes = [d for d, kind in enumerate(kinds) if kind in ("b", "k", own)]
        sides.append(draw(st.permutations(axes)))
    operands = [data(draw, tuple(sizes[d] for d in side), dtype) for side in sides]

    def places(kind: str) -> Any:
        dims = draw(st.permutations([d for d, k in enumerate(kinds) if k == kind]))
        return tuple(tuple(side.index(d) for d in dims) for side in sides)

    return Case(lookup("dot_general"), operands, {"contract": places("k"), "batch": places("b")})


def _conv_general(draw: Draw) -> Case:
    dtype, rank = _dtype(draw, "ffi"), draw(st.integers(0, 2))
    groups, examples, channels, features = (draw(st.integers(1, 2)) for _ in range(4))
    examples = draw(st.sampled_from([examples, 0]))
    spatial, window = _ints(draw, rank, 0, 5), _ints(draw, rank, 1, 3)
    lhs = data(draw, (groups, examples, *spatial, channels), dtype)
    rhs = data(draw, (groups, *window, channels, features), dtype)
    return Case(lookup("conv_general"), [lhs, rhs], {
        "strides": _ints(draw, rank, 1, 3),
        "padding": tuple(_ints(draw, 2, -1 if n > 1 else 0, 3) for n in spatial),
        "lhs_dilation": _ints(draw, rank, 1, 2),
        "rhs_dilation": _ints(draw, rank, 1, 2),
    })  # fmt: skip


# --- indexing, scans ---------------------------------------------------------------------------


def _mode(draw: Draw) -> str:
    return draw(st.sampled_from(["clip", "fill"]))


def _gather(draw: Draw) -> Case:
    x = _any_array(draw, 1)
    axis, mode = draw(st.integers(0, x.ndim - 1)), _mode(draw)
    shape = _shape(draw, 0, 2) if x.shape[axis] or mode == "fill" else (0,)
    indices = data(draw, shape, _dtype(draw, "iu"))
    return Case(lookup("gather"), [x, indices], {"axis": axis, "mode": mode})


def _take_along(draw: Draw) -> Case:
    x = _any_array(draw, 1)
    axis, mode = draw(st.integers(0, x.ndim - 1)), _mode(draw)
    n = draw(SIZES) if x.shape[axis] or mode == "fill" else 0
    shape = (*x.shape[:axis], n, *x.shape[axis + 1 :])
    indices = data(draw, shape, _dtype(draw, "iu"))
    return Case(lookup("take_along"), [x, indices], {"axis": axis, "mode": mode})


def _put_along(draw: Draw) -> Case:
    updates = _any_array(draw, 1, "fiu")
    axis, mode = draw(st.integers(0, updates.ndim - 1)), _mode(draw)
    indices = data(draw, updates.shape, _dtype(draw, "iu"))
    size = draw(st.integers(1 if indices.size and mode == "clip" else 0, 4))
    params = {"axis": axis, "size": size, "mode": mode}
    return Case(lookup("put_along"), [updates, indices], params)


def _scatter_reduce(draw: Draw) -> Case:
    indices, mode = data(draw, _shape(draw, 0, 2), _dtype(draw, "iu")), _mode(draw)
    around = _shape(draw, 0, 2)
    axis = draw(st.integers(0, len(around)))
    shape = (*around[:axis], *indices.shape, *around[axis:])
    size = draw(st.integers(1 if indices.size and mode == "clip" else 0, 4))
    updates = data(draw, shape, _dtype(draw, "fiu"))
    monoid = draw(st.sampled_from(["sum", "sum", "prod", "max", "min"]))
    params = {"monoid": monoid, "axis": axis, "size": size, "mode": mode}
    return Case(lookup("scatter_reduce"), [updates, indices], params)


def _cumulative(draw: Draw) -> Case:
    x = _any_array(draw, 1, "fiu")
    monoid = draw(st.sampled_from(["sum", "prod", "max", "min"]))
    axis, reverse = draw(st.integers(0, x.ndim - 1)), draw(st.booleans())
    params = {"monoid": monoid, "axis": axis, "reverse": reverse}
    return Case(lookup("cumulative"), [x], params)


def _starts(draw: Draw, n: int) -> list[Array]:
    return [np.asarray(i, np.int32) for i in _ints(draw, n, -2, 5)]


def _dynamic_slice(draw: Draw) -> Case:
    x = _any_array(draw)
    sizes = tuple(draw(st.integers(0, n)) for n in x.shape)
    return Case(lookup("dynamic_slice"), [x, *_starts(draw, x.ndim)], {"sizes": sizes})


def _dynamic_update_slice(draw: Draw) -> Case:
    x = _any_array(draw)
    update = data(draw, tuple(draw(st.integers(0, n)) for n in x.shape), as_dtype(x.dtype))
    return Case(lookup("dynamic_update_slice"), [x, update, *_starts(draw, x.ndim)], {})


# --- sorting -------------------------------------------------------------------------------------


def _sort_indices(draw: Draw) -> Case:
    x = _any_array(draw, 1)
    axis, descending = draw(st.integers(0, x.ndim - 1)), draw(st.booleans())
    return Case(lookup("sort_indices"), [x], {"axis": axis, "descending": descending})


def _rank(draw: Draw) -> Case:
    keys = _any_array(draw, 1, "u")
    return Case(lookup("rank"), [keys], {"axis": draw(st.integers(0, keys.ndim - 1))})


def _merge_order(draw: Draw) -> Case:
    run, pairs = draw(st.integers(1, 5)), draw(st.integers(0, 3))
    keys = data(draw, (*_shape(draw, 0, 2), pairs, 2, run), uint32)
    keys = np.sort(keys, -1).reshape(*keys.shape[:-3], pairs * 2 * run)
    return Case(lookup("merge_order"), [keys], {"run": run})


def _lower_bound(draw: Draw) -> Case:
    rows, dtype = _shape(draw, 0, 1), _dtype(draw, "fiu")
    xs = np.sort(data(draw, (*rows, draw(st.integers(0, 9))), dtype), -1)
    values = data(draw, (*rows, *_shape(draw, 0, 1)), dtype)
    side = draw(st.sampled_from(["left", "right"]))
    return Case(lookup("lower_bound"), [xs, values], {"side": side})


# --- window, random ------------------------------------------------------------------------------


def _windows(draw: Draw, rank: int) -> dict[str, Any]:
    return {
        "window": _ints(draw, rank, 1, 3),
        "strides": _ints(draw, rank, 1, 3),
        "padding": tuple(_ints(draw, 2, 0, 2) for _ in range(rank)),
        "dilation": _ints(draw, rank, 1, 2),
    }


def _windowed(draw: Draw, kinds: str = "fiu") -> tuple[Array, dict[str, Any]]:
    x = data(draw, _ints(draw, draw(st.integers(0, 3)), 0, 5), _dtype(draw, kinds))
    return x, _windows(draw, x.ndim)


def _reduce_window(draw: Draw) -> Case:
    x, params = _windowed(draw)
    monoid = draw(st.sampled_from(["sum", "max", "min"]))
    return Case(lookup("reduce_window"), [x], {"monoid": monoid, **params})


def _window_argmax(draw: Draw) -> Case:
    x, params = _windowed(draw, "f")
    return Case(lookup("window_argmax"), [x], params)


def _window_take(draw: Draw) -> Case:
    x, params = _windowed(draw, "f")
    position = lookup("window_argmax").reference(x, **params)
    return Case(lookup("window_take"), [x, position], params)


def _window_put(draw: Draw) -> Case:
    take = _window_take(draw)
    x, position = take.operands
    ct = data(draw, position.shape, as_dtype(x.dtype))
    return Case(lookup("window_put"), [ct, position], {"shape": x.shape, **take.params})


def _random_bits(draw: Draw) -> Case:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    key = rng.integers(0, 2**32, (*_shape(draw, 0, 1), 2), dtype=np.uint32)
    return Case(lookup("random_bits"), [key], {"shape": _shape(draw, 0, 2)})


def _attention(draw: Draw, *names: str) -> tuple[list[Array], tuple[int, int, int], bool]:
    """Operands "ra": ``[batch, rows, width a]``, "s": ``[batch, steps]``; and their extents."""
    batch, rows, steps = (draw(SIZES) for _ in range(3))
    extent = {"r": rows, "s": steps} | {w: draw(SIZES) for w in "abc"}
    made = [data(draw, (batch, *(extent[c] for c in name)), float32) for name in names]
    return made, (batch, rows, steps), draw(st.booleans())


def _bias(draw: Draw, *shape: int) -> Array:
    return data(draw, draw(st.sampled_from([shape, ()])), float32)


def _softmax_attention(name: str) -> Callable[[Draw], Case]:
    def make(draw: Draw) -> Case:
        operands, shape, causal = _attention(draw, "ra", "sa", "sb")
        operands = operands[:2] if name == "attention_normalizer" else operands
        operands.append(_bias(draw, *shape))
        return Case(lookup(name), operands, {"scale": 0.5, "causal": causal})

    return make


def _attention_weigh(draw: Draw) -> Case:
    flipped = draw(st.booleans())
    one = "s" if flipped else "r"
    operands, (batch, rows, steps), causal = _attention(
        draw, "ra", "sa", "sb", one, "rc", "sc", one
    )
    sides = (steps, rows) if flipped else (rows, steps)
    operands.insert(4, _bias(draw, batch, *sides))
    operands = operands[: draw(st.sampled_from([5, 8]))]
    params = {"scale": 0.5, "causal": causal, "flipped": flipped}
    return Case(lookup("attention_weigh"), operands, params)


MAKERS: dict[str, Callable[[Draw], Case]] = {
    **{name: _elementwise(name) for name in ARITY_AND_KINDS},
    "select": _select, "convert": _convert, "bitcast": _bitcast, "integer_pow": _integer_pow,
    "broadcast_in_dim": _broadcast_in_dim, "reshape": _reshape, "transpose": _transpose,
    "rev": _rev, "slice": _slice, "pad": _pad, "concatenate": _concatenate, "iota": _iota,
    "reduce": _reduce, "argmax": _arg("argmax"), "argmin": _arg("argmin"),
    "dot_general": _dot_general, "conv_general": _conv_general,
    "gather": _gather, "take_along": _take_along, "put_along": _put_along,
    "dynamic_slice": _dynamic_slice, "dynamic_update_slice": _dynamic_update_slice,
    "scatter_reduce": _scatter_reduce, "cumulative": _cumulative,
    "sort_indices": _sort_indices, "rank": _rank, "merge_order": _merge_order,
    "lower_bound": _lower_bound,
    "reduce_window": _reduce_window, "window_argmax": _window_argmax,
    "attention": _softmax_attention("attention"), "attention_weigh": _attention_weigh,
    "attention_normalizer": _softmax_attention("attention_normalizer"),
    "window_take": _window_take, "window_put": _window_put, "random_bits": _random_bits,
}  # fmt: skip
NAMES = sorted(MAKERS)
FEW_SHAPES = set(ARITY_AND_KINDS) | {"bitcast", "convert", "select", "iota", "rev"}


@st.composite
def cases(draw: Draw, name: str) -> Case:
    """An application of the primitive called ``name``."""
    return MAKERS[name](draw)


def examples(name: str) -> int:
    """How many examples are worth it: primitives with geometry have more to go wrong."""
    return 12 if name in FEW_SHAPES else 40


assert set(REGISTRY) >= set(NAMES)
