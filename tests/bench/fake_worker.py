"""A peer for the tests of the runner: right but for what FAKE_MANNER says.

It imports the room as ``bench``, without Texelate, as workers do.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.worker import engine
from bench.worker.protocol import serve
from bench.workload import Arrays, Step, Workload

MANNER = os.environ.get("FAKE_MANNER", "good")


class Engine(engine.Engine):
    """NumPy, or what is left of it."""

    method = "fake"

    def hello(self) -> dict[str, Any]:
        adapter = "other" if MANNER == "elsewhere" else "this"
        device = {"kind": "gpu", "adapter": adapter, "backend": "", "driver": ""}
        return {"device": device, "versions": {"fake": "1"}}

    def put(self, array: np.ndarray) -> Any:
        return array

    def get(self, value: Any) -> np.ndarray:
        wrong = {"off": value + 0.01, "nan": value * np.nan, "flat": np.ravel(value)[0]}
        return np.asarray(wrong.get(MANNER, value))

    def wait(self, values: Sequence[Any]) -> None:
        print("a library that prints to standard output")

    def step(self, workload: Workload, arrays: Arrays) -> Step:
        if MANNER == "raises":
            raise ValueError("no such shape here")
        if MANNER == "dies":
            sys.exit("the driver is gone")
        if MANNER == "silent":
            time.sleep(60)
        if MANNER == "lacks":
            return super().step(workload, arrays)
        return lambda *values: self._slowly(workload, values)

    def _slowly(self, workload: Workload, values: tuple[Any, ...]) -> Any:
        time.sleep(0.003 if MANNER == "slow" else 0.001)
        return workload.reference(*values)


if __name__ == "__main__":
    serve(Engine)
