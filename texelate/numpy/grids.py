"""Grids, ranges by ratio, and positions: of triangles, of diagonals, flat and by axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import as_dtype, int32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..operands import ArrayLike, operand, promoted, shape_of, value
from ..traceback import public
from .creation import arange, asarray, check_number, linspace, zeros
from .elementwise import clip, power, where
from .indexing import update
from .shapes import concatenate, listed, reshape, stack


@public
def logspace(
    start: float,
    stop: float,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10.0,
    dtype: Any = None,
) -> Any:
    """``base`` to the power of ``linspace(start, stop, num, endpoint)``.

    >>> import texelate.numpy as tnp
    >>> print(tnp.logspace(0, 2, 3, base=2.0))
    [1. 2. 4.]
    """
    out = power(base, linspace(start, stop, num, endpoint))
    return out if dtype is None else ew.convert(out, dtype=as_dtype(dtype))


@public
def geomspace(
    start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: Any = None
) -> Any:
    """``num`` numbers from ``start`` to ``stop``, each the last one times the same ratio.

    ArgumentError unless both are real, of one sign, and not 0.
    """
    check_number(start, "geomspace")
    check_number(stop, "geomspace")
    if not start * stop > 0:
        raise ArgumentError(f"geomspace: {start} and {stop} must have one sign, and not be 0")
    line = ew.exp(linspace(0.0, math.log(stop / start), num, endpoint))
    out = ew.mul(line, float(start))
    if endpoint and num > 1:
        out = update(out, -1, float(stop), "set")
    return out if dtype is None else ew.convert(out, dtype=as_dtype(dtype))


# --- open and filled grids -----------------------------------------------------------------------


@public
def ix_(*xs: ArrayLike) -> tuple[Any, ...]:
    """Vectors of integers as an index of a grid: ``x[ix_(rows, columns)]``.

    >>> import texelate.numpy as tnp
    >>> tnp.arange(6).reshape(2, 3)[tnp.ix_([0, 1], [2, 0])]
    Array([[2, 0],
           [5, 3]], dtype=int32)
    """
    values = [value(x) for x in xs]
    if any(v.aval.ndim != 1 for v in values):
        raise ShapeError(f"ix_ takes vectors, got {[str(v.aval) for v in values]}")
    from .sets import nonzero

    places = [nonzero(v)[0] if v.aval.dtype.kind == "b" else v for v in values]
    n = len(places)
    return tuple(reshape(v, [-1 if a == i else 1 for a in range(n)]) for i, v in enumerate(places))


@public
def indices(dimensions: Sequence[int], dtype: Any = int32, sparse: bool = False) -> Any:
    """The position of each element of a grid along each axis: ``[rank, *dimensions]``.

    With ``sparse`` a tuple of arrays that broadcast to it.
    """
    shape, kind = shape_of(dimensions, "indices"), as_dtype(dtype)
    if not sparse:
        rows = [structural.iota(shape=shape, dtype=kind, axis=a) for a in range(len(shape))]
        return stack(rows) if rows else zeros((0,), kind)
    n = len(shape)
    wide = [[m if b == a else 1 for b in range(n)] for a, m in enumerate(shape)]
    return tuple(reshape(arange(m, dtype=kind), w) for m, w in zip(shape, wide, strict=True))


def _line(part: slice) -> Any:
    """What a slice of ``mgrid`` means: ``start:stop:step``, or ``…:count j`` with both ends."""
    start, stop = part.start or 0, part.stop
    if isinstance(part.step, complex):
        return linspace(start, stop, int(abs(part.step)))
    return arange(start, stop, 1 if part.step is None else part.step)


class _Grid:
    """``mgrid`` and ``ogrid``: slices in brackets as coordinates."""

    def __init__(self, sparse: bool) -> None:
        self._sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return _line(key)
        from .creation import meshgrid

        lines = [_line(k) for k in key]
        if self._sparse:
            return ix_(*lines)
        return stack(meshgrid(*lines, indexing="ij"))


mgrid = _Grid(sparse=False)
"""``mgrid[0:2, 0:1:5j]``: coordinates of a filled grid, one array an axis, stacked."""

ogrid = _Grid(sparse=True)
"""``ogrid[0:2, 0:3]``: the same as a tuple of arrays that broadcast to the grid."""


class _Joined:
    """``r_`` and ``c_``: slices, numbers and arrays in brackets, joined."""

    def __init__(self, columns: bool) -> None:
        self._columns = columns

    def __getitem__(self, key: Any) -> Any:
        from .arranging import atleast_1d, column_stack

        items = key if isinstance(key, tuple) else (key,)
        if any(isinstance(k, str) for k in items):
            raise ArgumentError("r_ and c_ take no strings here", fix="use concatenate or stack")
        parts = [_line(k) if isinstance(k, slice) else k for k in items]
        return column_stack(parts) if self._columns else concatenate([atleast_1d(p) for p in parts])


r_ = _Joined(columns=False)
"""``r_[1:4, 0, x]``: ranges, numbers and arrays joined along the first axis."""

c_ = _Joined(columns=True)
"""``c_[x, y]``: the same as columns."""

s_ = index_exp = np.s_
"""``s_[1:, ::2]``: an index as an object."""


@public
def fromfunction(function: Callable[..., Any], shape: Sequence[int], dtype: Any = int32) -> Any:
    """``function`` of the positions along each axis, called once with arrays.

    >>> import texelate.numpy as tnp
    >>> tnp.fromfunction(lambda i, j: 10 * i + j, (2, 2))
    Array([[ 0,  1],
           [10, 11]], dtype=int32)
    """
    return function(*indices(shape, dtype))


# --- positions -----------------------------------------------------------------------------------


def _known(table: Any) -> tuple[Any, ...]:
    return tuple(asarray(i.astype(np.int32)) for i in table)


@public
def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, Any]:
    """Rows and columns of the elements on and below diagonal ``k`` of an ``n`` by ``m`` matrix."""
    shape_of((n, n if m is None else m), "tril_indices")
    return _known(np.tril_indices(n, k, m))


@public
def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, Any]:
    """Rows and columns of the elements on and above diagonal ``k`` of an ``n`` by ``m`` matrix."""
    shape_of((n, n if m is None else m), "triu_indices")
    return _known(np.triu_indices(n, k, m))


def _matrix(x: ArrayLike, name: str) -> tuple[int, int]:
    shape = value(x).aval.shape
    if len(shape) != 2:
        raise ShapeError(f"{name} takes a matrix, got shape {shape}")
    return shape


@public
def tril_indices_from(x: ArrayLike, k: int = 0) -> tuple[Any, Any]:
    """``tril_indices`` of the shape of a matrix."""
    n, m = _matrix(x, "tril_indices_from")
    return tril_indices(n, k, m)


@public
def triu_indices_from(x: ArrayLike, k: int = 0) -> tuple[Any, Any]:
    """``triu_indices`` of the shape of a matrix."""
    n, m = _matrix(x, "triu_indices_from")
    return triu_indices(n, k, m)


@public
def mask_indices(n: int, mask_func: Callable[..., Any], k: Any = 0) -> tuple[Any, Any]:
    """Where ``mask_func(ones((n, n)), k)``, such as ``triu``, is not 0."""
    from .creation import ones
    from .sets import nonzero

    if not callable(mask_func):
        raise ArgumentError(f"mask_indices: {mask_func!r} is no function")
    return nonzero(mask_func(ones((n, n)), k))


@public
def diag_indices(n: int, ndim: int = 2) -> tuple[Any, ...]:
    """The positions of the main diagonal of an array of ``ndim`` axes of extent ``n``."""
    return (arange(n),) * ndim


@public
def diag_indices_from(x: ArrayLike) -> tuple[Any, ...]:
    """``diag_indices`` of an array whose axes have one extent. ShapeError for others."""
    shape = value(x).aval.shape
    if len(shape) < 2 or len(set(shape)) != 1:
        raise ShapeError(f"diag_indices_from: the extents of {shape} are not all equal")
    return diag_indices(shape[0], len(shape))


@public
def ravel_multi_index(
    multi_index: Sequence[ArrayLike], dims: Sequence[int], mode: str = "clip"
) -> Any:
    """Positions by axis as positions in the flattened array, row-major.

    Out of range they are clipped, or with ``mode="wrap"`` taken around. (NumPy's "raise" would need
    to look at the values.)

    >>> import texelate.numpy as tnp
    >>> tnp.ravel_multi_index(([1, 0], [2, 1]), (2, 3))
    Array([5, 1], dtype=int32)
    """
    shape, places = shape_of(dims, "ravel_multi_index"), listed(multi_index, "ravel_multi_index")
    if mode not in ("clip", "wrap") or len(places) != len(shape):
        raise ArgumentError(f"ravel_multi_index: {len(places)} indices, {mode=} in {shape}")
    flat: Any = 0
    for at, n in zip(promoted("ravel_multi_index", *places), shape, strict=True):
        inside = clip(at, 0, n - 1) if mode == "clip" else value(at) % n  # type: ignore[operator]
        flat = inside + flat * n
    return flat


@public
def unravel_index(flat: ArrayLike, shape: Sequence[int]) -> tuple[Any, ...]:
    """Positions in the flattened array as positions by axis; out of range they are clipped.

    >>> import texelate.numpy as tnp
    >>> tnp.unravel_index(tnp.asarray([5, 1]), (2, 3))
    (Array([1, 0], dtype=int32), Array([2, 1], dtype=int32))
    """
    target = shape_of(shape, "unravel_index")
    total = math.prod(target)
    at: Any = value(flat)
    if at.aval.dtype.kind not in "iu":
        raise ArgumentError(f"unravel_index takes integers, got {at.aval}")
    rest = clip(where(at < 0, at + total, at), 0, max(total - 1, 0))
    out = []
    for n in reversed(target):
        out.append(rest % max(n, 1))
        rest = rest // max(n, 1)
    return tuple(reversed(out))


# --- diagonals -----------------------------------------------------------------------------------


@public
def diag(x: ArrayLike, k: int = 0) -> Any:
    """The diagonal ``k`` of a matrix; of a vector, the matrix that has it there.

    >>> import texelate.numpy as tnp
    >>> tnp.diag([1, 2])
    Array([[1, 0],
           [0, 2]], dtype=int32)
    """
    got = value(x)
    if got.aval.ndim == 1:
        return diagflat(got, k)
    rows, columns = _matrix(got, "diag")
    n = max(min(rows + min(k, 0), columns - max(k, 0)), 0)
    at = arange(n)
    return got[at + max(-k, 0), at + max(k, 0)]  # type: ignore[index]


@public
def diagflat(x: ArrayLike, k: int = 0) -> Any:
    """A square matrix with the flattened ``x`` on diagonal ``k``."""
    got = reshape(x, (value(x).aval.size,))
    count = got.aval.size
    at, n = arange(count), count + abs(k)
    empty = zeros((n, n), got.aval.dtype)
    return update(empty, (at + max(-k, 0), at + max(k, 0)), got, "set")


@public
def fill_diagonal(x: ArrayLike, values: ArrayLike, wrap: bool = False) -> Any:
    """``x`` with ``values`` (repeated as needed) on its main diagonal: a new array.

    ``wrap``: in a tall matrix the diagonal starts anew below. ShapeError below rank 2, or above it
    unless all extents are equal.
    """
    got = value(x)
    shape = got.aval.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) != 1):
        raise ShapeError(f"fill_diagonal: the extents of {shape} are not all equal")
    steps = [math.prod(shape[a + 1 :]) for a in range(len(shape))]
    end = got.aval.size if wrap or len(shape) > 2 else min(shape[0], shape[1]) * shape[1]
    places = np.arange(0, end, sum(steps), dtype=np.int32)
    new = value(operand(values))
    flat = reshape(new, (new.aval.size,))
    taken = flat[asarray(np.arange(places.size, dtype=np.int32) % max(flat.aval.size, 1))]
    out = update(reshape(got, (got.aval.size,)), asarray(places), taken, "set")
    return reshape(out, shape)


__all__ = [
    "c_", "diag", "diag_indices", "diag_indices_from", "diagflat", "fill_diagonal", "fromfunction",
    "geomspace", "index_exp", "indices", "ix_", "logspace", "mask_indices", "mgrid", "ogrid", "r_",
    "ravel_multi_index", "s_", "tril_indices", "tril_indices_from", "triu_indices",
    "triu_indices_from", "unravel_index",
]  # fmt: skip
