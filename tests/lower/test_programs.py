"""Programs that were wrong once, and programs of unusual shape, size or number, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.lower.running import TARGETS, agree, check, compiled, opened, read_outputs, words
from texelate.compiler.driver import Compiled
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.text import parse_graph

RNG = np.random.default_rng(3)
Array = np.ndarray[Any, Any]
both = pytest.mark.parametrize("target", TARGETS)


def normal(graph: Graph) -> list[Array]:
    return [RNG.normal(size=a.shape).astype(np.float32) for a in graph.in_avals]


def check_donated(
    text: str, donated: Sequence[int], target: str, tolerance: float = 1e-4
) -> Compiled:
    """Outputs may take the buffers of the donated inputs; the results must not suffer."""
    graph = parse_graph(text)
    arrays = normal(graph)
    program = compiled(graph, target, donated=donated)
    buffers = [opened().upload(words(a)) for a in arrays]
    outs = opened().load(program.program).run(buffers, [i in donated for i in range(len(arrays))])
    agree(read_outputs(program, outs), evaluate_numpy(graph, arrays), tolerance)
    return program


# --- donated buffers -----------------------------------------------------------------------------


@both
def test_reversed_residual_is_not_updated_in_place(target: str) -> None:
    """An invocation owns all four rows: storing the first would destroy what the last adds."""
    text = """graph f(a: f32[4,3], b: f32[3,300], r: f32[4,300]) {
      y: f32[4,300] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
      q: f32[4,300] = rev(r) {axes=(0)}
      z: f32[4,300] = add(y, q)
      return z
    }"""
    assert check_donated(text, [2], target).program.donated == ()


@both
def test_residual_is_updated_in_place(target: str) -> None:
    text = """graph f(a: f32[4,3], b: f32[3,300], r: f32[4,300]) {
      y: f32[4,300] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
      z: f32[4,300] = add(y, r)
      return z
    }"""
    assert check_donated(text, [2], target).program.donated == (2,)


@both
def test_what_a_whole_workgroup_reads_is_not_updated_in_place(target: str) -> None:
    """The first invocation stores ``w`` while the others still read ``v``."""
    text = """graph f(x: f32[64,2048], v: f32[64]) {
      s: f32[64] = reduce(x) {axes=(1), monoid="sum"}
      w: f32[64] = add(s, v)
      vb: f32[64,2048] = broadcast_in_dim(v) {dims=(0), shape=(64,2048)}
      sb: f32[64,2048] = broadcast_in_dim(s) {dims=(0), shape=(64,2048)}
      z: f32[64,2048] = sub(x, vb)
      y: f32[64,2048] = sub(z, sb)
      return w, y
    }"""
    check_donated(text, [1], target, 1e-3)


# --- types ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("monoid", ["any", "all"])
def test_long_rows_of_bools(monoid: str, target: str) -> None:
    """A workgroup folds them through workgroup memory, which holds bools as bools."""
    text = f'b: bool[3] = reduce(a) {{axes=(1), monoid="{monoid}"}}'
    text = f"graph f(a: bool[3,700]) {{ {text} return b }}"
    a = np.array([[True] * 700, [False] * 700, [True] * 699 + [False]])
    check(parse_graph(text), [a], target)


# --- constants -----------------------------------------------------------------------------------
# WGSL refuses a constant expression whose value is infinite, NaN or out of range.


@both
@pytest.mark.parametrize(
    "lines",
    [
        "b: f32[4] = log(i)",
        "c: f32[4] = sub(i, 2.0:f32) b: f32[4] = sqrt(c)",
        "c: f32[4] = sub(i, 2.0:f32) b: f32[4] = div(c, i)",
        "c: f32[4] = add(i, 100.0:f32) b: f32[4] = exp(c)",
        "c: f32[4] = add(i, 3e38:f32) b: f32[4] = add(c, c)",
        """c: i32[4] = convert(i) {dtype=i32} d: i32[4] = sub(c, 1:i32)
        b: f32[4] = bitcast(d) {dtype=f32}""",
        """c: i32[4] = convert(i) {dtype=i32} d: i32[4] = add(c, 2147483647:i32)
        e: i32[4] = add(d, d) b: f32[4] = convert(e) {dtype=f32}""",
        """c: i32[4] = convert(i) {dtype=i32} d: i32[4] = rem(7:i32, c)
        e: i32[4] = shift_left(d, 40:i32) b: f32[4] = convert(e) {dtype=f32}""",
    ],
)
def test_constants_that_wgsl_refuses(lines: str, target: str) -> None:
    """``i`` is zero everywhere, which shows only when the kernel is written."""
    zeros = (
        "j: f32[4,1] = iota() {shape=(4,1), dtype=f32, axis=1} i: f32[4] = reshape(j) {shape=(4)}"
    )
    graph = parse_graph(
        f"graph f(a: f32[4]) {{ {zeros} {lines} r: f32[4] = add(a, b) return r, b }}"
    )
    check(graph, normal(graph), target)
