"""NumPy on the CPU: the float32 program that a careful user would write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import engine


class Engine(engine.Engine):
    """Nothing is asynchronous here."""

    method = "numpy"

    def hello(self) -> dict[str, Any]:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return {
            "device": {"kind": "cpu", "adapter": "cpu", "backend": blas["name"], "driver": ""},
            "versions": {"numpy": np.__version__, blas["name"]: blas["version"]},
        }

    def put(self, array: np.ndarray) -> Any:
        return array

    def get(self, value: Any) -> np.ndarray:
        return np.asarray(value)

    def wait(self, values: Sequence[Any]) -> None:
        pass
