"""Spectra over time against NumPy's FFT of each frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal

import texelate as tx
import texelate.numpy as tnp
from texelate import signal

X = np.random.default_rng(9).standard_normal((2, 50)).astype(np.float32)
LENGTHS = [(8, 4, None), (6, 3, None), (10, 5, 12)]


def test_spectra_and_back(backend: str) -> None:
    for length, step, size in LENGTHS:
        got = signal.stft(X, length, step, size)
        window = scipy.signal.windows.hann(length, sym=False)
        frames = [X[:, s : s + length] * window for s in range(0, 51 - length, step)]
        want = np.fft.rfft(np.stack(frames, 1), size or 8)
        np.testing.assert_allclose(np.asarray(got), want, atol=1e-4)
        back = np.asarray(signal.istft(got, length, step, size))
        assert (back[:, 0] == 0).all()  # the window is 0 there
        np.testing.assert_allclose(back[:, 1:], X[:, 1 : back.shape[1]], atol=1e-3)


def test_without_a_window_and_differentiated(on_numpy: None) -> None:
    got = signal.stft(X, 8, 8, window=None)
    want = np.fft.rfft(X[:, :48].reshape(2, 6, 8))
    np.testing.assert_allclose(np.asarray(got), want, atol=1e-4)

    def power(x: Any) -> Any:
        return tnp.sum(tnp.square(tnp.abs(signal.stft(x, 8, 8, window=None))), -1)

    tx.check_grads(power, (X,), order=1)


def test_bad_input(on_numpy: None) -> None:
    with pytest.raises(tx.ArgumentError):
        signal.stft(X, 0, 1)
    with pytest.raises(tx.ShapeError):
        signal.istft(X[0], 8, 4)
