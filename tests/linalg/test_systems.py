"""Triangular and tensor equations, condition numbers, eigenvalues of general matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.linalg.programs import Host, random, regular

LA = tnp.linalg
pytestmark = pytest.mark.usefixtures("backend")


def close(got: Any, want: Any, tolerance: float = 2e-5) -> None:
    np.testing.assert_allclose(np.asarray(got), want, rtol=tolerance, atol=tolerance)


def wide(x: Host) -> Host:
    return x.astype(np.float64)


@pytest.mark.parametrize("lower", [True, False])
def test_triangular(lower: bool) -> None:
    import scipy.linalg

    a, b = regular(5, 5), random(5, 2)
    want = scipy.linalg.solve_triangular(wide(a), wide(b), lower=lower)
    close(LA.solve_triangular(a, b, lower=lower), want)
    close(LA.solve_triangular(a, b[:, 0], lower=lower), want[:, 0])
    stacked = LA.solve_triangular(np.stack([a, 2 * a]), b, lower=lower)
    close(stacked, np.stack([want, want / 2]))
    a[2, 2] = 0
    assert np.isnan(np.asarray(LA.solve_triangular(a, b, lower=lower))).all()


def test_tensors() -> None:
    a, b = regular(12, 12).reshape(3, 4, 2, 6), random(3, 4)
    close(LA.tensorsolve(a, b), np.linalg.tensorsolve(wide(a), wide(b)))
    moved = np.moveaxis(a, 2, 0)
    want = np.linalg.tensorsolve(wide(moved), wide(b), axes=(0,))
    with pytest.raises(tx.ShapeError):
        LA.tensorsolve(moved, b)
    close(LA.tensorsolve(np.moveaxis(a, 2, 0), b, axes=(0,)).shape, want.shape)
    close(LA.tensorinv(a), np.linalg.tensorinv(wide(a)))
    for call in (lambda: LA.tensorsolve(a, random(3)), lambda: LA.tensorinv(a, ind=1)):
        with pytest.raises(tx.ShapeError):
            call()
    with pytest.raises(tx.ArgumentError):
        LA.tensorinv(a, ind=0)


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, np.inf, "fro", "nuc"])
def test_condition_numbers(p: Any) -> None:
    a = regular(2, 4, 4)
    close(LA.cond(a, p), np.linalg.cond(wide(a), p), 1e-4)


def by_size(w: Any) -> Any:
    w = np.asarray(w)
    return np.take_along_axis(w, np.lexsort((w.imag, w.real)), -1)


def test_general_eigenvalues() -> None:
    a = random(3, 5, 5)
    w, v = LA.eig(a)
    assert w.dtype == v.dtype == tnp.complex64
    close(w, np.linalg.eigvals(wide(a)))
    close(by_size(LA.eigvals(a)), by_size(w))
    w, v = np.asarray(w), np.asarray(v)
    close(a @ v, v * w[:, None, :])
    close(np.abs(v * v).sum(-2), np.ones((3, 5)))
    twisted = tx.vmap(LA.eigvals)(a + 1j * a)
    close(by_size(twisted), by_size(np.linalg.eigvals(a + 1j * a)), 1e-4)
    assert np.isnan(np.asarray(LA.eigvals(np.full((2, 2), np.nan)))).all()


def test_gradients_of_general_eigenvalues() -> None:
    import jax
    import jax.numpy as jnp

    a = random(4, 4)

    def loss(a: Any, xp: Any) -> Any:
        return xp.sum(xp.abs(xp.linalg.eigvals(a)) ** 3)

    want = jax.grad(lambda a: loss(a, jnp))(jnp.asarray(a))
    close(tx.grad(lambda a: loss(a, tnp))(a), want, 1e-3)


def test_general_eigenvalues_are_the_hosts() -> None:
    with pytest.raises(tx.CompileError, match="eig runs on the host"):
        _ = tx.jit(LA.eigvals).lower(regular(3, 3)).program
