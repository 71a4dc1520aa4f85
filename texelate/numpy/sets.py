"""Results whose size depends on values: positions, distinct elements, counts.

They look at values, so they work on eager arrays only; inside ``jit`` and ``vmap`` they raise
ConcretizationError. Elements are sorted and compared on the device, sizes chosen on the host.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiler.errors import ArgumentError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, promote_all, value
from ..traceback import public
from .creation import asarray
from .elementwise import as_bool
from .logic import logical_not
from .shapes import ravel, reshape, stack


def host_value(x: Value, asked: str) -> np.ndarray[Any, Any]:
    """The values now; ConcretizationError inside ``jit``, saying that ``asked`` needs them."""
    known: np.ndarray[Any, Any] = x._value(asked)  # type: ignore[attr-defined]
    return known


def _found(x: Value, name: str) -> list[np.ndarray[Any, Any]]:
    return [i.astype(np.int32) for i in np.nonzero(host_value(x, f"{name}()"))]


@public
def nonzero(x: ArrayLike, /) -> tuple[Any, ...]:
    """The positions of elements that are not 0, an int32 vector for each axis.

    Raises ArgumentError for rank 0, ConcretizationError inside ``jit``.

    >>> import texelate.numpy as tnp
    >>> tnp.nonzero(tnp.asarray([0, 5, 7]))
    (Array([1, 2], dtype=int32),)
    """
    got = value(x)
    if not got.aval.ndim:
        raise ArgumentError("nonzero needs at least one axis", fix="use reshape(x, (1,))")
    return tuple(asarray(i) for i in _found(got, "nonzero"))


@public
def argwhere(x: ArrayLike, /) -> Any:
    """The positions of elements that are not 0, one a row."""
    found = _found(value(x), "argwhere")
    return (
        stack([asarray(i) for i in found], axis=1) if found else reshape(asarray(0), (1, 1))[:, :0]
    )


@public
def flatnonzero(x: ArrayLike, /) -> Any:
    """The positions of elements that are not 0, in the flattened array."""
    return nonzero(ravel(x))[0]


@public
def compress(condition: ArrayLike, x: ArrayLike, axis: int | None = None) -> Any:
    """The elements of ``x`` along ``axis`` (None: flattened) where ``condition`` is not 0."""
    from .indexing import take

    return take(x, flatnonzero(condition), axis=axis)


@public
def extract(condition: ArrayLike, x: ArrayLike) -> Any:
    """The elements of the flattened ``x`` where the flattened ``condition`` is not 0."""
    return compress(ravel(condition), ravel(x), 0)


class UniqueAll(NamedTuple):
    """What ``unique_all`` gives."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What ``unique_counts`` gives."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What ``unique_inverse`` gives."""

    values: Any
    inverse_indices: Any


@public
def unique_all(x: ArrayLike, /) -> UniqueAll:
    """Distinct elements in ascending order; first positions; where each went; how many there are.

    Every NaN is its own element. ``inverse_indices`` has the shape of ``x``.
    ConcretizationError inside ``jit``.
    """
    got = value(x)
    parts = _unique(got)
    return UniqueAll(*parts)


def _unique(x: Value) -> tuple[Any, Any, Any, Any]:
    """Positions in sorted order where a new element starts decide everything."""
    from .indexing import take
    from .scans import cumsum
    from .sorting import argsort

    flat = ravel(x)
    n = flat.aval.size
    if not n:
        none = asarray(np.zeros(0, np.int32))
        return flat, none, reshape(none, x.aval.shape), none
    order = argsort(flat)
    ordered = take(flat, order)
    fresh = np.ones(n, np.bool_)
    fresh[1:] = host_value(ew.ne(ordered[1:], ordered[:-1]), "unique()")
    starts = np.flatnonzero(fresh).astype(np.int32)
    number = ew.sub(cumsum(asarray(fresh)), 1)
    inverse = reshape(take(number, argsort(order)), x.aval.shape)
    counts = np.diff(np.append(starts, n)).astype(np.int32)
    firsts = asarray(starts)
    return take(ordered, firsts), take(order, firsts), inverse, asarray(counts)


@public
def unique_counts(x: ArrayLike, /) -> UniqueCounts:
    """Distinct elements in ascending order, and how many there are of each."""
    parts = _unique(value(x))
    return UniqueCounts(parts[0], parts[3])


@public
def unique_inverse(x: ArrayLike, /) -> UniqueInverse:
    """Distinct elements in ascending order, and which of them each element of ``x`` is."""
    parts = _unique(value(x))
    return UniqueInverse(parts[0], parts[2])


@public
def unique_values(x: ArrayLike, /) -> Any:
    """Distinct elements in ascending order."""
    return _unique(value(x))[0]


@public
def unique(
    x: ArrayLike,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
) -> Any:
    """Distinct elements in ascending order; with the rest of ``unique_all`` where asked for."""
    values, *rest = _unique(value(x))
    asked = (return_index, return_inverse, return_counts)
    extra = tuple(r for r, wanted in zip(rest, asked, strict=True) if wanted)
    return (values, *extra) if extra else values


@public
def isin(x: ArrayLike, elements: ArrayLike, /, *, invert: bool = False) -> Any:
    """Whether each element of ``x`` is one of ``elements``. Works inside ``jit``."""
    from .indexing import take
    from .sorting import searchsorted, sort

    a, b = (value(v) for v in promote_all((x, elements), name="isin"))
    known = sort(ravel(b))
    if not known.aval.size:
        hit = as_bool(ew.mul(ew.convert(a, dtype=int32), 0))
    else:
        hit = ew.eq(take(known, searchsorted(known, a)), a)
    return logical_not(hit) if invert else hit


@public
def intersect1d(x: ArrayLike, y: ArrayLike) -> Any:
    """Distinct elements of both, ascending."""
    values = unique_values(x)
    return values[isin(values, y)]


@public
def setdiff1d(x: ArrayLike, y: ArrayLike) -> Any:
    """Distinct elements of ``x`` that are not in ``y``, ascending."""
    values = unique_values(x)
    return values[isin(values, y, invert=True)]


@public
def setxor1d(x: ArrayLike, y: ArrayLike) -> Any:
    """Distinct elements of only one of the two, ascending."""
    from .shapes import concatenate

    return unique_values(concatenate([setdiff1d(x, y), setdiff1d(y, x)]))


@public
def union1d(x: ArrayLike, y: ArrayLike) -> Any:
    """Distinct elements of either, ascending."""
    from .shapes import concatenate

    return unique_values(concatenate([ravel(x), ravel(y)]))


__all__ = [
    "argwhere", "compress", "extract", "flatnonzero", "intersect1d", "isin",
    "nonzero", "setdiff1d", "setxor1d", "union1d", "unique", "unique_all", "unique_counts",
    "unique_inverse", "unique_values",
]  # fmt: skip
