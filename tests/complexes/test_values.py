"""complex64 against NumPy's, on each backend: arithmetic, functions, movement, conversions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

Host = np.ndarray[Any, Any]
RNG = np.random.default_rng(0)


def random(*shape: int) -> Host:
    return np.asarray(RNG.normal(size=shape) + 1j * RNG.normal(size=shape), np.complex64)


X, Y = random(4, 3), random(4, 3)
SCALARS: list[Callable[[Any, Any], Any]] = [
    lambda x, xp: x + 1, lambda x, xp: 2j * x, lambda x, xp: x / (1 + 2j), lambda x, xp: 1 - x,
    lambda x, xp: x**3, lambda x, xp: x**-2, lambda x, xp: x**0, lambda x, xp: x**0.5,
    lambda x, xp: x**1j, lambda x, xp: -x, lambda x, xp: x.real, lambda x, xp: x.imag,
    lambda x, xp: x.conj(), lambda x, xp: abs(x), lambda x, xp: xp.angle(x),
    lambda x, xp: x == x[0], lambda x, xp: x != x[0], lambda x, xp: x.T,
    lambda x, xp: x[::-1, 1:],
    lambda x, xp: xp.sum(x, 0), lambda x, xp: xp.prod(x, 1), lambda x, xp: xp.prod(x),
    lambda x, xp: xp.mean(x), lambda x, xp: xp.var(x, 0), lambda x, xp: xp.std(x),
    lambda x, xp: xp.where(x.real > 0, x, 1j), lambda x, xp: xp.reshape(x, (2, -1)),
    lambda x, xp: xp.concatenate([x, x * 2]), lambda x, xp: xp.flip(x), lambda x, xp: xp.sign(x),
    lambda x, xp: x.T @ x, lambda x, xp: xp.vdot(x, x + 1), lambda x, xp: xp.isfinite(x / 0),
    lambda x, xp: xp.isnan(x), lambda x, xp: xp.square(x), lambda x, xp: xp.reciprocal(x),
    lambda x, xp: xp.broadcast_to(x[0], (2, 3)), lambda x, xp: xp.take(x, np.array([2, 0]), 0),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _use(backend: str) -> None:
    """Every test runs on each backend."""


def close(got: Any, want: Any, tolerance: float = 2e-6) -> None:
    got = np.asarray(got)
    assert got.shape == np.shape(want)
    assert got.dtype.kind == np.asarray(want).dtype.kind
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def test_operations() -> None:
    """All in one program: each is its own output."""
    with np.errstate(all="ignore"):
        wants = [f(X, np) for f in SCALARS]
    for run in (
        lambda x: [f(x, tnp) for f in SCALARS],
        tx.jit(lambda x: [f(x, tnp) for f in SCALARS]),
    ):
        for got, want in zip(run(tnp.asarray(X)), wants, strict=True):
            close(got, want, 1e-5)


def test_pairs_of_arrays() -> None:
    x, y, real = tnp.asarray(X), tnp.asarray(Y), tnp.asarray(Y.real)
    for got, want in [
        (x + y, X + Y), (x - real, X - Y.real), (real * x, Y.real * X), (x / y, X / Y),
        (x**y, X**Y), (x @ y.T, X @ Y.T), (tnp.stack([x, y]), np.stack([X, Y])),
        (tnp.outer(x, y), np.outer(X, Y)), (tnp.einsum("ij,kj->ik", x, y), X @ Y.T),
        (tnp.linalg.vecdot(x, y), np.linalg.vecdot(X, Y)),
    ]:  # fmt: skip
        close(got, want, 2e-5)


FUNCTIONS = (
    "exp expm1 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh arcsin arccos arctan "
    "arcsinh arccosh arctanh rint"
).split()
PLANE = np.asarray(
    [complex(a, b) for a in (-2.5, -0.4, -1e-3, 0, 0.3, 1.7) for b in (-1.9, -0.6, 0.2, 2.2)],
    np.complex64,
)  # fmt: skip


def test_elementary_functions() -> None:
    got = tx.jit(lambda z: [getattr(tnp, n)(z) for n in FUNCTIONS])(PLANE)
    for name, value in zip(FUNCTIONS, got, strict=True):
        want = getattr(np, name)(PLANE.astype(np.complex128))
        np.testing.assert_allclose(np.asarray(value), want, rtol=1e-5, atol=2e-6, err_msg=name)


def test_no_overflow_where_the_result_has_none() -> None:
    big = np.asarray([3e30 + 4e30j, 3e-30 + 4e-30j, 0, complex(np.inf, 1)], np.complex64)
    close(tnp.abs(big), np.abs(big), 1e-6)
    close(tnp.asarray(big[:2]) / big[:2], np.ones(2, np.complex64), 1e-6)


def test_conversions_and_printing() -> None:
    x = tnp.asarray([1 + 2j, 3.5])
    assert repr(x) == "Array([1. +2.j, 3.5+0.j], dtype=complex64)"
    assert x.dtype is tx.complex64
    assert complex(x[0]) == 1 + 2j
    close(tnp.asarray([1, 2]).astype(complex), np.asarray([1, 2], np.complex64))
    close(x.astype(tnp.float32), np.asarray([1, 3.5], np.float32))
    assert (tnp.asarray(2.0) + 1j).dtype is tx.complex64
    assert (tnp.ones(2) * 1j).dtype is tx.complex64
    assert tnp.asarray(np.ones(2, np.complex128)).dtype is tx.complex64
    assert tnp.iscomplexobj(x)
    assert tnp.isrealobj(x.real)


def test_memory_is_numpys() -> None:
    """Inputs returned unchanged, scalars, nothing, and donated arrays."""
    x = tnp.asarray(X)
    same, scalar, none = tx.jit(lambda x: (x, x[0, 0], x[:0]))(x)
    close(same, X)
    close(scalar, X[0, 0])
    assert none.shape == (0, 3)
    close(tx.jit(lambda x: x + 1, donate_argnums=0)(tnp.asarray(X)), X + 1)
    close(tx.vmap(lambda r: tnp.sum(r) * r)(x), X.sum(1, keepdims=True) * X, 1e-5)


def test_refused() -> None:
    x = tnp.asarray(X)
    for f in (
        tnp.erf,
        tnp.floor,
        tnp.max,
        lambda z: z < 1,
        lambda z: tnp.arctan2(z, z),
    ):
        with pytest.raises(tx.DtypeError):
            np.asarray(f(x))
