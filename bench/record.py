"""What a run leaves: a record with every sample, its machine, and the verdict."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import machine
from .runner import Result, Row
from .stats import quartiles

SCHEMA = 2
Record = dict[str, Any]


def record(ran_on: Mapping[str, Any], limits: Mapping[str, float] | None = None) -> Record:
    """An empty record of now: date, commit, machine, and the adapter's measured limits.

    ``ran_on`` is the machine as :func:`.machine.describe` saw it before the run, ``limits`` what
    :func:`.roofline.measure` found.
    """
    return {
        "schema": SCHEMA,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(),
        "machine": dict(ran_on),
        "limits": dict(limits or {}),
        "peers": {},
        "workloads": [],
    }


def add(into: Record, result: Result) -> None:
    """Append one workload's rows; what peers said of themselves is kept once."""
    for row in result.rows:
        if row.device:
            into["peers"][row.peer] = {"device": row.device, "versions": row.versions}
    kept = ("name", "title", "params", "flops", "bytes", "interrupted")
    into["workloads"].append(
        {
            **{key: getattr(result, key) for key in kept},
            "metrics": list(result.metrics),
            "baseline": result.rows[0].peer,
            "rows": [_row(row) for row in result.rows],
        }
    )


def _row(row: Row) -> dict[str, Any]:
    medians = {metric: quartiles(taken)[1] for metric, taken in row.samples.items()}
    kept = {k: v for k, v in asdict(row).items() if k not in {"device", "versions", "step_s"}}
    return {**kept, "median": medians}


def merged(old: Record, new: Record) -> Record:
    """``new`` with the workloads of ``old`` that it lacks: a long run may be made in pieces.

    Ratios are within a workload, whose peers ran side by side; each workload of an older run keeps
    that run's date and commit. ValueError when the machine or the adapters are not the same.
    """
    if old.get("schema") != SCHEMA:
        raise ValueError(f"the record to add to has schema {old.get('schema')}, not {SCHEMA}")
    same = ("cpu", "cores", "machine")
    if any(old["machine"].get(key) != new["machine"].get(key) for key in same):
        raise ValueError("the record to add to is of another machine")
    for name, peer in old["peers"].items():
        if name in new["peers"] and new["peers"][name]["device"] != peer["device"]:
            raise ValueError(f"the record to add to has {name} on another adapter")
    stamp = {key: old[key] for key in ("date", "commit")}
    have = {workload["name"] for workload in new["workloads"]}
    older = [{**stamp, **w} for w in old["workloads"] if w["name"] not in have]
    return {
        **new,
        "limits": new["limits"] or old["limits"],
        "peers": {**old["peers"], **new["peers"]},
        "workloads": [*older, *new["workloads"]],
    }


def write(made: Record, path: Path) -> None:
    """Write the record, readable, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def file_name(made: Record) -> str:
    """``<date>-<device>`` of a record, without an ending.

    >>> gpu = {"device": {"kind": "gpu", "adapter": "llvmpipe (LLVM 15.0.6, 256 bits)"}}
    >>> file_name({"date": "2026-01-02T03:04:05+00:00", "peers": {"webgpu": gpu}})
    '2026-01-02-llvmpipe'
    """
    devices = [peer["device"] for peer in made["peers"].values()]
    adapter = next((d["adapter"] for d in devices if d["kind"] == "gpu"), "cpu")
    words = re.findall("[a-z0-9]+", adapter.lower().partition("(")[0])
    return "-".join([made["date"][:10], *words])


def read(path: Path) -> Record:
    """A record that was written."""
    made: Record = json.loads(path.read_text(encoding="utf-8"))
    return made


def shortfalls(made: Record, required: Sequence[tuple[str, str, float]] = ()) -> list[str]:
    """What stands in the way of success: every error, and every ratio below what is required.

    ``required`` has triples of workload, peer, and the least ratio of its main metric to the
    baseline's.
    """
    rows = {(w["name"], row["peer"]): row for w in made["workloads"] for row in w["rows"]}
    errors = {key: row["error"] for key, row in rows.items() if row["error"]}
    complaints = [f"{name}: {peer}: {error}" for (name, peer), error in errors.items()]
    for name, peer, least in required:
        ratios = rows.get((name, peer), {}).get("ratios", {})
        found = next(iter(ratios.values()), None)
        if found is None:
            complaints.append(f"{name}: {peer} was required at {least:g}x, and was not measured")
        elif found["value"] < least:
            complaints.append(f"{name}: {peer} {found['value']:.2f}x, required {least:g}x")
    return complaints
