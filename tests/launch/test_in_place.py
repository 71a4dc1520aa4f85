"""Donated inputs that kernels overwrite: one binding, one kernel a parameter, the same numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from bench import graphs
from tests.conftest import need_backend
from texelate.compiler.driver import Compiled, compile_graph
from texelate.compiler.ir.parse import parse_graph
from texelate.compiler.target import Target

SHAPES = {"w": (6, 5), "v": (5, 3), "b": (7,), "s": ()}


def adam_step(loss: Any) -> Any:
    def step(params: Any, state: Any, x: Any) -> Any:
        value, grads = tx.value_and_grad(loss)(params, x)
        return *tx.optim.adam(0.1, weight_decay=0.01).update(grads, state, params), value

    return step


def loss(params: Any, x: Any) -> Any:
    hidden = tnp.tanh(x @ params["w"]) @ params["v"]
    return (hidden**2).mean() + (params["b"] ** 3).sum() * params["s"]


def start() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    params = {k: rng.standard_normal(s).astype(np.float32) for k, s in SHAPES.items()}
    params = tx.tree.map(tnp.asarray, params)
    return params, tx.optim.adam().init(params), rng.standard_normal((4, 6)).astype(np.float32)


def trained(backend: str, donate: tuple[int, ...]) -> Any:
    with tx.backend(backend):
        step = tx.jit(adam_step(loss), donate_argnums=donate)
        params, state, x = start()
        for _ in range(4):
            params, state, value = step(params, state, x)
        return [np.asarray(leaf) for leaf in (*params.values(), *state["m"].values(), value)]


def test_adam_in_place_computes_what_numpy_computes() -> None:
    need_backend("webgpu")
    expected = trained("numpy", ())
    for donate in ((0, 1), (0,), (1,), ()):
        for got, want in zip(trained("webgpu", donate), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-5)


def compiled(donate: tuple[int, ...] = (0, 1)) -> Compiled:
    low = tx.jit(adam_step(loss), donate_argnums=donate).lower(*start())
    return compile_graph(low.graph, Target.software(), low._donated)


def updates(made: Compiled) -> list[Any]:
    """The kernels that write a whole new parameter or running mean."""
    return [
        k for k in made.kernels if sum("sqrt" in op for op in k.ops) == 1 and len(k.outputs) > 1
    ]


def test_adam_is_one_kernel_a_parameter(on_numpy: None) -> None:
    with_donation, without = compiled(), compiled(())
    assert len(with_donation.kernels) < len(without.kernels)
    assert len(updates(with_donation)) >= len(SHAPES) - 1  # the scalar's fuses elsewhere
    for made in (with_donation, without):
        assert max(len(d.buffers) for d in made.program.dispatches) <= 8
    assert len(with_donation.program.donated) >= 3 * len(SHAPES)


@pytest.mark.parametrize(("name", "most"), [("mlp_step", 10), ("cnn_step", 16)])
def test_steps_have_few_kernels(on_numpy: None, name: str, most: int) -> None:
    function, args, donated = graphs.PROGRAMS[name]()
    low = tx.jit(function, donate_argnums=donated).lower(*args)
    made = compile_graph(low.graph, Target.software(), low._donated)
    assert len(made.kernels) <= most
    assert max(len(d.buffers) for d in made.program.dispatches) <= 8


def test_a_clipped_step_updates_all_parameters_in_one_kernel(on_numpy: None) -> None:
    """The norm needs every gradient first; what follows is one launch where buffers allow it."""
    shapes = [(40, 30), (30,), (30, 20), (20,), (20, 10), (10,)]

    def step(params: Any, state: Any, grads: Any) -> Any:
        norm = tnp.sqrt(sum(tnp.sum(g * g) for g in grads))
        clipped = [g / tnp.maximum(norm, 1.0) for g in grads]
        return tx.optim.adam(0.1).update(clipped, state, params)

    params = [np.ones(s, np.float32) for s in shapes]
    state = tx.optim.adam().init(params)
    low = tx.jit(step, donate_argnums=(0, 1)).lower(params, state, params)
    native = replace(Target.software(), max_batched_buffers=32)
    made = [compile_graph(low.graph, t, low._donated) for t in (native, Target.software())]
    most = [max(len(k.outputs) for k in m.kernels) for m in made]
    assert most[0] == 3 * len(shapes)  # means, squares, parameters
    assert most[1] < 8


TEXT = """
graph late(a: f32[16] "a", b: f32[16] "b", c: f32[16] "c", d: f32[16] "d", e: f32[16] "e") {
  s: f32[16] = add(a, e)
  t: f32[16] = mul(b, s)
  u: f32[16] = mul(c, t)
  v: f32[16] = mul(d, u)
  r: f32[16] = rev(a) {axes=(0)}
  w: f32[] = reduce(r) {axes=(0), monoid="sum"}
  return s, t, u, v, w
}
"""


def test_other_readers_run_before_an_input_is_overwritten() -> None:
    made = compile_graph(parse_graph(TEXT), Target.software(), (0, 1, 2, 3))
    assert [len(d.buffers) for d in made.program.dispatches] == [2, 5]
    assert made.program.donated == (0, 1, 2, 3)
