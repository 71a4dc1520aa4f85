"""Elementwise functions against NumPy: eager and jitted, all dtypes, broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import texelate as tx
import texelate.numpy as tnp

UNARY = (
    "exp expm1 exp2 log log1p log2 log10 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arccosh arctanh reciprocal fabs degrees radians floor ceil trunc rint abs sign square "
    "negative positive isnan isinf isfinite"
).split()
BINARY = (
    "add subtract multiply divide floor_divide remainder fmod maximum minimum fmax fmin arctan2 "
    "hypot logaddexp power equal not_equal less less_equal greater greater_equal"
).split()
LOGICAL = ["logical_and", "logical_or", "logical_xor"]
INTEGER = ["bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"]
NARROW = {"f": np.float32, "i": np.int32, "u": np.uint32, "b": np.bool_}

floats = st.floats(-50, 50, width=32)
DOMAIN = {
    "arcsin": st.floats(-1, 1, width=32),
    "arccos": st.floats(-1, 1, width=32),
    "arctanh": st.floats(-0.9375, 0.9375, width=32),
    "arccosh": st.floats(1, 50, width=32),
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "log1p"), st.floats(0, 50, width=32)),
}
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def expected(name: str, *args: Any) -> np.ndarray[Any, Any]:
    with np.errstate(all="ignore"):
        out = np.asarray(getattr(np, name)(*args))
    return out.astype(NARROW[out.dtype.kind])


def check(name: str, got: Any, *args: Any, rtol: float = 2e-5) -> None:
    want = expected(name, *args)
    assert got.shape == want.shape
    assert np.asarray(got).dtype == want.dtype, name
    np.testing.assert_allclose(np.asarray(got), want, rtol=rtol, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", UNARY)
@given(data=st.data(), shape=shapes)
@settings(max_examples=15)
def test_unary_functions_of_floats(on_numpy: None, name: str, data: Any, shape: Any) -> None:
    x = data.draw(hnp.arrays(np.float32, shape, elements=DOMAIN.get(name, floats)))
    check(name, getattr(tnp, name)(x), x)
    check(name, tx.jit(getattr(tnp, name))(x), x)


@pytest.mark.parametrize("name", ["abs", "sign", "square", "floor", "ceil", "trunc", "positive"])
@pytest.mark.parametrize("dtype", [np.int32, np.uint32])
def test_integers_stay_integers(on_numpy: None, name: str, dtype: Any) -> None:
    x = np.array([0, 1, 7], dtype)
    check(name, getattr(tnp, name)(x), x)


@pytest.mark.parametrize("name", BINARY)
@given(
    data=st.data(), shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)
)
@settings(max_examples=15)
def test_binary_functions_broadcast(on_numpy: None, name: str, data: Any, shapes: Any) -> None:
    a_shape, b_shape = shapes.input_shapes
    positive = st.floats(0.125, 8, width=32) if name == "power" else floats
    x = data.draw(hnp.arrays(np.float32, a_shape, elements=positive))
    y = data.draw(hnp.arrays(np.float32, b_shape, elements=st.floats(-4, 4, width=32)))
    check(name, getattr(tnp, name)(x, y), x, y, rtol=1e-4)


@pytest.mark.parametrize("name", [*LOGICAL, *INTEGER, "floor_divide", "remainder", "power", "fmod"])
@pytest.mark.parametrize("dtype", [np.int32, np.uint32])
def test_integer_functions(on_numpy: None, name: str, dtype: Any) -> None:
    x = np.array([0, 1, 5, 7, 9, 100], dtype)
    y = np.array([1, 2, 3, 2, 4, 3], dtype)
    if dtype is np.int32 and name not in ("left_shift", "right_shift", "power"):
        x, y = x * np.array([1, -1, 1, -1, 1, 1], dtype), y * np.array([1, 1, -1, -1, 1, 1], dtype)
    check(name, getattr(tnp, name)(x, y), x, y)


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "minimum", "equal", *LOGICAL])
def test_functions_of_booleans(on_numpy: None, name: str) -> None:
    x, y = np.array([True, True, False, False]), np.array([True, False, True, False])
    check(name, getattr(tnp, name)(x, y), x, y)


def test_every_function_in_one_program(backend: str) -> None:
    """The backends agree with NumPy: one compiled program of all unary and binary functions."""
    x = np.linspace(0.1, 0.9, 12, dtype=np.float32).reshape(3, 4)
    y = np.linspace(-2, 2.3, 4, dtype=np.float32)
    names = [n for n in UNARY if n != "arccosh"]

    def every(x: Any, y: Any) -> dict[str, Any]:
        one = {n: getattr(tnp, n)(x) for n in names}
        return one | {n: getattr(tnp, n)(x, y) for n in BINARY}

    got = tx.jit(every)(x, y)
    for name in names:
        check(name, got[name], x, rtol=1e-4)
    for name in BINARY:
        check(name, got[name], x, y, rtol=1e-4)


def test_special_values(backend: str) -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -3.5], np.float32)
    names = ["isnan", "isinf", "isfinite", "abs", "sign", "floor", "square", "negative", "tanh"]
    got = tx.jit(lambda x: {n: getattr(tnp, n)(x) for n in names})(x)
    for name in names:
        check(name, got[name], x)
    for name in ("maximum", "minimum", "fmax", "fmin", "less", "equal", "logaddexp", "hypot"):
        check(name, getattr(tnp, name)(x, x[::-1]), x, x[::-1])


def test_division_has_the_signs_of_numpy(backend: str) -> None:
    a = np.array([7, -7, 7, -7, 0, 6, -6], np.int32)
    b = np.array([3, 3, -3, -3, 5, 3, 3], np.int32)
    for x, y in ((a, b), (a.astype(np.float32), b.astype(np.float32))):
        got = tx.jit(lambda x, y: (x // y, x % y, tnp.fmod(x, y)))(x, y)
        for value, want in zip(got, (x // y, x % y, np.fmod(x, y)), strict=True):
            np.testing.assert_array_equal(value, want)


def test_whole_powers_are_exact(backend: str) -> None:
    x = np.array([-3, -1.5, 0, 2], np.float32)
    got = tx.jit(lambda x: [x**n for n in (0, 1, 2, 3, -2, 2.0)])(x)
    with np.errstate(divide="ignore"):
        for value, n in zip(got, (0, 1, 2, 3, -2, 2.0), strict=True):
            np.testing.assert_allclose(value, x**n, rtol=1e-6)
    n = np.array([-2, 3, 5], np.int32)
    np.testing.assert_array_equal(tnp.power(n, 3), n**3)
    np.testing.assert_array_equal(
        tnp.power(n, np.array([3, 2, 1], np.int32)), n ** np.array([3, 2, 1])
    )
    with pytest.raises(tx.ArgumentError, match="negative integer powers"):
        tnp.power(n, -1)


def test_python_numbers_take_the_arrays_dtype(on_numpy: None) -> None:
    x = tnp.asarray(np.array([1, 2], np.uint32))
    assert (x + 1).dtype == "uint32"
    assert (x + 1.5).dtype == "float32"
    assert (x + True).dtype == "uint32"
    assert (tnp.asarray([True]) + 1).dtype == "int32"
    assert (tnp.asarray([1]) + tnp.asarray([1.0])).dtype == "float32"
    assert (2 + tnp.asarray(3)).aval.weak
    assert (x & 0xFFFFFFFF).dtype == "uint32"
    for bad, where in ((2**40, "int32"), (-1, "uint32")):
        with pytest.raises(tx.ArgumentError, match=f"does not fit in {where}"):
            x + bad


def test_where_clip_round_and_conversions(backend: str) -> None:
    x = np.array([-2.5, -0.5, 0.5, 1.5, 2.25, 300.0], np.float32)
    got = tx.jit(
        lambda x: {
            "where": tnp.where(x > 0, x, 0),
            "clip": x.clip(-1, 2),
            "round": x.round(),
            "round1": tnp.round(x, 1),
            "int": x.astype("int32"),
            "bool": x.astype(bool),
            "close": tnp.isclose(x, x + 1e-6),
            "num": tnp.nan_to_num(x / 0 * 0),
        }
    )(x)
    np.testing.assert_array_equal(got["where"], np.where(x > 0, x, 0))
    np.testing.assert_array_equal(got["clip"], x.clip(-1, 2))
    np.testing.assert_array_equal(got["round"], x.round())
    np.testing.assert_allclose(got["round1"], x.round(1), rtol=1e-6)
    np.testing.assert_array_equal(got["int"], x.astype(np.int32))
    np.testing.assert_array_equal(got["bool"], x.astype(bool))
    np.testing.assert_array_equal(got["close"], np.isclose(x, x + np.float32(1e-6)))
    np.testing.assert_array_equal(got["num"], np.zeros(6, np.float32))


def test_operators_call_the_functions(on_numpy: None) -> None:
    x, y = np.array([5, 7, 9], np.int32), np.array([2, 3, 4], np.int32)
    a, b = tnp.asarray(x), tnp.asarray(y)
    pairs = [
        (a + b, x + y), (a - b, x - y), (a * b, x * y), (a // b, x // y), (a % b, x % y),
        (a**2, x**2), (a & b, x & y), (a | b, x | y), (a ^ b, x ^ y), (a << b, x << y),
        (a >> b, x >> y), (~a, ~x), (-a, -x), (+a, +x), (abs(-a), x), (a < b, x < y),
        (a <= 7, x <= 7), (a > b, x > y), (a >= b, x >= y), (a == b, x == y), (a != b, x != y),
        (1 - a, 1 - x), (100 // a, 100 // x), (100 % a, 100 % x), (2**b, 2**y), (x - b, x - y),
        (x @ b, x @ y),
        (y * a, y * x), (a / b, (x / y).astype(np.float32)), (divmod(a, b)[1], x % y),
    ]  # fmt: skip
    for got, want in pairs:
        assert isinstance(got, tx.Array)
        np.testing.assert_array_equal(got, want)
    assert (a == None) is False  # noqa: E711
    with pytest.raises(TypeError):
        a + object()
