"""The demo in its quick form, as a user runs it: learns, agrees with numpy, explains, reports."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_commands import Page, texelate
from tests.conftest import need_backend
from texelate.data import digits, split
from texelate.demo import NETWORKS
from texelate.demo.augment import augment
from texelate.demo.train import batches, learning_rate


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["webgpu", "numpy"])
def test_the_demo_learns_and_reports(backend: str, tmp_path: Path) -> None:
    need_backend(backend)
    arguments = ["--quick", "--backend", backend, "--report", "out", "--json", "out.json"]
    done = texelate("demo", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads((tmp_path / "out.json").read_text())
    assert outcome["failures"] == []
    for network in outcome["networks"]:
        assert network["accuracy"] >= 0.9
        assert np.mean(network["losses"][-10:]) < network["losses"][0] / 3
        if backend == "webgpu":
            assert network["difference_from_numpy"] <= 1e-4
            assert 0 < len(network["kernels"]) < 30
    page = Page()
    text = (tmp_path / "out" / "index.html").read_text()
    page.feed(text)
    assert page.fetched == []
    assert {"svg", "table"} <= page.tags
    assert f"{100 * outcome['networks'][0]['accuracy']:.2f} %" in text


@pytest.mark.slow
def test_the_steps_of_the_demo_can_be_inspected(tmp_path: Path) -> None:
    for name in ("mlp_step", "cnn_step"):
        done = texelate("inspect", f"texelate.demo:{name}", "--json", "-", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert 0 < len(report["kernels"]) < 30
        assert report["nanoseconds"] is None or report["nanoseconds"] > 0


def test_the_demo_refuses_a_backend_it_does_not_know(tmp_path: Path) -> None:
    done = texelate("demo", "--backend", "cuda", cwd=tmp_path)
    assert done.returncode == 2
    assert "cuda" in done.stderr


def test_augmentation_changes_a_scan_a_little_and_keeps_its_ink() -> None:
    images, _ = digits()
    changed = augment(images, np.random.RandomState(0))
    assert changed.shape == images.shape
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert 0.01 < np.abs(changed - images).mean() < 0.15
    assert abs(changed.sum() / images.sum() - 1) < 0.05


def test_augmentation_by_nothing_is_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROTATION", "SCALE", "SHIFT"):
        monkeypatch.setattr(f"texelate.demo.augment.{name}", 0.0)
    images, _ = digits()
    np.testing.assert_allclose(augment(images, np.random.RandomState(0)), images, atol=2e-3)


def test_batches_are_deterministic_and_see_every_scan_at_most_once() -> None:
    data = split(*digits())
    (once,) = batches(data, 1, seed=3)
    (again,) = batches(data, 1, seed=3)
    assert len(once) == len(data.train_labels) // 128
    for (images, labels), (images_again, labels_again) in zip(once, again, strict=True):
        assert np.array_equal(images, images_again)
        assert np.array_equal(labels, labels_again)
    counts = np.bincount(np.concatenate([labels for _, labels in once]), minlength=10)
    assert (counts <= np.bincount(data.train_labels, minlength=10)).all()


def test_the_learning_rate_falls_to_zero() -> None:
    rates = [learning_rate(step, 100) for step in range(101)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0


def test_networks_give_ten_scores_a_scan() -> None:
    import texelate as tx

    for network in NETWORKS:
        scores = network.logits(network.init(tx.random.key(1)), np.zeros((3, 8, 8), np.float32))
        assert scores.shape == (3, 10)
