"""A run for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..cli.units import three_digits
from .runner import METRICS

if TYPE_CHECKING:
    from rich.table import Table


def time(seconds: float) -> str:
    """A time in the unit that suits it, three digits.

    >>> time(2.5e-7), time(0.0123), time(1.5)
    ('0.250 µs', '12.3 ms', '1.50 s')
    """
    units = (("s", 1.0), ("ms", 1e3), ("µs", 1e6))
    unit, scale = next((pair for pair in units if seconds * pair[1] >= 1), units[-1])
    return f"{three_digits(seconds * scale)} {unit}"


def amount(metric: str, value: float) -> str:
    """A sample of a metric for people: a time, or megabytes.

    >>> amount("size", 2.5e6), amount("batch", 0.1)
    ('2.5 MB', '100 ms')
    """
    return f"{value / 1e6:,.1f} MB" if metric == "size" else time(value)


def workload_table(made: dict[str, Any]) -> Table:
    """One workload's rows: medians, and ratios to the first peer with their 95 % intervals."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    result = Table(title=made["title"], title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    result.add_column("peer", no_wrap=True, min_width=16)
    for metric in made["metrics"]:
        result.add_column(METRICS[metric], justify="right", no_wrap=True)
        result.add_column("×", justify="right", no_wrap=True)
    result.add_column("")
    for row in made["rows"]:
        result.add_row(row["peer"], *_cells(row, made["metrics"]))
    return result


def _cells(row: dict[str, Any], metrics: list[str]) -> list[str]:
    from rich.markup import escape

    if not row["median"]:
        colour, reason = ("red", row["error"]) if row["error"] else ("dim", row["lacks"])
        said = reason.splitlines()[0] if reason else "not measured"
        return [*([""] * 2 * len(metrics)), f"[{colour}]{escape(said)}[/]"]
    pairs = ((amount(m, row["median"][m]), _ratio(row["ratios"].get(m))) for m in metrics)
    return [cell for pair in pairs for cell in pair]


def _ratio(found: dict[str, float] | None) -> str:
    if not found:
        return ""
    colour = "green" if found["value"] >= 1 else "red"
    value, low, high = (_short(found[key]) for key in ("value", "low", "high"))
    return f"[{colour}]{value}[/] [dim]{low}–{high}[/]"


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 99.5 else f"{number:.3g}"


def summary(made: dict[str, Any]) -> Table:
    """All workloads in one table: the baseline's time, and every other peer's ratio to it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    names = list(dict.fromkeys(row["peer"] for w in made["workloads"] for row in w["rows"]))
    result = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=_caption(made))
    result.add_column("", no_wrap=True)
    for name in names:
        result.add_column(name, justify="right", no_wrap=True)
    for workload in made["workloads"]:
        rows = {row["peer"]: row for row in workload["rows"]}
        result.add_row(
            workload["title"], *(_cell(rows.get(name), workload["metrics"][0]) for name in names)
        )
    return result


def _cell(row: dict[str, Any] | None, metric: str) -> str:
    if row is None or row["lacks"]:
        return "[dim]–[/]"
    if row["error"]:
        return "[red]ERROR[/]"
    found = row["ratios"].get(metric)
    if found:
        return f"[{'green' if found['value'] >= 1 else 'red'}]{_short(found['value'])} ×[/]"
    return amount(metric, row["median"][metric]) if row["median"] else ""


def _caption(made: dict[str, Any]) -> str:
    adapters: dict[str, list[str]] = {}
    for name, peer in made["peers"].items():
        adapters.setdefault(peer["device"]["adapter"], []).append(name)
    told = [f"{', '.join(names)}: {adapter}" for adapter, names in adapters.items()]
    return "\n".join(["× = times the first peer's median", *told])


def listing(works: Iterable[tuple[str, str]], peers: Iterable[tuple[str, str, bool]]) -> Table:
    """What can be measured, and who can run: names, and whether a peer is installed."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    result = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_header=False)
    result.add_row("[bold]workloads[/]", "")
    for name, title in works:
        result.add_row(name, title)
    result.add_section()
    result.add_row("[bold]peers[/]", "")
    for name, about, there in peers:
        result.add_row(name, about if there else f"[dim]{about}; not installed[/]")
    return result
