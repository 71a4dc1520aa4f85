"""The memory plan: reuse, in-place updates, donation."""

from __future__ import annotations

from texelate.compiler.driver import compile_graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.program import Program
from texelate.compiler.target import Target


def program(text: str, donated: tuple[int, ...] = ()) -> Program:
    return compile_graph(parse_graph(text), Target.software(), donated).program


def chain(n: int) -> str:
    """Matrix products in a row: every one needs a buffer, two are alive at a time."""
    lines, last = [], "x"
    for i in range(n):
        lines.append(
            f"y{i}: f32[32,32] = dot_general({last}, x) {{batch=((),()), contract=((1),(0))}}"
        )
        last = f"y{i}"
    return f"graph f(x: f32[32,32]) {{ {' '.join(lines)} return {last} }}"


def test_dead_temporaries_are_reused() -> None:
    temps = [b for b in program(chain(9)).buffers if b.role == "temp"]
    assert len(temps) == 2


def test_no_kernel_reads_and_writes_one_buffer_twice() -> None:
    for step in program(chain(9)).dispatches:
        assert len(set(step.buffers)) == len(step.buffers)


UPDATE = """graph f(p: f32[64], g: f32[64]) {
  s: f32[64] = mul(g, 0.1:f32)
  q: f32[64] = sub(p, s)
  return q
}"""


def test_a_donated_input_is_updated_in_place() -> None:
    donated = program(UPDATE, donated=(0,))
    assert donated.donated == (0,)
    assert donated.outputs[0].buffer == donated.inputs[0].buffer
    assert [s.access for s in donated.shaders] == ["rw"]


def test_nothing_is_overwritten_without_donation() -> None:
    kept = program(UPDATE)
    assert kept.donated == ()
    assert kept.outputs[0].buffer != kept.inputs[0].buffer


def test_a_donated_input_read_elsewhere_is_not_overwritten_by_that_kernel() -> None:
    """Reversing in place would read what it has already overwritten."""
    text = "graph f(p: f32[64]) { q: f32[64] = rev(p) {axes=(0)} return q }"
    plan = program(text, donated=(0,))
    assert plan.outputs[0].buffer != plan.inputs[0].buffer


def test_an_input_returned_as_it_is_keeps_its_buffer() -> None:
    text = "graph f(p: f32[64]) { q: f32[64] = exp(p) return p, q }"
    plan = program(text, donated=(0,))
    assert plan.outputs[0].buffer == plan.inputs[0].buffer
    assert plan.outputs[1].buffer != plan.inputs[0].buffer


def test_peak_bytes_count_every_buffer() -> None:
    assert program(UPDATE).peak_bytes == 3 * 64 * 4
