"""``texelate demo``: trains, checks, explains, reports."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import texelate as tx

from ..cli.kernels import hottest, measure, rows, table
from ..cli.target import arguments
from ..cli.terminal import make_console, print_code
from ..data import digits, split
from ..data.handwritten import Split
from .models import NETWORKS, Network
from .train import Report, Training, numpy_losses, train

if TYPE_CHECKING:
    from rich.console import Console

COMPARED_STEPS = 20
TOLERANCE = 1e-4
REQUIRED = 0.97
REQUIRED_QUICK = 0.90
QUICK_EPOCHS = 8


@dataclass
class Outcome:
    """What the demo found; ``failures`` says in words what is not as it must be."""

    backend: str
    device: str
    seed: int
    trainings: list[Training] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {
            "backend": self.backend,
            "device": self.device,
            "seed": self.seed,
            "seconds": round(self.seconds, 2),
            "failures": self.failures,
            "networks": [_as_dict(training) for training in self.trainings],
        }


def _as_dict(training: Training) -> dict[str, Any]:
    return {
        "name": training.network.name,
        "parameters": training.parameters,
        "accuracy": training.accuracy,
        "steps": len(training.losses),
        "seconds": round(training.seconds, 3),
        "first_step_seconds": round(training.first_step, 3),
        "steps_per_second": round(training.steps_per_second, 1),
        "difference_from_numpy": training.difference,
        "losses": training.losses,
        "kernels": [
            {"title": r.title, "ops": r.ops, "nanoseconds": r.nanoseconds} for r in training.kernels
        ],
    }


def run_demo(
    *, quick: bool = False, backend: str | None = None, folder: str = "report", seed: int = 0
) -> Outcome:
    """Trains both networks, checks accuracy and agreement with numpy, writes ``folder/index.html``.

    Args:
        quick: few epochs, with a lower mark to reach.
        backend: "webgpu" or "numpy"; by default webgpu where there is an adapter.
        folder: where the report goes. seed: of the split, the weights and the batches.

    Raises:
        AdapterError: where webgpu is asked for and there is no adapter.
    """
    console = make_console()
    started = time.perf_counter()
    chosen, device = _choose(backend)
    outcome = Outcome(chosen, device, seed)
    _introduce(console, outcome, backend)
    data = split(*digits(), seed=seed)
    console.print(
        f"Digits: {len(data.train_labels)} to learn from, {len(data.test_labels)} held out\n"
    )
    with tx.backend(chosen):
        for network in NETWORKS:
            outcome.trainings.append(_learn(console, network, data, outcome, quick))
        if chosen == "webgpu":
            _explain(console, outcome)
    outcome.seconds = time.perf_counter() - started
    _write_report(console, Path(folder), outcome, data)
    outcome.seconds = time.perf_counter() - started
    _conclude(console, outcome, REQUIRED_QUICK if quick else REQUIRED)
    return outcome


def _choose(backend: str | None) -> tuple[str, str]:
    """The backend that will compute, and its device in words."""
    from ..compiler.knobs import knobs
    from ..runtime import adapters, open_device

    wanted = backend or knobs.backend or ("webgpu" if adapters() else "numpy")
    if wanted == "numpy":
        return wanted, "numpy on the CPU"
    info = open_device().info
    return wanted, f"{info.name} ({info.backend}{', software' if info.software else ''})"


def _introduce(console: Console, outcome: Outcome, asked: str | None) -> None:
    from ..runtime import adapters

    for info in adapters():
        console.print(f"  adapter {info}")
    if outcome.backend == "numpy" and asked is None:
        console.print("[yellow]No graphics adapter: running on the numpy backend instead.[/]")
    console.print(f"Running on [bold]{outcome.device}[/]")


def _learn(
    console: Console, network: Network, data: Split, outcome: Outcome, quick: bool
) -> Training:
    """Trains one network and compares its first losses with the numpy backend's."""
    epochs = QUICK_EPOCHS if quick else network.epochs
    with _progress(console, network.name, epochs) as report:
        training = train(network, data, epochs=epochs, seed=outcome.seed, report=report)
    console.print(
        f"[bold]{network.name}[/]  {training.accuracy:.2%} of the held out digits right; "
        f"{training.parameters} parameters, {len(training.losses)} steps in "
        f"{training.seconds:.1f} s (first {training.first_step:.2f} s, then "
        f"{training.steps_per_second:.0f} steps/s)"
    )
    if outcome.backend != "numpy":
        reference = numpy_losses(
            network, data, epochs=epochs, seed=outcome.seed, count=COMPARED_STEPS
        )
        pairs = zip(training.losses, reference)
        training.difference = max(abs(ours - numpys) for ours, numpys in pairs)
        console.print(
            f"     losses of the first {COMPARED_STEPS} steps differ from the numpy backend's by "
            f"at most {training.difference:.1e}\n"
        )
    required = REQUIRED_QUICK if quick else REQUIRED
    outcome.failures += _shortcomings(training, required)
    return training


