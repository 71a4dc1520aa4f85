"""Averages with weights, spread, covariance and correlation."""

from __future__ import annotations

from typing import Any

from ..compiler.errors import ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, in_float32
from ..traceback import public
from . import reductions as r
from .complexes import conj
from .creation import ones_like
from .elementwise import divide, multiply
from .linalg.structure import diagonal
from .products import matmul
from .shapes import broadcast_to, concatenate, moveaxis, reshape, transpose


@public
@in_float32
def average(
    x: ArrayLike,
    axis: Any = None,
    weights: ArrayLike | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """The mean over ``axis``, with ``weights`` of the shape of ``x`` or of that one axis.

    ``returned``: also the sums of the weights, in the shape of the means. ShapeError for weights
    that do not fit.

    >>> import texelate.numpy as tnp
    >>> print(tnp.average([1.0, 3.0], weights=[3.0, 1.0]))
    1.5
    """
    got = as_float(x)
    w = ones_like(got) if weights is None else _weights(got, axis, weights)
    total = r.sum(w, axis, keepdims=keepdims)
    mean = divide(r.sum(multiply(got, w), axis, keepdims=keepdims), total)
    return (mean, total) if returned else mean


def _weights(x: Value, axis: Any, weights: ArrayLike) -> Value:
    w = as_float(weights)
    if w.aval.shape == x.aval.shape:
        return w
    if w.aval.ndim != 1 or not isinstance(axis, int):
        raise ShapeError(f"average: weights {w.aval} do not fit {x.aval} along {axis}")
    last = moveaxis(x, axis, -1)
    spread: Value = moveaxis(broadcast_to(w, last.aval.shape), -1, axis)
    return spread


@public
def ptp(x: ArrayLike, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest minus the smallest element."""
    return ew.sub(r.max(x, axis, keepdims), r.min(x, axis, keepdims))


@public
@in_float32
def cov(
    x: ArrayLike,
    y: ArrayLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    *,
    fweights: ArrayLike | None = None,
    aweights: ArrayLike | None = None,
) -> Any:
    """The covariance matrix of variables in rows (columns unless ``rowvar``) of ``x`` and ``y``.

    Divided by the count of observations less ``ddof`` (1, or 0 with ``bias``). ``fweights`` say how
    often each observation occurs, ``aweights`` how much it counts. As NumPy.

    >>> import texelate.numpy as tnp
    >>> print(tnp.cov([[0.0, 2.0], [1.0, 5.0]]))
    [[2. 4.]
     [4. 8.]]
    """
    rows = _variables(x, rowvar)
    rows = rows if y is None else concatenate([rows, _variables(y, rowvar)])
    less = (0 if bias else 1) if ddof is None else ddof
    weights, count = _observations(rows.shape[1], fweights, aweights, less)
    centred = rows - average(rows, 1, weights, keepdims=True)
    scaled = centred if weights is None else multiply(centred, weights)
    product = matmul(scaled, conj(transpose(centred))) / count
    return reshape(product, ()) if product.shape == (1, 1) else product


def _variables(x: ArrayLike, rowvar: bool) -> Any:
    got = as_float(x)
    if got.aval.ndim > 2:
        raise ShapeError(f"cov takes vectors and matrices, got {got.aval}")
    if got.aval.ndim < 2:
        return reshape(got, (1, -1))
    return got if rowvar else transpose(got)


def _observations(
    n: int, fweights: ArrayLike | None, aweights: ArrayLike | None, ddof: int
) -> tuple[Any, Any]:
    """The weights together, and what the sum of products is divided by."""
    if fweights is None and aweights is None:
        return None, max(n - ddof, 0)
    often: Any = 1.0 if fweights is None else as_float(fweights)
    much: Any = 1.0 if aweights is None else as_float(aweights)
    weights = often * much
    total = r.sum(weights)
    if aweights is None:
        return weights, total - ddof
    return weights, total - ddof * r.sum(weights * much) / total


@public
@in_float32
def corrcoef(x: ArrayLike, y: ArrayLike | None = None, rowvar: bool = True) -> Any:
    """The correlation matrix of the variables of ``cov``."""
    c = cov(x, y, rowvar)
    if not c.ndim:
        return c / c
    deviations = ew.sqrt(diagonal(c))
    return c / reshape(deviations, (-1, 1)) / deviations


__all__ = ["average", "corrcoef", "cov", "ptp"]
