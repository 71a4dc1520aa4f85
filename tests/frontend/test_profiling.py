"""``tx.profile``: events of the kernels that ran, and the trace file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import texelate as tx
from tests.conftest import need_backend


def test_profile_names_and_times_each_kernel(tmp_path: Path) -> None:
    need_backend("webgpu")
    step = tx.jit(lambda x: tx.numpy.tanh(x @ x) + 1, backend="webgpu")
    x = tx.numpy.ones((32, 32))
    with tx.backend("webgpu"), tx.profile() as p:
        for _ in range(3):
            tx.block_until_ready(step(x))
    ours = [e for e in p.events if "dot_general" in e.title]
    assert len(ours) == 3
    assert all(e.nanoseconds >= 0 and e.flops >= 2 * 32**3 for e in ours)
    p.chrome_trace(tmp_path / "trace.json")
    rows = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert len(rows) == len(p.events)


def test_profile_of_the_numpy_backend_is_refused() -> None:
    with tx.backend("numpy"), pytest.raises(tx.AdapterError, match="nothing to profile"):
        tx.profile()
