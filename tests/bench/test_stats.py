"""Statistics by their definitions, and the references against finite differences."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from texelate.bench import stats
from texelate.bench.workloads import workloads

TIMES = st.lists(st.floats(1e-4, 10), min_size=1, max_size=12)
SMALL = workloads(small=True)


@given(TIMES, st.floats(0.1, 10))
def test_scaling_a_peer_scales_its_ratio(times: list[float], factor: float) -> None:
    found = stats.ratio([factor * time for time in times], times)
    np.testing.assert_allclose([found.value, found.low, found.high], factor, rtol=1e-9)


@given(TIMES)
def test_interval_contains_the_ratio(times: list[float]) -> None:
    found = stats.ratio(times, times[::-1])
    assert found.low <= found.value * (1 + 1e-12)
    assert found.value <= found.high * (1 + 1e-12)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    found = [stats.ratio(2 * a, b) for a, b in rng.lognormal(0, 0.2, (100, 2, 25))]
    assert 85 <= sum(r.low <= 2 <= r.high for r in found) <= 100


@pytest.mark.parametrize(("over", "under"), [([], []), ([1.0], [1.0, 2.0])])
def test_unpaired_rounds_are_refused(over: list[float], under: list[float]) -> None:
    with pytest.raises(ValueError, match="equal rounds"):
        stats.ratio(over, under)


@pytest.mark.parametrize("name", ["mlp-step", "cnn-step"])
def test_reference_gradients_against_finite_differences(name: str) -> None:
    work = SMALL[name]
    wide = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in work.inputs().values()]
    start, rest = wide[: work.carry], wide[work.carry :]
    stepped = work.reference(*wide)[: work.carry]
    rng = np.random.default_rng(2)
    for k, weight in enumerate(start):
        direction, eps = rng.standard_normal(weight.shape), 1e-6

        def loss(at: float, k: int = k, along: Any = direction) -> float:
            moved = [w + at * along if j == k else w for j, w in enumerate(start)]
            return float(work.reference(*moved, *rest)[-1])

        numerical = (loss(eps) - loss(-eps)) / (2 * eps)
        analytical = ((weight - stepped[k]) / work.params["lr"] * direction).sum()
        np.testing.assert_allclose(analytical, numerical, rtol=1e-6)


@pytest.mark.parametrize("work", workloads().values(), ids=lambda work: work.name)
def test_a_workload_names_itself(work: Any) -> None:
    assert work.title
    assert work.name == work.name.lower()
    assert json.loads(json.dumps(work.params)) is not None  # JavaScript's peers read them
