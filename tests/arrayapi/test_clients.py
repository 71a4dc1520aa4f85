"""Libraries that take any array of the standard: einops and scikit-learn, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

X = np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)


EINOPS: dict[str, Callable[[Any, Any], Any]] = {
    "rearrange": lambda e, x: e.rearrange(x, "b c h w -> b (h w) c"),
    "rearrange parts": lambda e, x: e.rearrange(x, "b c (h k) w -> (b k) w h c", k=2),
    "rearrange list": lambda e, x: e.rearrange([x[0], x[1]], "b c h w -> c (b h) w"),
    **{
        f"reduce {how}": lambda e, x, how=how: e.reduce(x, "b c (h k) w -> b c h", how, k=2)
        for how in ("max", "min", "sum", "mean", "prod")
    },
    "repeat": lambda e, x: e.repeat(x, "b c h w -> b (c n) h w m", n=2, m=3),
    "pack": lambda e, x: e.pack([x, x[:, 0], x[:, 0, 0]], "b * w")[0],
    "unpack": lambda e, x: e.unpack(x, [(1,), (2,)], "b * h w")[1],
    "einsum": lambda e, x: e.einsum(x, x[0, 0], "b c h w, h v -> b v c"),
}


@pytest.mark.parametrize("name", EINOPS)
def test_einops(backend: str, name: str) -> None:
    """By the array API, and as one of einops' own backends; eager, traced and differentiated."""
    einops = pytest.importorskip("einops", reason="einops is not installed")
    from einops import array_api

    import texelate.einops  # noqa: F401

    x, call = tnp.asarray(X / 50), EINOPS[name]
    ways = [call(einops, x), tx.jit(lambda x: call(einops, x))(x)]
    if name != "einsum":  # the standard has none
        ways.append(call(array_api, x))
    for got in ways:
        assert type(got) is tx.Array
        np.testing.assert_allclose(np.asarray(got), call(einops, X / 50), rtol=1e-5)


def test_einops_in_transforms(on_numpy: None) -> None:
    einops = pytest.importorskip("einops", reason="einops is not installed")
    import texelate.einops  # noqa: F401

    def loss(x: Any) -> Any:
        pooled = einops.reduce(x, "b c h w -> b c", "mean")
        return tnp.sum(einops.einsum(pooled, pooled, "b c, d c -> b d"))

    tx.check_grads(loss, (X / 50,), order=2)
    each = tx.vmap(lambda row: einops.rearrange(row, "c h w -> h (c w)"))(X)
    np.testing.assert_array_equal(np.asarray(each), einops.rearrange(X, "b c h w -> b h (c w)"))


def problem() -> tuple[Any, Any, Any]:
    """Three separable classes, and a linear target."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3, dtype=np.int32), 30)
    x = (rng.standard_normal((90, 4)) + labels[:, None] * 2.0).astype(np.float32)
    return x, labels, (x @ np.array([1.0, -2, 0.5, 3]) + 0.1).astype(np.float32)


def estimators() -> dict[str, Callable[[], Any]]:
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import Ridge
    from sklearn.naive_bayes import GaussianNB
    from sklearn.preprocessing import StandardScaler

    return {
        "StandardScaler": StandardScaler,
        "PCA": lambda: PCA(n_components=2, svd_solver="full"),
        "Ridge": lambda: Ridge(solver="svd"),
        "LinearDiscriminantAnalysis": lambda: LinearDiscriminantAnalysis(solver="svd"),
        "GaussianNB": GaussianNB,
    }


RESULTS = {
    "StandardScaler": ["transform", "inverse_transform"],
    "PCA": ["transform", "inverse_transform"],
    "Ridge": ["predict"],
    "LinearDiscriminantAnalysis": ["predict", "predict_proba", "transform"],
    "GaussianNB": ["predict", "predict_log_proba"],
}
"""What is asked of each estimator once it is fitted."""


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.filterwarnings("ignore")  # of 64-bit requests, and of scikit-learn's own
def test_scikit_learn(backend: str, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    x, labels, target = problem()
    y = target if name == "Ridge" else labels

    def outcomes(a: Any, b: Any) -> list[Any]:
        fitted = estimators()[name]().fit(a, b)
        inverse = RESULTS[name][-1] == "inverse_transform"
        results = [getattr(fitted, m)(a) for m in RESULTS[name] if m != "inverse_transform"]
        results += [fitted.inverse_transform(results[0])] if inverse else []
        assert {type(r) for r in results} == {type(a)}  # what goes in comes out
        return results

    wanted = outcomes(x, y)
    with sklearn.config_context(array_api_dispatch=True):
        got = outcomes(tnp.asarray(x), tnp.asarray(y))
    for ours, theirs in zip(got, wanted, strict=True):
        if ours.shape[-1] == 2:  # components, whose signs are nobody's
            ours, theirs = abs(ours), np.abs(theirs)
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=2e-3, atol=2e-3)
