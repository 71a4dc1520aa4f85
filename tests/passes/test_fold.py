"""Constant folding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.ir.helpers import assert_keeps_meaning, assert_pass, assert_same_bits, graphs
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.passes.fold import fold


def test_chains_of_scalars_become_one_literal() -> None:
    assert_pass(
        fold,
        """graph f(a: f32[2]) {
          b: f32[] = add(1.0:f32, 2.0:f32)
          c: f32[] = sqrt(b)
          d: bool[] = lt(c, b)
          e: f32[] = select(d, b, c)
          f: i32[] = convert(e) {dtype=i32}
          g: f32[2] = mul(a, e)
          return f, g
        }""",
        """graph f(a: f32[2]) {
          g: f32[2] = mul(a, 3.0:f32)
          return 3:i32, g
        }""",
    )


def test_what_has_a_shape_or_a_variable_stays() -> None:
    text = """graph f(a: f32[]) {
      b: f32[] = add(a, 2.0:f32)
      c: f32[2] = broadcast_in_dim(2.0:f32) {dims=(), shape=(2)}
      d: i32[2] = iota() {axis=0, dtype=i32, shape=(2)}
      return b, c, d
    }"""
    assert_pass(fold, text, text)


def test_weakness_of_the_result_is_kept() -> None:
    assert_pass(
        fold,
        "graph f() { b: f32[]~ = add(1.0:f32~, 2.0:f32~) return b }",
        "graph f() { return 3.0:f32~ }",
    )


def test_integers_wrap_and_divide_as_the_reference_does() -> None:
    g = parse_graph("""graph f() {
      a: i32[] = add(2147483647:i32, 1:i32)
      b: i32[] = div(-7:i32, 2:i32)
      c: i32[] = div(1:i32, 0:i32)
      d: u32[] = sub(0:u32, 1:u32)
      return a, b, c, d
    }""")
    want = [np.array(-(2**31), np.int32), np.array(-3, np.int32), np.array(0, np.int32)]
    want.append(np.array(2**32 - 1, np.uint32))
    assert not fold(g).eqns
    assert_same_bits(evaluate_numpy(fold(g), []), want)


@given(graphs(), st.integers(0, 99))
def test_meaning_is_kept(graph, seed) -> None:
    assert_keeps_meaning(fold, graph, seed)
