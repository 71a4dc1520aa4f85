"""Long scatters are sorted, with the same result."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lower.running import agree, compiled, run
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.passes.scatters import sort_scatters

TEXT = """graph f(u: f32[3,70,50], i: {dtype}[70,50]) {{
  y: f32[3,2000] = scatter_reduce(u, i) {{axis=1, mode="{mode}", monoid="{monoid}", size=2000}}
  return y
}}"""


@pytest.mark.parametrize("mode", ["clip", "fill"])
@pytest.mark.parametrize(("dtype", "monoid"), [("i32", "sum"), ("u32", "max"), ("i32", "prod")])
def test_long_scatters_are_sorted(dtype: str, monoid: str, mode: str) -> None:
    graph = parse_graph(TEXT.format(dtype=dtype, monoid=monoid, mode=mode))
    rng = np.random.default_rng(0)
    indices = rng.integers(-50, 2050, (70, 50)).astype({"i32": np.int32, "u32": np.uint32}[dtype])
    indices[:, :5] = 7  # many in one place
    arrays = [rng.normal(size=(3, 70, 50)).astype(np.float32), indices]
    after, want = sort_scatters(graph), evaluate_numpy(graph, arrays)
    assert "sort_indices" in [e.prim.name for e in after.eqns]
    agree(evaluate_numpy(after, arrays), want, 1e-4)
    if mode == "fill":
        agree(run(compiled(graph), arrays), want, 1e-4)


def test_short_scatters_are_folds() -> None:
    text = TEXT.format(dtype="i32", monoid="sum", mode="clip").replace("50", "5")
    graph = parse_graph(text)
    assert sort_scatters(graph).eqns == graph.eqns
