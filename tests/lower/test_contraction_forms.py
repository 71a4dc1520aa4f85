"""Every form that a contraction can take, against NumPy: on purpose, and as the chooser takes it.

Sizes are awkward: primes, one, nothing, just over a tile. ``tests/lower/test_contractions.py`` has
the ordinary ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lower.running import TARGETS, agree, check, compiled, opened, run, traced
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.prims.arithmetic import add, mul
from texelate.compiler.ir.prims.conv import conv_general
from texelate.compiler.ir.prims.dot import dot_general
from texelate.compiler.ir.prims.shaping import reshape, transpose
from texelate.compiler.lower import choose
from texelate.compiler.lower.contract import ContractSchedule
from texelate.compiler.target import Target

RNG = np.random.default_rng(3)
SUBGROUPS = Target.of(software=True, limits={}, features=["subgroup"], subgroup=8)


def normal(*shapes: tuple[int, ...]) -> list[Any]:
    return [RNG.normal(size=s).astype(np.float32) for s in shapes]


def matmul(m: int, k: int, n: int, lhs_axis: int, rhs_axis: int, batch: int = 0) -> Graph:
    """A product with the contracted axis first or last in each operand."""
    b = (batch,) if batch else ()
    shapes = (*b, m, k) if lhs_axis else (*b, k, m), (*b, n, k) if rhs_axis else (*b, k, n)
    contract = (lhs_axis + len(b),), (rhs_axis + len(b),)
    axes = tuple(range(len(b)))
    avals = [Aval(s, float32) for s in shapes]
    return traced(lambda x, y: dot_general(x, y, contract=contract, batch=(axes, axes)), *avals)


def convolution(lhs: tuple[int, ...], rhs: tuple[int, ...], **params: Any) -> Graph:
    rank = len(lhs) - 3
    full = {"strides": (1,) * rank, "padding": ((0, 0),) * rank}
    full |= {"lhs_dilation": (1,) * rank, "rhs_dilation": (1,) * rank} | params
    return traced(lambda x, w: conv_general(x, w, **full), Aval(lhs, float32), Aval(rhs, float32))


def agrees(graph: Graph, target: str = "software") -> str:
    """Compiled and run it agrees with NumPy; the schedules that were taken."""
    arrays = normal(*(v.aval.shape for v in graph.inputs))
    program = check(graph, arrays, target, 3e-4)
    return "; ".join(k.schedule for k in program.kernels)


@pytest.mark.parametrize(
    "schedule",
    [
        ContractSchedule(16, 8, share=8),
        ContractSchedule(5, 4, share=8, swap=True),
        ContractSchedule(3, 12),
        ContractSchedule(8, 4, 8, share=8),
        ContractSchedule(2, 4, swap=True),
        ContractSchedule(4, 4, stage=8),
        ContractSchedule(8, 8, stage=8),
        ContractSchedule(4, 4, stage=16),
    ],
    ids=str,
)
@pytest.mark.parametrize(("lhs_axis", "rhs_axis"), [(1, 0), (0, 1)])
@pytest.mark.parametrize(("m", "k", "n"), [(37, 29, 70), (36, 24, 64)])
def test_every_schedule_is_right(
    m: int, k: int, n: int, lhs_axis: int, rhs_axis: int, schedule: Any, monkeypatch: Any
) -> None:
    if schedule.share:  # by as many invocations as this adapter has
        schedule = replace(schedule, share=opened().info.subgroup)
    monkeypatch.setattr(choose, "candidates", lambda problem, target: [schedule])
    target = "gpu" if schedule.stage else "software"
    taken = agrees(matmul(m, k, n, lhs_axis, rhs_axis), target)
    assert f"{schedule.rows}x{schedule.cols}" in taken


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    st.tuples(*[st.sampled_from((0, 1, 2, 5, 11, 33, 67))] * 3),
    st.tuples(*[st.integers(0, 1)] * 2),
    st.sampled_from((0, 1, 3)),
)
def test_products_of_any_extents(target: str, extents: Any, axes: Any, batch: int) -> None:
    graph = matmul(*extents, *axes, batch)
    arrays = normal(*(v.aval.shape for v in graph.inputs))
    agree(run(compiled(graph, target), arrays), evaluate_numpy(graph, arrays), 3e-4)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("channels", "size"), [(8, 8), (6, 7), (5, 13)])
@pytest.mark.parametrize(("window", "stride"), [(3, 1), (3, 2), (7, 1)])
def test_depthwise(channels: int, size: int, window: int, stride: int, target: str) -> None:
    """Channels last in memory: vectors run along them, and the result is stored among them."""
    steps = {"strides": (stride, stride), "padding": ((window // 2, window // 2),) * 2}
    steps |= {"lhs_dilation": (1, 1), "rhs_dilation": (1, 1)}

    def layer(x: Any, w: Any) -> Any:
        x = transpose(reshape(x, shape=(2, size, size, channels, 1)), perm=(3, 0, 1, 2, 4))
        w = transpose(reshape(w, shape=(window, window, channels, 1, 1)), perm=(2, 0, 1, 3, 4))
        y = transpose(conv_general(x, w, **steps), perm=(1, 2, 3, 0, 4))
        return reshape(y, shape=y.aval.shape[:-1])

    avals = Aval((2, size, size, channels), float32), Aval((window, window, channels), float32)
    schedules = agrees(traced(layer, *avals), target)
    assert "vec4 over the batch" in schedules
    assert ";" not in schedules


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("perm", [(1, 0, 2), (2, 1, 0), (2, 0, 1)])
def test_a_transposed_result_is_stored_transposed(perm: Any, target: str) -> None:
    """The epilogue sees it so too: one kernel."""

    def layer(x: Any, y: Any, residual: Any) -> Any:
        out = dot_general(x, y, contract=((2,), (1,)), batch=((0,), (0,)))
        moved = add(transpose(out, perm=perm), residual)
        return reshape(mul(moved, moved), shape=(moved.aval.size,))

    shape = tuple((3, 10, 12)[p] for p in perm)
    avals = [Aval(s, float32) for s in ((3, 10, 7), (3, 7, 12), shape)]
    assert ";" not in agrees(traced(layer, *avals), target)


def test_the_subgroup_shares_rows_only_where_there_is_one() -> None:
    problem = choose.Problem(1, 512, 512, 512)

    def best(target: Target) -> ContractSchedule:
        found = choose.candidates(problem, target)
        return min(found, key=lambda s: choose.cost(problem, s, target))

    assert best(SUBGROUPS).share == 8
    assert best(Target.software()).share == 0


@pytest.mark.parametrize(
    ("size", "tile"), [(4096, (16, 8)), (512, (16, 4)), (128, (8, 4)), (1, (0, 1))]
)
def test_a_gpu_takes_the_largest_tiles_that_fill_it(size: int, tile: tuple[int, int]) -> None:
    problem, target = choose.Problem(1, size, size, size), Target.gpu()
    found = choose.candidates(problem, target)
    best = min(found, key=lambda s: choose.cost(problem, s, target))
    assert (best.stage, best.rows) == tile


@pytest.mark.parametrize(("m", "n", "swap"), [(2000, 6, True), (6, 2000, False)])
def test_registers_run_over_the_long_side(m: int, n: int, swap: bool) -> None:
    problem = choose.Problem(1, m, n, 256)
    found = choose.candidates(problem, SUBGROUPS)
    assert min(found, key=lambda s: choose.software_cost(problem, s)).swap is swap


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_few_input_channels(channels: int, target: str) -> None:
    """Steps of k then run over taps and channels together."""
    lhs, rhs = (1, 2, 9, 9, channels), (1, 3, 5, channels, 10)
    agrees(convolution(lhs, rhs, padding=((1, 1), (2, 0)), strides=(2, 1)), target)
