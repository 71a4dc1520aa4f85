"""Statistics by their definitions, and the reference gradients against finite differences."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import mlp_step, stats
from bench.workloads import MLP_STEP, mlp_inputs, mlp_reference, mlp_sgd_step

TIMES = st.lists(st.floats(1e-4, 10), min_size=1, max_size=12)


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


@pytest.mark.parametrize("module", [stats, mlp_step], ids=lambda module: module.__name__)
def test_examples(module: object) -> None:
    outcome = doctest.testmod(module)  # type: ignore[arg-type]
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_reference_gradients_against_finite_differences() -> None:
    params = {"batch": 6, "features": 5, "hidden": 4, "classes": 3, "lr": 1.0, "seed": 1}
    inputs = mlp_inputs(params)
    labels = inputs.pop("y")
    start = {key: value.astype(np.float64) for key, value in inputs.items()}
    x = start.pop("x")

    def loss(weights: dict[str, np.ndarray]) -> float:
        return float(mlp_sgd_step({k: w.copy() for k, w in weights.items()}, x, labels, 1.0))

    stepped = mlp_reference({**inputs, "y": labels}, params, 1)
    rng = np.random.default_rng(2)
    for key, weight in start.items():
        direction, eps = rng.standard_normal(weight.shape), 1e-6
        ends = (loss({**start, key: weight + sign * eps * direction}) for sign in (1, -1))
        numerical = np.subtract(*ends) / (2 * eps)
        np.testing.assert_allclose(
            ((weight - stepped[key]) * direction).sum(), numerical, rtol=1e-6
        )


def test_the_reference_learns() -> None:
    inputs = MLP_STEP.inputs(MLP_STEP.params)
    losses = [MLP_STEP.reference(inputs, MLP_STEP.params, n)["loss"] for n in (1, 5, 10)]
    assert losses[0] > losses[1] > losses[2]
