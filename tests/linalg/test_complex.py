"""Linear algebra of complex matrices: values against NumPy, gradients against JAX."""

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

LA = tnp.linalg
RNG = np.random.default_rng(4)
A = np.asarray(RNG.normal(size=(2, 3, 3)) + 1j * RNG.normal(size=(2, 3, 3)), np.complex64)
A += 3 * np.eye(3, dtype=np.complex64)
H = A @ np.swapaxes(A.conj(), -1, -2) + np.diag([1, 3, 7]).astype(np.complex64)
WIDE = A.astype(np.complex128)


def close(got: Any, want: Any, tolerance: float = 2e-5) -> None:
    got = np.asarray(got)
    assert got.dtype.kind == np.asarray(want).dtype.kind
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def dagger(x: Any) -> Any:
    return np.swapaxes(x.conj(), -1, -2)


def test_values(backend: str) -> None:
    close(LA.inv(A), np.linalg.inv(WIDE))
    close(LA.det(A), np.linalg.det(WIDE))
    close(LA.slogdet(A).logabsdet, np.linalg.slogdet(WIDE).logabsdet)
    close(LA.slogdet(A).sign, np.linalg.slogdet(WIDE).sign)
    close(LA.cholesky(H), np.linalg.cholesky(H.astype(complex)))
    close(LA.eigvalsh(H), np.linalg.eigvalsh(H.astype(complex)))
    close(LA.svdvals(A), np.linalg.svdvals(WIDE))
    close(LA.pinv(A[..., :2]), np.linalg.pinv(WIDE[..., :2]))
    close(LA.vector_norm(A), np.linalg.norm(WIDE))
    for order in ("fro", "nuc", 1, 2):
        close(LA.matrix_norm(A, ord=order), np.linalg.matrix_norm(WIDE, ord=order))
    close(LA.matrix_power(A, -2), np.linalg.matrix_power(WIDE, -2))


def test_factors_multiply_back(backend: str) -> None:
    w, v = map(np.asarray, LA.eigh(H))
    close(v * w[..., None, :] @ dagger(v), H, 1e-4)
    u, s, vh = map(np.asarray, LA.svd(A))
    close(u * s[..., None, :] @ vh, A)
    q, r = map(np.asarray, LA.qr(A))
    close(q @ r, A)
    close(dagger(q) @ q, np.broadcast_to(np.eye(3, dtype=np.complex64), A.shape))


def _size(x: Any, xp: Any) -> Any:
    return xp.sum((x * xp.conj(x)).real ** 2) + xp.sum(x.imag)


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "solve": lambda a, xp: _size(xp.linalg.solve(a, xp.conj(a)), xp),
    "cholesky": lambda a, xp: _size(xp.linalg.cholesky(a @ xp.conj(xp.swapaxes(a, -1, -2))), xp),
    "eigvalsh": lambda a, xp: xp.sum(xp.linalg.eigvalsh(a @ xp.conj(xp.swapaxes(a, -1, -2))) ** 2),
    "eigh": lambda a, xp: xp.sum(abs(xp.linalg.eigh(a)[1][..., 0]) ** 4),
    "svd": lambda a, xp: xp.sum(abs(xp.linalg.svd(a)[0][..., 0]) ** 4),
    "nuclear": lambda a, xp: xp.sum(xp.linalg.matrix_norm(a, ord="nuc")),
    "qr": lambda a, xp: _size(xp.linalg.qr(a)[1], xp),
    "slogdet": lambda a, xp: xp.sum(xp.linalg.slogdet(a)[1]),
    "sign": lambda a, xp: xp.sum(xp.linalg.slogdet(a)[0].imag),
    "det": lambda a, xp: xp.sum(xp.linalg.det(a).imag),
    "pinv": lambda a, xp: _size(xp.linalg.pinv(a[..., :2]), xp),
}


@functools.cache
def references() -> dict[str, Any]:
    """JAX's gradients of all functions, compiled as one program."""

    def gradients(a: Any) -> dict[str, Any]:
        return {n: jax.grad(lambda a, f=f: f(a, jnp))(a) for n, f in FUNCTIONS.items()}

    return jax.jit(gradients)(jnp.asarray(A))


@pytest.mark.usefixtures("on_numpy")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradient_is_jax(name: str) -> None:
    f = FUNCTIONS[name]
    got = np.asarray(tx.grad(lambda a: f(a, tnp))(A))
    want = np.asarray(references()[name])
    scale = float(np.abs(want).max())
    np.testing.assert_allclose(got / scale, want / scale, atol=5e-4)
