"""Functions that leave the device in between: staged eagerly, in jit, batched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.linalg.programs import positive, random, regular
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import GraphTrace
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.primitive import REGISTRY, Host
from texelate.compiler.ir.text import parse_graph, same
from texelate.compiler.ir.verify import verify
from texelate.compiler.passes.hosted import staged
from texelate.compiler.transforms.vmap import vmap_graph

CALLS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "solve": ([regular(2, 3, 3), random(2, 3, 2)], {}),
    "slogdet": ([regular(2, 3, 3)], {}),
    "triangular_solve": ([regular(2, 3, 3), random(2, 3, 2)], {"lower": True}),
    "det": ([regular(2, 4, 4)], {}),
    "adjugate": ([regular(2, 4, 4)], {}),
    "cholesky": ([positive(2, 3, 3)], {}),
    "qr": ([random(2, 4, 3)], {"full": False}),
    "eig": ([regular(2, 3, 3)], {"vectors": True}),
    "eigh": ([positive(2, 3, 3)], {"vectors": True}),
    "svd": ([random(2, 4, 3)], {"full": True, "vectors": True}),
    "pinv": ([random(2, 4, 3), np.full(2, 1e-6, np.float32)], {}),
}


def graph_of(name: str) -> Graph:
    operands, params = CALLS[name]
    with GraphTrace(name) as trace:
        inputs = [trace.input(Aval(x.shape, float32)) for x in operands]
        return trace.finish([REGISTRY[name](*inputs, **params)])


def test_every_host_primitive_is_here() -> None:
    hosted = {name for name, prim in REGISTRY.items() if isinstance(prim.lower, Host)}
    assert hosted == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_rules_agree(name: str) -> None:
    """Text, verifier, reference and batching; derivatives have their own file."""
    graph, (operands, params) = graph_of(name), CALLS[name]
    verify(graph)
    assert same(parse_graph(str(graph)), graph)
    (want,) = evaluate_numpy(graph, operands)
    each = [REGISTRY[name].reference(*row, **params) for row in zip(*operands, strict=True)]
    np.testing.assert_array_equal(want, np.stack(each))
    batched = vmap_graph(graph, (True,) + (False,) * (len(operands) - 1), 3)
    stacked = [np.stack([operands[0]] * 3), *operands[1:]]
    np.testing.assert_array_equal(evaluate_numpy(batched, stacked)[0], np.stack([want] * 3))


def whitened(x: Any) -> Any:
    """Device, host, device, host, device."""
    centred = x - tnp.mean(x, 0)
    lower = tnp.linalg.cholesky(centred.T @ centred / x.shape[0])
    return tnp.tanh(tnp.linalg.solve(lower, centred.T)), tnp.sum(lower)


def test_stages_alternate(backend: str) -> None:
    x = random(20, 3)
    centred = x - x.mean(0)
    lower = np.linalg.cholesky(centred.T @ centred / 20)
    want = np.tanh(np.linalg.solve(lower, centred.T)), lower.sum()
    for f in (whitened, tx.jit(whitened)):
        for _ in range(2):
            for got, expected in zip(f(x), want, strict=True):
                np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-4, atol=1e-5)
    batch = np.stack([x, 2 * x + 1])
    got = np.asarray(tx.vmap(whitened)(batch)[0])
    np.testing.assert_allclose(got, np.stack([want[0]] * 2), rtol=1e-3, atol=1e-4)


def test_stages_are_few() -> None:
    """One program before each host step, and one at the end, whatever the order of equations."""
    text = """
    graph f(a: f32[3,3], b: f32[3,3]) {
      c: f32[3,3] = cholesky(a)
      d: f32[3,3] = exp(b)
      e: f32[3,3] = cholesky(d)
      f: f32[3,3] = add(c, e)
      g: f32[3,3] = cholesky(b)
      return f, b
    }"""
    stages = staged(parse_graph(text))
    assert [[e.prim.name for e in s.device.eqns] for s in stages] == [["exp"], ["add"]]
    assert [[e.prim.name for e in s.host] for s in stages] == [["cholesky", "cholesky"], []]


def test_results_are_literals_or_inputs(backend: str) -> None:
    a = regular(3, 3)
    got = tx.jit(lambda a: (a, tnp.linalg.inv(a), tnp.zeros(()), a))(a)
    for x, want in zip(got, (a, np.linalg.inv(a), 0, a), strict=True):
        np.testing.assert_allclose(np.asarray(x), want, rtol=1e-5, atol=1e-5)


def test_donated_arguments_are_gone_and_others_stay(backend: str) -> None:
    a, b = tnp.asarray(regular(3, 3)), tnp.asarray(random(3, 3))
    f = tx.jit(lambda a, b: tnp.linalg.solve(a, b) + b, donate_argnums=0)
    want = np.linalg.solve(np.asarray(a), np.asarray(b)) + np.asarray(b)
    np.testing.assert_allclose(np.asarray(f(a, b)), want, rtol=1e-4, atol=1e-5)
    with pytest.raises(tx.DonatedError):
        np.asarray(a)


def test_lowered_it_is_one_program() -> None:
    """What is exported finds no NumPy: everything has its form for the device."""
    lowered = tx.jit(whitened).lower(random(20, 3))
    assert lowered.cost.kernels > 10
    assert not any(isinstance(e.prim.lower, Host) for e in lowered.stages["trace"].eqns)
