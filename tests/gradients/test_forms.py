"""Derivatives of programs as users write them: to order 2, forward and reverse, on each backend."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from tests.gradients import algebra, arguments, forms, writing
from tests.gradients.points import Table, cases, check

TABLE: Table = {**forms.TABLE, **arguments.TABLE, **algebra.TABLE, **writing.TABLE}
SAMPLE = ("indexing add", "containers nest", "nested confusion", "joins split", "complex products")


@pytest.mark.parametrize(("backend", "name"), cases(TABLE, SAMPLE))
def test_derivatives(backend: str, name: str) -> None:
    """Forms of arguments are many results at once: their second order is checked on numpy, where
    nothing is compiled; the rules are the same, and each function's own check has order 2.
    """
    need_backend(backend)
    first = backend == "webgpu" and name not in forms.TABLE
    check(name, TABLE[name], backend, order=1 if first else 2)


TIES = {
    "max": lambda m, x: m.max(x),
    "min of rows": lambda m, x: m.sum(m.min(x, axis=1)),
    "maximum": lambda m, x: m.sum(m.maximum(x, 2.0)),
    "sort": lambda m, x: m.sum(m.sort(x, axis=1)[:, -1]),
}


@pytest.mark.parametrize("name", TIES)
def test_equal_extrema(name: str, backend: str) -> None:
    """Where several are the largest they share the slope, as in JAX: no difference tells that."""
    x = np.float32([[1, 2, 2], [2, 0, 0], [1, 1, 1]])
    got = tx.grad(lambda x: TIES[name](tnp, x))(x)
    wanted = jax.grad(lambda x: TIES[name](jnp, x))(x)
    np.testing.assert_allclose(np.asarray(got), wanted)


def test_what_transforms_say_of_functions(on_numpy: None) -> None:
    """Names, documentation, values beside slopes, auxiliary results, types."""

    def loss(x: Any, scale: float = 2.0) -> Any:
        """What is minimised."""
        return tnp.sum(x * x) * scale, {"x": x}

    both = tx.value_and_grad(loss, has_aux=True)
    assert "loss" in both.__name__
    assert "What is minimised." in both.__doc__
    (value, aux), slope = both(np.float32([1, 2]), scale=3.0)
    assert float(value) == 15
    assert aux["x"].tolist() == [1, 2]
    assert slope.tolist() == [6, 12]
    assert slope.dtype == tx.float32
    assert tx.grad(lambda x: x * 2)(1.5).shape == ()


def test_a_wrong_rule_is_found_at_either_order(on_numpy: None) -> None:
    f = tx.custom_jvp(lambda x: x**3)
    f.defjvp(lambda p, t: (p[0] ** 3, 3.1 * p[0] ** 2 * t[0]))
    with pytest.raises(AssertionError):
        tx.check_grads(f, (np.float32([1.0, 2.0]),), order=1)
    slope = tx.custom_jvp(lambda x: 3 * x**2)
    slope.defjvp(lambda p, t: (3 * p[0] ** 2, 5 * p[0] * t[0]))
    g = tx.custom_jvp(lambda x: x**3)
    g.defjvp(lambda p, t: (p[0] ** 3, slope(p[0]) * t[0]))
    tx.check_grads(g, (np.float32([1.0, 2.0]),), order=1)
    with pytest.raises(AssertionError):
        tx.check_grads(g, (np.float32([1.0, 2.0]),), order=2)
