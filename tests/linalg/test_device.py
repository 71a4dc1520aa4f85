"""The forms for the device: against NumPy in double precision, on webgpu and on hard matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from tests.linalg.programs import Host, positive, random, regular
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import GraphTrace
from texelate.compiler.ir.dtypes import as_dtype
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.primitive import REGISTRY
from texelate.compiler.ir.primitive import Host as OnHost
from texelate.compiler.knobs import knobs
from texelate.compiler.passes.placement import on_device

LA = tnp.linalg


@pytest.fixture
def device() -> Iterator[None]:
    """Everything on the device of the webgpu backend."""
    need_backend("webgpu")
    with tx.backend("webgpu"), knobs.scope(linalg="device"):
        yield


@pytest.fixture
def webgpu() -> Iterator[None]:
    need_backend("webgpu")
    with tx.backend("webgpu"):
        yield


def graph_of(name: str, *operands: Host, **params: Any) -> Graph:
    with GraphTrace(name) as trace:
        inputs = [trace.input(Aval(x.shape, as_dtype(x.dtype))) for x in operands]
        return trace.finish([REGISTRY[name](*inputs, **params)])


def formed(name: str, *operands: Host, **params: Any) -> Host:
    """The form for the device, evaluated by NumPy's rules of its primitives."""
    graph = on_device(graph_of(name, *operands, **params))
    assert not any(isinstance(e.prim.lower, OnHost) for e in graph.eqns)
    return np.asarray(evaluate_numpy(graph, operands)[0])


def mixed(x: Host) -> Host:
    """``x`` with an imaginary part."""
    return np.asarray(x + 1j * np.flip(x, -1) / 3, np.complex64)


def adjoint(x: Host) -> Host:
    return np.swapaxes(x.conj(), -1, -2)


def wide(x: Host) -> Host:
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def hermitian(x: Host) -> Host:
    return np.asarray((x + adjoint(x)) / 2, x.dtype)


def close(got: Any, want: Any, tolerance: float = 1e-5) -> None:
    want = np.asarray(want)
    scale = max(1.0, float(np.abs(want).max(initial=0)))
    np.testing.assert_allclose(np.asarray(got), want, rtol=tolerance, atol=tolerance * scale)


# --- values --------------------------------------------------------------------------------------

SQUARE = {
    "solve": ([regular(3, 5, 5), random(3, 5, 2)], {}),
    "triangular_solve": ([np.tril(regular(2, 5, 5)), random(2, 5, 2)], {"lower": True}),
    "triangular_solve:upper": ([np.triu(regular(2, 5, 5)), random(2, 5, 2)], {"lower": False}),
    "slogdet": ([random(3, 6, 6)], {}),
    "det": ([random(3, 5, 5)], {}),
    "adjugate": ([random(2, 4, 4)], {}),
    "cholesky": ([positive(3, 5, 5)], {}),
    "qr": ([random(3, 6, 4)], {"full": False}),
    "qr:full": ([random(6, 4)], {"full": True}),
    "eigh": ([hermitian(random(3, 7, 7))], {"vectors": False}),
    "svd": ([random(3, 6, 4)], {"full": False, "vectors": False}),
    "svd:wide": ([random(4, 6)], {"full": False, "vectors": False}),
    "pinv": ([random(2, 5, 3), np.full(2, 1e-6, np.float32)], {}),
}


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("case", SQUARE)
def test_forms_agree_with_lapack(case: str, kind: str) -> None:
    operands, params = SQUARE[case]
    name = case.partition(":")[0]
    if kind == "complex":
        operands = [mixed(x) if x.ndim > 1 else x.astype(np.complex64) for x in operands]
        if name in ("cholesky", "eigh"):
            operands = [hermitian(x) for x in operands]
    want = REGISTRY[name].reference(*operands, **params)
    got = formed(name, *operands, **params)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    close(got, want)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("n", [1, 7])
def test_bases_on_the_device(n: int) -> None:
    h = hermitian(mixed(random(2, n, n)))
    w, v = map(np.asarray, LA.eigh(h))
    close(w, np.linalg.eigvalsh(wide(h)))
    close(v * w[..., None, :] @ adjoint(v), h)
    for a in (random(2, n + 3, n), mixed(random(n, n + 1))):
        u, s, vh = map(np.asarray, LA.svd(a))
        close(s, np.linalg.svdvals(wide(a)))
        close(u[..., :n] * s[..., None, :] @ vh[..., :n, :], a)
        close(adjoint(u) @ u, np.broadcast_to(np.eye(u.shape[-1]), u.shape))


