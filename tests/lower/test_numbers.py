"""Numbers at which reductions and long sums go wrong: NaN, infinities, extremes, many terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.lower.running import TARGETS, agree, check, compiled, run, traced
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import as_dtype, float32
from texelate.compiler.ir.primitive import lookup

RNG = np.random.default_rng(11)
Array = np.ndarray[Any, Any]
both = pytest.mark.parametrize("target", TARGETS)
SHAPES = [((64, 32), 1), ((64, 32), 0), ((5, 7), 1), ((3, 300), 1), ((300, 3), 0), ((2, 5003), 1)]


def reduced(x: Array, axis: int, target: str, *names: str) -> None:
    """Every reduction of ``names`` along one axis, in one graph, against NumPy."""

    def apply(name: str, v: Any) -> Any:
        if name.startswith("arg"):
            return lookup(name)(v, axis=axis)
        return lookup("reduce")(v, monoid=name, axes=(axis,))

    aval = Aval(x.shape, as_dtype(x.dtype))
    check(traced(lambda v: [apply(n, v) for n in names], aval), [x], target)


@both
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_nan_wins_in_extrema_and_the_first_one_in_positions(
    shape: tuple[int, int], axis: int, target: str
) -> None:
    x = RNG.normal(size=shape).astype(np.float32)
    x[np.unravel_index(RNG.integers(0, x.size, 20), shape)] = np.nan
    reduced(x, axis, target, "max", "min", "argmax", "argmin")


@both
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 0.0, -3e38])
def test_rows_of_one_value(shape: tuple[int, int], axis: int, value: float, target: str) -> None:
    """The identity of a fold must neither win nor be found."""
    x = np.full(shape, value, np.float32)
    reduced(x, axis, target, "max", "min", "argmax", "argmin")


@both
@pytest.mark.parametrize("dtype", [np.int32, np.uint32])
def test_extrema_of_integers_at_their_ends(dtype: Any, target: str) -> None:
    info = np.iinfo(dtype)
    x = RNG.choice(np.array([info.min, info.max, 0, 1], dtype), (64, 16))
    x[0], x[1] = info.min, info.max
    reduced(x, 1, target, "max", "min", "sum", "prod", "argmax", "argmin")


@both
def test_windows_of_minus_infinity(target: str) -> None:
    """The first position, as in NumPy, where nothing is larger than the padding."""
    x = np.full((1, 8, 8, 4), -np.inf, np.float32)
    params: dict[str, Any] = {"window": (1, 3, 3, 1), "strides": (1, 2, 2, 1), "dilation": (1,) * 4}
    params["padding"] = ((0, 0), (1, 1), (1, 1), (0, 0))
    graph = traced(lambda v: lookup("window_argmax")(v, **params), Aval(x.shape, float32))
    check(graph, [x], target)


@both
@pytest.mark.parametrize("n", [1_000_000, 999_983])
def test_sums_of_many_keep_their_digits(n: int, target: str) -> None:
    """Partial sums: a running float32 sum would have lost whole units by here."""
    x = (RNG.random(n) + 100).astype(np.float32)
    graph = traced(lambda v: lookup("reduce")(v, monoid="sum", axes=(0,)), Aval((n,), float32))
    (got,) = run(compiled(graph, target), [x])
    np.testing.assert_allclose(got, x.sum(dtype=np.float64), rtol=1e-5)


@both
def test_overflow_and_cancellation_follow_ieee(target: str) -> None:
    x = np.array([[3e38] * 8, [-3e38] * 8, [np.inf, -np.inf] * 4, [1e-38] * 8], np.float32)
    with np.errstate(all="ignore"):
        reduced(x, 1, target, "sum", "prod", "max")


@both
def test_more_items_than_one_dimension_of_groups(target: str) -> None:
    """65535 groups of 64 vectors are 16.8 million elements; the rest goes to a second row."""
    n = 65535 * 64 * 4 + 1001
    x = np.arange(n, dtype=np.uint32)
    graph = traced(lambda v: lookup("add")(v, 7), Aval((n,), as_dtype(np.uint32)))
    program = compiled(graph, target)
    agree(run(program, [x]), [x + np.uint32(7)], 0)
