"""Kernels of several parts: none writes in place what another part reads."""

from __future__ import annotations

from texelate.compiler.driver import compile_graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.target import Target


def test_parts_of_one_element_do_not_share_memory() -> None:
    """Both parts read the given element at place 0: no result may lie over it."""
    text = """
    graph f(a: f32[1]) {
      b: f32[1] = exp(a)
      c: f32[] = reshape(a) {shape=()}
      d: f32[] = sin(c)
      return b, d
    }"""
    compiled = compile_graph(parse_graph(text), Target.software(), donated=(0,))
    kinds = [k.schedule for k in compiled.kernels]
    assert len(kinds) > 1 or not compiled.program.donated