HARD: dict[str, Host] = {
    "zeros": np.zeros((6, 6), np.float32),
    "ones": np.ones((6, 6), np.float32),
    "identity": np.eye(6, dtype=np.float32),
    "hilbert": np.asarray(1 / (1 + np.add.outer(np.arange(6), np.arange(6))), np.float32),
    "large": 1e30 * hermitian(random(6, 6)),
    "small": 1e-30 * hermitian(random(6, 6)),
    "graded": np.asarray(np.diag(10.0 ** -np.arange(6)) + 1e-7, np.float32),
    "low rank": np.asarray(random(6, 2) @ random(2, 6, seed=1), np.float32),
    "clustered": np.asarray(np.eye(6) + 1e-6 * hermitian(random(6, 6)), np.float32),
}


@pytest.mark.usefixtures("device")
def test_hard_matrices() -> None:
    """All at once; errors are measured by the largest element of each."""
    a = np.stack(list(HARD.values()))
    size = np.maximum(np.abs(a).max((-1, -2), keepdims=True), 1e-37)
    one = np.broadcast_to(np.eye(6), a.shape)
    w, v = map(np.asarray, LA.eigh(hermitian(a)))
    close(w / size[..., 0], np.linalg.eigvalsh(wide(hermitian(a))) / size[..., 0])
    close(adjoint(v) @ v, one)
    u, s, vh = map(np.asarray, LA.svd(a))
    close(s / size[..., 0], np.linalg.svdvals(wide(a)) / size[..., 0])
    close(u * (s / size[..., 0])[..., None, :] @ vh, a / size)
    close(adjoint(u) @ u, one)
    q, r = map(np.asarray, LA.qr(a))
    close(q @ (r / size), a / size)
    close(adjoint(q) @ q, one)


@pytest.mark.usefixtures("device")
def test_ill_conditioned_systems_have_small_residuals() -> None:
    """Backward stability: the residual does not grow with the condition number."""
    u, _, vh = np.linalg.svd(wide(random(12, 12)))
    for condition in (1e2, 1e5, 1e8):
        a = np.asarray(u * np.geomspace(1, 1 / condition, 12) @ vh, np.float32)
        b = random(12, 3)
        x = np.asarray(LA.solve(a, b))
        residual = np.abs(wide(a) @ wide(x) - b).max()
        assert residual <= 2e-6 * np.abs(x).max()


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(0, 3), max_size=2),
    st.integers(0, 6),
    st.integers(0, 6),
    st.integers(0, 1000),
)
def test_any_shape(lead: list[int], m: int, n: int, seed: int) -> None:
    """Also without matrices, rows or columns."""
    a = random(*lead, m, n, seed=seed)
    s = formed("svd", a, full=False, vectors=False)
    close(s, np.linalg.svdvals(wide(a)))
    tall = a if m >= n else np.swapaxes(a, -1, -2)
    want = REGISTRY["qr"].reference(tall, full=True)
    close(formed("qr", tall, full=True), want, 1e-4)
    g = tall @ adjoint(tall) + np.eye(tall.shape[-2], dtype=np.float32)
    close(formed("cholesky", g), np.linalg.cholesky(wide(g)), 1e-4)
    close(formed("slogdet", g), REGISTRY["slogdet"].reference(g), 1e-4)
    close(formed("solve", g, tall), np.linalg.solve(wide(g), wide(tall)), 1e-4)
    close(formed("eigh", g, vectors=False), np.linalg.eigvalsh(wide(g)), 1e-4)


# --- no answer -----------------------------------------------------------------------------------


ONE, BAD = np.eye(4, dtype=np.float32), np.full((4, 4), np.nan, np.float32)


@pytest.mark.parametrize("name", ["solve", "cholesky", "qr", "eigh", "svd", "slogdet", "det"])
def test_nan_stays_in_its_matrix(name: str) -> None:
    operands, params = SQUARE[name]
    a = np.stack([ONE, BAD])
    rest = [np.ones((2, 4, 1), np.float32)] if len(operands) == 2 else []
    got = formed(name, a, *rest, **params)
    assert np.isfinite(got[0]).all()
    assert np.isnan(got[1]).any()


