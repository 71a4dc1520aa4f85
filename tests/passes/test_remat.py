"""Rematerialisation: programs within a budget of memory, computing the same."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from bench import graphs
from tests.conftest import need_backend
from texelate.compiler.driver import Compiled, compile_graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.program import Cost
from texelate.compiler.target import Target

WAITING = """graph f(x: f32[64,64], w: f32[64,64]) {
  c: f32[64,64] = dot_general(x, w) {batch=((),()), contract=((1),(0))}
  e: f32[64,64] = exp(x)
  d: f32[64,64] = dot_general(e, c) {batch=((),()), contract=((1),(0))}
  g: f32[64,64] = dot_general(d, d) {batch=((),()), contract=((1),(0))}
  h: f32[64,64] = dot_general(g, d) {batch=((),()), contract=((1),(0))}
  i: f32[64,64] = dot_general(h, e) {batch=((),()), contract=((1),(0))}
  return i
}"""
MATRIX = 64 * 64 * 4


def compiled(text: str, budget: int) -> Compiled:
    with tx.knobs.scope(memory_budget=budget):
        return compile_graph(parse_graph(text), Target.software())


def test_a_cheap_value_that_waits_is_computed_again() -> None:
    kept, again = compiled(WAITING, 0), compiled(WAITING, 6 * MATRIX)
    assert kept.program.peak_bytes == 7 * MATRIX
    assert again.program.peak_bytes == 6 * MATRIX
    exps = [i for i, k in enumerate(again.kernels) if "exp" in k.ops]
    assert len(exps) == 2
    assert exps[1] == len(again.kernels) - 2
    assert again.program.cost.flops == kept.program.cost.flops + 64 * 64 * 8


def test_products_are_computed_again_when_nothing_else_helps() -> None:
    text = WAITING.replace("exp(x)", "dot_general(w, x) {batch=((),()), contract=((1),(0))}")
    again = compiled(text, 6 * MATRIX)
    assert again.program.peak_bytes == 6 * MATRIX
    assert sum("dot_general" in k.ops for k in again.kernels) == 7


@pytest.mark.parametrize("budget", [1 << 40, 7 * MATRIX])
def test_within_the_budget_nothing_changes(budget: int) -> None:
    assert compiled(WAITING, budget).program == compiled(WAITING, 0).program


def test_what_cannot_be_met_is_said_and_changes_nothing() -> None:
    text = "graph f(x: f32[64,64]) { y: f32[64,64] = exp(x) return y }"
    with pytest.warns(RuntimeWarning, match="32,768 bytes, more than the budget of 16"):
        tight = compiled(text, 16)
    assert tight.program == compiled(text, 0).program


def deep(layers: int = 6) -> graphs.Program:
    """Gradients of a deep net of narrow layers on many rows: activations are most of it."""

    def loss(ws: Any, x: Any) -> Any:
        for w in ws:
            x = tnp.tanh(x @ w) * x
        return tnp.mean(x**2)

    rng = np.random.default_rng(0)
    ws = [rng.standard_normal((16, 16)).astype(np.float32) / 4 for _ in range(layers)]
    return tx.grad(loss), (ws, rng.standard_normal((512, 16)).astype(np.float32)), ()


def cost(program: graphs.Program, budget: int) -> Cost:
    function, args, donated = program
    with tx.knobs.scope(memory_budget=budget), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # budgets of a byte are not met
        found: Cost = tx.jit(function, donate_argnums=donated).lower(*args).cost
    return found


MODELS = {
    "deep": deep,
    "transformer_step": lambda: graphs.transformer_step(1),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_keep_to_a_budget(on_numpy: None, name: str) -> None:
    program = MODELS[name]()
    free, least = cost(program, 0), cost(program, 1)
    assert least.peak_bytes < free.peak_bytes
    budget = (least.peak_bytes + free.peak_bytes) // 2
    kept = cost(program, budget)
    assert kept.peak_bytes <= budget
    assert free.flops < kept.flops <= least.flops


def test_an_mlp_step_has_nothing_to_compute_again(on_numpy: None) -> None:
    """What its largest step reads is most of its memory."""
    assert cost(graphs.mlp_step(), 1) == cost(graphs.mlp_step(), 0)


def looping() -> graphs.Program:
    def run(x: Any) -> Any:
        y = tnp.exp(x)
        z = tx.fori_loop(0, 20, lambda i, z: tnp.tanh(z @ y), x)
        return tnp.sum((z @ z) @ tnp.sin(y), axis=0) + tnp.sum(y @ z, axis=0)

    return run, (np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32) / 9,), ()


def small_cnn_step() -> graphs.Program:
    function, (params, state, images, labels, rate), donated = graphs.cnn_step()
    images = np.random.default_rng(0).random((24, *images.shape[1:]), np.float32)
    return function, (params, state, images, labels[:24], rate), donated


@pytest.mark.parametrize("make", [lambda: deep(3), small_cnn_step, looping])
def test_results_are_the_same_bits(make: Any) -> None:
    need_backend("webgpu")
    function, args, _ = make()
    f = tx.jit(function, backend="webgpu")

    def results(budget: int) -> tuple[list[Any], Cost]:
        with tx.knobs.scope(memory_budget=budget):
            return list(map(np.asarray, tx.tree.leaves(f(*args)))), f.lower(*args).cost

    free, cost = results(0)
    budget = 9 * cost.peak_bytes // 10
    kept, less = results(budget)
    assert less.peak_bytes <= budget
    expected = tx.tree.leaves(tx.jit(function, backend="numpy")(*args))
    for a, b, c in zip(free, kept, expected, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(b, c, rtol=1e-3, atol=1e-4)
