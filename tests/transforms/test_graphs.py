"""What transforms make: which equations, from which lines, with which residuals and errors."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from tests.transforms.programs import MLP, arrays
from texelate.compiler.errors import GradientError
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import GraphTrace, Tracer
from texelate.compiler.ir.dtypes import float32, int32
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.primitive import REGISTRY, lookup
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.ir.verify import verify
from texelate.compiler.transforms.jvp import jvp_graph
from texelate.compiler.transforms.linearize import linearize_graph
from texelate.compiler.transforms.transpose import vjp_graph
from texelate.compiler.transforms.vmap import vmap_graph


def names(graph: Graph) -> list[str]:
    return [e.prim.name for e in graph.eqns]


def test_gradients_of_matmuls_need_no_transpose() -> None:
    graph = vjp_graph(MLP.graph(), [True] * 6)
    assert "transpose" not in names(graph)
    assert names(graph).count("dot_general") == 2 * 3


def test_linear_half_is_linear_and_holds_no_known_work() -> None:
    args, tangents = arrays(MLP), arrays(MLP, seed=1)
    known, linear, n = linearize_graph(MLP.graph(), [True] * 6)
    verify(known)
    verify(linear)
    assert "tanh" in names(known)
    assert not {"tanh", "exp", "log"} & set(names(linear))
    residuals = evaluate_numpy(known, args)[1:]
    assert len(residuals) == n == len(linear.inputs) - 6
    (once,) = evaluate_numpy(linear, [*residuals, *tangents])
    (twice,) = evaluate_numpy(linear, [*residuals, *(2 * t for t in tangents)])
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-6)
    zero = evaluate_numpy(linear, [*residuals, *map(np.zeros_like, tangents)])
    np.testing.assert_array_equal(zero[0], 0)


def test_constants_are_not_residuals() -> None:
    g = parse_graph(
        "graph f(a: f32[4]) { b: f32[4] = iota() {axis=0, dtype=f32, shape=(4)} "
        "c: f32[4] = mul(a, b) return c }"
    )
    known, linear, n = linearize_graph(g, (True,))
    assert n == 0
    assert names(linear) == ["iota", "mul"]
    assert len(known.outputs) == 1


def test_zero_tangents_stay_symbolic() -> None:
    g = parse_graph(
        "graph f(a: f32[4], b: f32[4]) { c: f32[4] = exp(b) d: f32[4] = mul(c, a) return d }"
    )
    assert names(jvp_graph(g, (True, False))) == ["exp", "mul", "mul"]


def test_input_without_influence_has_zero_cotangent() -> None:
    g = parse_graph(
        "graph f(a: f32[2], b: f32[3], s: f32[]) { c: i32[2] = convert(a) {dtype=i32} "
        "d: f32[2] = convert(c) {dtype=f32} return d, c }"
    )
    graph = vjp_graph(g, (True, True, True))
    verify(graph)
    assert [str(a) for a in graph.in_avals] == ["f32[2]", "f32[3]", "f32[]", "f32[2]"]
    x, y, one = np.ones(2, np.float32), np.ones(3, np.float32), np.ones((), np.float32)
    _, _, *cts = evaluate_numpy(graph, [x, y, one, x])
    for ct, shape in zip(cts, [(2,), (3,), ()], strict=True):
        np.testing.assert_array_equal(ct, np.zeros(shape))


def test_output_that_is_an_input_or_a_literal() -> None:
    g = parse_graph("graph f(a: f32[2]) { return a, a, 3.0:f32 }")
    graph = vjp_graph(g, (True,))
    verify(graph)
    a, b, c = np.float32([1, 2]), np.float32([10, 20]), np.float32([100, 200])
    *_, ct = evaluate_numpy(graph, [a, b, c, np.ones((), np.float32)])
    np.testing.assert_array_equal(ct, b + c)
    assert evaluate_numpy(jvp_graph(g, (True,)), [a, b])[-1] == 0
    assert vmap_graph(g, (True,), 4).out_avals[2].shape == (4,)


def test_equations_keep_the_line_they_are_made_for() -> None:
    with GraphTrace() as trace:
        x: Any = trace.input(Aval((3,), float32))
        y = lookup("exp")(x)
        line = sys._getframe().f_lineno - 1
        graph = trace.finish([lookup("mul")(y, y)])
    for made in (jvp_graph(graph, [True]), vjp_graph(graph, [True]), vmap_graph(graph, [True], 2)):
        lines = [e.source.line for e in made.eqns if e.source]
        assert len(lines) == len(made.eqns)
        assert set(lines) == {line, line + 2}, "no equation points at the transform's caller"


def test_integer_input_has_no_gradient() -> None:
    g = parse_graph("graph f(a: i32[2]) { b: i32[2] = mul(a, a) return b }")
    for transform in (jvp_graph, vjp_graph, linearize_graph):
        with pytest.raises(GradientError, match=r"input 0 is i32\[2\]"):
            transform(g, (True,))


@pytest.fixture
def ruleless() -> Any:
    """``exp`` as it would be without rules."""
    prim = REGISTRY["exp"]
    saved = prim.jvp, prim.no_jvp
    yield prim
    prim.jvp, prim.no_jvp = saved


def test_missing_derivative_names_operation_reason_and_line(ruleless: Any) -> None:
    with GraphTrace() as trace:
        x: Tracer = trace.input(Aval((3,), float32))
        graph = trace.finish([lookup("exp")(x)])
        line = sys._getframe().f_lineno - 1
    ruleless.jvp, ruleless.no_jvp = None, "nobody has derived it"
    with pytest.raises(GradientError, match="exp has no derivative") as caught:
        jvp_graph(graph, [True])
    assert "nobody has derived it" in str(caught.value)
    assert caught.value.where is not None
    assert caught.value.where.line == line


def test_missing_transpose_names_operation_reason_and_line(ruleless: Any) -> None:
    g = parse_graph("graph f(a: f32[3]) { b: f32[3] = exp(a) return b }")
    ruleless.jvp = lambda primals, tangents, out: lookup("abs")(tangents[0])
    with pytest.raises(GradientError, match="abs cannot be differentiated backwards") as caught:
        vjp_graph(g, [True])
    assert "no jvp rule applies it to a tangent" in str(caught.value)


def test_argmax_of_floats_stops_the_gradient() -> None:
    g = parse_graph(
        "graph f(a: f32[3]) { b: i32[] = argmax(a) {axis=0} "
        "c: f32[] = gather(a, b) {axis=0} return c }"
    )
    x, one = np.float32([1, 5, 2]), np.ones((), np.float32)
    np.testing.assert_array_equal(evaluate_numpy(vjp_graph(g, [True]), [x, one])[1], [0, 1, 0])
    assert g.inputs[0].aval.dtype is not int32
