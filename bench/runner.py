"""Runs workloads on peers: all alive at once, round by round in turn, checked before timed.

Machines drift (clocks, neighbours, heat), so absolute times of different runs do not compare.
Within a round every peer is measured once, each round starts with the next peer, and only
ratios of the rounds' medians are claimed.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import machine
from .client import Client, Lacks, PeerError, largest_error, save
from .peers import Peer
from .stats import Ratio, ratio
from .workload import Workload, answer, traffic

METRICS = {
    "batch": "a call",
    "single": "awaited",
    "cold": "empty caches",
    "again": "second process",
    "import": "import",
    "size": "installed",
}
CALLS = ("batch", "single")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, seconds of a batch and of a peer's singles in a round."""

    rounds: int = 7
    batch_s: float = 0.15
    most_steps: int = 100
    singles: int = 5
    pause_s: float = 0.03  # lets the worker threads of the one before fall asleep

    def steps(self, step_s: float) -> int:
        """How many steps make a batch.

        >>> Effort(batch_s=0.1).steps(0.03), Effort().steps(60.0)
        (3, 1)
        """
        return max(1, min(self.most_steps, round(self.batch_s / max(step_s, 1e-6))))


@dataclass
class Row:
    """What one peer did on one workload; ``error`` when it failed, ``lacks`` when it has none."""

    peer: str
    device: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    first_s: float | None = None
    step_s: float = 0.0
    max_error: float | None = None
    samples: dict[str, list[float]] = field(default_factory=dict)
    ratios: dict[str, Ratio] = field(default_factory=dict)
    error: str = ""
    lacks: str = ""

    @property
    def ran(self) -> bool:
        """Whether it can be measured."""
        return not (self.error or self.lacks)


@dataclass
class Result:
    """What was measured of one thing: its metrics, first the main one; rows in the peers' order.

    ``bytes`` is what a step must move at least. Samples are seconds; those of ``size`` are bytes.
    """

    name: str
    title: str
    rows: list[Row]
    metrics: tuple[str, ...] = CALLS
    params: dict[str, Any] = field(default_factory=dict)
    flops: int = 0
    bytes: int = 0
    interrupted: bool = False

    def compare(self) -> None:
        """Set the ratios of each row's medians to the first row's."""
        first = self.rows[0]
        for row in self.rows[1:]:
            if row.ran and first.ran:
                row.ratios = {m: ratio(row.samples[m], first.samples[m]) for m in self.metrics}


class Crew:
    """The peers' workers, started when first needed and anew when they died."""

    def __init__(self, peers: Sequence[Peer], env: Mapping[str, str] | None = None) -> None:
        if "MESA_SHADER_CACHE_DISABLE" in os.environ:
            raise ValueError(
                "MESA_SHADER_CACHE_DISABLE is set: it slows the peers that rebuild their pipelines"
            )
        if not peers:
            raise ValueError("nothing to run: at least one peer")
        self.peers, self._env = list(peers), dict(env or {})
        self._clients: dict[str, Client] = {}
        self._about: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.close()

    def client(self, peer: Peer) -> Client:
        """The peer's live worker; its device is open, and is the one of the other GPU peers."""
        known = self._clients.get(peer.name)
        if known is None or not known.alive:
            if known is not None:
                known.close()
            fresh = self._clients[peer.name] = Client(peer, self._env)
            self._about[peer.name] = fresh.ask("hello")
        self._same_adapter(peer)
        return self._clients[peer.name]

    def about(self, peer: Peer) -> dict[str, Any]:
        """What the peer said of its device and versions."""
        return self._about[peer.name]

    def _same_adapter(self, peer: Peer) -> None:
        mine = self._about[peer.name]["device"]
        first = self._about.get(self.peers[0].name, {}).get("device", mine)
        both_gpu = mine["kind"] == first["kind"] == "gpu"
        if both_gpu and not machine.same_adapter(mine["adapter"], first["adapter"]):
            raise PeerError(
                f"runs on {mine['adapter']}, while {self.peers[0].name} runs on {first['adapter']}"
            )


def run(
    workload: Workload,
    crew: Crew,
    effort: Effort = Effort(),
    small: bool = False,
    progress: Progress = lambda text: None,
) -> Result:
    """One row a peer, in their order; ratios are against the first peer.

    A peer that fails, answers wrongly, or computes on another adapter than the first keeps its
    row, with the error and without times. After an interrupt the whole rounds stay.
    """
    if effort.rounds < 1:
        raise ValueError("nothing to run: at least one round")
    rows = [Row(peer.name) for peer in crew.peers]
    about: dict[str, Any] = {"params": workload.params, "flops": workload.flops}
    result = Result(workload.name, workload.title, rows, **about)
    inputs = workload.inputs()
    want = answer(workload, inputs)
    result.bytes = traffic(inputs, want)
    with tempfile.TemporaryDirectory() as folder:
        save(inputs, Path(folder))
        for peer, row in zip(crew.peers, result.rows, strict=True):
            progress(f"{peer.name}: prepare and check")
            with errors_into(row):
                _prepare(crew, peer, row, workload, small, Path(folder), want)

    def round_of(number: int) -> None:
        for row, peer in in_turn(rows, crew.peers, number):
            with errors_into(row):
                _measure(crew.client(peer), row, effort)

    rounds(result, effort.rounds, round_of, progress)
    return result


def rounds(
    result: Result, count: int, run_round: Callable[[int], None], progress: Progress
) -> None:
    """Run the rounds and compare; an interrupt leaves the whole rounds, if there are any."""
    try:
        for number in range(count):
            progress(f"round {number + 1} of {count}")
            run_round(number)
    except KeyboardInterrupt:
        whole = [len(taken) for row in result.rows if row.ran for taken in row.samples.values()]
        if not whole or not min(whole):
            raise
        for row in result.rows:
            row.samples = {m: taken[: min(whole)] for m, taken in row.samples.items()}
        result.interrupted = True
    result.compare()


def _prepare(
    crew: Crew, peer: Peer, row: Row, workload: Workload, small: bool, folder: Path, want: Any
) -> None:
    client = crew.client(peer)
    row.device, row.versions = crew.about(peer)["device"], crew.about(peer)["versions"]
    row.first_s, row.step_s = client.prepare(workload, small, folder)
    row.max_error = largest_error(client.result(workload.checked), want, workload)


def in_turn(rows: Sequence[Row], peers: Sequence[Peer], number: int) -> Iterator[tuple[Row, Peer]]:
    """Those that still run, each round starting with the next."""
    pairs = [(row, peer) for row, peer in zip(rows, peers, strict=True) if row.ran]
    start = number % len(pairs) if pairs else 0
    yield from pairs[start:] + pairs[:start]


def _measure(client: Client, row: Row, effort: Effort) -> None:
    steps = effort.steps(row.step_s)
    time.sleep(effort.pause_s)
    batch = client.batch_s(steps)
    single = client.single_s(min(steps, effort.singles))
    for metric, seconds in zip(CALLS, (batch, single)):
        row.samples.setdefault(metric, []).append(seconds)


@contextlib.contextmanager
def errors_into(row: Row) -> Iterator[None]:
    """Puts what a peer does wrong, or lacks, into its row, and takes its samples away."""
    try:
        yield
    except Lacks as missing:
        row.lacks = str(missing)
    except PeerError as error:
        row.error, row.samples = str(error), {}
