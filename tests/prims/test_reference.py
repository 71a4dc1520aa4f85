"""The reference rules against NumPy's own functions, over dtypes and random shapes."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.prims.cases import Case, cases, examples
from texelate.compiler.ir.prims.scattering import identity

Array = np.ndarray[Any, Any]


def _pad(x: Array, value: Array, *, low: Any, high: Any, interior: Any) -> Array:
    """One axis after another, element by element."""
    for axis, (lo, hi, gap) in enumerate(zip(low, high, interior, strict=True)):
        rows: list[Array] = []
        blank = np.full(np.delete(x.shape, axis), value, x.dtype)
        for i, row in enumerate(np.moveaxis(x, axis, 0)):
            rows += [blank] * (gap if i else 0) + [row]
        rows = [blank] * lo + rows if lo >= 0 else rows[-lo:]
        rows = rows + [blank] * hi if hi >= 0 else rows[: len(rows) + hi]
        shape = (0, *blank.shape)
        x = np.moveaxis(np.stack(rows) if rows else np.zeros(shape, x.dtype), 0, axis)
    return x


def _broadcast(x: Array, *, shape: Any, dims: Any) -> Array:
    expanded = np.expand_dims(x, tuple(d for d in range(len(shape)) if d not in dims))
    return (
        expanded + np.zeros(shape, x.dtype) if x.dtype != bool else expanded | np.zeros(shape, bool)
    )


def _integer_pow(x: Array, *, y: int) -> Array:
    return math.prod([x] * y, start=np.ones_like(x)) if y >= 0 else x ** float(y)


def _rev(x: Array, *, axes: Any) -> Array:
    return x[tuple(slice(None, None, -1 if a in axes else 1) for a in range(x.ndim))]


def _dot(lhs: Array, rhs: Array, *, contract: Any, batch: Any) -> Array:
    letters = iter("abcdefghijklmnop")
    names: list[list[str]] = [[next(letters) for _ in x.shape] for x in (lhs, rhs)]
    for left, right in (*zip(*contract, strict=True), *zip(*batch, strict=True)):
        names[1][right] = names[0][left]
    shared = [names[0][a] for a in batch[0]]
    summed = [names[0][a] for a in contract[0]]
    free = [n for side in names for n in side if n not in shared + summed]
    text = ",".join("".join(side) for side in names) + "->" + "".join(shared + free)
    return np.asarray(np.einsum(text, lhs, rhs), lhs.dtype)


def _take(x: Array, indices: Array, axis: int, mode: str, take: Any) -> Array:
    """NumPy's own, with the axis lengthened by what reads out of range give."""
    n = x.shape[axis]
    indices = indices.astype(np.int64)
    if mode == "clip":
        return np.asarray(take(x, np.clip(indices, 0, max(n - 1, 0)), axis))
    blank = np.zeros([1 if a == axis else k for a, k in enumerate(x.shape)], x.dtype)
    outside = (indices < 0) | (indices >= n)
    return np.asarray(take(np.concatenate([x, blank], axis), np.where(outside, n, indices), axis))


def _scatter(
    updates: Array, indices: Array, *, axis: int, size: int, mode: str, monoid: str = "sum"
) -> Array:
    """One place after the other."""
    places, n = indices.astype(np.int64), indices.ndim
    if mode == "clip":
        places = np.clip(places, 0, max(size - 1, 0))
    rows = np.moveaxis(updates, range(axis, axis + n), range(n))
    start = identity(monoid, updates.dtype)
    out = np.full((size, *rows.shape[n:]), start, updates.dtype)
    for place in range(size):
        out[place] = MONOIDS[monoid](rows[places == place], 0, initial=start)
    return np.moveaxis(out, 0, axis)


def _put_along(updates: Array, indices: Array, *, axis: int, **params: Any) -> Array:
    pairs = [np.moveaxis(a, axis, -1) for a in (updates, indices)]
    rows = pairs[0].shape[:-1]
    out = np.zeros((*rows, params["size"]), updates.dtype)
    for row in np.ndindex(*rows):
        out[row] = _scatter(pairs[0][row], pairs[1][row], axis=0, **params)
    return np.moveaxis(out, -1, axis)


def _cumulative(x: Array, *, monoid: str, axis: int, reverse: bool) -> Array:
    places = range(x.shape[axis])
    upto = [range(i, x.shape[axis]) if reverse else range(i + 1) for i in places]
    folds = [MONOIDS[monoid](np.take(x, r, axis), axis) for r in upto]
    return np.stack(folds, axis) if folds else x


