"""Equal layers share kernels: the form of a group, and what becomes of repeated ones."""

from __future__ import annotations

from typing import Any

import numpy as np

import texelate as tx
import texelate.numpy as tnp
from texelate.compiler.driver import Compiled, compile_graph
from texelate.compiler.ir.parse import parse_graph
from texelate.compiler.target import Target


def compiled(text: str, donated: tuple[int, ...] = ()) -> Compiled:
    return compile_graph(parse_graph(text), Target.software(), donated)


LAYERS = """
graph layers(x: f32[8,8] "x", a: f32[8,8] "a", b: f32[8,8] "b", c: f32[8,12] "c") {
  p: f32[8,8] = dot_general(x, a) {batch=((),()), contract=((1),(0))}
  q: f32[8,8] = max(p, 0.0:f32)
  r: f32[8,8] = dot_general(q, b) {batch=((),()), contract=((1),(0))}
  s: f32[8,8] = max(r, 0.0:f32)
  t: f32[8,12] = dot_general(s, c) {batch=((),()), contract=((1),(0))}
  u: f32[8,12] = max(t, 0.0:f32)
  return u
}
"""


def test_equal_layers_are_one_shader_under_their_own_names() -> None:
    made = compiled(LAYERS)
    assert len(made.program.dispatches) == 3
    assert len(made.program.shaders) == 2
    first, second, _ = made.kernels
    assert first.wgsl == second.wgsl
    assert any(name.startswith("a_:") for name in first.inputs)
    assert any(name.startswith("b_:") for name in second.inputs)


def test_another_constant_is_another_kernel() -> None:
    made = compiled(LAYERS.replace("max(r, 0.0:f32)", "max(r, 1.0:f32)"))
    assert len(made.program.shaders) == 3
    same = compiled(LAYERS.replace("max(r, 0.0:f32)", "max(r, -0.0:f32)"))
    assert len(same.program.shaders) == 3


def test_a_kernel_in_place_is_another_shader_than_one_that_is_not() -> None:
    made = compiled(
        """
graph steps(x: f32[8] "x", y: f32[8] "y", g: f32[8] "g") {
  a: f32[8] = sub(x, g)
  b: f32[4] = slice(y) {limit=(4), start=(0), stride=(1)}
  c: f32[4] = slice(g) {limit=(8), start=(4), stride=(1)}
  d: f32[4] = sub(b, c)
  return a, d
}
""",
        donated=(0,),
    )
    assert made.program.donated == (0,)
    assert len(made.program.shaders) == len({s.code for s in made.program.shaders})


def test_repeated_layers_compute_what_numpy_computes(backend: str) -> None:
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal((6, 6)).astype(np.float32) / 3 for _ in range(5)]
    x = rng.standard_normal((7, 6)).astype(np.float32)

    @tx.jit
    def run(x: Any, weights: list[Any]) -> Any:
        for w in weights:
            x = tnp.tanh(x @ w) + x
            x = x - tnp.mean(x, axis=-1, keepdims=True)
        return x

    expected = x.astype(np.float64)
    for w in weights:
        expected = np.tanh(expected @ w) + expected
        expected = expected - expected.mean(axis=-1, keepdims=True)
    np.testing.assert_allclose(run(x, weights), expected, rtol=1e-4, atol=1e-5)
