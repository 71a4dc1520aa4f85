"""Powers, exponentials and chains of products."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ...compiler.errors import ArgumentError
from ...compiler.ir.core import Value
from ...compiler.ir.prims import elementwise as ew
from ...compiler.ir.prims import matrices as m
from ...compiler.ir.prims.systems import solve
from ...operands import ArrayLike, in_float32, value
from ...traceback import public
from ..elementwise import abs as abs_of
from ..elementwise import where
from ..products import matmul
from ..reductions import max as max_of
from ..reductions import sum as sum_of
from .solving import inv
from .structure import matrix

MOST_SQUARINGS = 16


@public
def matrix_power(x: ArrayLike, n: int, /) -> Any:
    """``x @ x @ …``, n times, by repeated squaring; for negative n of the inverse.

    ``x``: ``[..., k, k]``. ArgumentError unless n is an int.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.matrix_power([[1.0, 1.0], [0.0, 1.0]], 5)
    Array([[1., 5.],
           [0., 1.]], dtype=float32)
    """
    if not isinstance(n, int):
        raise ArgumentError(f"matrix_power: the exponent {n!r} is not an int")
    base = matrix(x, "matrix_power", square=True)
    if n == 0:
        return m.eye(base.aval.shape, base.aval.dtype)
    square, count = (inv(base) if n < 0 else base), abs(n)
    result: Value | None = None
    while count:
        if count & 1:
            result = square if result is None else m.matmul(result, square)
        count >>= 1
        square = m.matmul(square, square) if count else square
    return result


@public
def multi_dot(arrays: Sequence[ArrayLike], /) -> Any:
    """The product of two or more matrices, in the order of fewest multiplications.

    The first and the last may be vectors. ArgumentError for fewer than two.

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.multi_dot([tnp.ones((2, 3)), tnp.ones((3, 4)), tnp.ones(4)])
    Array([12., 12.], dtype=float32)
    """
    if len(arrays) < 2:
        raise ArgumentError("multi_dot takes two or more matrices")
    factors = [value(a) for a in arrays]
    shapes = [f.aval.shape for f in factors]
    sizes = [1 if len(shapes[0]) == 1 else shapes[0][0], *(s[0] for s in shapes[1:])]
    sizes.append(1 if len(shapes[-1]) == 1 else shapes[-1][-1])

    @functools.cache
    def best(i: int, j: int) -> tuple[int, int]:
        """The least cost of the product of factors i … j, and where to part it."""
        if i == j:
            return 0, i
        outer = sizes[i] * sizes[j + 1]
        costs = {k: best(i, k)[0] + best(k + 1, j)[0] for k in range(i, j)}
        return min((cost + outer * sizes[k + 1], k) for k, cost in costs.items())

    def product(i: int, j: int) -> Any:
        if i == j:
            return factors[i]
        k = best(i, j)[1]
        return matmul(product(i, k), product(k + 1, j))

    return product(0, len(factors) - 1)


@public
@in_float32
def expm(x: ArrayLike, /) -> Any:
    """The matrix exponentials of ``[..., n, n]``: Padé's approximation, scaled and squared.

    Of degree 7 (enough for float32), with at most 16 squarings, and one ``solve``. Source: Higham,
    "The scaling and squaring method for the matrix exponential revisited" (2005).

    >>> import texelate.numpy as tnp
    >>> tnp.linalg.expm(tnp.zeros((2, 2)))
    Array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    got: Any = matrix(x, "expm", square=True)
    size = max_of(sum_of(abs_of(got), -2), -1)[..., None, None]
    scaled = got
    for k in range(MOST_SQUARINGS):
        scaled = where(size > REACH * 2**k, scaled * 0.5, scaled)
    result: Any = _pade(scaled)
    for k in range(MOST_SQUARINGS):
        result = where(size > REACH * 2**k, m.matmul(result, result), result)
    return result


REACH = 3.925724783138660
"""The largest 1-norm for which the approximation is exact in float32 (Higham's table 2.1)."""
PADE = (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0)


def _pade(a: Any) -> Any:
    """Numerator over denominator, whose odd terms differ in sign."""
    one = m.eye(a.aval.shape, a.aval.dtype)
    two = m.matmul(a, a)
    four = m.matmul(two, two)
    powers = (one, two, four, m.matmul(four, two))

    def weighted(weights: Sequence[float]) -> Any:
        terms = [ew.mul(p, w) for p, w in zip(powers, weights)]
        return functools.reduce(ew.add, terms)

    even, odd = weighted(PADE[::2]), m.matmul(a, weighted(PADE[1::2]))
    return solve(ew.sub(even, odd), ew.add(even, odd))
