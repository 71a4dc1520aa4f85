"""The runner's side of the line protocol: a peer's worker as a process with typed requests."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .peers import SETUP, Peer
from .workload import Arrays, Workload

ANSWER_SECONDS = 600.0  # an autotuning peer takes minutes to prepare
QUIT_SECONDS = 5.0


class PeerError(RuntimeError):
    """A peer that failed, fell silent, or answered something wrong."""


class Lacks(PeerError):
    """A peer that is not installed, or has no such operation: no failure of what it has."""


def command_of(peer: Peer) -> tuple[str, ...]:
    """What starts the peer's worker; Lacks, which says what to do, where it is not installed."""
    if peer.command is None:
        raise Lacks(f"not installed; run: {SETUP} --peers {peer.name}")
    return peer.command


class Client:
    """A live worker. Use as a context manager: the process ends with the block."""

    def __init__(
        self, peer: Peer, env: Mapping[str, str] | None = None, limit_s: float = ANSWER_SECONDS
    ) -> None:
        command = command_of(peer)
        self.peer, self._limit_s = peer, limit_s
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - till close()
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **peer.env, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
            start_new_session=True,  # an interrupt is for the runner, which then ends us
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ask the worker to end; end it when it does not."""
        try:
            self._process.communicate(json.dumps({"do": "quit"}) + "\n", timeout=QUIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._log.close()

    @property
    def alive(self) -> bool:
        """Whether the process is there to answer."""
        return self._process.poll() is None

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Send one request and wait for its answer; PeerError for anything but an answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = threading.Timer(self._limit_s, self._process.kill)
        timer.start()
        try:
            print(json.dumps({"do": do, **fields}), file=self._process.stdin, flush=True)
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError) as error:
            raise PeerError(f"died or fell silent at {do!r}:\n{self._last_words()}") from error
        finally:
            timer.cancel()
        if "lacks" in answer:
            raise Lacks(answer["lacks"])
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def prepare(self, workload: Workload, small: bool, inputs: Path) -> tuple[float, float]:
        """Hand over saved inputs and warm up; seconds to the first result, and of a warm step."""
        answer = self.ask(
            "prepare", workload=workload.name, small=small, inputs=str(inputs),
            file=workload.file, params=workload.params, carry=workload.carry,
            kind=type(workload).__name__, eager=workload.eager,
            outputs=workload.outputs,
        )  # fmt: skip
        return float(answer["first_s"]), float(answer["step_s"])

    def result(self, steps: int) -> Arrays:
        """The outputs after ``steps`` steps from a fresh start."""
        with tempfile.TemporaryDirectory() as folder:
            self.ask("result", steps=steps, outputs=folder)
            return {path.stem: np.load(path) for path in Path(folder).glob("*.npy")}

    def batch_s(self, steps: int) -> float:
        """Seconds a step, of ``steps`` steps with one synchronisation at their end."""
        return float(self.ask("batch", steps=steps)["seconds"]) / steps

    def single_s(self, steps: int) -> float:
        """Median seconds of a step that is waited for."""
        return float(np.median(self.ask("single", steps=steps)["seconds"]))

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(QUIT_SECONDS)  # its answers end before its complaints do
        self._log.seek(0)
        return "".join(self._log.readlines()[-15:])


def save(inputs: Arrays, folder: Path) -> None:
    """Write the inputs where workers find them: a file an array, and their order."""
    for name, array in inputs.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "order.json").write_text(json.dumps(list(inputs)))


def largest_error(got: Mapping[str, np.ndarray], want: Arrays, workload: Workload) -> float:
    """The largest absolute difference; PeerError when an output is missing or out of tolerance."""
    worst, (rtol, atol) = 0.0, workload.tolerance
    for name, expected in want.items():
        if name not in got:
            raise PeerError(f"output {name!r} is missing")
        actual = np.asarray(got[name], dtype=np.float64)
        if actual.shape != expected.shape:
            raise PeerError(f"{name}: shape {actual.shape}, not {expected.shape}")
        difference = float(np.abs(actual - expected).max(initial=0.0))
        if not np.allclose(actual, expected, rtol=rtol, atol=atol):
            raise PeerError(f"wrong result: {name} is off by {difference:.3g}")
        worst = max(worst, difference)
    return worst
