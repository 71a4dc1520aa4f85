"""Recurrent cells against their formulas in NumPy, alone and along a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.nn.functional as F
import texelate.numpy as tnp

RNG = np.random.default_rng(8)
INPUTS, UNITS = 3, 5
X = RNG.standard_normal((4, 2, INPUTS)).astype(np.float32)
H, C = RNG.standard_normal((2, 2, UNITS)).astype(np.float32)


def weights(gates: int) -> Any:
    shapes = ((INPUTS, gates * UNITS), (UNITS, gates * UNITS), (gates * UNITS,))
    return [RNG.standard_normal(s).astype(np.float32) for s in shapes]


W1, W3, W4 = weights(1), weights(3), weights(4)
EXTRA = RNG.standard_normal(3 * UNITS).astype(np.float32)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def lstm(x: Any, h: Any, c: Any) -> Any:
    i, f, g, o = np.split(x @ W4[0] + h @ W4[1] + W4[2], 4, -1)
    c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(x: Any, h: Any) -> Any:
    given, kept = np.split(x @ W3[0] + W3[2], 3, -1), np.split(h @ W3[1] + EXTRA, 3, -1)
    z, r = sigmoid(given[0] + kept[0]), sigmoid(given[1] + kept[1])
    return z * h + (1 - z) * np.tanh(given[2] + r * kept[2])


def test_cells_along_a_sequence(backend: str) -> None:
    def run(x: Any, h: Any, c: Any) -> Any:
        simple, gated, state = h, h, (h, c)
        for t in range(4):
            simple = F.rnn_cell(x[t], simple, *W1)
            gated = F.gru_cell(x[t], gated, *W3, EXTRA)
            state = F.lstm_cell(x[t], state, *W4, forget_bias=1.0)
        return simple, gated, *state

    simple, gated, h, c = H, H, H, C
    for x in X:
        simple = np.tanh(x @ W1[0] + simple @ W1[1] + W1[2])
        gated = gru(x, gated)
        h, c = lstm(x, h, c)
    for got, want in zip(tx.jit(run)(X, H, C), (simple, gated, h, c), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-5)


def test_cells_differentiate_and_map(on_numpy: None) -> None:
    tx.check_grads(lambda h: F.gru_cell(X[0], h, *W3, EXTRA), (H,), order=1)
    tx.check_grads(lambda h, c: tnp.sum(F.lstm_cell(X[0], (h, c), *W4)[0]), (H, C), order=1)
    mapped = tx.vmap(lambda x, h: F.gru_cell(x, h, *W3))(X[0], H)
    np.testing.assert_allclose(mapped, F.gru_cell(X[0], H, *W3), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.rnn_cell(X[0], H, *W3),
        lambda: F.gru_cell(X[0], H, *W4),
        lambda: F.lstm_cell(H, (H, C), *W4),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises(tx.ShapeError):
        call()
