"""The differentiable functions of ``texelate.numpy``, ``linalg`` and ``fft``, and the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import texelate.numpy as tnp
from tests.gradients.points import Check, Table, above, apart, ints, within
from tests.linalg.programs import positive, regular

LA, FFT = tnp.linalg, tnp.fft
A, B = apart(3, 4), apart(3, 4, low=-1.65, high=1.9, seed=1)
P = above(3, 4)

NONE = {
    **dict.fromkeys(
        "all allclose any argmax argmin argsort argwhere array_equal bitwise_and bitwise_count "
        "bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor "
        "count_nonzero digitize equal flatnonzero greater greater_equal invert isclose isfinite "
        "argpartition array_equiv packbits unpackbits gcd iscomplex isneginf isposinf isreal lcm "
        "lexsort setxor1d "
        "isin isinf isnan left_shift less less_equal logical_and logical_not logical_or "
        "logical_xor nanargmax nanargmin nonzero not_equal right_shift searchsorted "
        "signbit".split(),
        "the result is an integer or a boolean",
    ),
    **dict.fromkeys(
        "arange empty empty_like eye finfo from_dlpack full_like identity iinfo linspace ones "
        "ones_like tri zeros zeros_like fftfreq rfftfreq bartlett blackman diag_indices "
        "diag_indices_from fromfunction geomspace hamming hanning indices ix_ logspace "
        "mask_indices ravel_multi_index tril_indices tril_indices_from triu_indices "
        "triu_indices_from unravel_index".split(),
        "nothing is differentiable that it depends on",
    ),
    **dict.fromkeys(
        "broadcast_shapes can_cast iscomplexobj isdtype isrealobj isscalar ndim result_type shape "
        "size".split(),
        "about types and shapes, not values",
    ),
    **dict.fromkeys(
        "histogram histogram2d histogramdd histogram_bin_edges intersect1d setdiff1d union1d "
        "unique unique_all unique_counts unique_inverse unique_values trim_zeros".split(),
        "the shape depends on the values, which are looked at on the host; or it counts",
    ),
    "nextafter": "the neighbouring float: a step in bits",
    "spacing": "the distance to the neighbouring float",
    "matrix_rank": "the result is an integer",
}
"""The public functions without derivative, and why."""


def parts(f: Callable[..., Any]) -> Callable[..., Any]:
    """Real and imaginary parts: what is checked is real."""
    return lambda *xs: (tnp.real(f(*xs)), tnp.imag(f(*xs)))


def each(words: str, *args: Any, room: Any = tnp) -> Table:
    return {name: (getattr(room, name), args) for name in words.split()}


def on(f: Callable[..., Any], *args: Any) -> Check:
    return f, args


ELEMENTWISE: Table = {
    **each("abs absolute arcsinh arctan asinh atan copy conj conjugate cos cosh deg2rad", A),
    **each("degrees erf exp exp2 expm1 fabs negative positive rad2deg radians ravel real", A),
    **each("nan_to_num sign sin sinc sinh square tanh array asarray ediff1d imag angle", A),
    **each("log log10 log1p log2 reciprocal rsqrt sqrt", P),
    **each("acos arccos arcsin arctanh asin atanh erf_inv tan", within(3, 4)),
    **each("acosh arccosh", P + 1),
    **each("around ceil floor rint round trunc", np.float32([-1.3, 0.2, 0.7, 1.8])),
    **each("add arctan2 atan2 copysign fmax fmin hypot logaddexp logaddexp2 maximum", A, B),
    **each("minimum multiply subtract", A, B),
    **each("divide true_divide", A, P),
    **each("pow power", P, B),
    **each("floor_divide divmod fmod mod remainder", A, np.float32(5)),
    "multiply:broadcast": on(tnp.multiply, A, B[:, :1]),
    "divide:broadcast": on(tnp.divide, B[0], P),
    "heaviside": on(lambda x: tnp.heaviside(x, 0.5), A),
    "ldexp": on(lambda x: tnp.ldexp(x, 2), A),
    "clip": on(lambda x: tnp.clip(x, -0.97, 1.1), A),
    "clip:bounds": on(tnp.clip, A, np.float32(-0.97), np.float32(1.1)),
    "where": on(lambda x, y: tnp.where(B > 0, x, y), A, B),
    "astype": on(lambda x: tnp.astype(x, tnp.float32), A),
    **each("cbrt i0 modf fix real_if_close", A),
    "frexp": on(lambda x: tnp.frexp(x)[0], np.float32([0.7, -1.3, 3.1, 100])),
    "float_power": on(tnp.float_power, P, B),
    "select": on(lambda x, y: tnp.select([B > 0, B < -1], [x, y], 2.0), A, B),
    "choose": on(lambda x, y: tnp.choose(ints(0, 1, 1, 0), [x, y]), A, B),
    "piecewise": on(lambda x: tnp.piecewise(x, [B > 0], [tnp.sin, lambda v: v * v]), A),
    "apply_along_axis": on(lambda x: tnp.apply_along_axis(lambda v: v * v[0], 1, x), A),
    "apply_over_axes": on(lambda x: tnp.apply_over_axes(tnp.sum, x * x, (0, 1)), A),
    "unwrap": on(lambda x: tnp.unwrap(3 * x), A),
    "interp": on(lambda x, f: tnp.interp(x, [-2.0, 0.01, 2.0], f), A, apart(3)),
}

MODES = ("full", "same", "valid")
SIGNALS: Table = {
    **{
        f"{name}:{mode}": on(lambda x, y, f=name, m=mode: getattr(tnp, f)(x, y, m), A[0], B[1, :3])
        for name in ("convolve", "correlate")
        for mode in MODES
    },
    "kaiser": on(lambda b: tnp.kaiser(5, b), np.float32(1.7)),
    "polyval": on(tnp.polyval, A[0], B),
    **each("polyadd polydiv polymul polysub", A[0], P[1, :3]),
    **each("poly polyder polyint", A[0]),
    "roots": on(parts(tnp.roots), np.float32([1.0, -0.4, -1.3])),
    "polyfit": on(lambda x, y: tnp.polyfit(x, y, 2), A[0], B[0]),
}

FOLDED = "amax amin logsumexp max mean min nanmax nanmean nanmin nanprod nanstd nansum nanvar prod"
FOLDS: Table = {
    **{
        f"{name}{variant}": on(lambda x, f=name, kw=keywords: getattr(tnp, f)(x, **kw), A)
        for name in f"{FOLDED} nanmedian ptp std sum var average median".split()
        for variant, keywords in (("", {}), (":axis", {"axis": 1}))
    },
    **{
        f"{name}:keepdims": on(
            lambda x, f=name: getattr(tnp, f)(x, axis=(0, 2), keepdims=True) * x, apart(2, 3, 2)
        )
        for name in "logsumexp max mean min prod std sum var".split()
    },
    "var:ddof": on(lambda x: tnp.var(x, axis=0, ddof=1), A),
    "average:weights": on(lambda x, w: tnp.average(x, 1, w), A, above(4)),
    "quantile": on(lambda x: tnp.quantile(x, 0.3, axis=1), A),
    "percentile": on(lambda x: tnp.percentile(x, 30.0), A),
    "nanquantile": on(lambda x: tnp.nanquantile(x, 0.3, axis=1), A),
    "nanpercentile": on(lambda x: tnp.nanpercentile(x, 30.0), A),
    **each("corrcoef cov", A),
    "cov:weights": on(lambda x, w: tnp.cov(x, aweights=w), A, P[0]),
    **{
        f"{name}": on(lambda x, f=name: getattr(tnp, f)(x, axis=1), A)
        for name in "cumprod cumsum cumulative_prod cumulative_sum diff gradient sort "
        "nancumprod nancumsum".split()
    },
    "partition": on(lambda x: tnp.partition(x, 2), A),
    "sort_complex": on(parts(tnp.sort_complex), A),
    "gradient:edges": on(lambda x: tnp.gradient(x, np.cumsum(P[0]), axis=1, edge_order=2), A),
    "sort:descending": on(lambda x: tnp.sort(x, axis=0, descending=True), A),
    "top_k": on(lambda x: tnp.top_k(x, 2)[0], A),
    "trapezoid": on(tnp.trapezoid, A, np.cumsum(above(4))),
    "bincount": on(lambda w: tnp.bincount(ints(0, 2, 2), w, length=3), apart(3)),
}

CUTS = "dsplit hsplit vsplit"
SHAPES: Table = {
    **each("flip transpose squeeze matrix_transpose trace tril triu expand_dims", apart(3, 3)),
    **each("append broadcast_arrays", A, B),
    **each("atleast_1d atleast_2d atleast_3d diag diagflat fliplr flipud rot90", apart(3, 3)),
    "fill_diagonal": on(tnp.fill_diagonal, A, B[0, :2]),
    "resize": on(lambda x: tnp.resize(x, (5, 3)), A),
    "rollaxis": on(lambda x: tnp.rollaxis(x, 1), A),
    "block": on(lambda x, y: tnp.block([[x, y], [y[:1], x[:1]]]), A, B),
    "array_split": on(lambda x: tnp.array_split(x, 3, axis=1), A),
    **{n: on(lambda x, f=n: getattr(tnp, f)(x, 2), apart(2, 2, 2)) for n in CUTS.split()},
    "meshgrid": on(tnp.meshgrid, A[0], B[1, :3]),
    **{
        n: on(lambda *xs, f=n: getattr(tnp, f)(xs), A, B)
        for n in "column_stack concat concatenate dstack hstack stack vstack".split()
    },
    "broadcast_to": on(lambda x: tnp.broadcast_to(x, (2, 3, 4)), A),
    "reshape": on(lambda x: tnp.reshape(x, (2, -1)), A),
    "moveaxis": on(lambda x: tnp.moveaxis(x, 0, -1), apart(2, 3, 2)),
    "swapaxes": on(lambda x: tnp.swapaxes(x, 0, 2), apart(2, 3, 2)),
    "permute_dims": on(lambda x: tnp.permute_dims(x, (1, 2, 0)), apart(2, 3, 2)),
    "repeat": on(lambda x: tnp.repeat(x, 2, axis=1), A),
    "tile": on(lambda x: tnp.tile(x, (2, 1)), A),
    "roll": on(lambda x: tnp.roll(x, 2, axis=1), A),
    "split": on(lambda x: tnp.split(x, 2, axis=1), A),
    "unstack": on(tnp.unstack, A),
    "full": on(lambda x: tnp.full((2, 3), x), np.float32(0.7)),
    **{
        f"pad:{mode}": on(lambda x, m=mode: tnp.pad(x, ((1, 0), (1, 2)), m), A)
        for mode in "constant edge reflect symmetric wrap".split()
    },
    "delete": on(lambda x: tnp.delete(x, 1, axis=0), A),
    "insert": on(lambda x, y: tnp.insert(x, 1, y, axis=0), A, apart(4)),
    "compress": on(lambda x: tnp.compress([True, False, True], x, 0), A),
    "extract": on(lambda x: tnp.extract(A > 0, x), B),
    "getitem": on(lambda x: tnp.getitem(x, (slice(None), [0, 2])), A),
    "take": on(lambda x: tnp.take(x, ints(2, 0, 2), axis=0), A),
    "take_along_axis": on(lambda x: tnp.take_along_axis(x, ints([1], [0], [3]), 1), A),
    "put_along_axis": on(
        lambda x, v: tnp.put_along_axis(x, ints([1], [0], [3]), v, 1), A, A[:, :1]
    ),
}

S, R = positive(3, 3), regular(3, 3)


def symmetric(f: Callable[..., Any]) -> Check:
    return lambda x: f((x + tnp.matrix_transpose(x)) / 2), (S,)


PRODUCTS: Table = {
    "matmul": on(tnp.matmul, A, B.T),
    "matmul:batch": on(tnp.matmul, apart(2, 1, 2, 3), apart(3, 3, 2)),
    "matmul:vector": on(tnp.matmul, A, B[0]),
    "dot": on(tnp.dot, A, B[0]),
    **each("inner kron vecdot tensordot", A, B),
    **each("outer", A[0], B[1, :3]),
    "vdot": on(tnp.vdot, A, B),
    "einsum": on(lambda x, y: tnp.einsum("ij,kj->ik", x, y), A, B),
    "einsum:diagonal": on(lambda x: tnp.einsum("ii...->i...", x), apart(2, 2, 3)),
    "diagonal": on(lambda x: tnp.diagonal(x, 1, 2, 0), apart(2, 3, 3)),
    **each("cross", apart(2, 3), apart(2, 3, seed=1)),
    **each("vander", apart(3)),
    "einsum:batch": on(
        lambda x, y: tnp.einsum("bij,bjk->bi", x, y), apart(2, 2, 3), apart(2, 3, 2)
    ),
}

LINALG: Table = {
    **each("det cond svdvals diagonal trace matrix_transpose", R, room=LA),
    **each("inv pinv", R / 3, room=LA),
    **each("vecdot matmul", R, S, room=LA),
    **each("outer", A[0], B[1, :3], room=LA),
    **each("solve solve_triangular", R, A, room=LA),
    "eigvals": on(lambda x: tnp.sum(LA.eigvals(x) ** 3), R),
    "eig": on(lambda x: tnp.abs(LA.eig(x)[1]) ** 2 @ tnp.abs(LA.eig(x)[0]), R),
    "tensorsolve": on(lambda x, y: LA.tensorsolve(x.reshape(2, 2, 4), y), regular(4, 4), A[:2, :2]),
    "tensorinv": on(lambda x: LA.tensorinv(x.reshape(2, 2, 4)), regular(4, 4) / 3),
    "cond:fro": on(lambda x: LA.cond(x, "fro"), R),
    **each("cross", apart(2, 3), apart(2, 3, seed=1), room=LA),
    **each("expm", R / 4, room=LA),
    "tensordot": on(lambda x, y: LA.tensordot(x, y, axes=1), R, S),
    "multi_dot": on(lambda x, y, z: LA.multi_dot([x, y, z]), A.T, R, A),
    "slogdet": on(lambda x: LA.slogdet(x).logabsdet, R),
    "matrix_power": on(lambda x: LA.matrix_power(x, 3), R / 3),
    "cholesky": symmetric(LA.cholesky),
    "cholesky:upper": symmetric(lambda x: LA.cholesky(x, upper=True)),
    "eigh": symmetric(LA.eigh),
    "eigvalsh": symmetric(LA.eigvalsh),
    "svd": on(lambda x: LA.svd(x, full_matrices=False), positive(4, 4)[:, :3]),
    "qr": on(LA.qr, regular(4, 4)[:, :3]),
    "lstsq": on(lambda a, b: LA.lstsq(a, b)[0], regular(4, 4)[:, :3], apart(4)),
    **{
        f"matrix_norm:{o}": on(lambda x, o=o: LA.matrix_norm(x, ord=o), S)
        for o in ("fro", "nuc", 1, 2, np.inf)
    },
    **{
        f"vector_norm:{o}": on(lambda x, o=o: LA.vector_norm(x, ord=o, axis=1), A)
        for o in (1, 2, 3, np.inf)
    },
    **each("norm", A, room=LA),
    "norm:axis": on(lambda x: LA.norm(x, axis=0, keepdims=True), A),
}

X = apart(2, 3, 4)
FOURIER: Table = {
    **{
        n: on(parts(getattr(FFT, n)), X)
        for n in "fft fft2 fftn ifft ifft2 ifftn ihfft rfft rfft2 rfftn".split()
    },
    **{n: on(getattr(FFT, n), X) for n in "fftshift ifftshift hfft irfft irfft2 irfftn".split()},
    "fft:odd": on(parts(lambda x: FFT.fft(x**2, n=7, norm="ortho")), apart(5)),
    "irfft:squared": on(lambda x: FFT.irfft(FFT.rfft(x) ** 2), apart(8)),
}

NUMPY: Table = {**ELEMENTWISE, **SIGNALS, **FOLDS, **SHAPES, **PRODUCTS}
ROOMS: dict[str, tuple[Any, Table]] = {
    "numpy": (tnp, NUMPY),
    "linalg": (LA, LINALG),
    "fft": (FFT, FOURIER),
}
