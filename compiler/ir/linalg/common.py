"""Loops over columns, and the parts of matrices they read, on stacks ``[b, m, n]``."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from ..aval import Aval, Shape
from ..core import GraphTrace, Operand, Value, bind_all, literal
from ..dtypes import DType, bool_, complex64, float32, int32, uint32
from ..prims import control
from ..prims import elementwise as ew
from ..prims import matrices as m
from ..prims.complexes import imag
from ..prims.complexes import real as real_of
from ..prims.dynamic import dynamic_slice
from ..prims.indexing import take_along
from ..prims.reduction import reduce
from ..prims.structural import broadcast_in_dim, iota, reshape
from ..text import interned

Step = Callable[..., Sequence[Any]]
TINY = 2.0**-100
"""Far below the rounding of matrices that are scaled to 1, and far above what is flushed to 0."""


def repeat(
    name: str, count: int, step: Step, carry: Sequence[Any], *, reverse: bool = False
) -> tuple[Value, ...]:
    """``carry = step(k, *carry)`` for k = 0 … count - 1 (``reverse``: from the end).

    What ``step`` returns beyond the carry is stacked ``[count, …]`` behind it, unless there is no
    step.
    """
    if not count:
        return tuple(carry)
    with GraphTrace(name) as trace:
        inputs = [trace.input(x.aval.strong()) for x in carry]
        k = trace.input(Aval((), int32))
        body = interned(trace.finish(step(k, *inputs)))
    ks = iota(shape=(count,), dtype=int32, axis=0)
    return bind_all(control.scan, *carry, ks, *trace.captures, body=body, length=count,
                    n_carry=len(carry), n_xs=1, reverse=reverse)  # fmt: skip


def until(name: str, most: int, step: Step, carry: Sequence[Any]) -> tuple[Value, ...]:
    """``going, *carry = step(*carry)`` while ``going`` (a bool), at most ``most`` times."""
    state = (literal(True, bool_), literal(0, int32), *carry)
    avals = [x.aval.strong() for x in state]
    with GraphTrace(f"{name}_test") as trace:
        going, count, *_ = map(trace.input, avals)
        test = interned(trace.finish([ew.and_(going, ew.lt(count, literal(most, int32)))]))
    with GraphTrace(name) as trace:
        _, count, *inputs = map(trace.input, avals)
        on, *after = step(*inputs)
        body = interned(trace.finish([on, ew.add(count, literal(1, int32)), *after]))
    outs = bind_all(control.while_loop, *map(_stored, state), *trace.captures, test=test, body=body,
                    n_carry=len(state), n_test=0)  # fmt: skip
    return outs[2:]


def _stored(x: Operand) -> Operand:
    """What a loop carries has memory of its own: no literal."""
    return x if isinstance(x, Value) else broadcast_in_dim(x, shape=(), dims=())


def flat(x: Any) -> Value:
    """All leading axes as one: ``[b, m, n]``."""
    shape = x.aval.shape
    return reshape(x, shape=(math.prod(shape[:-2]), *shape[-2:]))


def hermitian(x: Any) -> Value:
    """The Hermitian matrices whose lower triangles are those of ``x``: LAPACK reads no more."""
    return ew.select(ew.ge(rows(x.aval.shape), columns(x.aval.shape)), x, m.adjoint(x))


def unflat(parts: Sequence[Any], lead: Shape) -> Value:
    """Several results ``[b, …]``, packed, with their leading axes back."""
    whole = m.packed(parts, parts[0].aval.shape[:1])
    return reshape(whole, shape=(*lead, whole.aval.shape[1]))


# --- parts ---------------------------------------------------------------------------------------
#
# ``at_…`` are as large as the matrix: its kernel reads them in place, where a smaller value that is
# broadcast would be stored first, by a kernel of its own in every step.


def at_column(x: Any, k: Any, width: int | None = None) -> Value:
    """``x[:, :, k]`` in every column (of ``width``), for a computed k."""
    b, rows, columns = x.aval.shape
    shape = (b, rows, columns if width is None else width)
    return take_along(x, broadcast_in_dim(k, shape=shape, dims=()), axis=2)


def at_row(x: Any, k: Any) -> Value:
    """``x[:, k, :]`` in every row, for a computed k."""
    return take_along(x, broadcast_in_dim(k, shape=x.aval.shape, dims=()), axis=1)


def at_element(x: Any, i: Any, k: Any) -> Value:
    """``x[:, i, k]`` everywhere."""
    return at_row(at_column(x, k), i)


def own_row(x: Any, p: Any) -> Value:
    """``x[i, p[i], :]`` in every row: one of its own for each matrix."""
    return take_along(x, broadcast_in_dim(p, shape=x.aval.shape, dims=(0,)), axis=1)


def column(x: Any, k: Any) -> Value:
    """``x[:, :, k]``, for a computed k: ``[b, m]``."""
    b, rows, _ = x.aval.shape
    zero = literal(0, int32)
    return reshape(dynamic_slice(x, zero, zero, k, sizes=(b, rows, 1)), shape=(b, rows))


def element(v: Any, k: Any) -> Value:
    """``v[:, k]`` of ``v`` ``[b, n]``, for a computed k."""
    b = v.aval.shape[0]
    return reshape(dynamic_slice(v, literal(0, int32), k, sizes=(b, 1)), shape=(b,))


def corner(x: Any, k: Any) -> Value:
    """``x[:, k, k]``, for a computed k."""
    b = x.aval.shape[0]
    return reshape(dynamic_slice(x, literal(0, int32), k, k, sizes=(b, 1, 1)), shape=(b,))


def rows(shape: Shape) -> Value:
    """The row of each element of matrices; the place in vectors ``[b, n]``."""
    return iota(shape=shape, dtype=int32, axis=1)


def columns(shape: Shape) -> Value:
    """The column of each element."""
    return iota(shape=shape, dtype=int32, axis=2)


def on_or_above(shape: Shape) -> Value:
    """bool ``[m, n]``: on the diagonal of matrices of the whole ``shape``, or above it."""
    i, j = (iota(shape=shape[1:], dtype=int32, axis=axis) for axis in (0, 1))
    return ew.le(i, j)


def spread(v: Any, shape: Shape) -> Value:
    """``v`` ``[b]``, the same in each of the elements ``[b, …]``."""
    return broadcast_in_dim(v, shape=shape, dims=(0,))


# --- numbers -------------------------------------------------------------------------------------


def is_complex(x: Any) -> bool:
    return x.aval.dtype is complex64


real, like, conj = m.real, m.as_dtype, m.conjugated


def power(x: Any) -> Value:
    """``|x|²``, as float32."""
    if not is_complex(x):
        return ew.mul(x, x)
    re, im = real_of(x), imag(x)
    return ew.add(ew.mul(re, re), ew.mul(im, im))


def size(x: Any) -> Value:
    """``|x|``, as float32."""
    if not is_complex(x):
        return ew.abs_(x)
    re, im = ew.abs_(real_of(x)), ew.abs_(imag(x))
    large, small = ew.max_(re, im), ew.min_(re, im)
    ratio = ew.div(small, ew.select(ew.eq(large, 0.0), 1.0, large))
    return ew.mul(large, ew.sqrt(ew.add(1.0, ew.mul(ratio, ratio))))


def phase(x: Any, size: Any) -> Value:
    """``x / |x|``; 1 for what is too small to divide by."""
    none = ew.lt(size, TINY)
    one = like(literal(1.0, float32), x)
    return ew.select(none, one, ew.div(x, like(ew.select(none, 1.0, size), x)))


def finite(x: Any) -> Value:
    """Whether each element is."""
    if not is_complex(x):
        return ew.is_finite(x)
    return ew.and_(ew.is_finite(real_of(x)), ew.is_finite(imag(x)))


def scale_of(x: Any) -> Value:
    """A power of two close to the largest element of each matrix (1 for zeros): ``[b]``.

    What is divided by it loses no digits, and squares neither overflow nor vanish.
    """
    if not x.aval.size:
        return broadcast_in_dim(literal(1.0, float32), shape=x.aval.shape[:1], dims=())
    parts = (real_of(x), imag(x)) if is_complex(x) else (x,)
    largest = [reduce(ew.abs_(p), monoid="max", axes=(1, 2)) for p in parts]
    bits = ew.bitcast(functools.reduce(ew.max_, largest), dtype=uint32)
    power = ew.bitcast(ew.and_(bits, 0x7F800000), dtype=float32)
    return ew.select(ew.eq(power, 0.0), 1.0, power)


def total(x: Any, *axes: int) -> Value:
    """The sum over ``axes``."""
    return reduce(x, monoid="sum", axes=axes)


def any_of(x: Any, *axes: int) -> Value:
    return reduce(x, monoid="any", axes=axes)


def nan_where(bad: Any, x: Any) -> Value:
    """NaN in all elements of the matrices (or vectors) ``x`` that are ``bad`` ``[b]``."""
    nan = like(literal(float("nan"), float32), x)
    return ew.select(spread(bad, x.aval.shape), nan, x)


def identity(b: int, rows: int, columns: int, dtype: DType) -> Value:
    return m.eye((b, rows, columns), dtype)


def orthonormal(v: Any) -> Value:
    """Columns that are orthonormal but for rounding, without it: a step of Newton and Schulz."""
    square = m.matmul(m.adjoint(v), v)
    rest = ew.sub(m.eye(square.aval.shape, v.aval.dtype), square)
    return ew.add(v, ew.mul(0.5, m.matmul(v, rest)))
