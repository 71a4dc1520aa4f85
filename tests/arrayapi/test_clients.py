"""Libraries that take any array of the standard: einops and scikit-learn, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate.numpy as tnp

X = np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)


def test_einops(backend: str) -> None:
    einops = pytest.importorskip("einops", reason="einops is not installed")
    from einops import array_api

    def check(got: Any, wanted: Any) -> None:
        np.testing.assert_allclose(np.asarray(got), wanted, rtol=1e-6)

    x = tnp.asarray(X)
    check(
        array_api.rearrange(x, "b c h w -> b (h w) c"), einops.rearrange(X, "b c h w -> b (h w) c")
    )
    check(
        array_api.reduce(x, "b c (h k) w -> b c h", "max", k=2),
        einops.reduce(X, "b c (h k) w -> b c h", "max", k=2),
    )
    check(
        array_api.repeat(x, "b c h w -> b c h w n", n=2),
        einops.repeat(X, "b c h w -> b c h w n", n=2),
    )


def problem() -> tuple[Any, Any, Any]:
    """Three separable classes, and a linear target."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3, dtype=np.int32), 30)
    x = (rng.standard_normal((90, 4)) + labels[:, None] * 2.0).astype(np.float32)
    return x, labels, (x @ np.array([1.0, -2, 0.5, 3]) + 0.1).astype(np.float32)


ESTIMATORS = ["StandardScaler", "PCA", "Ridge", "LinearDiscriminantAnalysis", "GaussianNB"]


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn(on_numpy: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import Ridge
    from sklearn.naive_bayes import GaussianNB
    from sklearn.preprocessing import StandardScaler

    make = {
        "StandardScaler": StandardScaler,
        "PCA": lambda: PCA(n_components=2, svd_solver="full"),
        "Ridge": lambda: Ridge(solver="svd"),
        "LinearDiscriminantAnalysis": lambda: LinearDiscriminantAnalysis(solver="svd"),
        "GaussianNB": GaussianNB,
    }[name]
    x, labels, target = problem()
    y = target if name == "Ridge" else labels

    def outcome(a: Any, b: Any) -> np.ndarray[Any, Any]:
        fitted = make().fit(a, b)
        result = fitted.transform(a) if name in ("StandardScaler", "PCA") else fitted.predict(a)
        assert type(result) is type(a)  # what goes in comes out
        return np.asarray(result)

    wanted = outcome(x, y)
    with sklearn.config_context(array_api_dispatch=True):
        got = outcome(tnp.asarray(x), tnp.asarray(y))
    if name == "PCA":
        got, wanted = np.abs(got), np.abs(wanted)
    np.testing.assert_allclose(got, wanted, rtol=2e-3, atol=2e-3)
