"""Infinite and NaN parts and signed zeros, against NumPy's complex64 functions (C's Annex G)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

Host = np.ndarray[Any, Any]
PARTS = (0.0, -0.0, 1.5, -1.5, 120.0, -120.0, np.inf, -np.inf, np.nan)
PLANE = np.asarray([complex(a, b) for a in PARTS for b in PARTS], np.complex64)
CUTS = "log log1p sqrt arcsin arccos arctan arcsinh arccosh arctanh".split()
SMOOTH = "abs exp log2 log10 cos tan cosh tanh".split()
REFERENCES: dict[str, Callable[[Host], Host]] = {
    **{name: getattr(np, name) for name in CUTS + SMOOTH},
    "expm1": lambda z: np.exp(z) - 1,  # NumPy's own gives NaN at infinity
}


@pytest.fixture(scope="module")
def wants() -> dict[str, Host]:
    with np.errstate(all="ignore"):
        return {name: f(PLANE) for name, f in REFERENCES.items()}


def close(name: str, got: Host, want: Host) -> None:
    np.testing.assert_allclose(got.real, want.real, rtol=2e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(got.imag, want.imag, rtol=2e-5, atol=1e-6, err_msg=name)


def test_special_values_are_numpys(backend: str, wants: dict[str, Host]) -> None:
    got = tx.jit(lambda z: [getattr(tnp, name)(z) for name in REFERENCES])(PLANE)
    for name, value in zip(REFERENCES, got, strict=True):
        close(name, np.asarray(value), wants[name])


@pytest.mark.parametrize("name", ["sinh", "sin"])
def test_odd_functions(backend: str, name: str) -> None:
    """Annex G leaves a sign open: NumPy's is + in one half plane, ours makes the function odd."""
    with np.errstate(all="ignore"):
        want = getattr(np, name)(PLANE)
    half = ~np.signbit(PLANE.real if name == "sinh" else PLANE.imag)
    got = np.asarray(getattr(tnp, name)(tnp.asarray(PLANE)))
    close(name, got[half], want[half])
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))


def test_signs_of_zeros(backend: str) -> None:
    """A branch cut is approached from the side that the sign of the zero tells."""
    real = [-2.0, 2.0, 0.5, -0.5]
    cuts = np.asarray([complex(a, b) for a in real for b in (0.0, -0.0)], np.complex64)
    turned = np.asarray([complex(-z.imag, z.real) for z in cuts.tolist()], np.complex64)
    for name in CUTS:
        for z in (cuts, turned):
            with np.errstate(all="ignore"):
                want = getattr(np, name)(z)
            close(name, np.asarray(getattr(tnp, name)(z)), want)


def test_sign_of_zeros_is_zero(backend: str) -> None:
    zeros = np.asarray([complex(a, b) for a in (0.0, -0.0) for b in (0.0, -0.0)], np.complex64)
    got = np.asarray(tnp.sign(zeros))
    assert not np.signbit(got.real).any()
    assert not np.signbit(got.imag).any()
    np.testing.assert_array_equal(got, np.zeros(4))


SLOPES: dict[str, Callable[[Host], Host]] = {
    "exp": np.exp,
    "expm1": np.exp,
    "sinh": np.cosh,
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "sqrt": lambda z: 0.5 / np.sqrt(z),
    "arcsin": lambda z: 1 / np.sqrt(1 - z * z),
    "arccos": lambda z: -1 / np.sqrt(1 - z * z),
    "arcsinh": lambda z: 1 / np.sqrt(1 + z * z),
    "arccosh": lambda z: 1 / (np.sqrt(z - 1) * np.sqrt(z + 1)),
    "arctan": lambda z: 1 / (1 + z * z),
    "arctanh": lambda z: 1 / (1 - z * z),
}


@pytest.mark.parametrize("name", SLOPES)
def test_derivatives_on_the_axes(on_numpy: None, name: str) -> None:
    """The gradient of the real part of a holomorphic function is its derivative."""
    zero = [] if name == "sqrt" else [0.0]
    z = np.asarray([0.5, -0.4, 0.3j, -0.6j, *zero], np.complex64)
    got = tx.grad(lambda z: tnp.sum(tnp.real(getattr(tnp, name)(z))))(z)
    np.testing.assert_allclose(np.asarray(got), SLOPES[name](z), rtol=2e-5, atol=2e-6)
