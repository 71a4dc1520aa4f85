"""``python export.py WORKLOAD FULL|SMALL FOLDER``: writes the folder's inputs as ``model.onnx``.

For peers in other languages. Run by its path in ONNX Runtime's environment.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import numpy as np


def main(name: str, size: str, place: str) -> None:
    """Laid out as ONNX wants them: channels first. A last line says what is lacking."""
    package = importlib.import_module("start")
    package.load_package()
    work = importlib.import_module("bench.workloads").workloads(size == "SMALL")[name]
    laid = importlib.import_module("bench.worker.engine").channels_first
    names = json.loads(Path(place, "order.json").read_text())
    arrays = {key: laid(key, np.load(Path(place, f"{key}.npy"))) for key in names}
    importlib.import_module("bench.worker.onnx_graph").write(
        work, arrays, Path(place, "model.onnx")
    )


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except LookupError as error:
        sys.exit(str(error.args[0]))
