"""No function is worse than documented, on either backend; and the page says what the data says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.accuracy.functions import Function
from tests.accuracy.measure import ROWS, measure
from tests.conftest import need_backend

ROOT = Path(__file__).resolve().parents[2]
BOUNDS = json.loads(Path(__file__).with_name("bounds.json").read_text())
QUICK = ("exp", "log", "sqrt")
"""The complex functions that are checked here on the GPU; ``scripts/accuracy.py`` checks all."""


@pytest.mark.parametrize(("kind", "name", "f"), ROWS, ids=[f"{k} {n}" for k, n, _ in ROWS])
def test_errors_are_within_the_documented_bounds(kind: str, name: str, f: Function) -> None:
    for backend, (bound, special) in BOUNDS[f"{kind} {name}"].items():
        if backend == "webgpu" and kind == "complex" and name not in QUICK:
            continue
        need_backend(backend)
        worst, differing = measure(kind, f, backend)
        assert worst <= bound, f"{name} on {backend}: {worst:.2f} ULP"
        assert differing == special


def test_the_page_is_fresh() -> None:
    command = [sys.executable, ROOT / "scripts" / "accuracy.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
