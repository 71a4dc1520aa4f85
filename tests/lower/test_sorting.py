"""Sorts, searches, scans and scatters at the sizes where their kernels change, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.lower.running import TARGETS, agree, check, compiled, run, traced
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import as_dtype, float32, int32, uint32
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.prims.elementwise import add, exp
from texelate.compiler.ir.prims.scans import cumulative
from texelate.compiler.ir.prims.scattering import scatter
from texelate.compiler.ir.prims.sorting import COUNTED, lower_bound, sort_indices
from texelate.compiler.transforms.jvp import jvp_graph

Array = np.ndarray[Any, Any]


def numbers(shape: tuple[int, ...], dtype: Any, seed: int = 0) -> Array:
    """Few different values, so many are equal; floats with NaN, infinities and both zeros."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-40, 40, shape)
    if dtype is not float32:
        return np.where(x > 38, 2**31 - 1, x).astype(np.int64).astype(dtype.numpy)
    special = np.array([np.nan, -np.inf, np.inf, 0.0, -0.0], np.float32)
    return np.where(x > 20, special[x % 5], x / 4).astype(np.float32)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("shape", "axis", "dtype"),
    [
        ((COUNTED,), 0, float32),
        ((COUNTED + 1,), 0, int32),
        ((3, 700), 1, float32),
        ((500, 2), 0, uint32),
        ((3, 5, 4), 1, int32),
    ],
)
def test_sorts_are_stable(
    shape: tuple[int, ...], axis: int, dtype: Any, descending: bool, target: str
) -> None:
    x = numbers(shape, dtype)
    graph = traced(lambda v: sort_indices(v, axis=axis, descending=descending), Aval(shape, dtype))
    (got,) = run(compiled(graph, target), [x])
    keys = -x.astype(np.float64) if descending else x
    np.testing.assert_array_equal(got, np.argsort(keys, axis, kind="stable"))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("dtype", [float32, int32])
@pytest.mark.parametrize("n", [1, 2, 63, 64, 1000])
def test_lower_bound(n: int, dtype: Any, side: Any) -> None:
    xs, values = np.sort(numbers((n,), dtype)), numbers((9, 30), dtype, 1)
    avals = Aval(xs.shape, dtype), Aval(values.shape, dtype)
    graph = traced(lambda a, b: lower_bound(a, b, side=side), *avals)
    (got,) = run(compiled(graph), [xs, values])
    np.testing.assert_array_equal(got, np.searchsorted(xs, values, side))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("monoid", ["sum", "max"])
@pytest.mark.parametrize(("shape", "axis"), [((9001,), 0), ((70, 6), 0), ((3, 8, 64), 1)])
def test_scans(shape: tuple[int, ...], axis: int, monoid: str, reverse: bool, target: str) -> None:
    """With a producer and an epilogue; one row is cut in blocks, others are vectorised."""
    params = {"monoid": monoid, "axis": axis, "reverse": reverse}
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    graph = traced(
        lambda v: add(cumulative(exp(v), **params), cumulative(v, **params)), Aval(shape, float32)
    )
    check(graph, [x], target, 1e-3)


def test_a_scan_takes_producer_and_epilogue_into_its_kernel() -> None:
    graph = traced(
        lambda v: add(cumulative(exp(v), monoid="sum", axis=1, reverse=False), 1.0),
        Aval((8, 50), float32),
    )
    program = check(graph, [np.zeros((8, 50), np.float32)], "software")
    assert [k.ops for k in program.kernels] == [("exp", "cumulative", "add")]


def test_a_scan_over_nan_keeps_it() -> None:
    x = np.array([1, np.nan, 3, -np.inf, 5], np.float32)
    for monoid in ("sum", "prod", "max", "min"):
        params = {"monoid": monoid, "axis": 0, "reverse": False}
        check(traced(lambda v, p=params: cumulative(v, **p), Aval((5,), float32)), [x], "software")


AT: dict[str, Callable[..., None]] = {
    "add": np.add.at,
    "mul": np.multiply.at,
    "min": np.minimum.at,
    "max": np.maximum.at,
    "set": lambda x, i, u: x.__setitem__(i, u),
}


@pytest.mark.parametrize("mode", ["clip", "fill"])
@pytest.mark.parametrize("op", AT)
def test_scatter_is_an_assignment(op: str, mode: str) -> None:
    """Indices repeat and are out of range; the last ``set`` wins."""
    rng = np.random.default_rng(0)
    x, updates = (rng.normal(size=s).astype(np.float32) for s in ((3, 6), (3, 2, 5)))
    indices = rng.integers(-2, 8, (2, 5)).astype(np.int32)
    graph = traced(
        lambda *v: scatter(*v, axis=1, op=op, mode=mode),
        *(Aval(a.shape, as_dtype(a.dtype)) for a in (x, updates, indices)),
    )
    want = x.T.copy()
    flat, rows = indices.ravel(), updates.reshape(3, 10).T
    kept = (flat >= 0) & (flat < 6) if mode == "fill" else np.full(10, True)
    AT[op](want, np.clip(flat, 0, 5)[kept], rows[kept])
    for results in (evaluate_numpy(graph, [x, updates, indices]),
                    run(compiled(graph), [x, updates, indices])):  # fmt: skip
        agree(results, [want.T], 1e-6)


def test_derivative_of_a_product_with_zeros() -> None:
    """Each element has the product of the others, also where one of them is 0."""
    x = np.array([2, 0, 3, 0, 5], np.float32)
    graph = traced(
        lambda v: cumulative(v, monoid="prod", axis=0, reverse=False), Aval((5,), float32)
    )
    for k in range(5):
        unit = np.eye(5, dtype=np.float32)[k]
        _, rate = evaluate_numpy(jvp_graph(graph, [True]), [x, unit])
        others = np.cumprod(np.where(np.arange(5) == k, 1, x))
        np.testing.assert_array_equal(rate, np.where(np.arange(5) >= k, others, 0))
