"""Contractions and reductions of awkward and ordinary sizes, on both families of schedules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.lower.running import TARGETS, check, traced
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.primitive import lookup

RNG = np.random.default_rng(7)


def normal(*shape: int) -> Any:
    return np.asarray(RNG.normal(size=shape), np.float32)


def agrees(function: Any, arrays: list[Any], target: str, tolerance: float = 3e-4) -> Any:
    graph = traced(function, *(Aval(a.shape, float32) for a in arrays))
    return check(graph, arrays, target, tolerance)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("m", "k", "n"),
    [(33, 20, 10), (64, 64, 64), (128, 784, 128), (5, 3, 7), (1, 50, 9), (130, 17, 66)],
)
@pytest.mark.parametrize(("lhs_axis", "rhs_axis"), [(1, 0), (0, 1), (0, 0)])
def test_matmul(m: int, k: int, n: int, lhs_axis: int, rhs_axis: int, target: str) -> None:
    lhs = normal(m, k) if lhs_axis else normal(k, m)
    rhs = normal(n, k) if rhs_axis else normal(k, n)
    dot, contract = lookup("dot_general"), ((lhs_axis,), (rhs_axis,))
    agrees(lambda a, b: dot(a, b, contract=contract, batch=((), ())), [lhs, rhs], target)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("lhs", "rhs", "params"),
    [
        ((1, 4, 8, 8, 1), (1, 3, 3, 1, 16), {"padding": ((1, 1), (1, 1))}),
        ((1, 4, 8, 8, 16), (1, 3, 3, 16, 32), {"padding": ((1, 1), (1, 1)), "strides": (2, 2)}),
        ((2, 2, 9, 7, 3), (2, 3, 2, 3, 5), {"rhs_dilation": (2, 1)}),
        ((1, 2, 4, 4, 8), (1, 3, 3, 8, 4), {"padding": ((2, 1), (2, 2)), "lhs_dilation": (2, 2)}),
        ((1, 2, 20, 8), (1, 5, 8, 4), {"padding": ((-1, -2),)}),
        ((1, 16, 14, 14, 64), (1, 3, 3, 64, 64), {"padding": ((1, 1), (1, 1))}),
    ],
)
def test_convolution(lhs: Any, rhs: Any, params: dict[str, Any], target: str) -> None:
    rank = len(lhs) - 3
    full = {"strides": (1,) * rank, "padding": ((0, 0),) * rank}
    full |= {"lhs_dilation": (1,) * rank, "rhs_dilation": (1,) * rank} | params
    conv = lookup("conv_general")
    agrees(lambda a, b: conv(a, b, **full), [normal(*lhs), normal(*rhs)], target, 1e-3)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("monoid", ["sum", "max", "prod"])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((128, 300), (1,)),
        ((300, 128), (0,)),
        ((3, 5000), (1,)),
        ((20000,), (0,)),
        ((9, 6, 5), (0, 2)),
    ],
)
def test_reduction(shape: Any, axes: Any, monoid: str, target: str) -> None:
    x = np.asarray(RNG.uniform(0.99, 1.01, shape), np.float32)
    agrees(lambda v: lookup("reduce")(v, monoid=monoid, axes=axes), [x], target, 1e-3)
