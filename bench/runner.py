"""Runs workloads on peers: all alive at once, round by round in turn, checked before timed.

Machines drift (clocks, neighbours, heat), so absolute times of different runs do not compare.
Within a round every peer is measured once, each round starts with the next peer, and only
ratios of the rounds' medians are claimed.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .client import Client, PeerError, largest_error
from .peers import Peer
from .stats import Ratio, ratio
from .workloads import Workload

METRICS = ("batch", "single")
Progress = Callable[[str], None]


@dataclass
class Row:
    """What one peer did on one workload; ``error`` when it did not, or did it wrong."""

    workload: str
    peer: str
    device: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    first_s: float | None = None
    max_error: float | None = None
    seconds: dict[str, list[float]] = field(default_factory=lambda: {m: [] for m in METRICS})
    ratios: dict[str, Ratio] = field(default_factory=dict)
    error: str = ""


def run(
    workload: Workload,
    peers: Sequence[Peer],
    *,
    rounds: int = 15,
    pause_s: float = 0.05,
    progress: Progress = lambda text: None,
) -> list[Row]:
    """One row a peer, in their order; ratios are against the first peer.

    A peer that fails, answers wrongly, or computes on another adapter than the first keeps its
    row, with the error and without times. ValueError when ``rounds`` or ``peers`` are none, or
    the environment favours some peers over others.
    """
    if "MESA_SHADER_CACHE_DISABLE" in os.environ:
        raise ValueError(
            "MESA_SHADER_CACHE_DISABLE is set: it slows the peers that rebuild their pipelines"
        )
    if rounds < 1 or not peers:
        raise ValueError("nothing to run: at least one round and one peer")
    rows = [Row(workload.name, peer.name) for peer in peers]
    with contextlib.ExitStack() as stack:
        clients: dict[str, Client] = {}
        for peer, row in zip(peers, rows, strict=True):
            progress(f"{peer.name}: prepare and check")
            with _errors_into(row):
                client = stack.enter_context(Client(peer))
                _prepare(client, row, workload)
                _same_adapter(row, rows[0])
                clients[peer.name] = client
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            _round([row for row in rows if not row.error], clients, workload, number, pause_s)
    _compare(rows)
    return rows


def _prepare(client: Client, row: Row, workload: Workload) -> None:
    about = client.ask("hello")
    row.device, row.versions = about["device"], about["versions"]
    inputs = workload.inputs(workload.params)
    row.first_s = client.prepare(workload, inputs)
    steps = workload.checked_steps
    want = workload.reference(inputs, workload.params, steps)
    row.max_error = largest_error(client.result(steps), want, workload)


def _same_adapter(row: Row, first: Row) -> None:
    both_gpu = row.device["kind"] == first.device.get("kind") == "gpu"
    if both_gpu and row.device["adapter"] != first.device["adapter"]:
        raise PeerError(
            f"runs on {row.device['adapter']}, while {first.peer} runs on {first.device['adapter']}"
        )


def _round(
    rows: list[Row], clients: dict[str, Client], workload: Workload, number: int, pause_s: float
) -> None:
    start = number % len(rows) if rows else 0
    for row in rows[start:] + rows[:start]:
        with _errors_into(row):
            client = clients[row.peer]
            time.sleep(pause_s)  # let the worker threads of the one before fall asleep
            row.seconds["batch"].append(client.batch_s(workload.batch))
            row.seconds["single"].append(client.single_s(workload.singles))


@contextlib.contextmanager
def _errors_into(row: Row) -> Iterator[None]:
    try:
        yield
    except PeerError as error:
        row.error = str(error)
        row.seconds = {metric: [] for metric in METRICS}


def _compare(rows: list[Row]) -> None:
    first = rows[0]
    for row in rows[1:]:
        if not (row.error or first.error):
            row.ratios = {m: ratio(row.seconds[m], first.seconds[m]) for m in METRICS}
