"""``texelate.numpy.linalg`` against NumPy in float64, with batches and without elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.linalg.programs import Host, positive, random, regular

LA = tnp.linalg
pytestmark = pytest.mark.usefixtures("backend")
SQUARE = [(1, 1), (3, 3), (2, 3, 4, 4), (0, 3, 3)]
ANY = [(4, 4), (6, 3), (2, 3, 2, 5), (0, 3, 2)]


def close(got: Any, want: Any, tolerance: float = 2e-5) -> None:
    np.testing.assert_allclose(np.asarray(got), want, rtol=tolerance, atol=tolerance)


def wide(x: Host) -> Host:
    return x.astype(np.float64)


@pytest.mark.parametrize("shape", SQUARE)
def test_square(shape: tuple[int, ...]) -> None:
    a, s, b = regular(*shape), positive(*shape), random(*shape[:-1], 2, seed=1)
    close(LA.inv(a), np.linalg.inv(wide(a)))
    close(LA.solve(a, b), np.linalg.solve(wide(a), wide(b)))
    close(LA.det(a), np.linalg.det(wide(a)), 1e-4)
    for got, want in zip(LA.slogdet(a), np.linalg.slogdet(wide(a)), strict=True):
        close(got, want)
    close(LA.cholesky(s), np.linalg.cholesky(wide(s)))
    close(LA.cholesky(s, upper=True), np.swapaxes(np.linalg.cholesky(wide(s)), -1, -2))
    close(LA.eigvalsh(s), np.linalg.eigvalsh(wide(s)), 1e-4)
    for n in (0, 1, 5, -3):
        close(LA.matrix_power(a / 4, n), np.linalg.matrix_power(wide(a) / 4, n), 1e-3)


@pytest.mark.parametrize("shape", SQUARE)
def test_eigh_diagonalises(shape: tuple[int, ...]) -> None:
    s = positive(*shape)
    w, v = LA.eigh(s)
    w, v = np.asarray(w), np.asarray(v)
    close(w, np.linalg.eigvalsh(wide(s)), 1e-4)
    close(v * w[..., None, :] @ np.swapaxes(v, -1, -2), s, 1e-4)
    close(v @ np.swapaxes(v, -1, -2), np.broadcast_to(np.eye(shape[-1]), shape))


@pytest.mark.parametrize("shape", ANY)
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr(shape: tuple[int, ...], mode: str) -> None:
    a = random(*shape)
    q, r = map(np.asarray, LA.qr(a, mode=mode))
    want = np.linalg.qr(a, mode)  # type: ignore[call-overload]
    assert (q.shape, r.shape) == (want.Q.shape, want.R.shape)
    close(q @ r, a)
    gram = np.swapaxes(q, -1, -2) @ q
    close(gram, np.broadcast_to(np.eye(q.shape[-1]), gram.shape))
    close(np.tril(r, -1), np.zeros_like(r))
    close(LA.qr(a, mode="r"), np.asarray(LA.qr(a).R))


@pytest.mark.parametrize("shape", ANY)
@pytest.mark.parametrize("full", [True, False])
def test_svd(shape: tuple[int, ...], full: bool) -> None:
    a = random(*shape)
    u, s, v = map(np.asarray, LA.svd(a, full_matrices=full))
    want = np.linalg.svd(wide(a), full)
    assert [x.shape for x in (u, s, v)] == [x.shape for x in want]
    k = s.shape[-1]
    close(s, want.S)
    close(u[..., :k] * s[..., None, :] @ v[..., :k, :], a)
    close(LA.svdvals(a), want.S)


@pytest.mark.parametrize("shape", [s for s in ANY if s[0]])
def test_rectangular(shape: tuple[int, ...]) -> None:
    a = random(*shape)
    flat = a.copy()
    flat[..., -1, :] = flat[..., 0, :]  # one rank less where it has more than one row
    close(LA.pinv(a), np.linalg.pinv(wide(a)), 1e-4)
    np.testing.assert_array_equal(LA.matrix_rank(a), np.linalg.matrix_rank(a))
    np.testing.assert_array_equal(LA.matrix_rank(flat), np.linalg.matrix_rank(flat))
    np.testing.assert_array_equal(LA.matrix_rank(a, tol=1.5), np.linalg.matrix_rank(a, tol=1.5))
    close(LA.cond(a), np.linalg.cond(wide(a)), 1e-3)
    for order in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        want = np.linalg.matrix_norm(wide(a), ord=order, keepdims=True)
        close(LA.matrix_norm(a, ord=order, keepdims=True), want, 1e-4)
    for offset in (-5, -1, 0, 2):
        np.testing.assert_array_equal(
            LA.diagonal(a, offset=offset), np.linalg.diagonal(a, offset=offset)
        )
        close(LA.trace(a, offset=offset), np.linalg.trace(wide(a), offset=offset))


@pytest.mark.parametrize("order", [0, 1, 2, 3, -0.5, math.inf, -math.inf])
def test_vector_norms(order: float) -> None:
    x = random(3, 4, 5)
    for axis in (None, 1, -1, (0, 2)):
        want = np.linalg.vector_norm(wide(x), axis=axis, ord=order, keepdims=True)
        close(LA.vector_norm(x, axis=axis, ord=order, keepdims=True), want, 1e-4)


def test_norm_as_numpy() -> None:
    x = random(3, 4, 5)
    calls: list[dict[str, Any]] = [
        {}, {"axis": 1}, {"axis": (0, 2)}, {"ord": 1, "axis": (2, 0)},
        {"ord": "nuc", "axis": (0, 1)},
        {"ord": 3, "axis": -1}, {"ord": 2, "axis": (1, 2), "keepdims": True},
    ]  # fmt: skip
    for call in calls:
        close(LA.norm(x, **call), np.linalg.norm(wide(x), **call), 1e-4)


def test_cross_and_chains() -> None:
    a, b = random(3, 4, 3), random(4, 3, seed=1)
    close(LA.cross(a, b), np.cross(a, b))
    chain = [random(5, 2), random(2, 7), random(7, 3), random(3)]
    close(LA.multi_dot(chain), np.linalg.multi_dot(list(map(wide, chain))))


def test_least_squares() -> None:
    a, b = random(7, 3), random(7, 2, seed=1)
    want = np.linalg.lstsq(wide(a), wide(b))
    got = LA.lstsq(a, b)
    close(got.x, want[0])
    close(got.residuals, want[1])
    assert int(got.rank) == want[2]
    close(got.s, want[3])
    close(LA.lstsq(a, b[:, 0]).x, want[0][:, 0])


@pytest.mark.parametrize("scale", [0.01, 1.0, 6.0])
def test_exponential(scale: float) -> None:
    import jax.scipy.linalg as reference

    a = scale * random(2, 4, 4)
    close(LA.expm(a), np.asarray(reference.expm(a)), 2e-4)


def test_solve_broadcasts() -> None:
    a, b = regular(3, 1, 4, 4), random(2, 4, 2)
    close(LA.solve(a, b), np.linalg.solve(wide(a), wide(b)))
    vector = random(4)
    close(LA.solve(a, vector), np.linalg.solve(wide(a), wide(vector)))


# --- what has no answer --------------------------------------------------------------------------


def test_matrices_without_an_answer_are_nan_alone() -> None:
    singular = np.stack([np.eye(2), np.zeros((2, 2))]).astype(np.float32)
    for f in (LA.inv, lambda a: LA.solve(a, np.ones((2, 2)))):
        for run in (f, tx.jit(f)):
            got = np.asarray(run(singular))
            assert np.isfinite(got[0]).all()
            assert np.isnan(got[1]).all()
    indefinite = np.stack([np.eye(2), -np.eye(2)]).astype(np.float32)
    got = np.asarray(LA.cholesky(indefinite))
    assert np.isfinite(got[0]).all()
    assert np.isnan(got[1]).all()
    assert np.asarray(LA.det(singular)).tolist() == [1, 0]
    assert np.asarray(LA.slogdet(np.zeros((4, 4))).logabsdet) == -math.inf
    assert np.isnan(np.asarray(LA.svd(np.full((2, 2), np.nan, np.float32)).S)).all()


REFUSED: list[tuple[Callable[[], Any], type[Exception]]] = [
    (lambda: LA.inv(random(2, 3)), tx.ShapeError),
    (lambda: LA.cholesky(random(3)), tx.ShapeError),
    (lambda: LA.det(random(2, 3)), tx.ShapeError),
    (lambda: LA.eigh(random(2, 3)), tx.ShapeError),
    (lambda: LA.qr(random(3)), tx.ShapeError),
    (lambda: LA.qr(random(3, 3), mode="raw"), tx.ArgumentError),
    (lambda: LA.svd(random(3)), tx.ShapeError),
    (lambda: LA.solve(random(3, 3), random(4)), tx.ShapeError),
    (lambda: LA.solve(random(2, 3, 3), random(4, 3, 1)), tx.ShapeError),
    (lambda: LA.vecdot(random(2, 3), random(2, 1)), tx.ShapeError),
    (lambda: LA.cross(random(2), random(2)), tx.ShapeError),
    (lambda: LA.cross(random(3), 1.0), tx.ShapeError),
    (lambda: LA.diagonal(random(3)), tx.ShapeError),
    (lambda: LA.matrix_norm(random(3, 3), ord=3), tx.ArgumentError),
    (lambda: LA.matrix_power(random(3, 3), 0.5), tx.ArgumentError),  # type: ignore[arg-type]
    (lambda: LA.multi_dot([random(3, 3)]), tx.ArgumentError),
    (lambda: LA.norm(random(2, 2, 2), ord=2), tx.ShapeError),
    (lambda: LA.lstsq(random(2, 2, 2), random(2, 2)), tx.ShapeError),
]


@pytest.mark.parametrize("k", range(len(REFUSED)))
def test_refused(k: int) -> None:
    call, error = REFUSED[k]
    with pytest.raises(error):
        call()