def _sort_indices(x: Array, *, axis: int, descending: bool) -> Array:
    keys = -x.astype(np.float64) if descending else x
    return np.argsort(keys, axis, kind="stable")


def _lower_bound(xs: Array, values: Array, *, side: str) -> Array:
    v = values[..., None]
    row = xs.reshape(*xs.shape[:-1], *[1] * (values.ndim - xs.ndim + 1), xs.shape[-1])
    return np.sum(row < v if side == "left" else row <= v, -1)


Seen = dict[tuple[int, ...], list[tuple[int, float]]]


def _window_sets(x: Array, params: Any) -> tuple[list[int], Seen]:
    """The result's shape, and what each position of it sees: (place in the window, element)."""
    spans = [(w - 1) * d + 1 for w, d in zip(params["window"], params["dilation"], strict=True)]
    shape = [
        max(0, (n + sum(p) - span) // s + 1)
        for n, p, span, s in zip(x.shape, params["padding"], spans, params["strides"], strict=True)
    ]
    seen: Seen = {}
    for o in np.ndindex(*shape):
        seen[o] = []
        for place, w in enumerate(np.ndindex(*params["window"])):
            at = [
                o[a] * params["strides"][a] + w[a] * params["dilation"][a] - params["padding"][a][0]
                for a in range(x.ndim)
            ]
            if all(0 <= i < n for i, n in zip(at, x.shape, strict=True)):
                seen[o].append((place, x[tuple(at)].item()))
    return shape, seen


def _reduce_window(x: Array, *, monoid: str, **params: Any) -> Array:
    shape, seen = _window_sets(x, params)
    lowest, highest = (-np.inf, np.inf) if x.dtype.kind == "f" else (
        np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)  # fmt: skip
    start = {"sum": 0, "max": lowest, "min": highest}[monoid]
    fold: Any = {"sum": sum, "max": max, "min": min}[monoid]
    out = np.zeros(shape, x.dtype)
    for o, elements in seen.items():
        out[o] = fold([start, *(e for _, e in elements)])
    return out


def _window_argmax(x: Array, **params: Any) -> Array:
    shape, seen = _window_sets(x, params)
    out = np.zeros(shape, np.int32)
    for o, elements in seen.items():
        out[o] = max(elements, key=lambda e: (e[1], -e[0]), default=(0, 0))[0]
    return out


MONOIDS: dict[str, Callable[..., Any]] = {
    "sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "any": np.any, "all": np.all,
}  # fmt: skip

ORACLES: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "neg": lambda x: np.zeros_like(x) - x,
    "max": lambda a, b: np.where(a > b, a, b),
    "min": lambda a, b: np.where(a < b, a, b),
    "pow": lambda a, b: np.exp(b * np.log(a)),
    "integer_pow": _integer_pow,
    "logistic": lambda x: 0.5 + 0.5 * np.tanh(0.5 * x),
    "erf": np.vectorize(math.erf, otypes="f"),
    "rsqrt": lambda x: x**-0.5,
    "select": np.where,
    "popcount": np.vectorize(lambda v: (int(v) & 0xFFFFFFFF).bit_count(), otypes="q"),
    "broadcast_in_dim": _broadcast,
    "reshape": lambda x, *, shape: np.array(x.ravel().tolist(), x.dtype).reshape(shape),
    "transpose": lambda x, *, perm: np.moveaxis(x, perm, range(x.ndim)),
    "rev": _rev,
    "slice": lambda x, *, start, limit, stride: x[
        np.ix_(*(range(*bounds) for bounds in zip(start, limit, stride, strict=True)))
    ],
    "pad": _pad,
    "concatenate": lambda *xs, axis: np.moveaxis(
        np.array([row for x in xs for row in np.moveaxis(x, axis, 0)], xs[0].dtype).reshape(
            -1 if xs[0].size else sum(x.shape[axis] for x in xs), *np.delete(xs[0].shape, axis)
        ), 0, axis,
    ),
    "iota": lambda *, shape, dtype, axis: np.indices(shape)[axis],
    "reduce": lambda x, *, monoid, axes: MONOIDS[monoid](x, axes),
    "argmax": np.argmax,
    "argmin": np.argmin,
    "dot_general": _dot,
    "gather": lambda x, i, *, axis, mode: _take(x, i, axis, mode, np.take),
    "take_along": lambda x, i, *, axis, mode: _take(x, i, axis, mode, np.take_along_axis),
    "scatter_reduce": _scatter,
    "put_along": _put_along,
    "cumulative": _cumulative,
    "sort_indices": _sort_indices,
    "rank": lambda x, *, axis: np.argsort(np.argsort(x, axis, kind="stable"), axis),
    "lower_bound": _lower_bound,
    "reduce_window": _reduce_window,
    "window_argmax": _window_argmax,
}  # fmt: skip
SAME_NAME = [
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh",
    "cosh", "tanh", "floor", "ceil", "trunc", "sign", "abs",
]  # fmt: skip
ORACLES |= {name: getattr(np, name) for name in SAME_NAME}
RENAMED = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "atan2": "arctan2", "round": "rint", "is_nan": "isnan", "rem": "fmod",
    "is_finite": "isfinite", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "not": "invert", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal",
    "gt": "greater", "ge": "greater_equal",
}  # fmt: skip
ORACLES |= {name: getattr(np, theirs) for name, theirs in RENAMED.items()}


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_reference(name: str) -> None:
    @settings(max_examples=examples(name), suppress_health_check=list(HealthCheck))
    @given(cases(name))
    def check(case: Case) -> None:
        got = case.reference()
        with np.errstate(all="ignore"):
            want = np.asarray(ORACLES[name](*case.operands, **case.params))
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want.astype(got.dtype), rtol=2e-5, atol=2e-6)

    check()


