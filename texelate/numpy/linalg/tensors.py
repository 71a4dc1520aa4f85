"""Linear equations of tensors: axes taken together as rows and columns of one matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...compiler.errors import ArgumentError, ShapeError
from ...operands import ArrayLike, as_float, axis_of, value
from ...traceback import public
from ..shapes import moveaxis, reshape
from .solving import inv, solve


@public
def tensorsolve(a: ArrayLike, b: ArrayLike, /, axes: Sequence[int] | None = None) -> Any:
    """x with ``tensordot(a, x, x.ndim) = b``: the shape of ``a`` is b's, followed by x's.

    ``axes`` of ``a`` are moved to its end first. ShapeError unless x has as many elements as ``b``.
    Runs where ``solve`` does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.tensorsolve(2 * tnp.eye(4).reshape(2, 2, 4), tnp.ones((2, 2)))
    Array([0.5, 0.5, 0.5, 0.5], dtype=float32)
    """
    left, right = as_float(a), as_float(b)
    if axes is not None:
        places = [axis_of(k, left.aval.ndim, "tensorsolve") for k in axes]
        left = moveaxis(left, places, range(left.aval.ndim - len(places), left.aval.ndim))
    shape = value(left).aval.shape[right.aval.ndim :]
    n = math.prod(shape)
    if n != right.aval.size or n * n != value(left).aval.size:
        raise ShapeError(
            f"tensorsolve: shapes {value(left).aval.shape} and {right.aval.shape} do not fit",
            why="the axes of a beyond those of b need as many elements as b",
        )
    return reshape(solve(reshape(left, (n, n)), reshape(right, (n,))), shape)


@public
def tensorinv(a: ArrayLike, /, ind: int = 2) -> Any:
    """The inverse of ``a`` as a map: ``tensordot(tensorinv(a), b, ind)`` solves for ``b``.

    The first ``ind`` axes are the rows. ShapeError unless they have as many elements as the others,
    ArgumentError unless ``ind`` is positive. Runs where ``inv`` does.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.tensorinv(tnp.eye(6).reshape(6, 2, 3), ind=1).shape
    (2, 3, 6)
    """
    got = as_float(a)
    if ind <= 0:
        raise ArgumentError(f"tensorinv: ind={ind} is not positive")
    rows, columns = got.aval.shape[:ind], got.aval.shape[ind:]
    if math.prod(rows) != math.prod(columns):
        raise ShapeError(f"tensorinv: {rows} and {columns} differ in size")
    n = math.prod(rows)
    return reshape(inv(reshape(got, (n, n))), (*columns, *rows))
