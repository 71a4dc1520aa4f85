"""What a peer costs before it computes: the first call of a new process, its import, its size."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .client import Client, PeerError, command_of, largest_error, save
from .peers import HERE, Peer
from .runner import Progress, Result, Row, errors_into, in_turn, rounds
from .workload import answer
from .workloads import workloads

LIMIT_S = 120.0
CACHES = (  # folders that drivers and peers keep compiled things in
    "XDG_CACHE_HOME", "MESA_SHADER_CACHE_DIR", "__GL_SHADER_DISK_CACHE_PATH", "TEXELATE_CACHE_DIR",
)  # fmt: skip
Measure = Callable[[Peer, Row], None]
Peers = Sequence[Peer]
Environment = Mapping[str, str]


def first_call(
    peers: Peers, env: Environment, count: int, small: bool, progress: Progress
) -> Result:
    """From the arrays to the first loss of the MLP train step, in processes of their own.

    Imports are done and the device is open; the caches of driver and peer are in an empty folder
    ("cold"), then as the first process has left them ("again").
    """
    work = workloads(small)["mlp-step"]
    inputs = work.inputs()
    want = answer(work, inputs)
    with tempfile.TemporaryDirectory() as folder:
        save(inputs, Path(folder))

        def measure(peer: Peer, row: Row) -> None:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:
                fresh = {**env, **dict.fromkeys(CACHES, cache), "CACHEDB": f"{cache}/tinygrad.db"}
                for metric in ("cold", "again"):
                    with Client(peer, fresh, LIMIT_S) as client:
                        about = client.ask("hello")
                        row.device, row.versions = about["device"], about["versions"]
                        first_s, _ = client.prepare(work, small, Path(folder))
                        row.max_error = largest_error(client.result(work.checked), want, work)
                    row.samples.setdefault(metric, []).append(first_s)

        rows, title = [Row(p.name) for p in peers], "first call of the MLP train step"
        result = Result("first-call", title, rows, ("cold", "again"), work.params)
        _in_rounds(result, peers, count, measure, progress)
    return result


def import_time(
    peers: Peers, env: Environment, count: int, small: bool, progress: Progress
) -> Result:
    """The import in a new process, less what the bare interpreter takes beside it."""

    def measure(peer: Peer, row: Row) -> None:
        bare, whole = (_seconds(_command(peer, what)) for what in ("bare", "import"))
        row.samples.setdefault("import", []).append(max(whole - bare, 1e-6))

    result = Result("import-time", "import", [Row(p.name) for p in peers], ("import",))
    _in_rounds(result, peers, count, measure, progress)
    return result


def installed_size(
    peers: Peers, env: Environment, count: int, small: bool, progress: Progress
) -> Result:
    """Bytes of the packages that an installation of the peer brings, dependencies included."""

    def measure(peer: Peer, row: Row) -> None:
        row.samples["size"] = [float(json.loads(_output(_command(peer, "size"))))]

    result = Result("installed-size", "installed size", [Row(p.name) for p in peers], ("size",))
    _in_rounds(result, peers, 1, measure, progress)
    return result


STARTUP = {"first-call": first_call, "import-time": import_time, "installed-size": installed_size}


def _in_rounds(
    result: Result, peers: Peers, count: int, measure: Measure, progress: Progress
) -> None:
    def round_of(number: int) -> None:
        for row, peer in in_turn(result.rows, peers, number):
            with errors_into(row):
                measure(peer, row)

    rounds(result, count, round_of, progress)


def _command(peer: Peer, what: str) -> tuple[str, ...]:
    """The peer's interpreter with our small script: "bare", "import" or "size" of its module."""
    command = command_of(peer)
    script = HERE / ("js/about.mjs" if peer.node else "worker/about.py")
    rest = command[-1:] if peer.node else ()
    return (command[0], str(script), what, peer.module, *rest)


def _seconds(command: tuple[str, ...]) -> float:
    start = time.perf_counter()
    _output(command)
    return time.perf_counter() - start


def _output(command: tuple[str, ...]) -> str:
    # Some machines forbid Python to keep what it compiled, which nobody's users do.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, env=env)
    if done.returncode:
        raise PeerError(done.stderr.strip().splitlines()[-1] if done.stderr else "failed")
    return done.stdout
