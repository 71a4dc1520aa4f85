"""The gradient of a sort."""

from __future__ import annotations

import numpy as np
import pytest

from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.passes.simplify import simplify

TEXT = """graph f(x: f32[2,300], ct: f32[2,300]) {
  order: i32[2,300] = sort_indices(x) {axis=1, descending=false}
  y: f32[2,300] = put_along(ct, order) {axis=1, mode="clip", size=300}
  return y
}"""
SIZE = TEXT.replace("y: f32[2,300]", "y: f32[2,301]").replace("size=300", "size=301")


def test_updates_of_a_permutation_are_read_through_its_inverse() -> None:
    before = parse_graph(TEXT)
    after = simplify(before)
    assert [e.prim.name for e in after.eqns] == ["sort_indices", "sort_indices", "take_along"]
    arrays = list(np.random.default_rng(0).normal(size=(2, 2, 300)).astype(np.float32))
    np.testing.assert_array_equal(*(evaluate_numpy(g, arrays)[0] for g in (before, after)))


@pytest.mark.parametrize(
    "text", [SIZE, TEXT.replace("300", "200"), TEXT.replace("axis=1, d", "axis=0, d")]
)
def test_others_and_short_ones_are_left_alone(text: str) -> None:
    after = simplify(parse_graph(text))
    assert [e.prim.name for e in after.eqns] == ["sort_indices", "put_along"]
