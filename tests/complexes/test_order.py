"""Sorting complex numbers and searching among them, running products and convolutions: as NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

RNG = np.random.default_rng(3)
PARTS = (1, -2, 0.0, -0.0, np.inf, -np.inf, np.nan)
EDGES = np.asarray([complex(a, b) for a in PARTS for b in PARTS], np.complex64)
TIES = (RNG.integers(-2, 3, 300) + 1j * RNG.integers(-2, 3, 300)).astype(np.complex64)
MIXED = RNG.permutation(np.concatenate([EDGES, TIES, EDGES]))
NUMBERS = MIXED[~np.isnan(MIXED)]
Z = (RNG.normal(size=(3, 9)) + 1j * RNG.normal(size=(3, 9))).astype(np.complex64)


def same(got: Any, want: Any) -> None:
    np.testing.assert_array_equal(np.asarray(got), want)


def test_sorting_is_lexicographic_and_stable_with_nan_last(backend: str) -> None:
    same(tnp.argsort(MIXED), np.argsort(MIXED, kind="stable"))
    rows = TIES.reshape(20, 15)
    same(tnp.sort(rows, axis=0), np.sort(rows, axis=0))
    descending = np.argsort(-TIES, kind="stable")
    same(tx.jit(lambda z: tnp.argsort(z, descending=True))(TIES), descending)


@pytest.mark.parametrize("side", ["left", "right"])
def test_searching(backend: str, side: Any) -> None:
    ordered = np.sort(NUMBERS)
    want = np.searchsorted(ordered, MIXED, side)
    same(tnp.searchsorted(ordered, MIXED, side=side), want)


def test_sets(backend: str) -> None:
    got = tnp.unique_all(TIES)
    for mine, theirs in zip(got, np.unique(TIES, True, True, True), strict=True):
        same(mine, theirs)
    same(tnp.isin(TIES, TIES[:5]), np.isin(TIES, TIES[:5]))


def test_running_products_and_convolutions(backend: str) -> None:
    got = tx.jit(lambda z: (tnp.cumprod(z, axis=1), tnp.convolve(z[0], z[1])))(Z)
    for mine, theirs in zip(got, (np.cumprod(Z, 1), np.convolve(Z[0], Z[1])), strict=True):
        np.testing.assert_allclose(np.asarray(mine), theirs, rtol=1e-5, atol=1e-5)


def test_sign_of_infinite_and_extreme_numbers(backend: str) -> None:
    z = np.asarray([complex(np.inf, 1), complex(-np.inf, 0), complex(0, -np.inf), 3e38 + 3e38j])
    root = np.sqrt(0.5)
    want = np.asarray([1, -1, -1j, complex(root, root)])
    np.testing.assert_allclose(np.asarray(tnp.sign(z.astype(np.complex64))), want, rtol=1e-6)
    undirected = np.asarray([complex(np.inf, -np.inf), complex(np.nan, 1)], np.complex64)
    assert np.isnan(np.asarray(tnp.sign(undirected))).all()
