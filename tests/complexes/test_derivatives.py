"""Derivatives through complex numbers are JAX's, and the graph passes keep the meaning."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from texelate.compiler.ir.dtypes import complex64
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.text import parse_graph, same
from texelate.compiler.ir.verify import verify
from texelate.compiler.passes.pairs import pairs

RNG = np.random.default_rng(1)
Z = np.asarray(RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3)), np.complex64)
W = np.asarray(RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3)), np.complex64)
REAL: dict[str, Callable[[Any, Any], Any]] = {
    "size": lambda z, xp: xp.sum(abs(z)),
    "square": lambda z, xp: xp.sum(z * xp.conj(z)).real,
    "product": lambda z, xp: xp.prod(z).imag,
    "quotient": lambda z, xp: xp.sum((W / z).real),
    "matmul": lambda z, xp: xp.sum((z @ W).imag * 2),
    "power": lambda z, xp: xp.sum((z**3).real),
    "exp": lambda z, xp: xp.sum(xp.exp(z).imag),
    "log": lambda z, xp: xp.sum(xp.log(z).real * 2),
    "sqrt": lambda z, xp: xp.sum(xp.sqrt(z).imag),
    "tanh": lambda z, xp: xp.sum(xp.tanh(z).real),
    "angle": lambda z, xp: xp.sum(xp.angle(z)),
    "where": lambda z, xp: xp.sum(xp.where(z.real > 0, z, 2j * z).imag),
}


@functools.cache
def references() -> dict[str, Any]:
    """JAX's gradients of all functions, compiled as one program."""

    def gradients(z: Any) -> dict[str, Any]:
        return {n: jax.grad(lambda z, f=f: f(z, jnp))(z) for n, f in REAL.items()}

    return jax.jit(gradients)(jnp.asarray(Z))


@pytest.mark.usefixtures("on_numpy")
@pytest.mark.parametrize("name", REAL)
def test_gradient_is_jax(name: str) -> None:
    f = REAL[name]
    got = np.asarray(tx.grad(lambda z: f(z, tnp))(Z))
    want = np.asarray(references()[name])
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("on_numpy")
def test_gradient_by_a_real_input() -> None:
    def f(x: Any, xp: Any) -> Any:
        return xp.sum((xp.exp(1j * x) * W).real)

    x = Z.real
    want = jax.grad(lambda x: f(x, jnp))(jnp.asarray(x))
    np.testing.assert_allclose(tx.grad(lambda x: f(x, tnp))(x), want, rtol=1e-5, atol=1e-5)
    tx.check_grads(lambda x: f(x, tnp), (x,))


def test_forward_mode_is_jax(backend: str) -> None:
    def f(z: Any, xp: Any) -> Any:
        return xp.exp(z) * xp.conj(z) / (z + 2)

    out, rate = tx.jvp(lambda z: f(z, tnp), (Z,), (W,))
    want, want_rate = jax.jvp(lambda z: f(z, jnp), (jnp.asarray(Z),), (jnp.asarray(W),))
    np.testing.assert_allclose(np.asarray(out), want, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.asarray(rate), want_rate, rtol=1e-4, atol=1e-5)


def test_size_has_a_gradient_everywhere(backend: str) -> None:
    assert np.asarray(tx.grad(abs)(0j)) == 0


GRAPH = """
graph f(a: c64[2,3] "z", b: f32[2,3]) {
  c: c64[2,3] = complex(b, 0.5:f32)
  d: c64[2,3] = mul(a, c)
  e: c64[2,3] = div(d, <1.0,-2.0>:c64)
  f: c64[2] = reduce(e) {axes=(1), monoid="prod"}
  g: c64[2] = reduce(e) {axes=(1), monoid="sum"}
  h: c64[2] = conj(f)
  i: c64[2] = integer_pow(h) {y=-3}
  j: bool[2] = eq(f, g)
  k: c64[] = dot_general(h, g) {batch=((),()), contract=((0),(0))}
  l: f32[2] = imag(i)
  return i, j, k, l, a, <nan,-inf>:c64
}"""


def test_pairs_keep_the_meaning() -> None:
    graph = parse_graph(GRAPH)
    verify(graph)
    assert same(parse_graph(str(graph)), graph)
    done = pairs(graph)
    verify(done)
    every = [v.aval for e in done.eqns for v in e.outs]
    assert all(a.dtype is not complex64 for a in (*every, *done.in_avals, *done.out_avals))
    z, x = Z[:2], W.real[:2].astype(np.float32)
    want = evaluate_numpy(graph, [z, x])
    got = evaluate_numpy(done, [z.view(np.float32).reshape(2, 3, 2), x])
    for g, w in zip(got, want, strict=True):
        flat = g.view(np.complex64)[..., 0] if w.dtype == np.complex64 else g
        np.testing.assert_allclose(flat, w, rtol=1e-4, atol=1e-5)


def test_real_graphs_stay_as_they_are() -> None:
    graph = parse_graph("graph f(a: f32[2]) { b: f32[2] = exp(a) return b }")
    assert pairs(graph) is graph


def test_operations_without_a_complex_form_say_so() -> None:
    put = 'scatter_reduce(a, i) {axis=0, mode="clip", monoid="prod", size=2}'
    graph = parse_graph(f"graph f(a: c64[3], i: i32[3]) {{ b: c64[2] = {put} return b }}")
    with pytest.raises(tx.DtypeError, match="scatter_reduce does not take complex64"):
        pairs(graph)


def test_control_flow(backend: str) -> None:
    """Branches and loops carry complex values."""

    def spin(z: Any) -> Any:
        turned = tx.cond(tnp.sum(z.real) > 0, lambda z: z * 1j, lambda z: -z, z)
        return tx.fori_loop(0, 3, lambda i, z: z * (1 + 1j) + turned, z)

    want = Z
    for _ in range(3):
        want = want * (1 + 1j) + (Z * 1j if Z.real.sum() > 0 else -Z)
    np.testing.assert_allclose(np.asarray(tx.jit(spin)(Z)), want, rtol=1e-5, atol=1e-5)
