"""Fusion: what lands in which kernel. Read each graph and the list of kernels it becomes."""

from __future__ import annotations

import pytest

from texelate.compiler.driver import compile_graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.target import Target


def kernels(text: str, target: Target | None = None) -> list[tuple[str, ...]]:
    """The operations of each kernel, index maps left out."""
    free = {"broadcast_in_dim", "reshape", "transpose", "iota", "convert", "slice", "rev"}
    compiled = compile_graph(parse_graph(text), target or Target.software())
    return [tuple(op for op in k.ops if op not in free) for k in compiled.kernels]


def test_maps_fuse_into_maps() -> None:
    text = """graph f(a: f32[64], b: f32[64]) {
      c: f32[64] = mul(a, b)
      d: f32[64] = tanh(c)
      e: f32[64] = add(d, a)
      return e
    }"""
    assert kernels(text) == [("mul", "tanh", "add")]


def test_a_value_used_twice_is_computed_once() -> None:
    """Both outputs need exp(a): one kernel with two outputs."""
    text = """graph f(a: f32[64]) {
      b: f32[64] = exp(a)
      c: f32[64] = sin(b)
      d: f32[64] = cos(b)
      return c, d
    }"""
    assert kernels(text) == [("exp", "sin", "cos")]


def test_producers_fuse_into_reduces_and_epilogues_after_them() -> None:
    text = """graph f(a: f32[64,32]) {
      b: f32[64,32] = mul(a, a)
      c: f32[64] = reduce(b) {axes=(1), monoid="sum"}
      d: f32[64] = sqrt(c)
      return d
    }"""
    assert kernels(text) == [("mul", "reduce", "sqrt")]


def test_epilogue_fuses_into_a_contraction() -> None:
    text = """graph f(x: f32[64,32], w: f32[32,48], b: f32[48], r: f32[64,48]) {
      y: f32[64,48] = dot_general(x, w) {batch=((),()), contract=((1),(0))}
      bb: f32[64,48] = broadcast_in_dim(b) {dims=(1), shape=(64,48)}
      z: f32[64,48] = add(y, bb)
      h: f32[64,48] = max(z, 0.0:f32)
      o: f32[64,48] = add(h, r)
      return o
    }"""
    assert kernels(text) == [("dot_general", "add", "max", "add")]


def test_arithmetic_into_a_contraction_is_stored_first() -> None:
    """A contraction reads each element many times: exp would be computed many times."""
    text = """graph f(x: f32[64,32], w: f32[32,48]) {
      e: f32[64,32] = exp(x)
      y: f32[64,48] = dot_general(e, w) {batch=((),()), contract=((1),(0))}
      return y
    }"""
    assert kernels(text) == [("exp",), ("dot_general",)]


def test_index_maps_fuse_into_a_contraction() -> None:
    text = """graph f(x: f32[32,64], w: f32[32,48]) {
      t: f32[64,32] = transpose(x) {perm=(1,0)}
      y: f32[64,48] = dot_general(t, w) {batch=((),()), contract=((1),(0))}
      return y
    }"""
    assert kernels(text) == [("dot_general",)]


SOFTMAX = """graph f(a: f32[64,32]) {
  m: f32[64] = reduce(a) {axes=(1), monoid="max"}
  mb: f32[64,32] = broadcast_in_dim(m) {dims=(0), shape=(64,32)}
  s: f32[64,32] = sub(a, mb)
  e: f32[64,32] = exp(s)
  t: f32[64] = reduce(e) {axes=(1), monoid="sum"}
  tb: f32[64,32] = broadcast_in_dim(t) {dims=(0), shape=(64,32)}
  o: f32[64,32] = div(e, tb)
  return o
}"""

LAYER_NORM = """graph f(x: f32[64,32], g: f32[32]) {
  s: f32[64] = reduce(x) {axes=(1), monoid="sum"}
  m: f32[64] = mul(s, 0.03125:f32)
  mb: f32[64,32] = broadcast_in_dim(m) {dims=(0), shape=(64,32)}
  c: f32[64,32] = sub(x, mb)
  q: f32[64,32] = mul(c, c)
  v: f32[64] = reduce(q) {axes=(1), monoid="sum"}
  w: f32[64] = mul(v, 0.03125:f32)
  r: f32[64] = rsqrt(w)
  rb: f32[64,32] = broadcast_in_dim(r) {dims=(0), shape=(64,32)}
  n: f32[64,32] = mul(c, rb)
  gb: f32[64,32] = broadcast_in_dim(g) {dims=(1), shape=(64,32)}
  o: f32[64,32] = mul(n, gb)
  return o
}"""


