"""Dead code elimination."""

from hypothesis import given
from hypothesis import strategies as st

from tests.ir.helpers import assert_keeps_meaning, assert_pass, graphs
from texelate.compiler.ir.graph import vars_of
from texelate.compiler.passes.dce import dce


def test_chains_that_nothing_reads_go_and_inputs_stay() -> None:
    assert_pass(
        dce,
        """graph f(a: f32[2], b: f32[2]) {
          c: f32[2] = exp(a)
          d: f32[2] = log(b)
          e: f32[2] = add(d, c)
          return c
        }""",
        """graph f(a: f32[2], b: f32[2]) {
          c: f32[2] = exp(a)
          return c
        }""",
    )


def test_outputs_that_are_inputs_or_literals_keep_nothing_alive() -> None:
    assert_pass(
        dce,
        "graph f(a: f32[2]) { b: f32[2] = exp(a) return a, 1.0:f32 }",
        "graph f(a: f32[2]) { return a, 1.0:f32 }",
    )


@given(graphs(), st.integers(0, 99))
def test_meaning_is_kept_and_everything_left_is_read(graph, seed) -> None:
    assert_keeps_meaning(dce, graph, seed)
    left = dce(graph)
    read = {*vars_of(left.outputs), *(v for e in left.eqns for v in vars_of(e.inputs))}
    assert all(e.out in read for e in left.eqns)
