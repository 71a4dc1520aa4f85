"""Losses against their formulas in NumPy, their reductions, weights and derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.nn.functional as F
import texelate.numpy as tnp

RNG = np.random.default_rng(2)
X = RNG.standard_normal((5, 4)).astype(np.float32)
Y = RNG.standard_normal((5, 4)).astype(np.float32)
P = (RNG.dirichlet(np.ones(4), 5) * 0.6 + 0.1).astype(np.float32)
Q = (RNG.dirichlet(np.ones(4), 5) * 0.6 + 0.1).astype(np.float32)
SIGNS = np.where(RNG.random((5, 4)) < 0.5, -1.0, 1.0).astype(np.float32)
BITS = (SIGNS + 1) / 2
LABELS = np.array([0, 3, 1, 1, 2], np.int32)
HOT = np.eye(4, dtype=np.float32)[LABELS]


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def unit(x: Any) -> Any:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def binary(p: Any, y: Any) -> Any:
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


SOFT = np.exp(X) / np.exp(X).sum(-1, keepdims=True)
APART = np.abs(X - Y)
FOCAL = np.where(BITS == 1, 0.25 * (1 - sigmoid(X)) ** 2, 0.75 * sigmoid(X) ** 2)
WORST = np.where(HOT == 1, 0, X).max(-1)

# name: the loss, its two arguments, every number that it reduces
ROWS: dict[str, tuple[Any, Any, Any, Any]] = {
    "mse": (F.mse, X, Y, APART**2),
    "mae": (F.mae, X, Y, APART),
    "mape": (F.mape, X, Y, 100 * APART / np.abs(Y)),
    "msle": (F.msle, P, Q, (np.log1p(P) - np.log1p(Q)) ** 2),
    "huber": (F.huber, X, Y, np.where(APART < 1, APART**2 / 2, APART - 0.5)),
    "log_cosh": (F.log_cosh, X, Y, np.log(np.cosh(X - Y))),
    "poisson": (F.poisson_nll, P, BITS, P - BITS * np.log(P + 1e-7)),
    "cosine": (F.cosine_distance, X, Y, 1 - (unit(X) * unit(Y)).sum(-1)),
    "hinge": (F.hinge, X, SIGNS, np.maximum(0, 1 - X * SIGNS)),
    "squared_hinge": (F.squared_hinge, X, SIGNS, np.maximum(0, 1 - X * SIGNS) ** 2),
    "categorical_hinge": (
        F.categorical_hinge, X, LABELS,
        np.maximum(0, 1 + WORST - X[np.arange(5), LABELS]),
    ),
    "softmax": (F.softmax_cross_entropy, X, LABELS, -np.log(SOFT[np.arange(5), LABELS])),
    "softmax, one-hot": (F.softmax_cross_entropy, X, Q, -(Q * np.log(SOFT)).sum(-1)),
    "categorical": (F.cross_entropy, P, LABELS, -np.log(P[np.arange(5), LABELS])),
    "sigmoid": (F.sigmoid_cross_entropy, X, BITS, binary(sigmoid(X), BITS)),
    "binary": (F.binary_cross_entropy, P, BITS, binary(P, BITS)),
    "focal": (
        lambda x, y, **kw: F.sigmoid_focal_loss(x, y, 0.25, **kw), X, BITS,
        FOCAL * binary(sigmoid(X), BITS),
    ),
    "kl": (F.kl_divergence, np.log(Q), P, (P * np.log(P / Q)).sum(-1)),
    "kl of zeros": (F.kl_divergence, np.log(Q), HOT, -np.log(Q[np.arange(5), LABELS])),
}  # fmt: skip


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.asarray(got), want, rtol=2e-4, atol=1e-5)


def test_all_losses_and_reductions(backend: str) -> None:
    weights = {5: np.array([0, 1, 2, 0, 0.5], np.float32), 20: np.array([2, 0, 1, 1], np.float32)}

    def all_of(rows: Any) -> Any:
        out = {}
        for name, (x, y, w) in rows.items():
            f = ROWS[name][0]
            each = f(x, y, reduction="none")
            weighted = f(x, y, weights=w), f(x, y, reduction="sum", weights=w)
            out[name] = (each, f(x, y), *weighted, f(x, y, reduction="none", weights=w))
        return out

    got = tx.jit(all_of)({k: (x, y, weights[want.size]) for k, (_, x, y, want) in ROWS.items()})
    for name, (_, _, _, want) in ROWS.items():
        each, mean, weighted, total, scaled = got[name]
        w = np.broadcast_to(weights[want.size], want.shape)
        close(each, want)
        close(mean, want.mean())
        close(weighted, (want * w).sum() / np.count_nonzero(w))
        close(total, (want * w).sum())
        close(scaled, want * w)


@pytest.mark.parametrize("name", ROWS)
def test_gradients(on_numpy: None, name: str) -> None:
    f, x, y, _ = ROWS[name]
    tx.check_grads(lambda x: f(x, y), (x,), order=1)


def test_smoothing_moves_labels_to_the_uniform_distribution(on_numpy: None) -> None:
    soft = HOT * 0.8 + 0.05
    want = F.softmax_cross_entropy(X, soft)
    close(F.softmax_cross_entropy(X, LABELS, label_smoothing=0.2), want)
    close(F.cross_entropy(P, HOT, label_smoothing=0.2), F.cross_entropy(P, soft))
    want = F.sigmoid_cross_entropy(X, BITS * 0.8 + 0.1)
    close(F.sigmoid_cross_entropy(X, BITS, label_smoothing=0.2), want)


def test_extremes_stay_finite(on_numpy: None) -> None:
    far, one = np.array([[1e4, -1e4]], np.float32), np.array([[1.0, 0.0]], np.float32)
    for f in (F.sigmoid_cross_entropy, F.softmax_cross_entropy, F.sigmoid_focal_loss, F.log_cosh):
        value, grads = tx.value_and_grad(lambda x: tnp.sum(f(x, one)))(far)  # noqa: B023
        assert np.isfinite(np.asarray(value))
        assert np.isfinite(np.asarray(grads)).all()
    for f in (F.binary_cross_entropy, F.cross_entropy):
        assert np.isfinite(np.asarray(f(one, 1 - one)))


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.mse(X, Y, reduction="average"),
        lambda: F.mse(X, Y[:, :3]),
        lambda: F.mse(X, Y, weights=np.ones(3)),
        lambda: F.softmax_cross_entropy(X, LABELS[:2]),
        lambda: F.cross_entropy(1.0, 0),
        lambda: F.kl_divergence(X, Y, axis=5),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError, tx.AxisError)):
        call()
