"""Splits keep the meaning, and happen only where they pay."""

from __future__ import annotations

import numpy as np
import pytest

from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.ir.verify import verify
from texelate.compiler.passes.split import split
from texelate.compiler.target import Target

SUM = 'graph f(a: f32[3,40000]) { b: f32[3] = reduce(a) {axes=(1), monoid="sum"} return b }'
MAX = 'graph f(a: f32[300,64,2]) { b: f32[2] = reduce(a) {axes=(0,1), monoid="max"} return b }'
DOT = """graph f(a: f32[4096,9], b: f32[24,4096]) {
  c: f32[9,24] = dot_general(a, b) {batch=((),()), contract=((0),(1))}
  return c
}"""
BATCHED = """graph f(a: f32[2,5,3,4096], b: f32[2,4096,3,8]) {
  c: f32[2,5,8] = dot_general(a, b) {batch=((0),(0)), contract=((2,3),(2,1))}
  return c
}"""
UNEVEN = BATCHED.replace("4096", "4099")
CONV = """graph f(a: f32[1,1,10,10,128], b: f32[1,8,8,128,24]) {
  c: f32[1,1,3,3,24] = conv_general(a, b) {
    lhs_dilation=(1,1), padding=((0,0),(0,0)), rhs_dilation=(1,1), strides=(1,1)}
  return c
}"""
UNEVEN_CONV = CONV.replace("128", "131")

SCANS = [
    f"graph f(a: f32[{shape}]) {{ b: f32[{shape}] = "
    f'cumulative(a) {{axis={axis}, monoid="{monoid}", reverse={reverse}}} return b }}'
    for shape, axis, monoid, reverse in [
        ("40000", 0, "sum", "false"), ("40000", 0, "sum", "true"), ("2,8209,3", 1, "max", "false"),
        ("8209,2", 0, "min", "true"), ("9001", 0, "prod", "true"),
    ]
]  # fmt: skip


def ops(graph: Graph) -> list[str]:
    return [e.prim.name for e in graph.eqns]


@pytest.mark.parametrize("target", [Target.software(), Target.gpu()])
@pytest.mark.parametrize("text", [SUM, MAX, DOT, BATCHED, UNEVEN, CONV, UNEVEN_CONV, *SCANS])
def test_split_keeps_the_meaning(text: str, target: Target) -> None:
    graph = parse_graph(text)
    after = split(graph, target)
    verify(after)
    assert len(after.eqns) > len(graph.eqns)
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=v.aval.shape).astype(np.float32) for v in graph.inputs]
    got, want = evaluate_numpy(after, arrays), evaluate_numpy(graph, arrays)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-3, atol=1e-3)


def test_a_long_sum_becomes_partial_sums() -> None:
    assert ops(split(parse_graph(SUM), Target.software())) == ["reshape", "reduce", "reduce"]


def test_a_long_scan_becomes_scans_of_blocks_and_of_their_totals() -> None:
    after = ops(split(parse_graph(SCANS[0]), Target.software()))
    scans = ["reduce", "cumulative", "pad", "broadcast_in_dim", "cumulative", "add"]
    assert after == ["reshape", *scans, "reshape"]


def test_a_long_product_becomes_a_batch_of_products_and_a_sum() -> None:
    after = ops(split(parse_graph(DOT), Target.software()))
    assert after == ["reshape", "reshape", "dot_general", "reduce"]


def test_what_is_left_of_an_uneven_cut_is_added() -> None:
    after = ops(split(parse_graph(UNEVEN), Target.software()))
    whole = ["slice", "slice", "reshape", "reshape", "dot_general", "reduce"]
    assert after == [*whole, "slice", "slice", "dot_general", "add"]


@pytest.mark.parametrize(
    "text",
    [
        SUM.replace("40000", "100"),
        SUM.replace("[3", "[30000").replace("40000", "5000"),
        SCANS[0].replace("40000", "4000"),
        SCANS[0].replace("40000", "10000,64"),
        DOT.replace("4096", "64"),
        DOT.replace("9", "900").replace("24", "240"),
    ],
)
def test_what_fills_the_machine_is_left_alone(text: str) -> None:
    graph = parse_graph(text)
    assert ops(split(graph, Target.software())) == ops(graph)