SPECIAL = [0.0, -0.0, 1.0, -1.5, 3e38, 1e-45, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize(
    "name", ["max", "min", "add", "mul", "div", "rem", "atan2", "lt", "eq", "ge"]
)
def test_special_floats(name: str) -> None:
    """NaN, infinities, signed zeros and subnormals go as in NumPy."""
    theirs = {"max": "maximum", "min": "minimum", "mul": "multiply", "div": "divide", **RENAMED}
    a, b = np.array(list(itertools.product(SPECIAL, SPECIAL)), np.float32).T
    with np.errstate(all="ignore"):
        want = getattr(np, theirs.get(name, name))(a, b)
    np.testing.assert_array_equal(Case(_prim(name), [a, b], {}).reference(), want)


def _prim(name: str) -> Any:
    from texelate.compiler.ir.primitive import lookup

    return lookup(name)


def test_integer_division_truncates_and_by_zero_is_zero() -> None:
    a = np.array([7, -7, 7, -7, 5, -(2**31)], np.int32)
    b = np.array([2, 2, -2, -2, 0, 3], np.int32)
    np.testing.assert_array_equal(_prim("div").reference(a, b), [3, -3, -3, 3, 0, -715827882])
    np.testing.assert_array_equal(_prim("rem").reference(a, b), [1, -1, 1, -1, 0, -2])


def test_conversion_saturates() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 3.9, -3.9, 1e10, -1e10], np.float32)
    from texelate.compiler.ir.dtypes import int32, uint32

    top = 2**31 - 1
    np.testing.assert_array_equal(
        _prim("convert").reference(x, dtype=int32), [0, top, -top - 1, 3, -3, top, -top - 1]
    )
    np.testing.assert_array_equal(
        _prim("convert").reference(x, dtype=uint32), [0, 2**32 - 1, 0, 3, 0, 2**32 - 1, 0]
    )


def test_shifts_by_more_than_the_width_move_every_bit_out() -> None:
    x, by = np.array([-8, -8, 8, 8], np.int32), np.array([1, 40, -1, 32], np.int32)
    np.testing.assert_array_equal(_prim("shift_left").reference(x, by), [-16, 0, 0, 0])
    np.testing.assert_array_equal(_prim("shift_right_arithmetic").reference(x, by), [-4, -1, 0, 0])
    logical = _prim("shift_right_logical").reference(x, by)
    np.testing.assert_array_equal(logical, [2**31 - 4, 0, 0, 0])


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_first_extremum_wins_and_nan_is_extreme(name: str) -> None:
    x = np.array([[1, 3, 3, 1], [np.nan, 5, -9, np.nan], [2, np.nan, 9, -9]], np.float32)
    got = _prim(name).reference(x, axis=1)
    np.testing.assert_array_equal(got, getattr(np, name)(x, 1))


def test_identities_of_empty_reductions() -> None:
    x = np.zeros((2, 0), np.float32)
    np.testing.assert_array_equal(_prim("reduce").reference(x, monoid="sum", axes=(1,)), [0, 0])
    np.testing.assert_array_equal(_prim("reduce").reference(x, monoid="prod", axes=(1,)), [1, 1])
