"""Programs that were wrong once, and programs of unusual shape, size or number, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.lower.running import TARGETS, agree, check, compiled, opened, read_outputs
from tests.lower.running import target as target_of
from tests.passes.test_fuse import SOFTMAX
from texelate.compiler.driver import Compiled
from texelate.compiler.errors import LimitError
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.index import Loop
from texelate.compiler.ir.kernel import Assign, For, const
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.lower.trips import MAX_TRIPS, limit_trips, trips
from texelate.runtime import to_words

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
    buffers = [opened().upload(to_words(a)) for a in arrays]
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


# --- nothing at all ------------------------------------------------------------------------------

DOT = "dot_general({}, {}) {{batch=((),()), contract=((1),(0))}}"
NOTHING = {
    "map": "f(a: f32[3,0,2]) { b: f32[3,0,2] = sin(a) return b, a, b }",
    "sum of none": """f(a: f32[3,0]) {
      b: f32[3] = reduce(a) {axes=(1), monoid="sum"}
      c: f32[3,0] = broadcast_in_dim(b) {shape=(3,0), dims=(0)}
      d: f32[3,0] = add(a, c)
      e: f32[] = reduce(a) {axes=(0,1), monoid="prod"}
      return b, d, e }""",
    "no sums": 'f(a: f32[0,5]) { b: f32[0] = reduce(a) {axes=(1), monoid="max"} return b }',
    "dot over none": "f(a: f32[64,0], b: f32[0,64]) { y: f32[64,64] = "
    + DOT.format("a", "b") + "return y }",
    "dot of none": "f(a: f32[0,3], b: f32[3,4]) { y: f32[0,4] = "
    + DOT.format("a", "b") + "return y }",
    "dot of an empty dot": "f(a: f32[5,3], b: f32[3,0], c: f32[0,7]) { y: f32[5,0] = "
    + DOT.format("a", "b") + "w: f32[5,7] = " + DOT.format("y", "c") + "return w }",
    "windows of empty sums": """f(a: f32[0,3]) {
      r: f32[0] = reduce(a) {axes=(1), monoid="sum"}
      w: f32[3] = reduce_window(r)
        {monoid="sum", window=(2), strides=(1), padding=((2,2)), dilation=(1)}
      return w }""",
    "padding only": """f(a: f32[5,3], b: f32[3,0], c: f32[5,2]) {
      y: f32[5,0] = """ + DOT.format("a", "b") + """
      p: f32[5,4] = pad(y, 1.0:f32) {low=(0,2), high=(0,2), interior=(0,0)}
      q: f32[5,2] = concatenate(y, c) {axis=1}
      return p, q }""",
    "indices": """f(a: f32[5,3], i: i32[0]) {
      g: f32[5,0] = gather(a, i) {axis=1}
      return g }""",
    "no operands": "f(k: u32[2]) { y: u32[0,3] = random_bits(k) {shape=(0,3)} return y }",
    "only inputs": "f(a: f32[0], b: f32[3]) { return a, b, b, 2.0:f32, a }",
    "only literals": "f() { return 1.0:f32, 2:i32, true:bool, 2:i32 }",
    "no outputs": "f(a: f32[3]) { return }",
}  # fmt: skip


@both
@pytest.mark.parametrize("name", NOTHING)
def test_empty_arrays(name: str, target: str) -> None:
    graph = parse_graph("graph " + NOTHING[name])
    arrays = [np.ones(a.shape, a.dtype.numpy) for a in graph.in_avals]
    check(graph, arrays, target)


@both
def test_rank_0(target: str) -> None:
    graph = parse_graph("""graph f(a: f32[], b: f32[]) {
      c: f32[] = mul(a, b)
      d: f32[] = dot_general(c, b) {batch=((),()), contract=((),())}
      e: f32[] = reduce(c) {axes=(), monoid="sum"}
      r: f32[1,1] = reshape(e) {shape=(1,1)}
      j: bool[] = lt(a, b)
      k: f32[] = select(j, a, b)
      return d, e, r, j, k
    }""")
    check(graph, normal(graph), target)


@both
def test_rank_6(target: str) -> None:
    graph = parse_graph("""graph f(a: f32[2,3,1,4,2,3]) {
      b: f32[3,2,4,1,3,2] = transpose(a) {perm=(5,4,3,2,1,0)}
      s: f32[3,4,3] = reduce(b) {axes=(1,3,5), monoid="sum"}
      c: f32[3,2,4,1,3,2] = broadcast_in_dim(s) {dims=(0,2,4), shape=(3,2,4,1,3,2)}
      d: f32[3,2,4,1,3,2] = sub(b, c)
      e: f32[3,2,4,1,3,2] = rev(d) {axes=(0,2,5)}
      h: f32[2,3,1,2,1,2] = dot_general(a, d) {batch=((0,1),(1,0)), contract=((3,5),(2,4))}
      return d, s, e, h
    }""")
    check(graph, normal(graph), target)


# --- many operations -----------------------------------------------------------------------------


def test_two_thousand_operations_in_a_row() -> None:
    """Compiled in kernels of bounded depth, without recursion into Python's limit."""
    lines = [f"x{i + 1}: f32[64] = sin(x{i})" for i in range(2000)]
    graph = parse_graph(f"graph f(x0: f32[64]) {{ {' '.join(lines)} return x2000 }}")
    program = check(graph, normal(graph), "software")
    assert len(program.kernels) < 60


def test_two_hundred_outputs() -> None:
    lines = [f"x{i}: f32[64] = mul(a, {i + 2}.0:f32)" for i in range(200)]
    names = ", ".join(f"x{i}" for i in range(200))
    graph = parse_graph(f"graph f(a: f32[64]) {{ {' '.join(lines)} return {names} }}")
    program = check(graph, normal(graph), "gpu")
    most = target_of("gpu").max_batched_buffers
    assert all(len(d.buffers) <= most for d in program.program.dispatches)