@pytest.mark.parametrize("target", [Target.software(), Target.gpu()])
@pytest.mark.parametrize("text", [SOFTMAX, LAYER_NORM])
def test_row_chains_are_one_kernel(text: str, target: Target) -> None:
    assert len(kernels(text, target)) == 1


def test_a_row_chain_needs_rows() -> None:
    """Normalising over everything but a few channels would leave the machine idle in one kernel."""
    text = SOFTMAX.replace("64,32", "4,4096").replace("f32[64]", "f32[4]")
    assert len(kernels(text)) > 1


def test_reductions_over_different_axes_stay_apart() -> None:
    text = """graph f(a: f32[64,32]) {
      b: f32[64] = reduce(a) {axes=(1), monoid="sum"}
      c: f32[32] = reduce(a) {axes=(0), monoid="sum"}
      return b, c
    }"""
    assert len(kernels(text)) == 2


def test_sibling_reductions_share_a_loop() -> None:
    text = """graph f(a: f32[64,32]) {
      b: f32[64] = reduce(a) {axes=(1), monoid="sum"}
      c: f32[64] = reduce(a) {axes=(1), monoid="max"}
      return b, c
    }"""
    assert kernels(text) == [("reduce", "reduce")]


def test_an_optimizer_step_is_one_kernel() -> None:
    """Three outputs (two moments and the parameter) from one pass over memory."""
    text = """graph f(p: f32[64], g: f32[64], m: f32[64], v: f32[64]) {
      a: f32[64] = mul(m, 0.9:f32)
      b: f32[64] = mul(g, 0.1:f32)
      m1: f32[64] = add(a, b)
      q: f32[64] = mul(g, g)
      c: f32[64] = mul(v, 0.999:f32)
      d: f32[64] = mul(q, 0.001:f32)
      v1: f32[64] = add(c, d)
      r: f32[64] = sqrt(v1)
      u: f32[64] = div(m1, r)
      p1: f32[64] = sub(p, u)
      return p1, m1, v1
    }"""
    assert len(kernels(text)) == 1


def test_bindings_limit_splits_kernels() -> None:
    """A sum of twelve arrays cannot be one kernel where only eight buffers may be bound."""
    names = [f"x{i}" for i in range(12)]
    lines, total = [], names[0]
    for i, name in enumerate(names[1:]):
        lines.append(f"s{i}: f32[64] = add({total}, {name})")
        total = f"s{i}"
    inputs = ", ".join(f"{n}: f32[64]" for n in names)
    compiled = compile_graph(
        parse_graph(f"graph f({inputs}) {{ {' '.join(lines)} return {total} }}"), Target.software()
    )
    assert len(compiled.kernels) >= 2
    assert all(len(d.buffers) <= 8 for d in compiled.program.dispatches)


def test_a_large_sum_is_done_in_two_steps() -> None:
    text = 'graph f(a: f32[1048576]) { b: f32[] = reduce(a) {axes=(0), monoid="sum"} return b }'
    assert len(kernels(text)) == 2


def test_wide_concatenation_stays_within_the_limit() -> None:
    inputs = ", ".join(f"x{i}: f32[4]" for i in range(20))
    names = ", ".join(f"x{i}" for i in range(20))
    text = f"graph f({inputs}) {{ y: f32[80] = concatenate({names}) {{axis=0}} return y }}"
    compiled = compile_graph(parse_graph(text), Target.software())
    assert all(len(d.buffers) <= 8 for d in compiled.program.dispatches)


@pytest.mark.parametrize("target", [Target.software(), Target.gpu()])
def test_a_softmax_over_a_vocabulary_is_one_kernel(target: Target) -> None:
    text = SOFTMAX.replace("64,32", "128,8000").replace("f32[64]", "f32[128]")
    assert len(kernels(text, target)) == 1


def test_what_several_places_read_is_not_recomputed_at_each() -> None:
    """Doubling chains (running products, halvings) would otherwise grow exponentially."""
    lines, last = [], "a"
    for i in range(12):
        lines += [
            f"p{i}: f32[64] = pad({last}, 0.0:f32) {{high=(-1), interior=(0), low=(1)}}",
            f"t{i}: f32[64] = tanh(p{i})",
            f"s{i}: f32[64] = add({last}, t{i})",
        ]
        last = f"s{i}"
    found = kernels(f"graph f(a: f32[64]) {{ {' '.join(lines)} return {last} }}")
    assert 3 <= len(found) <= 12
