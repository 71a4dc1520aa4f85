"""The command group, and how errors are shown: as a message, not a traceback."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from .._version import __version__
from ..compiler.errors import TexelateError
from .bench import bench

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="texelate")
def texelate() -> None:
    """Texelate compiles NumPy-style Python to GPU shaders."""


@texelate.command()
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False), help="Write it as JSON (- is stdout)."
)
def devices(json_file: str | None) -> None:
    """List the adapters, what they can do, and which one is chosen."""
    from .devices import show

    write_json(json_file, show(quiet=json_file == "-"))


@texelate.command()
@click.argument("target", metavar="MODULE:FUNCTION")
@click.option("--args", "avals", metavar="AVALS", help='Arguments, e.g. "f32[128,64],i32[]".')
@click.option("--wgsl", is_flag=True, help="Print every shader, not only the hottest.")
@click.option("--stages", is_flag=True, help="Print the graph after every stage.")
@click.option("--html", type=click.Path(dir_okay=False), help="Write one self-contained page.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False), help="Write it as JSON (- is stdout)."
)
def inspect(
    target: str,
    avals: str | None,
    wgsl: bool,
    stages: bool,
    html: str | None,
    json_file: str | None,
) -> None:
    """Show what a function becomes: graph, stages, kernels, shaders, cost, times.

    MODULE:FUNCTION is a dotted module or a .py file and a function in it. Arguments are described
    by --args, or come from the function's own `example_args` attribute (a callable that returns
    them).
    """
    from .inspect import inspect_function

    report = inspect_function(
        target, avals, wgsl=wgsl, stages=stages, html=html, quiet=json_file == "-"
    )
    write_json(json_file, report)


@texelate.command()
@click.argument("target", metavar="MODULE:FUNCTION")
@click.option("--args", "avals", metavar="AVALS", help='Arguments, e.g. "f32[128,64],i32[]".')
@click.option("--again", is_flag=True, help="Measure kinds of kernels anew that were measured.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False), help="Write it as JSON (- is stdout)."
)
def tune(target: str, avals: str | None, again: bool, json_file: str | None) -> None:
    """Measure the schedules of a function's kernels on this adapter and keep the fastest.

    Later compilations use them. The table (TEXELATE_SCHEDULES, else beside the program cache) has
    all times and can be shipped. TEXELATE_TUNE=1 does the same whenever something is compiled.
    """
    from .tune import tune_function

    write_json(json_file, tune_function(target, avals, again=again, quiet=json_file == "-"))


@texelate.command()
@click.option("--quick", is_flag=True, help="A few epochs only: shows that everything runs.")
@click.option(
    "--backend",
    type=click.Choice(["webgpu", "numpy"]),
    help="Default: webgpu if there is an adapter.",
)
@click.option(
    "--report",
    "folder",
    default="report",
    show_default=True,
    type=click.Path(file_okay=False),
    help="Folder of the report page.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**32 - 1),
    help="Seed of the weights, the batches and the split.",
)
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False), help="Write the results as JSON."
)
def demo(quick: bool, backend: str | None, folder: str, seed: int, json_file: str | None) -> None:
    """Train two networks on real handwritten digits, check them, and write a report page."""
    from ..demo.run import run_demo

    outcome = run_demo(quick=quick, backend=backend, folder=folder, seed=seed)
    write_json(json_file, outcome.as_dict())
    if outcome.failures:
        sys.exit(1)


texelate.add_command(bench)


@texelate.group()
def cache() -> None:
    """Compiled programs on disk, which spare other processes the compiling."""


@cache.command("info")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False), help="Write it as JSON (- is stdout)."
)
def cache_info(json_file: str | None) -> None:
    """Say where they are, how many, and how large."""
    from .cache import info

    write_json(json_file, info(quiet=json_file == "-"))


@cache.command("clear")
def cache_clear() -> None:
    """Remove them all."""
    from .cache import clear

    click.echo(clear())


def write_json(file: str | None, value: Any) -> None:
    """Writes ``value`` where ``--json`` was given."""
    if file is None:
        return
    with click.open_file(file, "w", encoding="utf-8") as out:
        out.write(json.dumps(value, indent=2) + "\n")


def run() -> None:
    """Runs the command; a typed error becomes a message on stderr and exit status 1."""
    sys.path.insert(
        0, os.getcwd()
    )  # MODULE:FUNCTION means a module of the user's, as with python -m
    try:
        texelate()
    except TexelateError as error:
        if os.environ.get("TEXELATE_TRACEBACK") == "full":
            raise
        click.secho(f"{type(error).__name__}: {error.what}", fg="red", err=True)
        details = [("why", error.why), ("fix", error.fix), ("at", _users_line(error))]
        for word, text in details:
            if text:
                click.echo(f"  {word}: {text}", err=True)
        sys.exit(1)


def _users_line(error: TexelateError) -> str:
    """Where it happened in the user's code; nothing where click called us directly."""
    ours = os.path.dirname(click.__file__)
    return "" if error.where is None or error.where.file.startswith(ours) else str(error.where)
