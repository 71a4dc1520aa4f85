"""What programs hold: the plan against the least that any plan needs, and shared temporaries."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from bench import graphs
from tests.conftest import need_backend
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.graph import Var
from texelate.compiler.passes.memory import Use, least_bytes

MODELS = {
    "mlp_step": graphs.mlp_step,
    "cnn_step": graphs.cnn_step,
    "mixed": lambda: graphs.mixed(10),
    "transformer_step": lambda: graphs.transformer_step(2),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_plan_is_near_the_least(on_numpy: None, name: str) -> None:
    function, args, donated = MODELS[name]()
    low = tx.jit(function, donate_argnums=donated).lower(*args)
    assert low.least_bytes <= low.cost.peak_bytes <= 1.3 * low.least_bytes


def test_the_least_of_a_small_graph_by_hand() -> None:
    x, a, b, c = (Var(Aval((n,), float32)) for n in (64, 32, 16, 8))
    never = [
        Use((x,), (a,), lambda w, r: False),
        Use((a,), (b,), lambda w, r: False),
        Use((b, a), (c,), lambda w, r: False),
    ]
    assert least_bytes(never, [x], [c], []) == 4 * (64 + 32 + 16 + 8)
    assert least_bytes(never, [x], [c], [x]) == 4 * (64 + 32)
    assert least_bytes(never, [x], [a, c], [x]) == 4 * (64 + 32)
    assert least_bytes([], [x], [x], []) == 4 * 64
    always = [Use((x,), (a,), lambda w, r: True), Use((a,), (b,), lambda w, r: True)]
    assert least_bytes(always, [x], [b], [x]) == 4 * 64


def test_programs_share_their_temporaries() -> None:
    need_backend("webgpu")
    n = 300

    def chain(k: int) -> Any:
        return tx.jit(lambda x: tnp.sum(((x @ x) * k) @ (x @ x)), backend="webgpu")

    def live() -> int:
        gc.collect()
        device: Any = tx.backends.get("webgpu").device  # type: ignore[attr-defined]
        return int(device.pool.stats().bytes_live)

    x = tnp.asarray(np.eye(n, dtype=np.float32))
    functions = [chain(k) for k in range(2, 6)]
    results = [float(functions[0](x))]
    one = live()
    results += [float(f(x)) for f in functions[1:]]
    assert results == [n * k for k in range(2, 6)]
    assert live() - one < n * n * 4
    before = live()
    functions.clear()
    tx.clear_caches()
    assert live() < before
