"""``texelate inspect``: what a function becomes, on the terminal, as a page, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from .kernels import Row, hottest, measure, rows, table
from .target import arguments, find
from .terminal import make_console, print_code
from .units import duration, si


def inspect_function(
    target: str,
    avals: str | None = None,
    *,
    wgsl: bool = False,
    stages: bool = False,
    html: str | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Compiles the function that ``target`` names, measures it if there is an adapter, shows it.

    Args:
        target: ``module:function`` or ``file.py:function``.
        avals: arguments, e.g. ``"f32[128,64],i32[]"``; default: the function's ``example_args()``.
        wgsl: print every shader. stages: print the graph after every stage.
        html: file of the page to write. quiet: print nothing.

    Returns:
        What was found, as JSON-able data.

    Raises:
        ArgumentError: where the target or its arguments cannot be found.
    """
    import texelate as tx

    function = find(target)
    jitted = function if hasattr(function, "lower") else tx.jit(function)
    lowered = jitted.lower(*arguments(function, avals))
    adapter, times = _measured(lowered.program)
    found = rows(lowered.kernels, times)
    report = _report(target, lowered, found, adapter)
    if not quiet:
        _print(report, lowered, found, wgsl=wgsl, stages=stages)
    if html is not None:
        _write_page(Path(html), report, lowered, found)
    return report


def _measured(program: Any) -> tuple[str | None, list[float] | None]:
    """The adapter's name and the time of each kernel there; None where there is no adapter."""
    from ..compiler.errors import AdapterError
    from ..runtime import open_device

    try:
        info = open_device().info
    except AdapterError:
        return None, None
    return f"{info.name} ({info.backend})", measure(program)


def _report(target: str, lowered: Any, found: list[Row], adapter: str | None) -> dict[str, Any]:
    program = lowered.program
    return {
        "function": target,
        "inputs": [f"{i.name}: {i.dtype}{list(i.shape)}" for i in program.inputs],
        "outputs": [f"{o.dtype}{list(o.shape)}" for o in program.outputs],
        "adapter": adapter,
        "flops": sum(row.flops for row in found),
        "bytes": sum(row.nbytes for row in found),
        "peak_bytes": program.peak_bytes,
        "least_bytes": lowered.least_bytes,
        "nanoseconds": sum(row.nanoseconds or 0 for row in found) if adapter else None,
        "kernels": [asdict(row) for row in found],
        "stages": {name: str(graph) for name, graph in lowered.stages.items()},
    }


def _print(
    report: dict[str, Any], lowered: Any, found: list[Row], *, wgsl: bool, stages: bool
) -> None:
    console = make_console()
    shown = lowered.stages.items() if stages else [("graph", lowered.graph)]
    for name, graph in shown:
        console.rule(f"{name}: {len(graph.eqns)} equations", align="left", style="dim")
        print_code(console, str(graph), "graph")
    console.rule("kernels", align="left", style="dim")
    console.print(table(found))
    for number, row in enumerate(found):
        if wgsl or number == hottest(found):
            console.rule(f"kernel {number + 1}: {row.title}", align="left", style="dim")
            print_code(console, row.wgsl, "wgsl")
    console.rule("cost", align="left", style="dim")
    console.print(summary(report), markup=False, soft_wrap=True)


def summary(report: dict[str, Any]) -> str:
    """The cost of a report in one line."""
    parts = [
        f"{len(report['kernels'])} kernels",
        f"{si(report['flops'])}FLOP",
        f"{si(report['bytes'])}B moved",
        f"{si(report['peak_bytes'])}B at peak ({si(report['least_bytes'])}B alive at once)",
    ]
    if report["nanoseconds"]:
        parts += [f"{duration(report['nanoseconds'])} in kernels on {report['adapter']}"]
    return " · ".join(parts)


def _write_page(path: Path, report: dict[str, Any], lowered: Any, found: list[Row]) -> None:
    from .page import write

    stages = [
        {"name": name, "text": str(graph), "count": len(graph.eqns)}
        for name, graph in lowered.stages.items()
    ]
    write(path, "inspect.html.j2", report=report, rows=found, stages=stages, hottest=hottest(found))
