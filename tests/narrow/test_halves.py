"""float16: rounded once, as NumPy does it; sums, products, losses and optimisers in float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.gradients.primitives import TABLE
from tests.lower.running import check, compiled, run, traced
from texelate import nn
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import float16, float32
from texelate.compiler.ir.kernel import F16
from texelate.compiler.ir.primitive import lookup
from texelate.compiler.ir.text import parse_graph

Array = np.ndarray[Any, Any]
SPECIAL = np.array(
    [0, -0.0, 1, -1, 6e-8, -6e-8, 6.1e-5, 1e-4, 0.333, 2.5, 1000.5, 65504, -65504, 40000, np.inf,
     -np.inf, np.nan],
    np.float16,
)  # fmt: skip


@pytest.mark.parametrize("target", ["software", "packed"])
def test_special_values(target: str) -> None:
    """One operation rounds once, so every bit is NumPy's: overflow, subnormals, signs of zero."""
    a, b = (x.reshape(-1) for x in np.meshgrid(SPECIAL, SPECIAL))
    names = "add sub mul div max min eq lt rem".split()

    def all_of(x: Any, y: Any) -> list[Any]:
        unary = [lookup(n)(x) for n in ("neg", "abs", "sqrt", "is_nan", "floor", "sign")]
        return [*unary, *(lookup(n)(x, y) for n in names)]

    graph = traced(all_of, *[Aval(a.shape, float16)] * 2)
    check(graph, [a, b], target, 0.0)


def test_rounding_ties_and_subnormals() -> None:
    """Every half-precision number, and the floats halfway between neighbours."""
    every = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
    between = (every[:-1].astype(np.float64) + every[1:]) / 2
    up, down = (np.nextafter(between.astype(np.float32), np.float32(v)) for v in (np.inf, 0))
    x = np.concatenate([every, between.astype(np.float32), up, down])
    x = np.concatenate([x, -x])
    graph = traced(lambda v: lookup("convert")(v, dtype=float16), Aval(x.shape, float32))
    for target in ("software", "packed"):
        check(graph, [x], target, 0.0)


def test_storage() -> None:
    """Half-precision buffers where the adapter has them, words of two elsewhere."""
    text = """graph f(a: f16[64,32], b: f16[32,16]) {
      y: f16[64,16] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
      z: f16[64,16] = max(y, 0.0:f16)
      return z
    }"""
    native, packed = (compiled(parse_graph(text), t) for t in ("software", "packed"))
    assert "enable f16;" in native.wgsl
    assert native.wgsl.count("array<vec4<f16>>") == 3
    assert len(native.kernels) == 1
    assert native.program.shaders[0].features == (F16,)
    assert "f16;" not in packed.wgsl
    assert "array<vec2<u32>>" in packed.wgsl
    assert {b.nbytes for b in native.program.buffers} == {64 * 32 * 2, 32 * 16 * 2, 64 * 16 * 2}


@pytest.mark.parametrize("target", ["software", "gpu", "packed"])
def test_products_accumulate_in_float32(target: str) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=s).astype(np.float16) for s in ((33, 500), (500, 40)))
    graph = traced(
        lambda x, y: lookup("dot_general")(x, y, batch=((), ()), contract=((1,), (0,))),
        *[Aval(x.shape, float16) for x in (a, b)],
    )
    (got,) = run(compiled(graph, target), [a, b])
    want = a.astype(np.float64) @ b.astype(np.float64)
    assert got.dtype == np.float16
    np.testing.assert_allclose(got, want, rtol=1e-3, atol=2e-3)


def test_sums_beyond_its_range(backend: str) -> None:
    """65,504 is the largest number: means, norms and losses pass through larger ones."""
    x = tnp.full((300, 512), 100.0, "float16")
    assert float(tnp.mean(x)) == 100
    assert float(tnp.std(x)) == 0
    assert tnp.isinf(tnp.sum(x))
    assert float(tnp.sum(x, dtype="float32")) == 100 * 300 * 512
    np.testing.assert_allclose(np.asarray(nn.functional.rms_norm(x)), 1, rtol=1e-3)
    assert float(nn.functional.mse(x, tnp.zeros((300, 512), "float16"))) == 10_000


