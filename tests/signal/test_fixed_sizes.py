"""Ragged and sparse functions inside jit: results of given sizes, padded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
from texelate import ragged, sparse

VALUES = np.arange(1, 8, dtype=np.float32)
SPLITS = np.array([0, 2, 2, 5, 7], np.int32)
OUTER = np.array([0, 1, 4], np.int32)


def test_rows_made_dense(backend: str) -> None:
    dense = tx.jit(lambda v, s: ragged.to_dense(v, s, (None, 3), -1.0))(VALUES, SPLITS)
    np.testing.assert_array_equal(dense, ragged.to_dense(VALUES, SPLITS, default=-1.0))
    nested = tx.jit(lambda o, s: ragged.to_dense(VALUES, [o, s], (2, 3, 2)))(OUTER, SPLITS)
    np.testing.assert_array_equal(nested, ragged.to_dense(VALUES, [OUTER, SPLITS], (2, 3, 2)))
    assert np.asarray(nested).tolist()[1] == [[0, 0], [3, 4], [6, 7]]


def test_rows_taken(backend: str) -> None:
    rows = np.array([2, 0, 2], np.int32)
    want, (splits,) = ragged.gather(VALUES, SPLITS, rows)
    got, (new,) = tx.jit(lambda s, r: ragged.gather(VALUES, s, r, 10))(SPLITS, rows)
    np.testing.assert_array_equal(new, splits)
    assert got.tolist() == [*want.tolist(), 0.0, 0.0]
    want, levels = ragged.gather(VALUES, [OUTER, SPLITS], [1, 0])
    got, padded = tx.jit(lambda r: ragged.gather(VALUES, [OUTER, SPLITS], r, [5, 9]))(
        np.array([1, 0], np.int32)
    )
    n = want.shape[0]
    assert got.tolist() == want.tolist() + [0.0] * (9 - n)
    assert padded[0].tolist() == levels[0].tolist()
    assert padded[1].tolist()[: levels[1].shape[0]] == levels[1].tolist()


def test_ranges(on_numpy: None) -> None:
    args = np.array([5, 0, 3], np.int32), np.array([0, 4, 3], np.int32), np.array([-2, 3, 1])
    values, splits = tx.jit(lambda *a: ragged.arange(*a, size=7))(*args)
    assert values.tolist() == [5, 3, 1, 0, 3, 0, 0]
    assert splits.tolist() == [0, 3, 5, 5]
    assert ragged.arange(*args)[0].tolist() == [5, 3, 1, 0, 3]


def test_gradients_reach_the_values(on_numpy: None) -> None:
    def loss(v: Any, s: Any) -> Any:
        return (ragged.to_dense(v, s, (None, 2)) ** 2).sum() + ragged.gather(v, s, [2], 3)[0].sum()

    slope = tx.jit(tx.grad(loss))(VALUES, SPLITS)
    assert slope.tolist() == [2.0, 4.0, 7.0, 9.0, 1.0, 12.0, 14.0]


def test_empty_rows_filled(backend: str) -> None:
    indices, values = np.array([[3, 1], [0, 2], [3, 0]], np.int32), np.float32([5, 6, 7])
    want = sparse.fill_empty_rows(indices, values, (5, 4), 9.0)
    at, filled, empty, places, count = tx.jit(
        lambda i, v: sparse.fill_empty_rows_padded(i, v, (5, 4), 9.0)
    )(indices, values)
    n = int(count)
    assert n == 6
    np.testing.assert_array_equal(np.asarray(at)[:n], want[0])
    assert (np.asarray(at)[n:] == -1).all()
    np.testing.assert_array_equal(np.asarray(filled)[:n], want[1])
    np.testing.assert_array_equal(empty, want[2])
    np.testing.assert_array_equal(places, want[3])
    assert np.asarray(filled)[np.asarray(places)].tolist() == values.tolist()


def test_what_must_be_known(on_numpy: None) -> None:
    with pytest.raises(tx.ArgumentError, match="longest row"):
        tx.jit(lambda s: ragged.to_dense(VALUES, s))(SPLITS)
    with pytest.raises(tx.ConcretizationError):
        tx.jit(lambda s: ragged.gather(VALUES, s, [0]))(SPLITS)
    with pytest.raises(tx.ConcretizationError):
        tx.jit(lambda a: ragged.arange(a, 5))(np.array([0], np.int32))
