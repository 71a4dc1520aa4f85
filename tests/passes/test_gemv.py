"""A matrix times a vector is a reduction of rows where these lie in one piece, on GPUs only."""

from __future__ import annotations

import numpy as np
import pytest

from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.ir.verify import verify
from texelate.compiler.passes.gemv import gemv
from texelate.compiler.target import Target


def product(x: str, y: str, out: str, contract: str, batch: str = "(),()") -> Graph:
    return parse_graph(
        f"graph f(x: f32[{x}], y: f32[{y}]) {{ z: f32[{out}] = dot_general(x, y) "
        f"{{batch=({batch}), contract=({contract})}} return z }}"
    )


ROWS = {
    "vector first": product("1,512", "40,512", "1,40", "(1),(1)"),
    "vector last": product("40,512", "512", "40", "(1),(0)"),
    "matrix of three axes": product("4,5,512", "512,1", "4,5,1", "(2),(0)"),
}
OTHERS = {
    "columns in one piece": product("1,512", "512,40", "1,40", "(1),(0)"),
    "short rows": product("1,64", "40,64", "1,40", "(1),(1)"),
    "two vectors": product("512", "512", "", "(0),(0)"),
    "two rows": product("2,512", "40,512", "2,40", "(1),(1)"),
    "batch": product("3,1,512", "3,40,512", "3,1,40", "(2),(2)", "(0),(0)"),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_reduced(name: str) -> None:
    graph = ROWS[name]
    after = gemv(graph, Target.gpu())
    verify(after)
    names = ["reshape", "broadcast_in_dim", "mul", "reduce", "reshape"]
    assert [e.prim.name for e in after.eqns] == names
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=v.aval.shape).astype(np.float32) for v in graph.inputs]
    got, want = evaluate_numpy(after, arrays), evaluate_numpy(graph, arrays)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-4, atol=1e-4)
    assert gemv(graph, Target.software()) is graph


@pytest.mark.parametrize("name", OTHERS)
def test_the_rest_stays_a_contraction(name: str) -> None:
    after = gemv(OTHERS[name], Target.gpu())
    assert [e.prim.name for e in after.eqns] == ["dot_general"]