FUNCTIONS = {
    "softmax": nn.functional.softmax,
    "log_softmax": nn.functional.log_softmax,
    "layer_norm": nn.functional.layer_norm,
    "rms_norm": nn.functional.rms_norm,
    "l2_normalize": lambda x: nn.functional.l2_normalize(x * 1e-3),
    "gelu": nn.functional.gelu,
    "cross_entropy": lambda x: nn.functional.softmax_cross_entropy(x, abs(x)),
    "avg_pool": lambda x: nn.functional.avg_pool(x.reshape(1, 8, 16, 1), 2),
    "tanh": tnp.tanh,
    "var": lambda x: tnp.var(x, axis=1),
    "logsumexp": lambda x: tnp.logsumexp(x * 10, axis=1),
    "matmul": lambda x: x @ x.T,
    "norm": tnp.linalg.norm,
    "median": lambda x: tnp.median(x, axis=1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_and_gradients(name: str) -> None:
    """Close to the same in float32, as close as the rounding of results and cotangents allows."""
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(8, 16)).astype(np.float16), rng.normal(size=(8, 16))

    def value_and_gradient(dtype: Any) -> Any:
        def f(v: Any) -> Any:
            out = FUNCTIONS[name](v)
            weights = np.resize(w, out.shape).astype(np.float32)
            return tnp.sum(out.astype("float32") * weights), out

        (_, out), gradient = tx.jit(tx.value_and_grad(f, has_aux=True))(x.astype(dtype))
        assert out.dtype == gradient.dtype == dtype
        return np.asarray(out, np.float64), np.asarray(gradient, np.float64)

    for got, want in zip(value_and_gradient(np.float16), value_and_gradient(np.float32)):
        np.testing.assert_allclose(got, want, rtol=1e-2, atol=4e-3 * np.abs(want).max())


def test_linear_algebra(on_numpy: None) -> None:
    """NumPy refuses float16 here; ours computes in float32 and rounds."""
    a = (np.eye(4) * 5 + np.arange(16).reshape(4, 4) / 16).astype(np.float16)
    inverse = tnp.linalg.inv(a)
    assert inverse.dtype is float16
    np.testing.assert_allclose(inverse, np.linalg.inv(a.astype(np.float64)), atol=1e-3)
    q, r = tnp.linalg.qr(a)
    np.testing.assert_allclose(q @ r, a, atol=1e-2)
    assert tnp.linalg.svd(a).S.dtype is float16


@pytest.mark.parametrize("make", [tx.optim.adam, lambda lr: tx.optim.sgd(lr, 0.9)])
def test_optimisers_keep_their_state_in_float32(make: Any) -> None:
    """Squares of small gradients are not half-precision numbers: an update must not be NaN."""
    step = tx.jit(make(0.01).update)
    gradient = np.full(5, 1e-4, np.float16)
    states = {}
    for dtype in (np.float16, np.float32):
        params = tnp.ones(5, dtype)
        state = make(0.01).init(params)
        for _ in range(3):
            params, state = step(tnp.asarray(gradient).astype(dtype), state, params)
        states[dtype] = params
    assert states[np.float16].dtype == np.float16
    np.testing.assert_allclose(states[np.float16], states[np.float32], atol=2e-3)


NOT_HALVES = {"complex", "real", "imag", "conj", "while_loop"}
"""Complex numbers are pairs of float32; unbounded loops have no reverse mode."""


@pytest.mark.parametrize("name", sorted(set(TABLE) - NOT_HALVES))
def test_gradients_of_every_primitive(on_numpy: None, name: str) -> None:
    """Rules make their constants in the dtype of their operands; values as in float32."""
    function, args = TABLE[name]

    def gradients(dtype: Any) -> list[Array]:
        given = [a.astype(dtype) if a.dtype.kind == "f" else a for a in map(np.asarray, args)]
        out, back = tx.vjp(function, *given)
        found = back(tx.tree.map(lambda o: tnp.ones(o.shape, o.dtype), out))
        assert all(g.dtype == dtype for g in found)
        return [np.asarray(g, np.float64) for g in found]

    for got, want in zip(gradients(np.float16), gradients(np.float32)):
        np.testing.assert_allclose(got, want, rtol=0.03, atol=0.03 * max(1, np.abs(want).max()))
