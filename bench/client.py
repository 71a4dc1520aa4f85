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

from .peers import ROOT, Peer
from .workloads import Arrays, Workload

ANSWER_SECONDS = 600.0  # an autotuning peer takes minutes to prepare
QUIT_SECONDS = 10.0


class PeerError(RuntimeError):
    """A peer that is not installed, failed, fell silent, or answered something wrong."""


class Client:
    """A live worker. Use as a context manager: the process ends with the block."""

    def __init__(self, peer: Peer, limit_s: float = ANSWER_SECONDS) -> None:
        if not peer.installed:
            raise PeerError(f"not installed{f'; run: {peer.setup}' if peer.setup else ''}")
        self.peer, self._limit_s = peer, limit_s
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - till close()
        self._process = subprocess.Popen(
            peer.command,
            cwd=ROOT,
            env={**os.environ, **peer.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
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
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def prepare(self, workload: Workload, inputs: Arrays) -> float:
        """Hand over the inputs and warm up; seconds until the first result was there."""
        with tempfile.TemporaryDirectory() as folder:
            for name, array in inputs.items():
                np.save(Path(folder) / f"{name}.npy", array)
            answer = self.ask(
                "prepare", workload=workload.name, params=dict(workload.params), inputs=folder
            )
        return float(answer["first_s"])

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


def largest_error(got: Mapping[str, np.ndarray], want: Arrays, workload: Workload) -> float:
    """The largest absolute difference; PeerError when an output is missing or out of tolerance."""
    worst = 0.0
    for name, expected in want.items():
        if name not in got:
            raise PeerError(f"output {name!r} is missing")
        actual = np.asarray(got[name], dtype=np.float64)
        if actual.shape != expected.shape:
            raise PeerError(f"{name}: shape {actual.shape}, not {expected.shape}")
        difference = float(np.abs(actual - expected).max(initial=0.0))
        if not np.allclose(actual, expected, rtol=workload.rtol, atol=workload.atol):
            raise PeerError(f"wrong result: {name} is off by {difference:.3g}")
        worst = max(worst, difference)
    return worst
