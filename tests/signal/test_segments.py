"""Segments, metrics, sparse and ragged arrays, frames: against NumPy, SciPy and JAX."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import numpy as np
import pytest
import scipy.signal

import texelate as tx
import texelate.numpy as tnp
from texelate import metrics, ragged, segments, signal, sparse

RNG = np.random.default_rng(7)
X = RNG.standard_normal((9, 3)).astype(np.float32)
IDS = np.array([3, 0, 0, 5, 3, 9, -1, 3, 0], np.int32)


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-5, atol=1e-6)


def of_each(reduce: Any, empty: float) -> Any:
    rows = [reduce(X[i == IDS], axis=0) if (i == IDS).any() else [empty] * 3 for i in range(6)]
    return np.array(rows)


def test_segments(backend: str) -> None:
    def f(x: Any, ids: Any) -> Any:
        names = ("sum", "prod", "max", "min", "mean", "sqrt_n")
        return {n: getattr(segments, f"segment_{n}")(x, ids, 6) for n in names}

    got = tx.jit(f)(X, IDS)
    close(got["sum"], of_each(np.sum, 0))
    close(got["prod"], of_each(np.prod, 1))
    close(got["max"], of_each(np.max, -np.inf))
    close(got["min"], of_each(np.min, np.inf))
    close(got["mean"], of_each(np.mean, 0))
    close(got["sqrt_n"], of_each(lambda x, axis: x.sum(axis) / np.sqrt(len(x)), 0))


def test_segments_differentiate_and_map(on_numpy: None) -> None:
    for name in ("sum", "mean", "max", "min", "prod"):
        f = getattr(segments, f"segment_{name}")
        tx.check_grads(lambda x: f(x, IDS, 10)[np.array([0, 3, 5])], (X,), order=1)  # noqa: B023
        both = np.stack([X, X[::-1]])
        mapped = tx.vmap(lambda x: f(x, IDS, 6))(both)  # noqa: B023
        close(mapped[1], f(X[::-1], IDS, 6))
    whole = segments.segment_sum(np.arange(9, dtype=np.int32), IDS, 4)
    assert np.asarray(whole).dtype == np.int32
    close(whole, jax.ops.segment_sum(np.arange(9), IDS, 4))


# --- metrics -------------------------------------------------------------------------------------


def test_metrics(backend: str) -> None:
    labels = np.array([0, 1, 2, 2, 5, 1], np.int32)
    predictions = np.array([0, 2, 2, 2, 1, -1], np.int32)
    want = np.zeros((3, 3), np.int32)
    for a, b in zip(labels, predictions, strict=True):
        if 0 <= a < 3 > b >= 0:
            want[a, b] += 1
    np.testing.assert_array_equal(metrics.confusion_matrix(labels, predictions, 3), want)
    close(metrics.accuracy(predictions, labels), 0.5)
    scores = np.round(RNG.standard_normal((20, 6)), 1).astype(np.float32)
    targets = RNG.integers(-1, 7, 20).astype(np.int32)
    order = np.argsort(-scores, axis=-1, kind="stable")
    for k in (1, 3, 6):
        want = (order[:, :k] == targets[:, None]).any(-1)
        np.testing.assert_array_equal(
            tx.jit(metrics.in_top_k, static_argnums=2)(scores, targets, k), want
        )


# --- sparse --------------------------------------------------------------------------------------


def test_sparse(on_numpy: None) -> None:
    at = np.array([[0, 2], [3, 1], [3, 3], [0, 2], [4, 0]], np.int32)
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0], np.float32)
    want = np.full((4, 4), -1.0)
    for (i, j), v in zip(at[:4], values, strict=False):
        want[i, j] = v
    close(sparse.to_dense(at, values, (4, 4), -1.0), want)
    grads = tx.grad(lambda v: tnp.sum(sparse.to_dense(at, v, (4, 4)) ** 2))(values)
    close(grads, [0, 4, 6, 8, 0])
    moved, shape = tx.jit(lambda at: sparse.reshape(at, (5, 4), (2, -1))[0])(at), (2, 10)
    flat = np.ravel_multi_index(tuple(at.T), (5, 4))
    np.testing.assert_array_equal(moved, np.stack(np.unravel_index(flat, shape), 1))
    assert sparse.reshape(at, (5, 4), (2, -1))[1] == shape
    close(
        sparse.mean_rows(X, [0, 2, 5], [0, 0, 1], 3),
        [X[[0, 2]].mean(0), X[5], np.zeros(3)],
    )
    close(sparse.sum_rows(X, [0, 2, 5], [0, 0, 1], 2), [X[0] + X[2], X[5]])
    close(sparse.sqrt_n_rows(X, [0, 2], [0, 0], 1), [(X[0] + X[2]) / np.sqrt(2)])


def test_filling_empty_rows(on_numpy: None) -> None:
    at = np.array([[3, 1], [1, 0], [1, 2]], np.int32)
    indices, values, empty, places = sparse.fill_empty_rows(at, [5.0, 6.0, 7.0], (5, 3), -1.0)
    assert indices.tolist() == [[0, 0], [1, 0], [1, 2], [2, 0], [3, 1], [4, 0]]
    assert values.tolist() == [-1, 6, 7, -1, 5, -1]
    assert empty.tolist() == [True, False, True, False, True]
    assert places.tolist() == [4, 1, 2]
    pulled = tx.grad(lambda v: tnp.sum(sparse.fill_empty_rows(at, v, (5, 3))[1] ** 2))
    close(pulled(np.array([5.0, 6.0, 7.0], np.float32)), [10, 12, 14])


# --- ragged --------------------------------------------------------------------------------------


def rows_of(values: Any, *levels: Any) -> Any:
    """Nested lists of a ragged array."""
    if not levels:
        return list(values)
    inner = rows_of(values, *levels[1:])
    return [inner[a:b] for a, b in itertools.pairwise(levels[0])]


def test_ragged(on_numpy: None) -> None:
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], np.float32)
    outer, inner = [0, 1, 3, 3, 5, 6], [0, 0, 2, 3, 5, 8, 9]
    rows = rows_of(values, outer, inner)
    for shape in (None, (5, 2, 3), (4, 1, None), (7, 3, 2)):
        got = np.asarray(ragged.to_dense(values, [outer, inner], shape, 1.5))
        assert got.shape == tuple(n or 3 for n in shape or (5, 2, 3))
        for i, j, k in itertools.product(*map(range, got.shape)):
            row = rows[i][j] if i < 5 and j < len(rows[i]) else []
            assert got[i, j, k] == (row[k] if k < len(row) else np.float32(1.5))
    picked, splits = ragged.gather(values, [outer, inner], [3, 0, 3])
    want = [rows[3], rows[0], rows[3]]
    assert rows_of(np.asarray(picked), *(s.tolist() for s in splits)) == want
    grads = tx.grad(lambda v: tnp.sum(ragged.to_dense(v, inner, (6, 2)) ** 2))(values)
    close(grads, 2 * values * [1, 1, 1, 1, 1, 1, 1, 0, 1])
    numbers, starts = ragged.arange([0, 5, 8], [2, 8, 5], [1, 2, -2])
    assert numbers.tolist() == [0, 1, 5, 7, 8, 6]
    assert starts.tolist() == [0, 2, 4, 6]
    assert ragged.to_dense(np.zeros((0, 2)), [0, 0, 0]).shape == (2, 0, 2)


# --- signal --------------------------------------------------------------------------------------


def test_frames_and_windows(backend: str) -> None:
    x = RNG.standard_normal((2, 11)).astype(np.float32)
    for length, step in ((3, 2), (4, 5), (11, 1), (12, 3)):
        starts = range(0, 12 - length, step)
        want = [x[:, s : s + length] for s in starts]
        got = signal.frame(x, length, step)
        assert got.shape == (2, len(want), length)
        if want:
            np.testing.assert_array_equal(got, np.stack(want, 1))
        padded = np.pad(x, ((0, 0), (0, length)), constant_values=7)
        want = [padded[:, s : s + length] for s in range(0, 11, step)]
        got = signal.frame(x, length, step, pad_end=True, pad_value=7)
        np.testing.assert_array_equal(got, np.stack(want, 1))
    for n, periodic in itertools.product((1, 2, 7, 8), (True, False)):
        close(signal.hann_window(n, periodic), scipy.signal.windows.hann(n, sym=not periodic))
        hamming = scipy.signal.windows.hamming(n, sym=not periodic)
        close(signal.hamming_window(n, periodic), hamming)


def test_overlapping_frames_add_up(on_numpy: None) -> None:
    frames = RNG.standard_normal((2, 4, 5)).astype(np.float32)
    for step in (1, 3, 5, 6):
        want = np.zeros((2, 3 * step + 5), np.float32)
        for i in range(4):
            want[:, i * step : i * step + 5] += frames[:, i]
        close(signal.overlap_and_add(frames, step), want)
        back = tx.grad(lambda f: tnp.sum(signal.overlap_and_add(f, step) ** 2))(frames)  # noqa: B023
        close(back, 2 * np.asarray(signal.frame(want, 5, step)))
    assert signal.overlap_and_add(frames[:, :0], 2).shape == (2, 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: signal.overlap_and_add(X[0], 1),
        lambda: signal.overlap_and_add(X, 0),
        lambda: segments.segment_sum(X, IDS[:3], 2),
        lambda: segments.segment_sum(X, X[:, 0], 2),
        lambda: segments.segment_sum(X, IDS, -1),
        lambda: metrics.accuracy(IDS, IDS[:2]),
        lambda: metrics.confusion_matrix(IDS, IDS[:2], 3),
        lambda: metrics.in_top_k(X, IDS[:2], 1),
        lambda: metrics.in_top_k(X, IDS, 4),
        lambda: sparse.to_dense(IDS, 1.0, (3,)),
        lambda: sparse.to_dense([[0.5]], 1.0, (3,)),
        lambda: sparse.to_dense([[0]], [1.0, 2.0], (3,)),
        lambda: sparse.reshape([[0, 1]], (2, 3), (4, -1)),
        lambda: sparse.fill_empty_rows([[5, 0]], [1.0], (3, 3)),
        lambda: ragged.to_dense([1.0, 2.0], [0, 1]),
        lambda: ragged.to_dense([1.0, 2.0], [0, 3, 2]),
        lambda: ragged.to_dense([1.0, 2.0], [0, 2], (1, 2, 3)),
        lambda: ragged.gather([1.0, 2.0], [0, 2], [1]),
        lambda: ragged.arange([0], [2], [0]),
        lambda: signal.frame(X, 0, 1),
        lambda: signal.frame(1.0, 1, 1),
        lambda: signal.hann_window(-1),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError)):
        call()
