"""Discrete distributions: whole numbers, truth values, choices and orders."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import as_dtype, int32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, as_float, axis_of, broadcast_to, fits, operand, shape_of, value
from ..traceback import public
from .continuous import gumbel, uniform
from .keys import bits, split


@public
def bernoulli(k: ArrayLike, p: ArrayLike = 0.5, shape: Any = None) -> Any:
    """True with probability ``p``; the shape is that of ``p`` unless given.

    >>> import texelate as tx
    >>> bernoulli(tx.random.key(0), 1.0, (2,))
    Array([ True,  True], dtype=bool)
    """
    chance = as_float(p)
    target = chance.aval.shape if shape is None else shape_of(shape, "bernoulli")
    return ew.lt(uniform(k, target), broadcast_to(chance, target))


@public
def rademacher(k: ArrayLike, shape: Any = (), dtype: Any = int32) -> Any:
    """-1 or 1, equally likely.

    >>> import texelate as tx
    >>> abs(rademacher(tx.random.key(0), (3,)))
    Array([1, 1, 1], dtype=int32)
    """
    target = as_dtype(dtype)
    if target.kind not in "if":
        raise ArgumentError(f"rademacher: there is no -1 in {target}", fix="int32 or float32")
    ones: Any = ew.convert(bernoulli(k, 0.5, shape_of(shape, "rademacher")), dtype=target)
    return 2 * ones - 1


@public
def randint(k: ArrayLike, shape: Any, minval: int, maxval: int, dtype: Any = int32) -> Any:
    """Whole numbers from ``[minval, maxval)`` (Python ints). ArgumentError when there are none.

    >>> import texelate as tx
    >>> randint(tx.random.key(0), (2,), 5, 6)
    Array([5, 5], dtype=int32)
    """
    target = as_dtype(dtype)
    if target.kind not in "iu" or not all(isinstance(x, int) for x in (minval, maxval)):
        raise ArgumentError("randint: bounds are ints, the dtype of integers")
    span = maxval - minval
    if not 0 < span < 2**32:
        raise ArgumentError(f"randint: no whole numbers in [{minval}, {maxval})")
    if not (fits(minval, target) and fits(maxval - 1, target)):
        raise ArgumentError(f"randint: not all of [{minval}, {maxval}) fit in {target}")
    keys = split(k)
    high, low = bits(keys[0], shape), bits(keys[1], shape)
    factor = (2**16 % span) ** 2 % 2**32 % span
    offset = (high % span) * factor + low % span
    start = value(operand(tnp.asarray(minval, target)))
    return ew.add(ew.convert(offset % span, dtype=target), start)


@public
def categorical(k: ArrayLike, logits: ArrayLike, axis: int = -1, shape: Any = None) -> Any:
    """Class numbers with probabilities softmax(logits) along ``axis``, as int32.

    The shape is that of ``logits`` without ``axis`` unless given; then it must end so, and axes
    before are independent draws. JAX's values. Raises ShapeError for another shape.

    >>> import texelate as tx
    >>> categorical(tx.random.key(0), [0.0, 100.0], shape=(3,))
    Array([1, 1, 1], dtype=int32)
    """
    scores: Any = as_float(logits)
    place = axis_of(axis, scores.aval.ndim, "categorical")
    rest = tuple(n for a, n in enumerate(scores.shape) if a != place)
    target = rest if shape is None else shape_of(shape, "categorical")
    before = target[: len(target) - len(rest)]
    if (*before, *rest) != target:
        raise ShapeError(f"categorical: shape {target} does not end in {rest}, that of the logits")
    noisy = gumbel(k, (*before, *scores.shape)) + scores
    return tnp.argmax(noisy, axis=place - scores.aval.ndim)


@public
def permutation(k: ArrayLike, x: ArrayLike, axis: int = 0) -> Any:
    """``x`` with the order of its elements along ``axis`` random; for an int n, of 0 … n-1.

    >>> import texelate as tx
    >>> sorted(permutation(tx.random.key(0), 4).tolist())
    [0, 1, 2, 3]
    """
    if isinstance(x, (int, np.integer)):
        return _order(k, x)
    got = value(x)
    place = axis_of(axis, got.aval.ndim, "permutation")
    return tnp.take(got, _order(k, got.aval.shape[place]), axis=place)


def _order(k: ArrayLike, n: Any) -> Any:
    """0 … n-1 in random order: the places that sorting random words would give them."""
    (count,) = shape_of(n, "permutation")
    return tnp.argsort(tnp.argsort(bits(k, (count,))))


@public
def choice(
    k: ArrayLike,
    x: ArrayLike,
    shape: Any = (),
    replace: bool = True,
    p: ArrayLike | None = None,
    axis: int = 0,
) -> Any:
    """Elements of ``x`` along ``axis`` (for an int n, numbers of 0 … n-1), drawn at random.

    ``p`` are their probabilities, equal unless given; they need not sum to 1. Without ``replace``
    none is drawn twice. The result has ``shape`` in place of the axis. Raises ArgumentError when
    there are not enough elements, ShapeError when ``p`` does not fit.

    >>> import texelate as tx
    >>> sorted(choice(tx.random.key(0), 3, (3,), replace=False).tolist())
    [0, 1, 2]
    """
    target = shape_of(shape, "choice")
    whole = isinstance(x, (int, np.integer))
    got: Value | None = None if whole else value(x)
    place = 0 if got is None else axis_of(axis, got.aval.ndim, "choice")
    count = shape_of(x, "choice")[0] if got is None else got.aval.shape[place]
    drawn = _drawn(k, count, target, replace, p)
    return drawn if got is None else tnp.take(got, drawn, axis=place)


def _drawn(
    k: ArrayLike, count: int, shape: tuple[int, ...], replace: bool, p: ArrayLike | None
) -> Any:
    size = math.prod(shape)
    if size > (count if not replace else size * min(count, 1)):
        raise ArgumentError(f"choice: {size} of {count} elements with replace={replace}")
    if p is None and replace:
        return randint(k, shape, 0, max(count, 1))
    if p is None:
        return tnp.reshape(_order(k, count)[:size], shape)
    chances: Any = as_float(p)
    if chances.shape != (count,):
        raise ShapeError(f"choice: probabilities {chances.aval} of {count} elements")
    if replace:
        return categorical(k, tnp.log(chances), shape=shape)
    order = tnp.argsort(-(gumbel(k, (count,)) + tnp.log(chances)))
    return tnp.reshape(order[:size], shape)


__all__ = ["bernoulli", "categorical", "choice", "permutation", "rademacher", "randint"]
