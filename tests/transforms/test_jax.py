"""Whole functions differentiated by us and by JAX: first order, second order, ties, zeros."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tests.transforms.programs import CNN, EDGES, MLP, Pair, arrays
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.verify import verify
from texelate.compiler.transforms.jvp import jvp_graph
from texelate.compiler.transforms.transpose import vjp_graph

jax = pytest.importorskip("jax", reason="JAX is the oracle here; it comes with the `test` extra")
ONE = np.ones((), np.float32)


def close(got: Sequence[Any], want: Sequence[Any], tolerance: float = 3e-5) -> None:
    for a, b in zip(got, want, strict=True):
        scale = 1 + np.max(np.abs(b), initial=0)
        np.testing.assert_allclose(a / scale, b / scale, atol=tolerance)


def evaluate(graph: Graph, args: Sequence[Any]) -> list[Any]:
    verify(graph)
    return evaluate_numpy(graph, list(args))


def theirs(pair: Pair) -> Callable[..., Any]:
    return lambda *args: pair.theirs(jax, *args)


@pytest.mark.parametrize("pair", [MLP, CNN, *EDGES], ids=str)
def test_gradient(pair: Pair) -> None:
    args = arrays(pair)
    every = tuple(range(len(args)))
    loss, *grads = evaluate(vjp_graph(pair.graph(), [True] * len(args)), [*args, ONE])
    want_loss, want = jax.value_and_grad(theirs(pair), every)(*args)
    close([loss, *grads], [want_loss, *want])


@pytest.mark.parametrize("pair", [MLP, CNN], ids=str)
def test_forward_mode(pair: Pair) -> None:
    args, tangents = arrays(pair), arrays(pair, seed=1)
    got = evaluate(jvp_graph(pair.graph(), [True] * len(args)), [*args, *tangents])
    close(got, jax.jvp(theirs(pair), tuple(args), tuple(tangents)))


@pytest.mark.parametrize("pair", [MLP, CNN], ids=str)
def test_hessian_vector_product(pair: Pair) -> None:
    """Forward over reverse."""
    args, tangents = arrays(pair), arrays(pair, seed=2)
    n = len(args)
    graph = jvp_graph(vjp_graph(pair.graph(), [True] * n), [True] * n + [False])
    got = evaluate(graph, [*args, ONE, *tangents])[n + 2 :]
    gradient = jax.grad(theirs(pair), tuple(range(n)))
    close(got, jax.jvp(gradient, tuple(args), tuple(tangents))[1], 1e-4)


@pytest.mark.parametrize("pair", [MLP, CNN], ids=str)
def test_reverse_over_reverse(pair: Pair) -> None:
    args, cts = arrays(pair), arrays(pair, seed=3)
    n = len(args)
    graph = vjp_graph(vjp_graph(pair.graph(), [True] * n), [True] * n + [False])
    got = evaluate(graph, [*args, ONE, np.zeros((), np.float32), *cts])[n + 1 :]
    gradient = jax.grad(theirs(pair), tuple(range(n)))
    close(got, jax.vjp(gradient, *args)[1](tuple(cts)), 1e-4)
