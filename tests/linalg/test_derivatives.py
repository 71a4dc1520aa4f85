"""Derivatives of linear algebra: order 2 against differences, and the first against JAX."""

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
from tests.conftest import need_backend
from tests.linalg.programs import Host, positive, random, regular

LA = tnp.linalg
WEIGHTS = random(40, seed=9)


def weighed(*parts: Any, xp: Any) -> Any:
    """A number that depends on all elements, each with its own weight."""
    return sum(xp.sum(xp.reshape(p, (-1,)) * WEIGHTS[k : k + p.size]) for k, p in enumerate(parts))


def projections(u: Any, s: Any, vh: Any, xp: Any) -> Any:
    """What does not depend on the signs of singular or eigenvectors."""
    return weighed(u[..., :, 0:1] * vh[..., 0:1, :], s, u[..., :, 1:2] * vh[..., 1:2, :], xp=xp)


def _eigen(a: Any, xp: Any, la: Any) -> Any:
    w, v = la.eigh(a)
    return projections(v, w, xp.swapaxes(v, -1, -2), xp)


FUNCTIONS: dict[str, tuple[Callable[..., Any], list[Host]]] = {
    "solve": (lambda a, b, xp, la: weighed(la.solve(a, b), xp=xp), [regular(3, 3), random(3, 2)]),
    "solve_batched": (
        lambda a, b, xp, la: weighed(la.solve(a, b), xp=xp),
        [regular(2, 3, 3), random(2, 3, 1)],
    ),
    "inv": (lambda a, xp, la: weighed(la.inv(a), xp=xp), [regular(2, 3, 3)]),
    "det": (lambda a, xp, la: weighed(la.det(a), xp=xp), [regular(2, 4, 4) / 3]),
    "det_small": (lambda a, xp, la: weighed(la.det(a), xp=xp), [random(2, 3, 3)]),
    "slogdet": (lambda a, xp, la: weighed(la.slogdet(a)[1], xp=xp), [regular(2, 3, 3)]),
    "cholesky": (lambda a, xp, la: weighed(la.cholesky(a), xp=xp), [positive(2, 3, 3)]),
    "eigh": (_eigen, [positive(2, 3, 3)]),
    "eigvalsh": (lambda a, xp, la: weighed(la.eigvalsh(a), xp=xp), [positive(3, 3)]),
    "qr": (lambda a, xp, la: weighed(*la.qr(a), xp=xp), [regular(4, 4)[:, :3]]),
    "qr_square": (lambda a, xp, la: weighed(*la.qr(a), xp=xp), [regular(2, 3, 3)]),
    "svd_tall": (
        lambda a, xp, la: projections(*la.svd(a, full_matrices=False), xp),
        [positive(4, 4)[:, :3]],
    ),
    "svd_wide": (
        lambda a, xp, la: projections(*la.svd(a, full_matrices=False), xp),
        [positive(4, 4)[:3]],
    ),
    "pinv_tall": (lambda a, xp, la: weighed(la.pinv(a), xp=xp), [regular(2, 4, 4)[..., :3]]),
    "pinv_wide": (lambda a, xp, la: weighed(la.pinv(a), xp=xp), [regular(4, 4)[:3]]),
    "nuclear": (lambda a, xp, la: la.matrix_norm(a, ord="nuc"), [positive(3, 3)]),
    "spectral": (lambda a, xp, la: la.matrix_norm(a, ord=2), [positive(3, 3)]),
    "norm": (lambda a, xp, la: la.vector_norm(a, ord=3), [random(5)]),
    "matrix_power": (lambda a, xp, la: weighed(la.matrix_power(a, -2), xp=xp), [regular(3, 3)]),
}
ON_DEVICE = ("solve", "cholesky", "svd_tall")
CASES = [("numpy", n) for n in FUNCTIONS] + [("webgpu", n) for n in ON_DEVICE]


@functools.cache
def references() -> dict[str, Any]:
    """JAX's gradients of all functions, compiled as one program."""

    def gradients(every: dict[str, list[Host]]) -> dict[str, Any]:
        return {
            name: jax.grad(lambda *a, f=f: f(*a, jnp, jnp.linalg), tuple(range(len(every[name]))))(
                *every[name]
            )
            for name, (f, _) in FUNCTIONS.items()
        }

    return jax.jit(gradients)({name: args for name, (_, args) in FUNCTIONS.items()})


@pytest.mark.parametrize(("where", "name"), CASES)
def test_gradient_is_jax(where: str, name: str) -> None:
    function, args = FUNCTIONS[name]
    need_backend(where)
    places = tuple(range(len(args)))
    with tx.backend(where):
        got = tx.grad(lambda *a: function(*a, tnp, LA), places)(*args)
    for g, w in zip(got, references()[name], strict=True):
        scale = float(np.abs(w).max())
        np.testing.assert_allclose(np.asarray(g), np.asarray(w), rtol=2e-3, atol=2e-4 * scale)


@pytest.mark.usefixtures("on_numpy")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_order(name: str) -> None:
    function, args = FUNCTIONS[name]
    tx.check_grads(lambda *a: function(*a, tnp, LA), args, eps=5e-3, rtol=3e-2, atol=3e-2)


@pytest.mark.usefixtures("on_numpy")
def test_wide_qr_and_exponential() -> None:
    tx.check_grads(lambda a: weighed(*LA.qr(a), xp=tnp), (regular(5, 5)[:3],), order=1)
    tx.check_grads(lambda a: weighed(LA.expm(a), xp=tnp), (random(3, 3),), order=2)


@pytest.mark.usefixtures("on_numpy")
def test_equal_values_have_gradients_of_their_sums() -> None:
    """The identity's eigenvalues and singular values are all equal; the trace does not mind."""
    one = np.eye(3, dtype=np.float32)
    for f in (LA.eigvalsh, LA.svdvals, lambda a: LA.eigh(a).eigenvalues, lambda a: LA.svd(a).S):
        np.testing.assert_allclose(tx.grad(lambda a, f=f: tnp.sum(f(a)))(one), one, atol=1e-6)


@pytest.mark.usefixtures("on_numpy")
def test_bases_that_are_free_have_no_gradient() -> None:
    tall = random(4, 2)
    for f in (lambda a: LA.svd(a).U, lambda a: LA.qr(a, mode="complete").Q):
        with pytest.raises(tx.GradientError):
            tx.grad(lambda a, f=f: tnp.sum(f(a)))(tall)
