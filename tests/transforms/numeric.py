"""Derivatives by finite differences in float64, through the reference rules of the primitives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from texelate.compiler.ir.graph import Atom, Graph, Literal, Var
from texelate.compiler.transforms.jvp import is_float, jvp_graph
from texelate.compiler.transforms.transpose import vjp_graph

Array = np.ndarray[Any, Any]
STEP = 1e-6


def wide(x: Any) -> Array:
    """Floats in float64, everything else as it is."""
    x = np.asarray(x)
    return x.astype(np.float64) if x.dtype.kind == "f" else x


def evaluate64(graph: Graph, args: Sequence[Any]) -> list[Array]:
    """The outputs of ``graph`` with every float computed in float64."""
    env: dict[Var, Array] = dict(zip(graph.inputs, map(wide, args), strict=True))

    def get(atom: Atom) -> Array:
        return wide(atom.value) if isinstance(atom, Literal) else env[atom]

    with np.errstate(all="ignore"):
        for eqn in graph.eqns:
            inputs = list(map(get, eqn.inputs))
            widens = eqn.prim.name == "convert" and is_float(eqn.out)  # not rounded to float32
            result = inputs[0] * 1.0 if widens else eqn.prim.reference(*inputs, **eqn.params)
            env[eqn.out] = wide(result)
    return [get(a) for a in graph.outputs]


def float_outputs(graph: Graph, results: Sequence[Array]) -> list[Array]:
    return [r for a, r in zip(graph.outputs, results, strict=False) if is_float(a)]


def dot(xs: Sequence[Array], ys: Sequence[Array]) -> float:
    return float(sum(np.sum(x * y) for x, y in zip(xs, ys, strict=True)))


def check_derivatives(graph: Graph, args: Sequence[Any], order: int, seed: int = 0) -> None:
    """Finite differences against jvp, jvp against vjp; then the same of the vjp."""
    rng = np.random.default_rng(seed)
    args = [wide(a) for a in args]
    wrt = [is_float(v) for v in graph.inputs]
    tangents = [rng.normal(size=a.shape) for a, w in zip(args, wrt, strict=True) if w]
    n = len(graph.outputs)
    results = evaluate64(jvp_graph(graph, wrt), [*args, *tangents])
    rates = results[n:]
    for got, want in zip(rates, _differences(graph, args, tangents), strict=True):
        scale = 1 + np.max(np.abs(want), initial=0)
        np.testing.assert_allclose(got / scale, want / scale, atol=2e-6, rtol=0)
    backward = vjp_graph(graph, wrt)
    cotangents = [rng.normal(size=r.shape) for r in rates]
    reverse = evaluate64(backward, [*args, *cotangents])
    left, right = dot(cotangents, rates), dot(reverse[n:], tangents)
    assert abs(left - right) <= 1e-8 * (1 + abs(left)), f"{left} forward, {right} backward"
    for a, b in zip(reverse[:n], results[:n], strict=True):
        np.testing.assert_array_equal(a, b)
    if order > 1:
        check_derivatives(backward, [*args, *cotangents], order - 1, seed + 1)


def _differences(graph: Graph, args: Sequence[Array], tangents: Sequence[Array]) -> list[Array]:
    def moved(sign: int) -> list[Array]:
        steps = iter(tangents)
        inputs = [
            a + sign * STEP * next(steps) if is_float(v) else a
            for a, v in zip(args, graph.inputs, strict=True)
        ]
        return float_outputs(graph, evaluate64(graph, inputs))

    return [(hi - lo) / (2 * STEP) for hi, lo in zip(moved(1), moved(-1), strict=True)]
