"""Primitives that NumPy does not have, against JAX's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.prims.cases import Case, cases
from texelate.compiler.ir.primitive import lookup

jax = pytest.importorskip("jax", reason="JAX is the oracle here; it comes with the `test` extra")
lax = jax.lax
many = settings(max_examples=25, suppress_health_check=list(HealthCheck))


def close(got: Any, want: Any) -> None:
    want = np.asarray(want)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-5)


@many
@given(cases("conv_general"))
def test_convolution(case: Case) -> None:
    """Group by group, for any rank, stride, padding and dilation."""
    lhs, rhs = case.operands
    if lhs.dtype != np.float32:
        lhs, rhs = lhs.astype(np.float32), rhs.astype(np.float32)
    letters = "HW"[: lhs.ndim - 3]
    numbers = (f"N{letters}C", f"{letters}IO", f"N{letters}C")
    names = {"window_strides": "strides", "padding": "padding",
             "lhs_dilation": "lhs_dilation", "rhs_dilation": "rhs_dilation"}  # fmt: skip
    params = {theirs: case.params[ours] for theirs, ours in names.items()}
    want = [
        lax.conv_general_dilated(x, w, dimension_numbers=numbers, **params)
        for x, w in zip(lhs, rhs, strict=True)
    ]
    close(case.prim.reference(lhs, rhs, **case.params), np.stack(want))


@many
@given(cases("reduce_window"))
def test_windows(case: Case) -> None:
    (x,) = case.operands
    monoid = case.params["monoid"]
    lowest, highest = (-np.inf, np.inf) if x.dtype.kind == "f" else (
        np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)  # fmt: skip
    fold, start = {
        "sum": (lax.add, 0),
        "max": (lax.max, lowest),
        "min": (lax.min, highest),
    }[monoid]
    names = {"window_dimensions": "window", "window_strides": "strides",
             "padding": "padding", "window_dilation": "dilation"}  # fmt: skip
    params = {theirs: case.params[ours] for theirs, ours in names.items()}
    close(case.reference(), lax.reduce_window(x, x.dtype.type(start), fold, **params))


@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1), st.sampled_from([[], [0], [1], [1000], [3, 5]]))
def test_random_bits_equal_jax_bit_for_bit(seed: int, shape: list[int]) -> None:
    key = jax.random.key(seed, impl="threefry2x32")
    with jax.threefry_partitionable(True):
        want = np.asarray(jax.random.bits(key, shape, "uint32"))
    words = np.asarray(jax.random.key_data(key))
    np.testing.assert_array_equal(lookup("random_bits").reference(words, shape=tuple(shape)), want)


@pytest.mark.parametrize(
    ("name", "theirs"), [("erf", "erf"), ("erf_inv", "erf_inv"), ("logistic", "logistic")]
)
def test_special_functions(name: str, theirs: str) -> None:
    x = np.linspace(-0.999, 0.999, 201, dtype=np.float32) * (1 if name == "erf_inv" else 9)
    close(lookup(name).reference(x), getattr(lax, theirs)(x))


@many
@given(cases("gather"))
def test_gather(case: Case) -> None:
    x, indices = case.operands
    axis, clips = case.params["axis"], case.params["mode"] == "clip"
    indices = indices if clips else np.where(indices < 0, 99, indices)  # JAX counts from the end
    if x.size and indices.size:
        mode = case.params["mode"]
        close(case.reference(), jax.numpy.take(x, indices, axis, mode=mode, fill_value=0))


@many
@given(cases("dynamic_slice"))
def test_dynamic_slice(case: Case) -> None:
    x, *starts = case.operands
    starts = [np.maximum(s, 0) for s in starts]  # JAX counts negative ones from the end
    close(case.reference(), lax.dynamic_slice(x, starts, case.params["sizes"]))


@many
@given(cases("dynamic_update_slice"))
def test_dynamic_update_slice(case: Case) -> None:
    x, update, *starts = case.operands
    starts = [np.maximum(s, 0) for s in starts]
    close(case.reference(), lax.dynamic_update_slice(x, update, starts))