def _shortcomings(training: Training, required: float) -> list[str]:
    name, found = training.network.name, []
    if training.accuracy < required:
        found.append(f"{name}: accuracy {training.accuracy:.2%} is below {required:.0%}")
    # Written so that a NaN fails too.
    if training.difference is not None and not training.difference <= TOLERANCE:
        found.append(
            f"{name}: losses differ from numpy's by {training.difference:.1e}, "
            f"more than {TOLERANCE:.0e}"
        )
    return found


@contextmanager
def _progress(console: Console, name: str, epochs: int) -> Iterator[Report]:
    """A bar with rate, remaining time and loss; without a terminal, a line now and then."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    if not console.is_terminal:
        calls = iter(range(1, epochs + 1))

        def line(step: int, steps: int, loss: float) -> None:
            epoch = next(calls)
            if epoch % max(1, epochs // 5) == 0:
                console.print(f"{name}  step {step} of {steps}  loss {loss:.4f}")

        yield line
        return
    columns = (
        TextColumn("[bold]{task.description}[/]"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]} steps/s"), TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]}"),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=None, rate="-", loss="-")

        def bar(step: int, steps: int, loss: float) -> None:
            speed = progress.tasks[task].speed
            rate = f"{speed:.0f}" if speed else "-"
            progress.update(task, total=steps, completed=step, loss=f"{loss:.4f}", rate=rate)

        yield bar


def _explain(console: Console, outcome: Outcome) -> None:
    """The kernels of a step of each network, and the shader that takes most time."""
    for training in outcome.trainings:
        step = training.network.step
        lowered = step.lower(*arguments(step, None))
        training.kernels = rows(lowered.kernels, measure(lowered.program))
        title = f"One step of the {training.network.name}: {len(training.kernels)} kernels"
        console.print(table(training.kernels, title))
        console.print()
    every = [row for training in outcome.trainings for row in training.kernels]
    row = every[hottest(every)]
    console.print(f"The hottest kernel, [cyan]{row.title}[/]:")
    print_code(console, row.wgsl, "wgsl")


def _write_report(console: Console, folder: Path, outcome: Outcome, data: Split) -> None:
    if importlib.util.find_spec("altair") is None or importlib.util.find_spec("vl_convert") is None:
        console.print("[yellow]No report: its charts need altair. pip install 'texelate[viz]'[/]")
        return
    from .report import write_report

    page = write_report(folder, outcome, data)
    console.print(f"Report: {page}")


def _conclude(console: Console, outcome: Outcome, required: float) -> None:
    for failure in outcome.failures:
        console.print(f"[bold red]FAILED[/] {failure}")
    if not outcome.failures:
        reached = ", ".join(f"{t.network.name} {t.accuracy:.2%}" for t in outcome.trainings)
        console.print(
            f"[bold green]OK[/] {reached} on the held out digits (required: {required:.0%}); "
            f"{outcome.seconds:.1f} s"
        )
