"""The runner against peers that behave and peers that do not."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

from texelate.bench import runner
from texelate.bench.client import Client, PeerError, save
from texelate.bench.peers import PEERS, Peer
from texelate.bench.runner import Crew, Effort, Result, Row
from texelate.bench.workload import answer
from texelate.bench.workloads import workloads

SMALL = workloads(small=True)
STEP = SMALL["mlp-step"]
QUICK = Effort(rounds=2, batch_s=0.004, singles=2, pause_s=0)


@dataclasses.dataclass(frozen=True)
class Fake(Peer):
    """Runs the fake worker in the manner that it is named after."""

    @property
    def command(self) -> tuple[str, ...] | None:
        return sys.executable, str(Path(__file__).with_name("fake_worker.py"))


def fake(manner: str) -> Peer:
    root = str(Path(__file__).resolve().parents[2])
    return Fake(manner, "", "", "", env={"FAKE_MANNER": manner, "PYTHONPATH": root})


def run(*manners: str, effort: Effort = QUICK) -> Result:
    with Crew([fake(manner) for manner in manners]) as crew:
        return runner.run(STEP, crew, effort, small=True)


def only_row(manner: str) -> Row:
    (row,) = run(manner).rows
    return row


def test_rows_times_and_ratio() -> None:
    result = run("good", "slow", effort=dataclasses.replace(QUICK, rounds=3))
    first, second = result.rows
    assert first.ran
    assert second.ran
    assert first.max_error is not None
    assert first.max_error < 1e-5
    assert all(len(first.samples[metric]) == 3 for metric in runner.CALLS)
    assert min(first.samples["batch"]) >= 0.001
    assert min(second.samples["single"]) >= 0.003
    assert not first.ratios
    medians = [np.median(row.samples["batch"]) for row in (first, second)]
    assert second.ratios["batch"].value == pytest.approx(medians[1] / medians[0])
    assert second.versions == {"fake": "1"}


def test_bytes_are_those_of_inputs_and_outputs() -> None:
    inputs = STEP.inputs()
    floats = sum(a.size for a in inputs.values()) + sum(
        a.size for a in answer(STEP, inputs).values()
    )
    assert run("good").bytes == 4 * floats


@pytest.mark.parametrize(
    ("manner", "complaint"),
    [
        ("raises", "ValueError: no such shape here"),
        ("dies", "the driver is gone"),
        ("off", "wrong result: w1 is off by 0.01"),
        ("nan", "wrong result: w1 is off by nan"),
        ("flat", "w1: shape (), not (6, 4)"),
    ],
)
def test_what_a_peer_does_wrong_is_in_its_row_and_not_timed(manner: str, complaint: str) -> None:
    row = only_row(manner)
    assert complaint in row.error
    assert row.samples == {}


def test_what_a_peer_lacks_is_no_error() -> None:
    row = only_row("lacks")
    assert (row.lacks, row.error) == ("no implementation of mlp-step for fake", "")


def test_a_failing_peer_leaves_the_others_alone() -> None:
    good, bad, slow = run("good", "dies", "slow").rows
    assert bad.error
    assert good.ran
    assert "batch" in slow.ratios


def test_a_peer_that_died_is_started_anew() -> None:
    with Crew([fake("dies")]) as crew:
        both = [runner.run(STEP, crew, QUICK, small=True).rows[0].error for _ in range(2)]
    assert ["the driver is gone" in error for error in both] == [True, True]


def test_another_adapter_is_an_error() -> None:
    rows = run("good", "elsewhere").rows
    assert rows[1].error == "runs on other, while good runs on this"


def test_a_silent_peer_is_ended(tmp_path: Path) -> None:
    save(STEP.inputs(), tmp_path)
    with Client(fake("silent"), limit_s=2.0) as client:
        client.ask("hello")
        with pytest.raises(PeerError, match="silent"):
            client.prepare(STEP, True, tmp_path)


def test_a_peer_that_is_not_installed_says_how() -> None:
    missing = Peer("missing", "", "missing", "no_such_module_anywhere")
    with Crew([missing]) as crew:
        (row,) = runner.run(STEP, crew, QUICK, small=True).rows
    assert row.lacks == "not installed; run: texelate bench --setup --peers missing"


def test_each_round_starts_with_the_next_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    class Noted(Client):
        def batch_s(self, steps: int) -> float:
            order.append(self.peer.name)
            return super().batch_s(steps)

    monkeypatch.setattr(runner, "Client", Noted)
    run("good", "slow")
    assert order == ["good", "slow", "slow", "good"]


def test_an_unfair_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESA_SHADER_CACHE_DISABLE", "true")
    with pytest.raises(ValueError, match="MESA_SHADER_CACHE_DISABLE"):
        Crew([fake("good")])


def test_nothing_to_run() -> None:
    with pytest.raises(ValueError, match="nothing to run"):
        Crew([])
    with pytest.raises(ValueError, match="nothing to run"):
        run("good", effort=Effort(rounds=0))


def test_texelate_and_numpy_run_and_are_right() -> None:
    """One workload of each kind that the workers treat differently, in one crew as in a run."""
    with Crew([PEERS["webgpu"], PEERS["numpy"]]) as crew:
        effort, kinds = (
            dataclasses.replace(QUICK, rounds=1),
            ("conv-3x3", "mlp-step", "small-eager"),
        )
        results = [runner.run(SMALL[name], crew, effort, small=True) for name in kinds]
    faults = [(r.name, row.peer, row.error or row.lacks) for r in results for row in r.rows]
    assert [fault for fault in faults if fault[2]] == []
