"""NumPy's names beyond the array API, against NumPy itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate.numpy as tnp

RNG = np.random.default_rng(11)
A = RNG.standard_normal((3, 4)).astype(np.float32)
B = RNG.standard_normal((3, 4)).astype(np.float32)
V, W = A[0], B[1, :3]
J = np.array([[4, -2, 0], [7, 7, -9]], np.int32)
N = np.array([3, 1, 4, 1, 5, 9, 2, 6], np.int32)
C = (A + 1j * B).astype(np.complex64)
HOLES = np.where(A > 0.8, np.nan, A).astype(np.float32)
ODD = np.float32([0, -0.0, 1, -3.7, 2.5e10, -1e-40, 3.4e38, np.inf, -np.inf, np.nan, 1e-38, 0.5])
METHODS = (
    "linear lower higher midpoint nearest hazen weibull median_unbiased normal_unbiased "
    "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf"
).split()

ROWS: dict[str, Any] = {
    "atleast": lambda m: (m.atleast_1d(2.0), m.atleast_2d(V), *m.atleast_3d(V, A, 1.0)),
    "stacks": lambda m: (m.column_stack([V, A.T]), m.dstack([A, B]), m.dstack([V, V])),
    "block": lambda m: (
        m.block([[A, B], [B[:1, :2], A[:1], B[:1, :2]]]), m.block([V, 1.0]), m.block(2.0),
        m.block([[[A[None]]], [[B[None]]]]),
    ),
    "splits": lambda m: (
        *m.array_split(N, 3), *m.array_split(A, [1, 3], axis=1), *m.hsplit(A, 2), *m.vsplit(A, 3),
        *m.dsplit(A[None], 2), *m.hsplit(N, [2, 5]),
    ),
    "turns": lambda m: [m.rot90(A, k) for k in range(-1, 5)] + [m.rot90(A[None], 1, (1, 2))],
    "flips": lambda m: (
        m.fliplr(A), m.flipud(A), m.rollaxis(A[None], 2),
        m.rollaxis(A[None], 0, 3)),
    "resize": lambda m: (m.resize(N, (3, 5)), m.resize(A, 3)),
    "sizes": lambda m: (m.shape(A), m.ndim(A), m.size(A), m.size(A, 1)),
    "shapes": lambda m: m.broadcast_shapes((3, 1), (1, 4), (4,)),
    "over axes": lambda m: m.apply_over_axes(m.sum, A[None], (0, 2)),
    "trim": lambda m: (m.trim_zeros(np.array([0, 0, 1, 0, 2, 0])), m.trim_zeros(N - 3)),
    "spaces": lambda m: (m.logspace(0, 3, 7), m.geomspace(1, 1000, 4), m.geomspace(-2, -32, 5)),
    "ix": lambda m: A[tuple(np.asarray(i) for i in m.ix_([0, 2], [1, 3]))],
    "masks ix": lambda m: m.ix_(np.array([True, False, True]), [1, 3]),
    "grids": lambda m: (
        m.mgrid[0:2, 1:4], *m.ogrid[0:2, 0:3], *m.ogrid[0:1:2j, 0:1:5j], m.mgrid[0:6:2],
        m.indices((2, 3)),
        *m.indices((2, 3), sparse=True),
    ),
    "brackets": lambda m: (m.r_[1:4, 0, V], m.c_[V, V], m.r_[0:1:5j]),
    "function": lambda m: m.fromfunction(lambda i, j: i * 10 + j, (2, 3), dtype=np.int32),
    "triangles": lambda m: (
        *m.tril_indices(3, 1), *m.triu_indices(3, -1, 4), *m.tril_indices_from(A),
        *m.triu_indices_from(A, 1), *m.mask_indices(3, m.triu, 1), *m.diag_indices(2, 3),
        *m.diag_indices_from(A[:, :3]),
    ),
    "unravel": lambda m: m.unravel_index(np.array([[5, 11], [0, 3]]), (2, 3, 2)),
    "ravel index": lambda m: (
        m.ravel_multi_index(([1, 0], [2, 1]), (2, 3)),
        m.ravel_multi_index(([3, -1], [2, 5]), (2, 3), mode="clip"),
        m.ravel_multi_index(([3, -1], [2, 5]), (2, 3), mode="wrap"),
    ),
    "diagonals": lambda m: [
        f(x, k) for x in (V, A) for k in (-1, 0, 2) for f in (m.diag, m.diagflat)
    ],
    "select": lambda m: m.select([A < 0, A > 1], [B, 2 * B], 7.0),
    "choose": lambda m: (
        m.choose([[0, 1, 2, 1]], [A, B, 9.0]), m.choose([5, -1, 0, 1], [V, 0.0], mode="wrap"),
        m.choose([5, -1, 0, 1], [V, 0.0], mode="clip"),
    ),
    "piecewise": lambda m: (
        m.piecewise(A, [A < 0, A > 1], [lambda x: -x, 5.0, lambda x: x * x]),
        m.piecewise(N, [N > 3], [1]),
    ),
    "along axis": lambda m: (
        m.apply_along_axis(lambda v: v - v[0], 0, A), m.apply_along_axis(m.sum, 1, A),
        m.apply_along_axis(m.diag, 1, A),
    ),
    "vectorize": lambda m: m.vectorize(m.dot, signature="(n),(n)->()")(A, V),
    "equivalent": lambda m: (m.array_equiv(V, V[None]), m.array_equiv(V, A), m.array_equiv(V, N)),
    "gcd": lambda m: (
        m.gcd(J, np.int32(6)), m.lcm(J, np.int32(6)),
        m.gcd(np.int32(1836311903), np.int32(1134903170))),
    "bits": lambda m: (
        m.packbits(A > 0), m.packbits(A > 0, axis=0), m.packbits(N - 1, bitorder="little"),
        m.unpackbits(m.asarray([[1, 200], [7, 128]], np.uint8)),
        m.unpackbits(m.asarray([[1, 200], [7, 128]], np.uint8), axis=0, bitorder="little"),
        m.unpackbits(m.asarray([255], np.uint8), count=11),
        m.unpackbits(m.asarray([255], np.uint8), count=-3),
    ),
    "lexsort": lambda m: (
        m.lexsort((N[::-1], N)), m.lexsort((A, np.round(B))), m.lexsort(J, axis=0)),
    "sort_complex": lambda m: (m.sort_complex(np.round(C[0])), m.sort_complex(N)),
    "partition": lambda m: (m.partition(N, 3)[3], m.sort(N[m.argpartition(N, 3)][:3])),
    "convolve": lambda m: [
        f(a, b, mode)
        for f in (m.convolve, m.correlate)
        for mode in ("full", "same", "valid")
        for a, b in ((V, W), (W, V), (N, N[:3]), (C[0], C[1, :2]), (C[1, :2], C[0]), (V, V))
    ],
    "windows": lambda m: [
        w(n) for w in (m.hanning, m.hamming, m.blackman, m.bartlett) for n in (0, 1, 2, 7)
    ],
    "kaiser": lambda m: (m.kaiser(7, 5.0), m.kaiser(1, 5.0), m.i0(ODD[:4]), m.i0(10 * A)),
    "unwrap": lambda m: (
        m.unwrap(3 * A), m.unwrap(3 * A, axis=0, period=2.5), m.unwrap(3 * V, discont=4.0),
    ),
    "polynomials": lambda m: (
        m.polyval(V, A), m.polyadd(V, W), m.polysub(W, V), m.polymul(V, W), m.polyder(V, 2),
        m.polyint(V, 2, [1.0, 2.0]), m.polyint(W), m.poly(V), m.polyval(N, J), m.polyder(N),
        m.polydiv(V, W)[0],
    ),
    "fits": lambda m: (
        m.polyfit(np.arange(4.0), V, 2), m.polyfit(V, A.T, 1),
        m.polyfit(V, V**2, 1, w=np.arange(4)),
    ),
    "frexp": lambda m: (*m.frexp(ODD), m.ldexp(ODD, np.int32(3)), m.ldexp(A, np.int32(-140))),
    "ldexp": lambda m: m.ldexp(A, np.array([200, -200, 0, 5], np.int32)),
    "modf": lambda m: (*m.modf(ODD[:9]), m.fix(A), m.spacing(ODD[:-3]), m.fix(J)),
    "cbrt": lambda m: (m.cbrt(ODD), m.cbrt(100 * A)),
    "powers": lambda m: (m.float_power(np.abs(A), B), m.float_power(N, -2)),
    "kinds": lambda m: [f(ODD) for f in (m.isposinf, m.isneginf, m.iscomplex, m.isreal)],
    "complex kinds": lambda m: [f(C.real + 0j) for f in (m.iscomplex, m.isreal, m.real_if_close)],
    "quantiles": lambda m: [
        m.quantile(x, q, axis=1, method=method)
        for method in METHODS
        for x in (A, J.astype(np.float32))
        for q in (0.0, 0.3, 0.5, [0.75, 1.0])
    ],
    "without nan": lambda m: [
        *(m.nanquantile(HOLES, q, axis=0, method=n) for n in METHODS for q in (0.0, 0.6, 1.0)),
        m.nanmedian(HOLES), m.nanmedian(HOLES, axis=1, keepdims=True), m.nanpercentile(HOLES, 30),
        m.percentile(HOLES, 30, axis=0), m.median(A, axis=(0, 1)),
    ],
    "histograms": lambda m: (
        *m.histogram2d(V, W.repeat(4)[:4], 3), *m.histogram2d(A[0], A[1], [2, 5], density=True),
        *m.histogram2d(A[0], A[1], 4, range=[[-1, 1], [-2, 2]], weights=np.abs(V)),
        *m.histogramdd(A, bins=[2, 3, 2, 1]), *m.histogram(A, 5), *m.histogram(A, [-1, 0, 2]),
    ),
    "covariances": lambda m: (
        m.cov(A), m.cov(V), m.cov(A, B), m.cov(A, rowvar=False), m.cov(A, bias=True),
        m.cov(A, ddof=0, fweights=np.array([1, 2, 3, 1])), m.cov(A, aweights=np.abs(V)),
        m.cov(A, fweights=np.array([1, 2, 3, 1]), aweights=np.abs(V)), m.corrcoef(A, B), m.cov(C),
    ),
    "averages": lambda m: (
        *m.average(A, axis=0, returned=True), *m.average(A, 1, np.abs(V), returned=True),
        m.average(A, weights=np.abs(B), keepdims=True),
    ),
    "running without nan": lambda m: [
        f(HOLES, axis) for f in (m.nancumsum, m.nancumprod) for axis in (None, 0, 1)
    ],
    "gradients": lambda m: [
        m.gradient(A, axis=1, edge_order=2), m.gradient(A, np.cumsum(np.abs(V)), axis=1),
        m.gradient(A, np.cumsum(np.abs(V)), axis=1, edge_order=2), *m.gradient(A, 2.0, 3.0),
        m.gradient(V, edge_order=2),
    ],
    "differences": lambda m: (m.ediff1d(A, [1, 2], 9), m.diff(A, 2, 0)),
    "inserts": lambda m: (
        m.insert(N, [1, 3, 3], [7, 8, 9]), m.insert(A, [0, -1], 5.0, axis=1),
        m.insert(N, 2, [1, 2]), m.insert(A, 1, W[:3], axis=1), m.insert(N, slice(0, 6, 2), 0),
        m.insert(A, 3, V, axis=0),
    ),
    "interp": lambda m: (
        m.interp(9 * A, [1.0, 5.0, 3.0], V[:3], period=6.0), m.interp(A, [-1, 0, 1], W, 7.0, 8.0),
    ),
    "xor": lambda m: (m.setxor1d(N, [1, 7, 7, 9]), m.isscalar(3.0), m.isscalar(A)),
}  # fmt: skip


def flat(x: Any) -> list[Any]:
    if isinstance(x, (list, tuple)):
        return [leaf for item in x for leaf in flat(item)]
    return [np.asarray(x)]


@pytest.mark.parametrize("name", ROWS)
def test_names_mean_what_they_mean_in_numpy(on_numpy: None, name: str) -> None:
    with np.errstate(all="ignore"):
        want = flat(ROWS[name](np))
    got = flat(ROWS[name](tnp))
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        assert g.shape == w.shape, name
        assert g.dtype.kind == w.dtype.kind or w.dtype.kind in "iu", name
        np.testing.assert_allclose(g, w, rtol=2e-5, atol=2e-6, err_msg=name)


def test_polynomials_divide(on_numpy: None) -> None:
    quotient, rest = tnp.polydiv(V, W)
    back = tnp.polyadd(tnp.polymul(quotient, W), rest)
    np.testing.assert_allclose(back, V, atol=1e-4)
    assert tnp.polydiv(W, V)[0].tolist() == [0.0]


def test_roots(on_numpy: None) -> None:
    for p in ([2.0, -3, 1, 5], [1.0, 0, 1], [3.0], [1.0, 4]):
        found = np.asarray(tnp.roots(p))
        np.testing.assert_allclose(np.poly(found), np.array(p) / p[0], atol=1e-5)


def test_fill_diagonal_makes_another_array(on_numpy: None) -> None:
    for shape in ((3, 4), (7, 3), (3, 3, 3)):
        for wrap in (False, True):
            want = np.zeros(shape, np.float32)
            np.fill_diagonal(want, [1, 2], wrap=wrap)
            np.testing.assert_array_equal(tnp.fill_diagonal(tnp.zeros(shape), [1, 2], wrap), want)
