"""Linear algebra that runs on the host: ``solve`` and the decompositions of stacks of matrices.

Each is one call of NumPy (LAPACK), in float64 inside; other operations of the same program stay on
the device. What has no answer (a singular or indefinite matrix) is NaN. Derivatives follow JAX's
rules; where they divide by the distance of two equal eigenvalues (or singular values), which has no
derivative, that term is zero (as in TensorFlow). Results that belong together are packed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import GradientError, ShapeError
from ..aval import Aval, Shape
from ..core import Value
from ..primitive import Host, Linear, Primitive
from . import common as c
from . import matrices as m
from .arithmetic import add, div, mul, neg, sub
from .logic import eq, select

Array = np.ndarray[Any, Any]
NO_TRANSPOSE = "no jvp rule applies it to a tangent"


def _check_square(name: str, *xs: Aval) -> None:
    for x in xs:
        c.check_kind(name, x, "fc")
    if xs[0].ndim < 2 or xs[0].shape[-1] != xs[0].shape[-2]:
        raise ShapeError(f"{name} takes square matrices, got {xs[0]}")


def check_matrix(name: str, x: Aval) -> None:
    c.check_kind(name, x, "fc")
    if x.ndim < 2:
        raise ShapeError(f"{name} takes matrices, got {x}")


def _wide(x: Array) -> Array:
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def each(f: Callable[..., Array], core: Shape, *xs: Array) -> Array:
    """``f`` on stacks of matrices; NaN ``[..., *core]`` for those where LAPACK finds no answer."""
    try:
        return np.asarray(f(*map(_wide, xs)), xs[0].dtype)
    except np.linalg.LinAlgError:
        if xs[0].ndim == 2:
            return np.full(core, np.nan, xs[0].dtype)
        rows = [each(f, core, *row) for row in zip(*xs, strict=True)]
        return np.stack(rows)


def _batch(name: str) -> Callable[..., Value]:
    """All leading axes are a batch already."""

    def batch(args: Sequence[Any], batched: Sequence[bool], size: int, **params: Any) -> Value:
        from ..primitive import REGISTRY

        full = (c.with_batch(x, b, size) for x, b in zip(args, batched, strict=True))
        return REGISTRY[name](*full, **params)

    return batch


def on_host(
    name: str,
    abstract: Callable[..., Aval],
    reference: Callable[..., Array],
    jvp: Callable[..., Any],
    transpose: Callable[..., Any] | None = None,
) -> Primitive:
    reason = "" if transpose else NO_TRANSPOSE
    batch = _batch(name)
    return Primitive(name, abstract, reference, batch, Host(), jvp, transpose, no_transpose=reason)


# --- solve ---------------------------------------------------------------------------------------


def _solve_abstract(a: Aval, b: Aval) -> Aval:
    _check_square("solve", a, b)
    c.check_same_dtype("solve", (a, b))
    if a.shape[:-1] != b.shape[:-1]:
        raise ShapeError(f"solve: {a} and {b} do not fit")
    return b.strong()


def _solve_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    """A x = b: A ẋ = ḃ - Ȧ x."""
    terms = [] if t[1] is None else [t[1]]
    terms += [] if t[0] is None else [neg(m.matmul(t[0], out))]
    return solve(p[0], terms[0] if len(terms) == 1 else add(*terms))


def _solve_transpose(ct: Value, ops: Sequence[Any]) -> tuple[Any, Any]:
    assert isinstance(ops[1], Linear)
    return None, solve(m.turned(ops[0]), ct)


solve: Primitive = on_host(
    "solve",
    _solve_abstract,
    lambda a, b: each(np.linalg.solve, b.shape[-2:], a, b),
    _solve_jvp,
    _solve_transpose,
)
"""``solve(a, b)``: x ``[..., n, k]`` with ``a @ x = b``."""


# --- slogdet -------------------------------------------------------------------------------------


def _slogdet_abstract(a: Aval) -> Aval:
    _check_square("slogdet", a)
    return Aval((*a.shape[:-2], 2), a.dtype)


def _slogdet_reference(a: Array) -> Array:
    sign, log = np.linalg.slogdet(_wide(a))
    return np.stack([sign, log], -1).astype(a.dtype)


def _slogdet_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    """d log|det A| = Re tr(A⁻¹ dA); the sign turns by the imaginary part."""
    lead = out.aval.shape[:-1]
    rate = m.trace(solve(p[0], t[0]))
    real = m.real_part(rate)
    sign, _ = m.unpacked(out, lead, [(), ()])
    return m.packed([mul(sign, sub(rate, real)), real], lead)


slogdet: Primitive = on_host("slogdet", _slogdet_abstract, _slogdet_reference, _slogdet_jvp)
"""``slogdet(a)``: ``[..., 2]``, the sign of each determinant and the logarithm of its size."""


# --- cholesky ------------------------------------------------------------------------------------


def _cholesky_abstract(a: Aval) -> Aval:
    _check_square("cholesky", a)
    return a.strong()


def _cholesky_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    """dL = L Φ(L⁻¹ dA L⁻ᴴ), Φ halves the diagonal and drops what is above (Murray, 2016)."""
    left = solve(out, t[0])
    both = m.adjoint(solve(out, m.adjoint(left)))
    n = out.aval.shape[-1]
    half = mul(m.keep(m.identity(n, n), both), 0.5)
    return m.matmul(out, add(m.keep(m.strictly_lower(n), both), half))


cholesky: Primitive = on_host(
    "cholesky",
    _cholesky_abstract,
    lambda a: each(np.linalg.cholesky, a.shape[-2:], a),
    _cholesky_jvp,
)
"""``cholesky(a)``: the lower factor of symmetric positive definite matrices."""


# --- qr ------------------------------------------------------------------------------------------


def qr_shapes(a: Shape, full: bool = False) -> list[Shape]:
    """The shapes of Q and R of a matrix with at least as many rows as columns."""
    rows, columns = a[-2:]
    k = rows if full else columns
    return [(rows, k), (k, columns)]


def _qr_abstract(a: Aval, *, full: bool) -> Aval:
    check_matrix("qr", a)
    rows, columns = a.shape[-2:]
    if rows < columns:
        raise ShapeError(f"qr takes matrices with at least as many rows as columns, got {a}")
    return Aval((*a.shape[:-2], (rows if full else columns) * (rows + columns)), a.dtype)


def _qr_reference(a: Array, *, full: bool) -> Array:
    return flat(np.linalg.qr(_wide(a), "complete" if full else "reduced"), a)


def flat(parts: Sequence[Array], like: Array) -> Array:
    """Results as ``packed`` lays them out."""
    lead = like.shape[:-2]
    sizes = [math.prod(x.shape[len(lead) :]) for x in parts]
    rows = [x.reshape(*lead, n) for x, n in zip(parts, sizes, strict=True)]
    return np.concatenate(rows, -1).astype(like.dtype)


def _qr_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, full: bool) -> Value:
    shape, lead = p[0].aval.shape, p[0].aval.shape[:-2]
    if full and shape[-2] > shape[-1]:
        raise GradientError(
            f"qr of {p[0].aval} in mode complete has no derivative",
            why="the extra columns of Q are any basis of their space",
            fix="use mode='reduced'",
        )
    q, r = m.unpacked(out, lead, qr_shapes(shape))
    scaled = m.turned(solve(m.turned(r), m.turned(t[0])))  # dA R⁻¹
    inner = m.matmul(m.adjoint(q), scaled)
    spin = m.skew(inner)
    dq = add(m.matmul(q, sub(spin, inner)), scaled)
    return m.packed([dq, m.matmul(sub(inner, spin), r)], lead)


qr: Primitive = on_host("qr", _qr_abstract, _qr_reference, _qr_jvp)
"""``qr(a; full)``: Q and R of tall matrices, packed (see ``qr_shapes``)."""


# --- eigh ----------------------------------------------------------------------------------------


def eigh_shapes(n: int) -> list[Shape]:
    """The shapes of the eigenvalues and the eigenvectors."""
    return [(n,), (n, n)]


def _eigh_abstract(a: Aval, *, vectors: bool) -> Aval:
    _check_square("eigh", a)
    n = a.shape[-1]
    return Aval((*a.shape[:-2], n + vectors * n * n), a.dtype)


def _eigh_reference(a: Array, *, vectors: bool) -> Array:
    def decompose(x: Array) -> Array:
        return flat(np.linalg.eigh(x) if vectors else [np.linalg.eigvalsh(x)], x)

    n = a.shape[-1]
    return each(decompose, (n + vectors * n * n,), a)


def _eigh_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, vectors: bool) -> Value:
    """dw = diag(Vᴴ dA V); dV = V (F ∘ Vᴴ dA V) with F = 1 / (w_j - w_i)."""
    shape, n = p[0].aval.shape, p[0].aval.shape[-1]
    values, v = m.unpacked(out if vectors else eigh(p[0], vectors=True), shape[:-2], eigh_shapes(n))
    inner = m.matmul(m.matmul(m.adjoint(v), t[0]), v)
    dw = m.real_part(m.diagonal(inner))
    if not vectors:
        return dw
    gaps = sub(m.by_column(values, shape), m.by_row(values, shape))
    return m.packed([dw, m.matmul(v, over(inner, gaps))], shape[:-2])


def over(x: Value, by: Value) -> Value:
    """``x / by``, and 0 where ``by`` is 0."""
    zero = eq(by, 0.0)
    return select(zero, 0.0, div(x, select(zero, 1.0, by)))


eigh: Primitive = on_host("eigh", _eigh_abstract, _eigh_reference, _eigh_jvp)
"""``eigh(a; vectors)``: eigenvalues, ascending, and perhaps -vectors of Hermitian matrices."""
