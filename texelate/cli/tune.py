"""``texelate tune``: measures the schedules of a function's kernels and remembers the fastest."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .target import arguments, find
from .terminal import make_console
from .units import duration

if TYPE_CHECKING:
    from rich.table import Table

    from ..tuning.search import Trial


def tune_function(
    target: str, avals: str | None = None, *, again: bool = False, quiet: bool = False
) -> dict[str, Any]:
    """Tunes the kernels of the function that ``target`` names, for the current adapter.

    Args:
        target: ``module:function`` or ``file.py:function``.
        avals: arguments, e.g. ``"f32[128,64],i32[]"``; default: the function's ``example_args()``.
        again: measure kinds of kernels anew that the table has. quiet: print nothing.

    Returns:
        The trials and the table's path, as JSON-able data.

    Raises:
        ArgumentError: where the target or its arguments cannot be found. AdapterError: without
        adapter.
    """
    import texelate as tx

    from .. import tuning
    from ..compiler.driver import compile_graph
    from ..tuning.search import summary, tune

    function = find(target)
    jitted = function if hasattr(function, "lower") else tx.jit(function)
    backend: Any = tx.backends.get("webgpu")
    lowered = jitted.lower(*arguments(function, avals))
    compiled = compile_graph(lowered.graph, backend.target, name=lowered.name)
    console = make_console()
    with console.status(f"measuring {len(compiled.kernels)} kernels") as status:

        def said(trial: Trial) -> None:
            status.update(f"{trial.title}: {trial.gain:.2f} times faster")

        trials = tune(compiled, backend.device, again=again, progress=None if quiet else said)
    if not quiet:
        console.print(_table(trials))
        console.print(f"{summary(trials)}; written to {tuning.path()}")
    return {
        "function": target,
        "adapter": backend.device.info.name,
        "table": str(tuning.path()),
        "trials": [asdict(t) | {"gain": t.gain} for t in trials],
    }


def _table(trials: list[Trial]) -> Table:
    from rich.table import Table

    grid = Table(header_style="dim", box=None, pad_edge=False)
    grid.add_column("kernel", style="cyan", overflow="fold")
    grid.add_column("the compiler's choice", overflow="fold", style="dim")
    grid.add_column("the fastest", overflow="fold")
    for name in ("before", "after", "gain", "tried", "of the limit"):
        grid.add_column(name, justify="right", no_wrap=True)
    for t in trials:
        best = t.best if t.best != t.chosen else "the same"
        grid.add_row(
            t.title, t.chosen, best, duration(t.before), duration(t.after), f"{t.gain:.2f}",
            str(t.tried), f"{100 * t.limit / t.after:.0f} %",
        )  # fmt: skip
    return grid
