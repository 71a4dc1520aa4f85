"""Evaluation by NumPy."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ir.helpers import arrays_for, graphs
from texelate.compiler.errors import ArgumentError, DtypeError, ShapeError, VerifyError
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.text import parse_graph


def test_against_numpy() -> None:
    g = parse_graph("""graph f(a: f32[3,4], b: f32[4]) {
      c: f32[3] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
      d: f32[3] = exp(c)
      e: f32[] = reduce(d) {axes=(0), monoid="sum"}
      f: f32[3] = div(d, e)
      return f, e
    }""")
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((3, 4), np.float32), rng.standard_normal(4, np.float32)
    e = np.exp(a @ b)
    soft, total = evaluate_numpy(g, [a, b])
    np.testing.assert_allclose(soft, e / e.sum(), rtol=1e-6)
    np.testing.assert_allclose(total, e.sum(), rtol=1e-6)


@given(graphs(), st.integers(0, 99))
def test_results_have_their_aval_and_own_their_memory(graph: Graph, seed: int) -> None:
    arrays = arrays_for(graph, seed)
    copies = [x.copy() for x in arrays]
    results = evaluate_numpy(graph, arrays)
    assert [(x.shape, x.dtype) for x in results] == [
        (a.shape, a.dtype.numpy) for a in graph.out_avals
    ]
    for x in results:
        assert x.flags.c_contiguous
        assert x.flags.writeable
        x[...] = 1
        assert not any(np.shares_memory(x, y) for y in results if y is not x)
    assert all(np.array_equal(x, c, equal_nan=x.dtype.kind == "f") for x, c in zip(arrays, copies))


def test_an_array_returned_twice_is_two_arrays() -> None:
    g = parse_graph("graph f(a: f32[2]) { b: f32[2] = exp(a) return b, b, a, a }")
    x = np.zeros(2, np.float32)
    results = evaluate_numpy(g, [x])
    assert len({id(r) for r in [x, *results]}) == 5


def test_float_errors_are_quiet() -> None:
    g = parse_graph(
        "graph f(a: f32[2]) { b: f32[2] = log(a) c: f32[2] = div(b, 0.0:f32) return c }"
    )
    (c,) = evaluate_numpy(g, [np.array([0, -1], np.float32)])
    assert c[0] == -np.inf
    assert np.isnan(c[1])


def test_intermediates_die_after_their_last_use() -> None:
    """A chain of forty arrays of 4 MB never holds more than a few."""
    chain = " ".join(f"v{i + 1}: f32[1000000] = neg(v{i})" for i in range(40))
    g = parse_graph(f"graph f(v0: f32[1000000]) {{ {chain} return v40 }}")
    x = np.ones(1_000_000, np.float32)
    tracemalloc.start()
    try:
        evaluate_numpy(g, [x])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * x.nbytes


GRAPH = "graph f(a: f32[2], b: i32[]) { return a }"
A, B = np.zeros(2, np.float32), np.zeros((), np.int32)


@pytest.mark.parametrize(
    ("arrays", "error", "said"),
    [
        ([A], ArgumentError, "takes 2 arrays, 1 were given"),
        ([A, B, B], ArgumentError, "takes 2 arrays, 3 were given"),
        ([A, 0], ArgumentError, "input 1 is i32[], but a int was given"),
        ([A.astype(np.float64), B], DtypeError, "input 0 is f32[2], but an array of float64"),
        ([A.reshape(1, 2), B], ShapeError, "an array of shape (1, 2) was given"),
    ],
)
def test_wrong_inputs(arrays, error, said) -> None:
    with pytest.raises(error) as caught:
        evaluate_numpy(parse_graph(GRAPH), arrays)
    assert said in str(caught.value)


def test_a_reference_rule_that_disagrees_with_its_abstract_rule_is_named(monkeypatch) -> None:
    g = parse_graph("graph f(a: f32[2]) { b: f32[2] = exp(a) return b }")
    monkeypatch.setattr(g.eqns[0].prim, "reference", lambda x: x[:1])
    with pytest.raises(VerifyError, match="exp gave shape"):
        evaluate_numpy(g, [A])
