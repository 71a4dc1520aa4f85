"""What ``texelate bench`` does: choose, measure, show as it goes, leave records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from ..compiler.errors import ArgumentError
from . import adapters, machine, page, record, table
from .client import PeerError
from .peers import PEERS, Peer
from .record import Record
from .runner import Crew, Effort, Progress, Result, run
from .setup import install
from .startup import STARTUP
from .workload import Workload
from .workloads import workloads

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

QUICK = Effort(rounds=2, batch_s=0.01, singles=2)


@dataclass(frozen=True)
class Options:
    """The command line's options; their meaning is in ``texelate bench --help``."""

    workloads: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    setup: bool = False
    quick: bool = False
    everything: bool = False
    rounds: int = Effort.rounds
    adapter: str | None = None
    json_file: Path | None = None
    add: bool = False
    html: Path | None = None
    results: Path | None = None
    require: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True)
class Plan:
    """What to measure. ``small``: tiny sizes, which show only that everything works."""

    names: Sequence[str] = ()
    peers: Sequence[Peer] = ()
    effort: Effort = field(default_factory=Effort)
    small: bool = False
    everything: bool = False
    env: dict[str, str] = field(default_factory=dict)


def chosen_peers(names: Sequence[str]) -> list[Peer]:
    """The peers of those names; without names, Texelate and whoever is installed.

    ArgumentError for a name that is none.
    """
    for name in names:
        if name not in PEERS:
            raise ArgumentError(f"no peer is named {name!r}", fix=f"there are: {', '.join(PEERS)}")
    if names:
        return [PEERS[name] for name in names]
    return [peer for peer in PEERS.values() if peer.usual and peer.command]


def chosen_work(names: Sequence[str], everything: bool, small: bool, software: bool) -> list[str]:
    """Names of what is measured: those asked for, a name being one, or else the start of several.

    Without names all that suits the adapter. ArgumentError for a name that is none.
    """
    known: dict[str, Workload | None] = {**workloads(small), **dict.fromkeys(STARTUP)}
    for name in names:
        if not any(_means(name, full) for full in known):
            fix = "texelate bench --list shows them"
            raise ArgumentError(f"no workload is named {name!r}", fix=fix)
    if names:
        exact = set(names) & set(known)
        parts = set(names) - exact
        return [f for f in known if f in exact or any(_means(part, f) for part in parts)]
    patient = everything or not software
    return [full for full, work in known.items() if patient or work is None or not work.large]


def _means(asked: str, full: str) -> bool:
    return full == asked or full.startswith(f"{asked}-")


def show_list(console: Console) -> None:
    """The workloads and the peers."""
    works = [(name, work.title) for name, work in workloads().items()]
    works += [(name, (about.__doc__ or "").partition(".")[0]) for name, about in STARTUP.items()]
    peers = [(p.name, p.about, p.command is not None) for p in PEERS.values()]
    console.print(table.listing(works, peers))


def run_all(options: Options, console: Console) -> bool:
    """Install, measure, show, write; whether something fell short."""
    peers = chosen_peers(options.peers)
    if options.setup:
        for home, said in install(peers).items():
            console.print(f"[red]{home} could not be installed:[/] {escape(said)}")
    env = adapters.environment(options.adapter) if options.adapter else {}
    effort = QUICK if options.quick else Effort(rounds=options.rounds)
    plan = Plan(options.workloads, peers, effort, options.quick, options.everything, env)
    made = measure(plan, console)
    if options.results:
        name = options.results / record.file_name(made)
        options = replace(options, json_file=Path(f"{name}.json"), html=Path(f"{name}.html"))
    if options.add and options.json_file and options.json_file.exists():
        made = record.merged(record.read(options.json_file), made)
    if options.json_file:
        record.write(made, options.json_file)
    return show(made, options, console)


def show(made: Record, options: Options, console: Console) -> bool:
    """The summary and the page of a record; whether something fell short."""
    console.print(table.summary(made))
    busy = made["machine"]["load"] or 0
    if busy > made["machine"]["cores"] / 2:
        console.print(f"The machine was busy before the run: load {busy}.", style="yellow")
    if options.html:
        page.write(made, options.html)
    for file in filter(None, (options.json_file, options.html)):
        console.print(f"written: {file}")
    complaints = record.shortfalls(made, options.require)
    for complaint in complaints:
        console.print(complaint, style="bold red", markup=False)
    return bool(complaints)


def measure(plan: Plan, console: Console) -> Record:
    """Run the plan and print each workload's table when it is there.

    An interrupt ends the run; what was measured until then is in the record. ValueError when there
    is nothing to run, or the environment favours some peers over others.
    """
    made = record.record(machine.describe())
    with Crew(plan.peers, plan.env) as crew, console.status("start the peers") as status:
        names = chosen_work(plan.names, plan.everything, plan.small, _software(crew))
        for number, name in enumerate(names):
            where = f"{name} ({number + 1} of {len(names)}): {{}}"
            result = _measured(name, plan, crew, _teller(status, where))
            if result is None:
                break
            record.add(made, result)
            console.print(table.workload_table(made["workloads"][-1]))
            if result.interrupted:
                break
        else:
            status.update("measure the adapter's limits")
            made["limits"] = _limits(crew)
    return made


def _measured(name: str, plan: Plan, crew: Crew, progress: Progress) -> Result | None:
    try:
        if name in STARTUP:
            return STARTUP[name](plan.peers, plan.env, plan.effort.rounds, plan.small, progress)
        return run(workloads(plan.small)[name], crew, plan.effort, plan.small, progress)
    except KeyboardInterrupt:
        return None


def _teller(status: Status, where: str) -> Progress:
    return lambda text: status.update(where.format(text))


def _software(crew: Crew) -> bool:
    """Whether the first peer that has a GPU has one that the CPU plays."""
    for peer in crew.peers:
        try:
            crew.client(peer)
        except PeerError:
            continue
        device = crew.about(peer)["device"]
        if device["kind"] == "gpu":
            return machine.is_software(device["adapter"])
    return True


def _limits(crew: Crew) -> dict[str, float]:
    for peer in crew.peers:
        try:
            return crew.client(peer).ask("limits")
        except PeerError:
            continue
    return {}
