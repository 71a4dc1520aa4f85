"""A run as one self-contained page: ratio bars, a roofline, what fell short, and every number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..cli import page
from ..cli.units import si, three_digits
from . import machine
from .record import Record
from .roofchart import Chart, Point
from .runner import METRICS
from .table import amount

LEAST, MOST = 1 / 32, 128.0  # the ends of the bars' logarithmic axis; beyond, a bar ends there
TICKS = {1 / 16: "1/16", 1 / 4: "1/4", 1.0: "1 ×", 4.0: "4", 16.0: "16", 64.0: "64"}


def write(made: Record, path: Path) -> None:
    """Write the page of a record, making its folder."""
    page.write(path, "bench.html.j2", **context(made))


def context(made: Record) -> dict[str, Any]:
    """What the template shows."""
    works = [_work(workload, made["peers"]) for workload in made["workloads"]]
    named = [made["peers"].get(name, {}) for name in _names(made)]
    adapters = [
        peer["device"]["adapter"] for peer in named if peer and peer["device"]["kind"] == "gpu"
    ]
    return {
        "made_at": made["date"].replace("T", " ").replace("+00:00", " UTC"),
        "commit": made["commit"],
        "machine": made["machine"],
        "adapter": next(iter(adapters), "the CPU"),
        "software": bool(adapters) and machine.is_software(adapters[0]),
        "baseline": made["workloads"][0]["baseline"] if works else "",
        "peers": made["peers"],
        "works": works,
        "ticks": [(place(tick), label) for tick, label in TICKS.items()],
        "means": means(made),
        "short": _short(made),
        "limits": made["limits"],
        "chart": Chart(made["limits"], list(points(made))) if made["limits"] else None,
        "streams": list(streams(made)),
    }


def _names(made: Record) -> list[str]:
    return list(dict.fromkeys(row["peer"] for work in made["workloads"] for row in work["rows"]))


def place(ratio: float) -> float:
    """Where a ratio is on the bars' axis, in percent.

    >>> place(LEAST), place(MOST), place(1e9)
    (0.0, 100.0, 100.0)
    """
    inside = min(max(ratio, LEAST), MOST)
    return round(100 * math.log(inside / LEAST) / math.log(MOST / LEAST), 2)


def _work(workload: dict[str, Any], peers: dict[str, Any]) -> dict[str, Any]:
    metric = workload["metrics"][0]
    gpus = {name for name, peer in peers.items() if peer["device"]["kind"] == "gpu"}
    return {
        "name": workload["name"],
        "title": workload["title"],
        "metric": METRICS[metric],
        "rows": [{**_row(row, metric), "gpu": row["peer"] in gpus} for row in workload["rows"]],
        "metrics": [METRICS[m] for m in workload["metrics"]],
        "numbers": [_numbers(row, workload["metrics"]) for row in workload["rows"]],
    }


def _row(row: dict[str, Any], metric: str) -> dict[str, Any]:
    found = row["ratios"].get(metric)
    shown = {"peer": row["peer"], "said": row["error"] or row["lacks"], "error": bool(row["error"])}
    if metric in row["median"]:
        shown["value"] = amount(metric, row["median"][metric])
    if found:
        one, here = place(1), place(found["value"])
        shown |= {
            "left": min(one, here), "width": abs(here - one), "ahead": found["value"] >= 1,
            "low": place(found["low"]), "high": place(found["high"]),
            "ratio": _times(found["value"]),
            "span": "–".join(f"{found[end]:.2g}" for end in ("low", "high")),
        }  # fmt: skip
    return shown


def _numbers(row: dict[str, Any], metrics: list[str]) -> dict[str, Any]:
    cells = [(amount(m, row["median"][m]), row["ratios"].get(m)) for m in metrics if row["median"]]
    return {
        "peer": row["peer"],
        "cells": [(value, _times(ratio["value"]) if ratio else "") for value, ratio in cells],
        "first": amount("batch", row["first_s"]) if row["first_s"] else "",
        "error": f"{row['max_error']:.1e}" if row["max_error"] is not None else "",
        "said": row["error"] or row["lacks"],
    }


def _times(ratio: float) -> str:
    return f"{ratio:.3g}" if ratio < 0.1 else three_digits(ratio)


def means(made: Record) -> list[dict[str, Any]]:
    """For each other peer: the geometric mean of its ratios, and in how many rows it is behind."""
    found = []
    for name in _names(made):
        ratios = list(_ratios(made, name))
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            behind = sum(ratio >= 1 for ratio in ratios)
            found.append({"peer": name, "mean": _times(mean), "behind": behind, "of": len(ratios)})
    return found


def _ratios(made: Record, peer: str) -> Iterable[float]:
    for work in made["workloads"]:
        metric = work["metrics"][0]
        if metric == "size":
            continue
        for row in work["rows"]:
            if row["peer"] == peer and metric in row["ratios"]:
                yield row["ratios"][metric]["value"]


def _short(made: Record) -> list[dict[str, Any]]:
    """Where a peer on the same adapter is faster: shown first, not left out."""
    gpus = {name for name, peer in made["peers"].items() if peer["device"]["kind"] == "gpu"}
    rows = ((w, row) for w in made["workloads"] for row in w["rows"] if row["peer"] in gpus)
    found = ((w, row, row["ratios"].get(w["metrics"][0])) for w, row in rows)
    return [
        {
            "title": w["title"],
            "name": w["name"],
            "peer": row["peer"],
            "ratio": _times(ratio["value"]),
        }
        for w, row, ratio in found
        if ratio and ratio["value"] < 1
    ]


def points(made: Record) -> Iterable[Point]:
    """Of the peers on the adapter, in workloads that compute: intensity, operations a second."""
    for work in made["workloads"]:
        for row in work["rows"]:
            on_gpu = made["peers"].get(row["peer"], {}).get("device", {}).get("kind") == "gpu"
            if on_gpu and work["flops"] and "batch" in row["median"]:
                rate = work["flops"] / row["median"]["batch"]
                told = f"{work['title']}, {row['peer']}: {si(rate)}FLOP/s"
                yield Point(work["flops"] / work["bytes"], rate, row["peer"], work["name"], told)


def streams(made: Record) -> Iterable[dict[str, Any]]:
    """Of workloads that only move memory: bytes a second, as a share of a copy's."""
    limit = made["limits"].get("bandwidth")
    for work in made["workloads"]:
        if work["flops"] or work["bytes"] < 1e6 or not limit:
            continue
        rows = [row for row in work["rows"] if "batch" in row["median"]]
        gpus = [r for r in rows if made["peers"][r["peer"]]["device"]["kind"] == "gpu"]
        rates = [(row["peer"], work["bytes"] / row["median"]["batch"]) for row in gpus]
        told = [(peer, f"{si(rate)}B/s", round(100 * rate / limit)) for peer, rate in rates]
        yield {"title": work["title"], "rows": told}
