"""Arrays larger than one binding: several bindings on parts of one buffer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.lower.running import agree, opened, run, target
from texelate.compiler.driver import Compiled, compile_graph
from texelate.compiler.errors import ProgramError
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.program import Program

RNG = np.random.default_rng(11)
GRAPHS = {
    "map": """graph f(a: f32[100,37], b: f32[37]) {
      c: f32[100,37] = broadcast_in_dim(b) {dims=(1), shape=(100,37)}
      d: f32[100,37] = add(a, c)
      e: f32[100,37] = tanh(d)
      return e
    }""",
    "vectors": """graph f(a: f32[64,64]) {
      b: f32[64,64] = transpose(a) {perm=(1,0)}
      c: f32[64,64] = mul(a, b)
      return c
    }""",
    "rows": """graph f(a: f32[90,40]) {
      m: f32[90] = reduce(a) {axes=(1), monoid="max"}
      c: f32[90,40] = broadcast_in_dim(m) {dims=(0), shape=(90,40)}
      d: f32[90,40] = sub(a, c)
      return d, m
    }""",
    "product": """graph f(a: f32[70,50], b: f32[50,60]) {
      c: f32[70,60] = dot_general(a, b) {contract=((1),(0)), batch=((),())}
      return c
    }""",
    "bool": """graph f(a: f32[3000]) {
      c: bool[3000] = gt(a, 0.0:f32)
      return c
    }""",
}


def windowed(graph: Graph, nbytes: int, name: str = "software", **kw: Any) -> Compiled:
    """``graph`` for an adapter that binds ``nbytes`` at most."""
    return compile_graph(graph, replace(target(name), max_binding_bytes=nbytes), **kw)


@pytest.mark.parametrize("name", ["software", "gpu"])
@pytest.mark.parametrize("text", GRAPHS.values(), ids=list(GRAPHS))
def test_kernels_find_the_window(text: str, name: str) -> None:
    graph = parse_graph(text)
    arrays = [RNG.normal(size=a.shape).astype(np.float32) for a in graph.in_avals]
    program = windowed(graph, 8192, name)
    assert any(step.sizes for step in program.program.dispatches)
    agree(run(program, arrays), evaluate_numpy(graph, arrays), 1e-5)
    again = replace(program, program=Program.from_json(program.program.to_json()))
    agree(run(again, arrays), run(program, arrays), 0)


def test_no_kernel_has_more_bindings_than_it_may() -> None:
    """A sum of six arrays of three bindings each is parted."""
    graph = parse_graph("""graph f(a: f32[5000], b: f32[5000], c: f32[5000], d: f32[5000]) {
      e: f32[5000] = add(a, b)
      f: f32[5000] = mul(c, d)
      g: f32[5000] = sub(e, f)
      return g
    }""")
    arrays = [RNG.normal(size=5000).astype(np.float32) for _ in range(4)]
    program = windowed(graph, 10_240)
    assert max(len(s.access) for s in program.program.shaders) <= 8
    agree(run(program, arrays), evaluate_numpy(graph, arrays), 1e-6)


def test_a_large_array_is_computed_in_place() -> None:
    graph = parse_graph("""graph f(a: f32[5000]) {
      b: f32[5000] = exp(a)
      return b
    }""")
    (a,) = arrays = [RNG.normal(size=5000).astype(np.float32)]
    program = windowed(graph, 8192, donated=[0])
    device = opened()
    (out,) = device.load(program.program).run([device.upload(a)], [True])
    got = device.read(out, np.dtype(np.float32), 5000)
    agree([got], evaluate_numpy(graph, arrays), 1e-6)


def test_parts_outside_their_buffer_are_refused() -> None:
    program = windowed(parse_graph(GRAPHS["bool"]), 8192).program
    (step,) = program.dispatches
    beyond = replace(step, offsets=(*step.offsets[:-1], 1 << 20))
    with pytest.raises(ProgramError, match="binds bytes"):
        opened().load(replace(program, steps=(beyond,)))
    twice = replace(step, offsets=(0,) * len(step.offsets))
    with pytest.raises(ProgramError, match=r"binds twice|binds bytes"):
        opened().load(replace(program, steps=(twice,)))


def test_an_array_larger_than_the_adapter_binds() -> None:
    """160 MiB, where lavapipe binds 128: through the front end, stored and read again."""
    with tx.backend("webgpu"):
        x = (np.arange(40 << 20, dtype=np.uint32) % 10_007).astype(np.float32).reshape(40, -1)
        y = tx.block_until_ready(tnp.asarray(x) * 0.5)
        np.testing.assert_array_equal(np.asarray(y[:, -1]), x[:, -1] * 0.5)
        np.testing.assert_array_equal(np.asarray(y[33, 5:5000:7]), x[33, 5:5000:7] * 0.5)
