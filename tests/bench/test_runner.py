"""The runner against peers that behave and peers that do not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import machine, report, runner
from bench.client import Client, PeerError
from bench.peers import PEERS, Peer
from bench.runner import Row
from bench.stats import Ratio
from bench.workloads import Arrays, Params, Workload


def _reference(inputs: Arrays, params: Params, steps: int) -> Arrays:
    return {"n": inputs["n"] + steps}


COUNT = Workload(
    name="count",
    title="count up",
    params={"step_s": 0.001},
    inputs=lambda params: {"n": np.zeros(3, np.float32)},
    reference=_reference,
    flops=3,
    batch=10,
    singles=3,
)


def fake(manner: str) -> Peer:
    script = Path(__file__).with_name("fake_worker.py")
    env = {"PYTHONPATH": str(script.parents[2]), "FAKE_MANNER": manner}
    return Peer(manner, (sys.executable, str(script)), env)


def only_row(manner: str) -> Row:
    (row,) = runner.run(COUNT, [fake(manner)], rounds=1, pause_s=0)
    return row


def test_rows_times_and_ratio() -> None:
    first, second = runner.run(COUNT, [fake("good"), fake("slow")], rounds=3, pause_s=0)
    assert not first.error
    assert not second.error
    assert first.max_error == 0
    assert all(len(first.seconds[metric]) == 3 for metric in runner.METRICS)
    assert min(first.seconds["batch"]) >= 0.001
    assert min(second.seconds["single"]) >= 0.003
    assert not first.ratios
    medians = [np.median(row.seconds["batch"]) for row in (first, second)]
    assert second.ratios["batch"].value == pytest.approx(medians[1] / medians[0])
    assert second.versions == {"fake": "1"}


@pytest.mark.parametrize(
    ("manner", "complaint"),
    [
        ("raises", "ValueError: no such shape here"),
        ("dies", "the driver is gone"),
        ("off", "wrong result: n is off by 0.01"),
        ("nan", "wrong result: n is off by nan"),
        ("flat", "n: shape (), not (3,)"),
        ("empty", "output 'n' is missing"),
    ],
)
def test_what_a_peer_does_wrong_is_in_its_row_and_not_timed(manner: str, complaint: str) -> None:
    row = only_row(manner)
    assert complaint in row.error
    assert row.seconds == {"batch": [], "single": []}


def test_a_failing_peer_leaves_the_others_alone() -> None:
    good, bad, slow = runner.run(
        COUNT, [fake("good"), fake("dies"), fake("slow")], rounds=2, pause_s=0
    )
    assert bad.error
    assert not good.error
    assert "batch" in slow.ratios
    assert report.shortfalls([good, bad, slow], {}) == [f"dies: {bad.error}"]


def test_another_adapter_is_an_error() -> None:
    rows = runner.run(COUNT, [fake("good"), fake("elsewhere")], rounds=1, pause_s=0)
    assert rows[1].error == "runs on other, while good runs on this"


def test_a_silent_peer_is_ended() -> None:
    with Client(fake("silent"), limit_s=1.0) as client, pytest.raises(PeerError, match="silent"):
        client.prepare(COUNT, COUNT.inputs(COUNT.params))


def test_a_peer_that_is_not_installed_says_how() -> None:
    missing = Peer("missing", ("/nowhere/python",), setup="make it")
    (row,) = runner.run(COUNT, [missing], rounds=1)
    assert row.error == "not installed; run: make it"


def test_each_round_starts_with_the_next_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    class Noted(Client):
        def batch_s(self, steps: int) -> float:
            order.append(self.peer.name)
            return super().batch_s(steps)

    monkeypatch.setattr(runner, "Client", Noted)
    runner.run(COUNT, [fake("good"), fake("slow")], rounds=2, pause_s=0)
    assert order == ["good", "slow", "slow", "good"]


def test_an_unfair_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESA_SHADER_CACHE_DISABLE", "true")
    with pytest.raises(ValueError, match="MESA_SHADER_CACHE_DISABLE"):
        runner.run(COUNT, [fake("good")])


@pytest.mark.parametrize(("rounds", "peers"), [(0, [fake("good")]), (1, [])])
def test_nothing_to_run(rounds: int, peers: list[Peer]) -> None:
    with pytest.raises(ValueError, match="nothing to run"):
        runner.run(COUNT, peers, rounds=rounds)


def test_record_and_table(tmp_path: Path) -> None:
    rows = runner.run(COUNT, [fake("good"), fake("slow"), fake("off")], rounds=2, pause_s=0)
    report.write(
        report.as_json(COUNT, rows, 2, machine.describe()), tmp_path / "results" / "run.json"
    )
    record = json.loads((tmp_path / "results" / "run.json").read_text())
    assert record["baseline"] == "good"
    assert record["machine"]["cores"] >= 1
    assert [row["peer"] for row in record["rows"]] == ["good", "slow", "off"]
    assert record["rows"][1]["ratios"]["batch"]["low"] > 0
    assert record["rows"][2]["median_s"] == {}
    table = report.table(COUNT, rows)
    assert table.row_count == 3
    assert "ERROR" in str(list(table.columns[1].cells)[2])


def test_requirements() -> None:
    first = Row("count", "a")
    second = Row("count", "b", ratios={"batch": Ratio(2.9, 2.5, 3.4)})
    assert report.shortfalls([first, second], {"b": 2.5}) == []
    assert report.shortfalls([first, second], {"b": 3}) == ["b: 2.90x, required 3x"]
    assert report.shortfalls([first], {"c": 3}) == ["c: was required at 3x, and was not measured"]


def test_numpy_peer_agrees_with_the_float64_reference() -> None:
    from bench.workloads import MLP_STEP

    (row,) = runner.run(MLP_STEP, [PEERS["numpy"]], rounds=1, pause_s=0)
    assert not row.error
    assert row.max_error is not None
    assert 0 < row.max_error < MLP_STEP.atol
