"""A peer for the tests of the runner: counts up, and misbehaves as FAKE_MANNER says."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping

import numpy as np

from bench.peers.protocol import Message, serve

MANNER = os.environ.get("FAKE_MANNER", "good")


class Count:
    """State ``n`` starts at the input and grows by one a step."""

    def __init__(self, inputs: Mapping[str, np.ndarray], params: Mapping[str, float]) -> None:
        self._start, self._step_s = inputs["n"], params["step_s"]
        if MANNER == "raises":
            raise ValueError("no such shape here")
        if MANNER == "dies":
            sys.exit("the driver is gone")
        if MANNER == "silent":
            time.sleep(60)
        self.reset()

    def reset(self) -> None:
        self._n = self._start.copy()

    def run(self, steps: int) -> None:
        print("a library that prints to standard output")
        time.sleep(steps * self._step_s * (3 if MANNER == "slow" else 1))
        self._n += steps

    def sync(self) -> None:
        """Nothing is asynchronous here."""

    def outputs(self) -> dict[str, np.ndarray]:
        wrong = {"off": self._n + 0.01, "nan": self._n * np.nan, "flat": self._n[0]}
        return {} if MANNER == "empty" else {"n": wrong.get(MANNER, self._n)}


def hello() -> Message:
    adapter = "other" if MANNER == "elsewhere" else "this"
    device = {"kind": "gpu", "adapter": adapter, "backend": "", "driver": ""}
    return {"device": device, "versions": {"fake": "1"}}


if __name__ == "__main__":
    serve(hello, {"count": Count})
