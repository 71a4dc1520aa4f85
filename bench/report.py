"""What a run leaves: a record with every sample, a table for people, and a verdict."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import machine
from .runner import METRICS, Row
from .stats import Ratio, quartiles
from .workloads import Workload

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA = 1


def as_json(
    workload: Workload, rows: Sequence[Row], rounds: int, ran_on: Mapping[str, Any]
) -> dict[str, Any]:
    """The record of one run: date, commit, machine, workload, and every sample in seconds.

    ``ran_on`` is the machine as :func:`bench.machine.describe` saw it before the run.
    """
    return {
        "schema": SCHEMA,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(),
        "machine": dict(ran_on),
        "workload": {
            "name": workload.name,
            "title": workload.title,
            "params": dict(workload.params),
            "flops": workload.flops,
            "batch_steps": workload.batch,
            "single_steps": workload.singles,
            "checked_steps": workload.checked_steps,
        },
        "rounds": rounds,
        "baseline": rows[0].peer,
        "rows": [_row(row) for row in rows],
    }


def _row(row: Row) -> dict[str, Any]:
    medians = {m: quartiles(row.seconds[m])[1] for m in METRICS if row.seconds[m]}
    return {**asdict(row), "median_s": medians}


def write(record: Mapping[str, Any], path: Path) -> None:
    """Write the record, readable, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def table(workload: Workload, rows: Sequence[Row]) -> Table:
    """The rows for a terminal: medians in milliseconds, ratios with their intervals."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    result = Table(
        title=workload.title, caption=_caption(rows), box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    result.add_column("peer", no_wrap=True)
    for heading in ("first s", "ms/step", "×", "ms/single", "×"):
        result.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        result.add_row(row.peer, *(("[bold red]ERROR[/]",) if row.error else _cells(row)))
    return result


def _caption(rows: Sequence[Row]) -> str:
    ran = [row for row in rows if row.device]
    lines = [f"{row.peer}: {row.device['adapter']}, {row.device['backend']}" for row in ran]
    return "\n".join([f"× = times {rows[0].peer}'s median, with its 95 % interval", *lines])


def _cells(row: Row) -> tuple[str, ...]:
    medians = {metric: quartiles(row.seconds[metric])[1] for metric in METRICS}
    batch, single = ((f"{medians[m] * 1e3:.2f}", _ratio(row.ratios.get(m))) for m in METRICS)
    return f"{row.first_s:.2f}", *batch, *single


def _ratio(found: Ratio | None) -> str:
    return f"{found.value:.3g} ({_short(found.low)}–{_short(found.high)})" if found else ""


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


def shortfalls(rows: Sequence[Row], required: Mapping[str, float]) -> list[str]:
    """What stands in the way of success: every error, and every ratio below what is required.

    ``required`` maps a peer to the least ratio of its batch time to the baseline's.
    """
    complaints = [f"{row.peer}: {row.error}" for row in rows if row.error]
    by_peer = {row.peer: row for row in rows}
    for peer, least in required.items():
        found = by_peer[peer].ratios.get("batch") if peer in by_peer else None
        if found is None:
            complaints.append(f"{peer}: was required at {least:g}x, and was not measured")
        elif found.value < least:
            complaints.append(f"{peer}: {found.value:.2f}x, required {least:g}x")
    return complaints