# --- long loops ----------------------------------------------------------------------------------
# llvmpipe silently ends all loops of an invocation after 65535 iterations.

LONG = {
    "dot": """f(a: f32[300007], b: f32[300007]) {
      y: f32[] = dot_general(a, b) {batch=((),()), contract=((0),(0))}
      return y }""",
    "matmul": """f(a: f32[2,300007], b: f32[300007,3]) {
      y: f32[2,3] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
      return y }""",
    "sum of a prime number": """f(a: f32[300007]) {
      y: f32[] = reduce(a) {axes=(0), monoid="sum"}
      return y }""",
    "columns": """f(a: f32[300007,2]) {
      y: f32[2] = reduce(a) {axes=(0), monoid="sum"}
      z: f32[2] = reduce(a) {axes=(0), monoid="max"}
      return y, z }""",
    "axes apart": """f(a: f32[50001,2,3]) {
      y: f32[2] = reduce(a) {axes=(0,2), monoid="sum"}
      return y }""",
    "positions": """f(a: f32[300007], b: f32[100003,3]) {
      y: i32[] = argmax(a) {axis=0}
      z: i32[3] = argmin(b) {axis=0}
      return y, z }""",
    "one window": """f(x: f32[1,300,300,2]) {
      y: f32[1,1,1,2] = reduce_window(x)
        {monoid="sum", window=(1,300,300,1), strides=(1,1,1,1), padding=((0,0),(0,0),(0,0),(0,0)),
         dilation=(1,1,1,1)}
      return y }""",
    "row chain": """f(x: f32[17,70001]) {
      m: f32[17] = reduce(x) {axes=(1), monoid="max"}
      b: f32[17,70001] = broadcast_in_dim(m) {dims=(0), shape=(17,70001)}
      s: f32[17,70001] = sub(x, b)
      t: f32[17] = reduce(s) {axes=(1), monoid="sum"}
      return s, t }""",
}


@both
@pytest.mark.parametrize("name", LONG)
def test_long_loops_run_to_their_end(name: str, target: str) -> None:
    graph = parse_graph("graph " + LONG[name])
    arrays = [RNG.random(a.shape).astype(np.float32) for a in graph.in_avals]
    check(graph, arrays, target, 1e-4)


def test_loops_within_the_limit_are_left_alone() -> None:
    short, long = (For(Loop("j", n), (Assign("x", const(1, float32)),)) for n in (65535, 65536))
    assert limit_trips((short,)) == (short,)
    (limited,) = limit_trips((long,))
    assert trips([limited]) == 32768
    nest = For(Loop("i", 1000), (For(Loop("j", 1000), ()),))
    assert trips(limit_trips((nest,))) <= MAX_TRIPS
    with pytest.raises(LimitError, match="loop iterations"):
        limit_trips((For(Loop("i", 10**9), ()),))


@both
@pytest.mark.parametrize("columns", [257, 300, 4096, 4099])
def test_row_chains_of_a_workgroup(columns: int, target: str) -> None:
    """Rows that the invocations of a workgroup do not share out evenly."""
    text = SOFTMAX.replace("32", str(columns)).replace(f"f{columns}", "f32")
    graph = parse_graph(text)
    assert graph.in_avals[0].shape == (64, columns)
    check(graph, normal(graph), target)


# --- indices -------------------------------------------------------------------------------------


@both
def test_constant_positions(target: str) -> None:
    """Gathering from a concatenation at position 0: no constant index is negative."""
    graph = parse_graph("""graph f(a: f32[7]) {
      c: f32[21] = concatenate(a, a, a) {axis=0}
      i: i32[1] = iota() {shape=(1), dtype=i32, axis=0}
      g: f32[1] = gather(c, i) {axis=0}
      return g
    }""")
    check(graph, normal(graph), target)


@both
def test_windows_seen_through_a_leading_axis(target: str) -> None:
    """14 rows are no whole vectors: the last vector overhangs, where ``row // 14`` is not 0."""
    graph = parse_graph("""graph f(a: f32[7,4]) {
      m: f32[7,2] = reduce_window(a)
        {monoid="sum", window=(3,1), strides=(1,2), padding=((0,2),(0,0)), dilation=(1,1)}
      n: f32[1,7,2] = broadcast_in_dim(m) {dims=(1,2), shape=(1,7,2)}
      return n
    }""")
    check(graph, normal(graph), target)


@both
def test_remainders_in_a_long_sum(target: str) -> None:
    """fmod has a loop of its own, inside the loop of the sum."""
    graph = parse_graph("""graph f(a: f32[300,4000]) {
      r: f32[300,4000] = rem(a, 0.0625:f32)
      s: f32[300] = reduce(r) {axes=(1), monoid="sum"}
      return s
    }""")
    a = (RNG.random((300, 4000)) * 1e9).astype(np.float32)
    check(graph, [a], target, 1e-3)


def test_several_vectors_an_invocation_in_place() -> None:
    """A large map walks on: 1,000 x 80 = 80,000 elements, a row and a column beside the operand."""
    text = """graph f(a: f32[1000,80], b: f32[80], c: f32[1000]) {
      d: f32[1000,80] = broadcast_in_dim(b) {dims=(1), shape=(1000,80)}
      e: f32[1000,80] = broadcast_in_dim(c) {dims=(0), shape=(1000,80)}
      f: f32[1000,80] = mul(a, d)
      g: f32[1000,80] = add(f, e)
      return g
    }"""
    program = check_donated(text, [0], "software")
    assert "4 x vec4 over rows" in program.kernels[0].schedule
