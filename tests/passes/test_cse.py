"""Common subexpression elimination."""

from hypothesis import given
from hypothesis import strategies as st

from tests.ir.helpers import assert_keeps_meaning, assert_pass, graphs
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.passes.cse import cse


def test_chains_of_equal_equations_merge() -> None:
    assert_pass(
        cse,
        """graph f(a: f32[2], b: f32[2]) {
          c: f32[2] = add(a, b)
          d: f32[2] = add(a, b)
          e: f32[2] = exp(c)
          f: f32[2] = exp(d)
          g: f32[2] = sub(e, f)
          return g, f
        }""",
        """graph f(a: f32[2], b: f32[2]) {
          c: f32[2] = add(a, b)
          e: f32[2] = exp(c)
          g: f32[2] = sub(e, e)
          return g, e
        }""",
    )


def test_parameters_and_literal_bits_tell_equations_apart() -> None:
    text = """graph f(a: f32[2]) {
      b: f32[2] = mul(a, 0.0:f32)
      c: f32[2] = mul(a, -0.0:f32)
      d: f32[2] = integer_pow(a) {y=2}
      e: f32[2] = integer_pow(a) {y=3}
      return b, c, d, e
    }"""
    assert_pass(cse, text, text)


def test_equal_nan_literals_merge() -> None:
    g = parse_graph("""graph f(a: f32[2]) {
      b: f32[2] = max(a, nan:f32)
      c: f32[2] = max(a, nan:f32)
      return b, c
    }""")
    assert len(cse(g).eqns) == 1


def test_results_of_different_weakness_stay_apart() -> None:
    text = """graph f(a: f32[]~) {
      b: f32[]~ = add(a, 1.0:f32~)
      c: f32[] = add(a, 1.0:f32)
      d: f32[]~ = exp(b)
      e: f32[] = exp(c)
      return d, e
    }"""
    assert_pass(cse, text, text)


@given(graphs(), st.integers(0, 99))
def test_meaning_is_kept(graph, seed) -> None:
    assert_keeps_meaning(cse, graph, seed)
