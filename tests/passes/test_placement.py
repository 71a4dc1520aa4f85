"""Where linear algebra runs: by costs, by the knob, by what surrounds it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from texelate.compiler.ir.graph import Graph, graphs_in
from texelate.compiler.ir.primitive import REGISTRY, Host
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.knobs import knobs
from texelate.compiler.passes.placement import LAPACK, STEPS, on_device, place
from texelate.compiler.target import Target

SOFTWARE, GPU = Target.software(), Target.gpu()


def cholesky(count: int, n: int) -> Graph:
    aval = f"f32[{count},{n},{n}]"
    return parse_graph(f"graph f(a: {aval}) {{ b: {aval} = cholesky(a) return b }}")


def hosted(graph: Graph) -> list[str]:
    """What runs on the host, sub-graphs included."""
    inner = (g for e in graph.eqns for g in graphs_in(e.params.values()))
    own = [e.prim.name for e in graph.eqns if isinstance(e.prim.lower, Host)]
    return own + [name for g in inner for name in hosted(g)]


def test_every_form_has_its_costs() -> None:
    forms = {n for n, p in REGISTRY.items() if isinstance(p.lower, Host) and p.lower.device}
    assert forms == set(STEPS) == set(LAPACK)


@pytest.mark.parametrize(
    ("target", "count", "n", "host"),
    [
        (SOFTWARE, 1, 2, False),
        (SOFTWARE, 1, 64, True),
        (SOFTWARE, 1000, 16, True),
        (GPU, 1, 4, False),
        (GPU, 1, 64, True),
        (GPU, 1000, 16, False),
    ],
)
def test_the_sooner_one_is_taken(target: Target, count: int, n: int, host: bool) -> None:
    assert hosted(place(cholesky(count, n), target)) == ["cholesky"] * host


def test_the_knob_and_the_target_decide() -> None:
    large, small = cholesky(1, 64), cholesky(1, 2)
    with knobs.scope(linalg="device"):
        assert not hosted(place(large, SOFTWARE))
    with knobs.scope(linalg="host"):
        assert hosted(place(small, SOFTWARE)) == ["cholesky"]
        assert not hosted(place(large, replace(SOFTWARE, has_host=False)))
    assert not hosted(on_device(large))


def test_inside_of_control_flow_it_is_the_device() -> None:
    text = """
    graph f(i: i32[], a: f32[9,9]) {
      b: f32[9,9] = cond(i, a) {branches=(
        graph yes(x: f32[9,9]) { y: f32[9,9] = cholesky(x) return y },
        graph no(x: f32[9,9]) { return x })}
      c: f32[9,9] = cholesky(b)
      d: c64[9] = eig(c) {vectors=false}
      return d
    }"""
    with knobs.scope(linalg="host"):
        assert hosted(place(parse_graph(text), SOFTWARE)) == ["cholesky", "eig"]
