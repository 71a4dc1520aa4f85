"""What a warm call costs, counted in Python calls: a clock would not be the same twice."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from bench import graphs
from tests.conftest import need_backend
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.graph import Literal


def python_calls(function: Callable[[], Any]) -> int:
    """How many Python functions run in ``function``."""
    count = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def test_a_warm_step_makes_few_python_calls() -> None:
    """Some 50 us on one core: forty calls, and fourteen for each of its 17 leaves."""
    need_backend("webgpu")
    function, args, donated = graphs.mlp_step()
    step = tx.jit(function, donate_argnums=donated, backend="webgpu")
    params, state, *batch = (tx.tree.map(tnp.asarray, a) for a in args)

    def call() -> None:
        nonlocal params, state
        params, state, _ = step(params, state, *batch)

    for _ in range(4):
        call()
    assert python_calls(call) <= 40 + 14 * 17


def test_an_eager_operation_makes_few_python_calls(backend: str) -> None:
    x = tnp.asarray(np.ones(4, np.float32)).block_until_ready()
    x * 1.5
    assert python_calls(lambda: x * 2.5) <= 60
    assert python_calls(lambda: tnp.sin(x)) <= 40


def test_ten_eager_operations_are_one_kernel() -> None:
    need_backend("webgpu")
    with tx.backend("webgpu"), tx.profile() as profile:
        x = y = tnp.asarray(np.linspace(0.1, 1, 5, dtype=np.float32))
        for k in range(5):
            y = tnp.sqrt(y * (1.25 + k))
        np.asarray(y)
    expected = np.linspace(0.1, 1, 5)
    for k in range(5):
        expected = np.sqrt(expected * (1.25 + k))
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    assert x.shape == (5,)
    assert len(profile.events) == 1


@pytest.mark.parametrize(
    "value",
    [0.1, -0.0, 1e-45, 1e-50, 3.4028234e38, 3.4028236e38, 1e300, float("inf"), float("nan")],
)
def test_a_literal_is_rounded_as_numpy_rounds(value: float) -> None:
    with np.errstate(over="ignore"):
        expected = np.asarray(value).astype(np.float32)
    for got in (Literal(value), Literal(value, float32), Literal(value).with_weakness(False)):
        assert got.value.tobytes() == expected.tobytes()
        assert isinstance(got.value, np.float32)
    assert Literal(value).identity() != Literal(-value).identity() or np.isnan(value)
