"""``texelate bench``: its options; what they do is in ``texelate.bench``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

FILE = click.Path(dir_okay=False, path_type=Path)


class Requirement(click.ParamType[tuple[str, str, float]]):
    """``WORKLOAD:PEER=RATIO``."""

    name = "WORKLOAD:PEER=RATIO"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str, float]:
        target, _, least = value.partition("=")
        workload, _, peer = target.partition(":")
        try:
            return workload, peer, float(least)
        except ValueError:
            self.fail(f"{value!r} is not of the form {self.name}", param, ctx)


@click.command()
@click.argument("workloads", nargs=-1)
@click.option("--peers", default="", help="Who runs: webgpu,tinygrad,… Ratios are to the first.")
@click.option("--list", "listing", is_flag=True, help="Show the workloads and the peers.")
@click.option("--setup", is_flag=True, help="Install the peers that are missing, then run.")
@click.option("--quick", is_flag=True, help="Tiny sizes: shows that everything runs, no more.")
@click.option("--all", "everything", is_flag=True, help="On software adapters also large ones.")
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1, 1000))
@click.option(
    "--adapter", help="The Vulkan driver for all: lavapipe, swiftshader, nvidia, or its ICD file."
)
@click.option("--json", "json_file", type=FILE, help="Write the record, with every sample.")
@click.option("--add", is_flag=True, help="Keep what the JSON file has of other workloads.")
@click.option("--html", type=FILE, help="Write one self-contained page.")
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write both into this folder, named after date and device.",
)
@click.option("--show", is_flag=True, help="Measure nothing: show the record in the JSON file.")
@click.option(
    "--require", multiple=True, type=Requirement(), help="Fail below that ratio to the first peer."
)
def bench(peers: str, listing: bool, show: bool, **given: Any) -> None:
    """Compare with peers, side by side on one adapter, each answer checked.

    WORKLOADS are names, or their beginnings ("matmul", "conv-3x3"); see --list. Without any, all
    that suit the adapter run. Ctrl-C ends the run and keeps what was measured.
    """
    from ..bench import command, record
    from .terminal import make_console

    console, names = make_console(), tuple(filter(None, peers.split(",")))
    options = command.Options(peers=names, **given)
    if listing:
        command.show_list(console)
    elif show:
        if options.json_file is None:
            raise click.UsageError("--show needs the record: --json FILE")
        sys.exit(command.show(record.read(options.json_file), options, console))
    else:
        sys.exit(command.run_all(options, console))
