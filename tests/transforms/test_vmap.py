"""Batching of whole programs, and of their derivatives, against a Python loop over the examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.transforms.programs import CNN, EDGES, MLP, Array, Pair, arrays
from texelate.compiler.errors import ShapeError
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.ir.verify import verify
from texelate.compiler.transforms.jvp import jvp_graph
from texelate.compiler.transforms.transpose import vjp_graph
from texelate.compiler.transforms.vmap import vmap_graph

SIZE = 3
ONE = np.ones((), np.float32)


def stacked(pair: Pair, marks: Sequence[bool]) -> list[Array]:
    """Arguments with a batch in front where marked."""
    rows = [arrays(pair, seed) for seed in range(SIZE)]
    return [np.stack([r[k] for r in rows]) if m else rows[0][k] for k, m in enumerate(marks)]


def check_against_loop(graph: Graph, args: Sequence[Any], marks: Sequence[bool]) -> None:
    batched = vmap_graph(graph, marks, SIZE)
    verify(batched)
    got = evaluate_numpy(batched, args)
    examples = [[x[i] if m else x for x, m in zip(args, marks, strict=True)] for i in range(SIZE)]
    rows = [evaluate_numpy(graph, list(map(np.asarray, e))) for e in examples]
    for g, *want in zip(got, *rows, strict=True):
        np.testing.assert_allclose(g, np.stack(want), rtol=2e-4, atol=2e-5)


def every_other(n: int) -> list[list[bool]]:
    """All, only the first, only the second, every second."""
    return [[True] * n, [k == 0 for k in range(n)], [k == 1 for k in range(n)],
            [k % 2 == 0 for k in range(n)]]  # fmt: skip


@pytest.mark.parametrize("pair", [MLP, CNN], ids=str)
def test_function(pair: Pair) -> None:
    for marks in every_other(len(pair.shapes)):
        check_against_loop(pair.graph(), stacked(pair, marks), marks)


@pytest.mark.parametrize("pair", [MLP, CNN], ids=str)
def test_gradient_for_each_example(pair: Pair) -> None:
    """vmap of vjp."""
    graph = vjp_graph(pair.graph(), [True] * len(pair.shapes))
    for marks in every_other(len(pair.shapes)):
        check_against_loop(graph, [*stacked(pair, marks), ONE], [*marks, False])


@pytest.mark.parametrize("pair", [MLP, CNN, *EDGES], ids=str)
def test_gradient_of_a_batched_function(pair: Pair) -> None:
    """vjp of vmap is vmap of vjp when every argument is batched."""
    n = len(pair.shapes)
    wrt = [True] * n
    args = stacked(pair, wrt)
    cts = np.asarray(np.random.default_rng(5).normal(size=SIZE), np.float32)
    inside = vjp_graph(vmap_graph(pair.graph(), wrt, SIZE), wrt)
    outside = vmap_graph(vjp_graph(pair.graph(), wrt), [True] * (n + 1), SIZE)
    got, want = (evaluate_numpy(g, [*args, cts]) for g in (inside, outside))
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


def test_jacobian_columns_by_vmap_of_jvp() -> None:
    """Forward mode over a batch of unit tangents, against reverse mode over unit cotangents."""
    g = parse_graph(
        "graph f(a: f32[3]) { b: f32[3] = sin(a) c: f32[3] = rev(b) {axes=(0)} "
        "d: f32[3] = mul(a, c) return d }"
    )
    x, unit = np.array([0.3, -1, 2], np.float32), np.eye(3, dtype=np.float32)
    forward = vmap_graph(jvp_graph(g, [True]), [False, True], 3)
    backward = vmap_graph(vjp_graph(g, [True]), [False, True], 3)
    columns = evaluate_numpy(forward, [x, unit])[1]
    rows = evaluate_numpy(backward, [x, unit])[1]
    np.testing.assert_allclose(columns.T, rows, rtol=1e-6)
    want = np.diag(np.sin(x[::-1])) + np.fliplr(np.diag(x * np.cos(x[::-1])))
    np.testing.assert_allclose(rows, want, rtol=1e-5, atol=1e-6)


def test_unbatched_work_is_done_once() -> None:
    g = parse_graph(
        "graph f(a: f32[2], b: f32[2]) { c: f32[2] = exp(b) d: f32[2] = add(a, c) return d, c }"
    )
    batched = vmap_graph(g, (True, False), 7)
    assert [e.out.aval.shape for e in batched.eqns if e.prim.name == "exp"] == [(2,)]
    assert [a.shape for a in batched.out_avals] == [(7, 2), (7, 2)]


def test_vmap_twice() -> None:
    graph = vmap_graph(MLP.graph(), [True] * 6, SIZE)
    args = [np.stack([x, x * 2]) for x in stacked(MLP, [True] * 6)]
    got = evaluate_numpy(vmap_graph(graph, [True] * 6, 2), args)[0]
    want = [evaluate_numpy(graph, [x[i] for x in args])[0] for i in range(2)]
    np.testing.assert_allclose(got, np.stack(want), rtol=1e-5)


def test_a_batch_of_nothing_and_of_less() -> None:
    g = parse_graph('graph f(a: f32[2]) { b: f32[] = reduce(a) {axes=(0), monoid="sum"} return b }')
    (empty,) = evaluate_numpy(vmap_graph(g, (True,), 0), [np.zeros((0, 2), np.float32)])
    assert empty.shape == (0,)
    with pytest.raises(ShapeError, match="batch of -1"):
        vmap_graph(g, (True,), -1)