@pytest.mark.usefixtures("device")
def test_what_has_no_answer_is_nan_alone() -> None:
    def compute(a: Any) -> Any:
        return LA.inv(a), LA.cholesky(a - 0.5), LA.svdvals(a), LA.det(a), *LA.slogdet(a)

    singular = np.stack([ONE, np.zeros_like(ONE), BAD])
    inverse, lower, values, det, sign, log = map(np.asarray, tx.jit(compute)(singular))
    for x in (inverse, values, det, sign, log):
        assert np.isfinite(x[0]).all()
        assert np.isnan(x[2]).all()
    assert np.isnan(inverse[1]).all()
    assert np.isnan(lower).all()
    assert values[1].tolist() == [0, 0, 0, 0]
    assert (det[1], sign[1], log[1]) == (0, 0, -np.inf)


# --- inside programs -----------------------------------------------------------------------------


def newton(a: Any, b: Any) -> Any:
    """A solve in each step of a loop, a decomposition in a branch."""

    def step(i: Any, x: Any) -> Any:
        return x + LA.solve(a, b - a @ x)

    x = tx.fori_loop(0, 3, step, tnp.zeros_like(b))
    return tx.cond(tnp.sum(x) > 0, LA.svdvals, lambda x: -LA.svdvals(x), x)


@pytest.mark.usefixtures("webgpu")
def test_in_loops_and_branches_without_asking() -> None:
    a, b = regular(4, 4), random(4, 3)
    x = np.linalg.solve(wide(a), wide(b))
    want = np.sign(x.sum()) * np.linalg.svdvals(x)
    close(tx.jit(newton)(a, b), want)
    got = tx.jit(tx.vmap(newton))(np.stack([a, a]), np.stack([b, -b]))
    close(got, np.stack([want, -want]))


@pytest.mark.usefixtures("webgpu")
def test_in_while_and_scan() -> None:
    a = positive(3, 3)

    def shrink(x: Any) -> Any:
        return tx.while_loop(lambda x: LA.eigvalsh(x)[-1] > 1, lambda x: x / 2, x)

    w = np.linalg.eigvalsh(wide(a))[-1]
    close(tx.jit(shrink)(a), a / 2 ** np.ceil(np.log2(w)))

    def walk(c: Any, x: Any) -> Any:
        c = LA.cholesky(c @ c.T + x)
        return c, LA.slogdet(c)[1]

    eye = np.stack([np.eye(3, dtype=np.float32)] * 2)
    c, logs = tx.jit(lambda c, xs: tx.scan(walk, c, xs))(a, eye)
    for x in eye:
        a = np.linalg.cholesky(a @ a.T + x)
    close(c, a)
    assert logs.shape == (2,)


@pytest.mark.usefixtures("webgpu")
def test_gradients_are_those_of_the_host() -> None:
    def loss(a: Any) -> Any:
        w, v = LA.eigh(a @ a.T)
        return tnp.sum(LA.inv(a) ** 2) + tnp.sum(w**3) + tnp.sum(v[:, 0] ** 4) + LA.det(a)

    a, along = positive(4, 4), random(4, 4)
    results = []
    for where in ("device", "host"):
        with knobs.scope(linalg=where):
            results.append(tx.jit(tx.grad(loss))(a))
    close(results[0], results[1], 1e-4)
    with knobs.scope(linalg="device"):
        curve = tx.jit(lambda a: tx.jvp(tx.grad(lambda a: LA.slogdet(a)[1]), (a,), (along,))[1])(a)
    inverse = np.linalg.inv(wide(a))
    close(curve, -(inverse @ along @ inverse).T, 1e-4)


def test_determinants_of_singular_matrices_have_derivatives() -> None:
    """The cofactors: against JAX for rank n - 1, and by a polynomial for less."""
    import jax

    a = random(4, 4)
    a[3] = a[0] + a[1]
    with tx.backend("numpy"):
        close(tx.grad(LA.det)(a), jax.grad(jax.numpy.linalg.det)(a), 1e-4)
        for rank in (3, 2, 1, 0):
            low = random(4, rank, seed=1) @ random(rank, 4, seed=2)
            tx.check_grads(LA.det, (low,), order=2, eps=1e-2, rtol=2e-2, atol=2e-2)


@pytest.mark.usefixtures("on_numpy")
def test_determinants_at_equal_singular_values() -> None:
    tx.check_grads(LA.det, (2 * np.eye(4, dtype=np.float32),), order=2, eps=1e-2, rtol=2e-2)
    tx.check_grads(LA.det, (np.zeros((5, 5), np.float32),), order=2, eps=1e-2, rtol=2e-2)
