"""ONNX Runtime on the CPU: a session over a model with the weights in it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload
from . import engine
from .onnx_graph import write


class Engine(engine.Engine):
    """Inputs are bound once; outputs are the runtime's own arrays."""

    method, channels_first = "onnx", True

    def __init__(self) -> None:
        import onnxruntime

        self._ort = onnxruntime

    def hello(self) -> dict[str, Any]:
        provider = {
            "kind": "cpu",
            "adapter": "cpu",
            "backend": "CPUExecutionProvider",
            "driver": "",
        }
        return {"device": provider, "versions": {"onnxruntime": self._ort.__version__}}

    def put(self, array: np.ndarray) -> Any:
        return array

    def get(self, value: Any) -> np.ndarray:
        return np.asarray(value)

    def wait(self, values: Sequence[Any]) -> None:
        pass

    def step(self, workload: Workload, arrays: Arrays) -> Step:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            write(workload, arrays, path)
            session = self._ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        fed = [given.name for given in session.get_inputs()]
        places = [list(arrays).index(name) for name in fed]

        def run(*values: Any) -> Any:
            return session.run(None, {name: values[k] for name, k in zip(fed, places)})

        return run
