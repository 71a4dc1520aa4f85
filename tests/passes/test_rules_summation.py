"""Rules for reductions and contractions: before → expected, and their values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ir.helpers import assert_pass, assert_same_bits, equations
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.passes.simplify import simplify

ONES = "w: f32[2,3] = broadcast_in_dim(1.0:f32) {dims=(), shape=(2,3)}"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('y: f32[1,2,3] = reshape(a) {shape=(1,2,3)} z: f32[2,3] = reduce(y) '
         '{axes=(0), monoid="sum"}', ("", "a")),
        (f'{ONES} z: f32[3] = reduce(w) {{axes=(0), monoid="sum"}}',
         ("z: f32[3] = broadcast_in_dim(2.0:f32) {dims=(), shape=(3)}", "z")),
        (f'{ONES} z: f32[] = reduce(w) {{axes=(0,1), monoid="sum"}}', ("", "6.0:f32")),
        (f'{ONES} z: f32[] = reduce(w) {{axes=(0,1), monoid="max"}}', ("", "1.0:f32")),
        ('y: f32[3] = reduce(a) {axes=(0), monoid="max"} z: f32[] = reduce(y) '
         '{axes=(0), monoid="max"}', ('z: f32[] = reduce(a) {axes=(0,1), monoid="max"}', "z")),
    ],
)  # fmt: skip
def test_reductions(before: str, expected: tuple[str, str]) -> None:
    assert_pass(simplify, equations(before), equations(expected[0], result=expected[1]))


@pytest.mark.parametrize(
    "text",
    [
        # 0.1 added up is not 0.1 times its number; order matters in float sums.
        "y: f32[2,3] = broadcast_in_dim(0.1:f32) {dims=(), shape=(2,3)}"
        'z: f32[] = reduce(y) {axes=(0,1), monoid="sum"}',
        'y: f32[3] = reduce(a) {axes=(0), monoid="sum"}'
        'z: f32[] = reduce(y) {axes=(0), monoid="sum"}',
    ],
)
def test_inexact_sums_stay(text: str) -> None:
    assert_pass(simplify, equations(text), equations(text))


def test_integer_sums_of_a_constant_wrap() -> None:
    g = parse_graph("""graph f() {
      a: i32[3] = broadcast_in_dim(2147483647:i32) {dims=(), shape=(3)}
      b: i32[] = reduce(a) {axes=(0), monoid="sum"}
      return b
    }""")
    assert not simplify(g).eqns
    assert_same_bits(evaluate_numpy(simplify(g), []), evaluate_numpy(g, []))


def test_contractions_read_transposed_operands_in_place() -> None:
    assert_pass(
        simplify,
        """graph f(a: f32[5,4], b: f32[6,5]) {
          x: f32[4,5] = transpose(a) {perm=(1,0)}
          y: f32[5,6] = transpose(b) {perm=(1,0)}
          z: f32[4,6] = dot_general(x, y) {batch=((),()), contract=((1),(0))}
          return z
        }""",
        """graph f(a: f32[5,4], b: f32[6,5]) {
          z: f32[4,6] = dot_general(a, b) {batch=((),()), contract=((0),(1))}
          return z
        }""",
    )


def test_a_transposed_product_swaps_its_operands() -> None:
    assert_pass(
        simplify,
        """graph f(a: f32[7,4,5], b: f32[7,5,6]) {
          y: f32[7,4,6] = dot_general(a, b) {batch=((0),(0)), contract=((2),(1))}
          z: f32[7,6,4] = transpose(y) {perm=(0,2,1)}
          return z
        }""",
        """graph f(a: f32[7,4,5], b: f32[7,5,6]) {
          z: f32[7,6,4] = dot_general(b, a) {batch=((0),(0)), contract=((1),(2))}
          return z
        }""",
    )


@pytest.mark.parametrize(
    "text",
    [
        # Free axes that change order; a product that something else reads too.
        "graph f(a: f32[5,4,3], b: f32[5]) { x: f32[5,3,4] = transpose(a) {perm=(0,2,1)}"
        " z: f32[3,4] = dot_general(x, b) {batch=((),()), contract=((0),(0))} return z }",
        "graph f(a: f32[5,4], b: f32[4,6]) {"
        " y: f32[5,6] = dot_general(a, b) {batch=((),()), contract=((1),(0))}"
        " z: f32[6,5] = transpose(y) {perm=(1,0)} return y, z }",
    ],
)
def test_contractions_that_stay(text: str) -> None:
    assert_pass(simplify, text, text)


@given(st.permutations(range(3)), st.permutations(range(3)), st.booleans(), st.integers(0, 9))
def test_transposed_contractions_keep_their_value(left, right, batched, seed) -> None:
    """On small integers, whose sums are exact in any order."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(np.argsort(p)) for p in (left, right)]
    extents = (2, 3, 3) if batched else (3, 3, 3)
    a, b = (rng.integers(-4, 5, [extents[i] for i in s]).astype(np.float32) for s in shapes)
    batch, contract = ("((0),(0))", "((2),(1))") if batched else ("((),())", "((2,0),(1,2))")
    result = (2, 3, 3) if batched else (3, 3)
    swap = [*range(len(result) - 2), len(result) - 1, len(result) - 2]

    def text(xs) -> str:
        return ",".join(map(str, xs))

    g = parse_graph(f"""graph f(a: f32[{text(a.shape)}], b: f32[{text(b.shape)}]) {{
      x: f32[{text(extents)}] = transpose(a) {{perm=({text(left)})}}
      y: f32[{text(extents)}] = transpose(b) {{perm=({text(right)})}}
      d: f32[{text(result)}] = dot_general(x, y) {{batch={batch}, contract={contract}}}
      z: f32[{text([result[i] for i in swap])}] = transpose(d) {{perm=({text(swap)})}}
      return z
    }}""")
    assert_same_bits(evaluate_numpy(simplify(g), [a, b]), evaluate_numpy(g, [a, b]))
