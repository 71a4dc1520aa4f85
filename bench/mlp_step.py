"""Compare the warm MLP train step with its peers: ``python -m bench.mlp_step``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import machine, report, runner
from .peers import PEERS
from .workloads import MLP_STEP


def requirement(text: str) -> tuple[str, float]:
    """Parses ``peer=ratio``.

    >>> requirement("tinygrad=3")
    ('tinygrad', 3.0)
    """
    peer, _, least = text.partition("=")
    return peer, float(least)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.mlp_step", description=__doc__)
    parser.add_argument(
        "--peers", nargs="+", choices=PEERS, default=["texelate", "tinygrad", "numpy"],
        help="who runs; ratios are against the first",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=15, help="rounds, each peer once in each")
    parser.add_argument(
        "--require", nargs="*", type=requirement, default=[], metavar="PEER=RATIO",
        help="fail unless the peer's median is at least RATIO times the first peer's",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the whole record here")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run, print, record; 0 when every peer was right and every requirement is met."""
    from rich.console import Console

    options, console, ran_on = arguments(argv), Console(), machine.describe()
    peers = [PEERS[name] for name in options.peers]
    with console.status("start") as status:
        try:
            rows = runner.run(MLP_STEP, peers, rounds=options.rounds, progress=status.update)
        except ValueError as error:
            sys.exit(f"cannot measure: {error}")
    console.print(report.table(MLP_STEP, rows))
    if (ran_on["load"] or 0) > ran_on["cores"] / 2:
        console.print(f"The machine was busy: load {ran_on['load']} on {ran_on['cores']} cores.")
    if options.json:
        report.write(report.as_json(MLP_STEP, rows, options.rounds, ran_on), options.json)
        console.print(f"record: {options.json}")
    complaints = report.shortfalls(rows, dict(options.require))
    for complaint in complaints:
        console.print(complaint, style="bold red", markup=False)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
