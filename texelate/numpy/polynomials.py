"""Polynomials as vectors of coefficients, the highest power first (NumPy's ``poly1d`` order)."""

from __future__ import annotations

from typing import Any

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import complex64
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, promote_all, shape_of, value
from ..traceback import public
from .creation import arange, asarray, eye, zeros
from .elementwise import add, divide, multiply, negative, subtract
from .filters import convolve
from .reductions import max as max_of
from .reductions import sum as sum_of
from .shapes import concatenate, reshape, stack


def _coefficients(p: ArrayLike, name: str) -> Any:
    got = value(p)
    if got.aval.ndim > 1:
        raise ShapeError(f"{name} takes vectors of coefficients, got {got.aval}")
    return reshape(got, (-1,))


@public
def polyval(p: ArrayLike, x: ArrayLike) -> Any:
    """The polynomial at ``x`` (any shape), by Horner's rule.

    >>> import texelate.numpy as tnp
    >>> tnp.polyval([3, 0, 1], tnp.asarray([5, 2]))
    Array([76, 13], dtype=int32)
    """
    factors, at = _coefficients(p, "polyval"), value(x)
    out: Any = multiply(at, 0)
    for c in factors:
        out = out * at + c
    return out


def _padded(p: Any, length: int) -> Any:
    return concatenate([zeros((length - p.shape[0],), p.aval.dtype), p])


def _aligned(name: str, p: ArrayLike, q: ArrayLike) -> list[Any]:
    both: list[Any] = [value(v) for v in promote_all((p, q), name=name)]
    both = [_coefficients(v, name) for v in both]
    length = max(v.shape[0] for v in both)
    return [_padded(v, length) for v in both]


@public
def polyadd(p: ArrayLike, q: ArrayLike) -> Any:
    """The sum of two polynomials.

    >>> import texelate.numpy as tnp
    >>> tnp.polyadd([1, 2], [9, 5, 4])
    Array([9, 6, 6], dtype=int32)
    """
    return add(*_aligned("polyadd", p, q))


@public
def polysub(p: ArrayLike, q: ArrayLike) -> Any:
    """The difference of two polynomials."""
    return subtract(*_aligned("polysub", p, q))


@public
def polymul(p: ArrayLike, q: ArrayLike) -> Any:
    """The product of two polynomials."""
    return convolve(_coefficients(p, "polymul"), _coefficients(q, "polymul"))


@public
def polydiv(p: ArrayLike, q: ArrayLike) -> tuple[Any, Any]:
    """Quotient and remainder as float32; the remainder keeps leading zeros, as shapes are fixed.

    >>> import texelate.numpy as tnp
    >>> print(*tnp.polydiv([3.0, 5.0, 2.0], [2.0, 1.0]))
    [1.5  1.75] [0.   0.   0.25]
    """
    rest: Any = as_float(_coefficients(p, "polydiv"))
    by: Any = as_float(_coefficients(q, "polydiv"))
    n, m = rest.shape[0], by.shape[0]
    quotient = []
    for i in range(n - m + 1):
        factor = rest[i] / by[0]
        quotient.append(factor)
        rest = rest.at[i : i + m].add(-factor * by).at[i].set(0.0)
    return (stack(quotient) if quotient else zeros((1,))), rest


@public
def polyder(p: ArrayLike, m: int = 1) -> Any:
    """The ``m``-th derivative.

    >>> import texelate.numpy as tnp
    >>> tnp.polyder([1, 1, 1, 1])
    Array([3, 2, 1], dtype=int32)
    """
    got = _coefficients(p, "polyder")
    for _ in range(*shape_of(m, "polyder")):
        n = got.shape[0]
        got = got[:-1] * arange(n - 1, 0, -1, dtype=got.dtype)
    return got


@public
def polyint(p: ArrayLike, m: int = 1, k: ArrayLike = 0.0) -> Any:
    """The ``m``-th integral as float32, with constants ``k`` (one for all, or one a time)."""
    got: Any = as_float(_coefficients(p, "polyint"))
    (times,) = shape_of(m, "polyint")
    constants = reshape(as_float(k), (-1,))
    if constants.aval.size not in (1, times):
        raise ArgumentError(f"polyint: {constants.aval.size} constants for {times} integrals")
    for i in range(times):
        n = got.shape[0]
        last = constants[min(i, constants.aval.size - 1)]
        got = concatenate([got / arange(n, 0, -1, dtype="f4"), reshape(last, (1,))])
    return got


@public
def poly(roots: ArrayLike) -> Any:
    """The polynomial with leading coefficient 1 that has these ``roots``; of none it is 1.

    >>> import texelate.numpy as tnp
    >>> tnp.poly([1.0, -2.0])
    Array([ 1.,  1., -2.], dtype=float32)
    """
    got = as_float(_coefficients(roots, "poly"))
    out: Any = asarray([1.0])
    for root in got:  # type: ignore[attr-defined]
        out = convolve(out, stack([asarray(1.0, root.dtype), negative(root)]))
    return out


@public
def roots(p: ArrayLike) -> Any:
    """The complex64 roots: eigenvalues of the companion matrix, by ``linalg.eigvals``.

    The first coefficient must not be 0 (NumPy looks at values and leaves leading zeros out): then
    the result is NaN.

    >>> import texelate.numpy as tnp
    >>> print(tnp.sort(tnp.real(tnp.roots([1.0, -3.0, 2.0])).round(4)))
    [1. 2.]
    """
    from .linalg import eigvals

    factors: Any = as_float(_coefficients(p, "roots"))
    n = factors.shape[0] - 1
    if n < 1:
        return zeros((0,), complex64)
    below = eye(n - 1, n)
    return eigvals(concatenate([(-factors[1:] / factors[0])[None], below]))


@public
def polyfit(
    x: ArrayLike, y: ArrayLike, deg: int, rcond: float | None = None, w: ArrayLike | None = None
) -> Any:
    """The polynomial of degree ``deg`` with the least squared distance from the points (x, y).

    ``y`` is a vector, or a matrix with a column for each fit; ``w`` weights the distances. Solved
    by ``linalg.lstsq``. Raises ShapeError for points that do not fit.

    >>> import texelate.numpy as tnp
    >>> bool(tnp.allclose(tnp.polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1), [2.0, 1.0], atol=1e-5))
    True
    """
    from .linalg import lstsq

    at, heights = as_float(x), as_float(y)
    (order,) = shape_of(deg, "polyfit")
    if at.aval.ndim != 1 or heights.aval.shape[:1] != at.aval.shape or heights.aval.ndim > 2:
        raise ShapeError(f"polyfit: points {at.aval} with values {heights.aval}")
    left: Any = stack([ew.integer_pow(at, y=i) for i in range(order, -1, -1)], axis=1)
    right: Any = heights
    if w is not None:
        weights: Any = as_float(w)
        left = left * weights[:, None]
        right = right * (weights if right.ndim == 1 else weights[:, None])
    scale = _column_norms(left)
    fit: Any = lstsq(left / scale, right, rcond=rcond)[0]
    return divide(fit, scale if fit.ndim == 1 else scale[:, None])


def _column_norms(x: Value) -> Any:
    """The lengths of columns: with them divided out, powers of all orders weigh the same."""
    norms = ew.sqrt(sum_of(ew.mul(x, x), 0))
    return ew.max_(norms, ew.mul(max_of(norms), 1e-30))


__all__ = [
    "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "polyval",
    "roots",
]  # fmt: skip
