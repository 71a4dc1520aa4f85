"""NumPy's names beyond the standard, and special values, against NumPy."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

RNG = np.random.default_rng(5)
A = RNG.standard_normal((4, 5)).astype(np.float32)
N = np.where(RNG.random((4, 5)) < 0.3, np.nan, A).astype(np.float32)
J = RNG.integers(-3, 9, (3, 7), dtype=np.int32)
V = np.array([3, 1, 2, 1, 0, 5], np.int32)
P = np.sort(RNG.standard_normal(9)).astype(np.float32)

CALLS: dict[str, Any] = {
    "sort": lambda m: m.sort(A, axis=0),
    "sort flat": lambda m: m.sort(J, axis=None),
    "argsort": lambda m: m.argsort(V, stable=True),
    "searchsorted": lambda m: m.searchsorted(P, A, side="right"),
    "digitize": lambda m: m.digitize(A, P),
    "quantile": lambda m: m.quantile(A, m.asarray([0.1, 0.5, 0.77]), 1),
    "percentile": lambda m: m.percentile(A, 30, axis=(0, 1), keepdims=True),
    "median": lambda m: m.median(A, axis=1),
    "median of NaN": lambda m: m.median(N, axis=0),
    "quantile nearest": lambda m: m.quantile(A, 0.4, 0, method="nearest"),
    "interp": lambda m: m.interp(A, P, P**2),
    "interp outside": lambda m: m.interp(A * 9, P, P**2, left=-1.0, right=7.0),
    "cumsum": lambda m: m.cumsum(A, 1),
    "cumsum flat": lambda m: m.cumsum(J),
    "cumprod": lambda m: m.cumprod(A, axis=0),
    "cumulative_sum": lambda m: m.cumulative_sum(A, axis=1, include_initial=True),
    "cumulative_prod": lambda m: m.cumulative_prod(V, include_initial=True),
    "diff": lambda m: m.diff(A, n=2, axis=0),
    "diff ends": lambda m: m.diff(A, axis=1, prepend=0.0, append=A[:, :2]),
    "diff of bools": lambda m: m.diff(A > 0),
    "gradient": lambda m: m.gradient(A, 0.5, axis=1),
    "gradients": lambda m: m.stack(m.gradient(A)),
    "trapezoid": lambda m: m.trapezoid(A, P[:5]),
    "ediff1d": lambda m: m.ediff1d(A),
    "unique_all": lambda m: m.unique_all(J),
    "unique_counts": lambda m: m.unique_counts(N),
    "unique_inverse": lambda m: m.unique_inverse(V),
    "unique_values": lambda m: m.sort(m.unique_values(V)),
    "isin": lambda m: m.isin(J, V),
    "not isin": lambda m: m.isin(J, V, invert=True),
    "intersect1d": lambda m: m.intersect1d(J, V),
    "setdiff1d": lambda m: m.setdiff1d(J, V),
    "union1d": lambda m: m.union1d(J, V),
    "nonzero": lambda m: m.nonzero(J > 2),
    "argwhere": lambda m: m.argwhere(J > 2),
    "flatnonzero": lambda m: m.flatnonzero(J),
    "compress": lambda m: m.compress([True, False, True], J, axis=0),
    "extract": lambda m: m.extract(J > 2, J),
    "take_along_axis": lambda m: m.take_along_axis(A, np.argsort(A, 1), axis=1),
    "delete": lambda m: m.delete(A, [0, -1], axis=1),
    "insert": lambda m: m.insert(A, 2, P[:5], axis=0),
    "append": lambda m: m.append(A, A[:1], axis=0),
    "repeat": lambda m: m.repeat(J, np.array([1, 0, 2]), axis=0),
    "roll": lambda m: m.roll(J, (1, -2), axis=(0, 1)),
    "unstack": lambda m: m.unstack(A, axis=1),
    "meshgrid": lambda m: m.meshgrid(P, V, P[:2]),
    "meshgrid ij": lambda m: m.meshgrid(P, V, indexing="ij"),
    "average": lambda m: m.average(A, axis=1, weights=P[:5] ** 2),
    "nansum": lambda m: m.nansum(N, 0),
    "nanprod": lambda m: m.nanprod(N),
    "nanmean": lambda m: m.nanmean(N, 1, keepdims=True),
    "nanvar": lambda m: m.nanvar(N, ddof=1),
    "nanstd": lambda m: m.nanstd(N, 1),
    "nanmax": lambda m: m.nanmax(N, 1),
    "nanmin": lambda m: m.nanmin(N),
    "nanargmax": lambda m: m.nanargmax(N, 1),
    "ptp": lambda m: m.ptp(A, 0),
    "bincount": lambda m: m.bincount(V, minlength=9),
    "bincount weights": lambda m: m.bincount(V, weights=P[:6]),
    "histogram": lambda m: m.histogram(A, 6),
    "histogram edges": lambda m: m.histogram(A, P, density=True),
    "histogram range": lambda m: m.histogram(A, 4, (-1.0, 0.5), weights=A * A),
    "cov": lambda m: m.cov(A),
    "corrcoef": lambda m: m.corrcoef(A),
    "kron": lambda m: m.kron(A[:2, :2], J),
    "pad edge": lambda m: m.pad(J, ((1, 2), (3, 0)), "edge"),
    "pad reflect": lambda m: m.pad(J, 5, "reflect"),
    "pad symmetric": lambda m: m.pad(J, 8, "symmetric"),
    "pad wrap": lambda m: m.pad(J, (4, 9), "wrap"),
    "copysign": lambda m: m.copysign(A, np.float32(-0.0)),
    "signbit": lambda m: m.signbit(np.array([0.0, -0.0, 1, -np.nan, -np.inf], np.float32)),
    "sinc": lambda m: m.sinc(A),
    "heaviside": lambda m: m.heaviside(N, np.float32(0.5)),
    "logaddexp2": lambda m: m.logaddexp2(A, N),
    "var": lambda m: m.var(A, axis=0, correction=1),
    "std": lambda m: m.std(A, correction=0.5),
}


def agree(got: Any, wanted: Any) -> None:
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted)
        for g, w in zip(got, wanted, strict=True):
            agree(g, w)
        return
    assert got.shape == np.shape(wanted)
    assert got.dtype.kind == np.asarray(wanted).dtype.kind
    np.testing.assert_allclose(np.asarray(got), wanted, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", CALLS)
def test_as_numpy(on_numpy: None, name: str) -> None:
    with np.errstate(all="ignore"):
        wanted = CALLS[name](np)
    agree(CALLS[name](tnp), wanted)


ON_THE_DEVICE = [
    "sort", "quantile", "interp", "cumsum", "cumulative_prod", "unique_all", "isin", "histogram",
    "bincount weights", "nanvar", "take_along_axis", "pad reflect", "copysign", "signbit",
]  # fmt: skip


@pytest.mark.parametrize("name", ON_THE_DEVICE)
def test_as_numpy_on_the_device(name: str) -> None:
    from tests.conftest import need_backend

    need_backend("webgpu")
    with tx.backend("webgpu"):
        agree(CALLS[name](tnp), CALLS[name](np))


def test_nextafter(backend: str) -> None:
    x = np.array([1, -1, 3.5, 1, np.inf, np.nan, 2], np.float32)
    y = np.array([2, -2, -9, 1, 0, 1, np.inf], np.float32)
    np.testing.assert_array_equal(np.asarray(tnp.nextafter(x, y)), np.nextafter(x, y))


SPECIAL = np.array([0.0, -0.0, 1, -1, 2.5, -2.5, np.inf, -np.inf, np.nan], np.float32)


@pytest.mark.parametrize(
    "name", ["floor_divide", "remainder", "fmod", "divide", "arctan2", "power"]
)
def test_special_values(on_numpy: None, name: str) -> None:
    a, b = np.meshgrid(SPECIAL, SPECIAL)
    with np.errstate(all="ignore"):
        wanted = getattr(np, name)(a, b)
    got = np.asarray(getattr(tnp, name)(a, b))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    numbers = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got)[numbers], np.signbit(wanted)[numbers])


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_division_by_a_constant_zero(backend: str, zero: float) -> None:
    x = np.array([3, -2, 0, np.inf, -np.inf, np.nan, 1], np.float32)
    with np.errstate(all="ignore"):
        wanted = x / np.float32(zero)
    np.testing.assert_array_equal(np.asarray(tx.jit(lambda x: x / zero)(x)), wanted)
    assert float(tnp.asarray(3.0) / tnp.asarray(zero)) == np.copysign(np.inf, zero)


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("name", ["multiply", "divide", "floor_divide"])
@pytest.mark.parametrize("size", [7, 12])
def test_a_constant_zero_has_its_sign(backend: str, name: str, zero: float, size: int) -> None:
    x = np.resize(np.array([3, -2, 0, -0.0, np.inf, -np.inf, np.nan], np.float32), size)

    def of(m: Any, x: Any) -> Any:
        return getattr(m, name)(m.full(x.shape, zero, dtype=m.float32), x)

    got = np.asarray(tx.jit(lambda x: of(tnp, x))(x))
    with np.errstate(all="ignore"):
        wanted = of(np, x)
    np.testing.assert_array_equal(got, wanted)
    numbers = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got)[numbers], np.signbit(wanted)[numbers])


def test_sizes_that_depend_on_values_say_so_inside_jit(on_numpy: None) -> None:
    for f in (tnp.nonzero, tnp.unique_values, lambda x: tnp.repeat(x, x)):
        with pytest.raises(tx.ConcretizationError):
            tx.jit(f)(V)
    assert tx.jit(lambda x: tnp.bincount(x, length=4))(V).tolist() == [1, 2, 1, 1]


def test_inspection(on_numpy: None) -> None:
    info = tnp.__array_namespace_info__()
    assert info.default_dtypes()["indexing"] == tnp.int32
    assert set(info.dtypes(kind="integral")) >= {"int32", "uint32"}
    assert "numpy" in info.devices()
    assert info.default_device() == "numpy"
    assert tnp.result_type(tnp.int32, 1.0) == tnp.float32
    assert tnp.can_cast(tnp.int32, tnp.float32)
    assert not tnp.can_cast(tnp.float32, tnp.int32)
    assert tnp.isdtype(tnp.uint32, ("bool", "integral"))
    assert tnp.finfo(tnp.float32).max == np.finfo(np.float32).max
    assert tnp.iinfo(tnp.int32).min == -(2**31)


def test_array_protocol(backend: str) -> None:
    x = tnp.asarray([[1, 2], [3, 4]])
    assert x.__array_namespace__(api_version="2024.12") is tnp
    assert x.device == backend
    assert x.to_device("numpy").device == "numpy"
    assert np.from_dlpack(x).tolist() == x.tolist()
    assert tnp.from_dlpack(np.ones(2, np.float32)).tolist() == [1, 1]
    assert tnp.ones(2, device="numpy").device == "numpy"
    assert operator.index(x[0, 0]) == 1
    assert "i32[2,2]" in x._repr_html_()
    with pytest.raises(tx.ArgumentError, match="backend"):
        x.to_device("tpu")
