"""Arrays of at least so many axes, joined in blocks, cut into parts, turned and trimmed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError, AxisError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.prims.structural import part
from ..operands import ArrayLike, axis_of, promote_all, shape_of, value
from ..operands import broadcast_shape as _broadcast_shape
from ..traceback import public
from .sets import host_value
from .shapes import (
    concatenate,
    expand_dims,
    flip,
    listed,
    moveaxis,
    ravel,
    reshape,
    split,
    tile,
    transpose,
)


def _each(f: Callable[[Value], Any], xs: tuple[ArrayLike, ...]) -> Any:
    """``f`` of one array, or a list of it for several."""
    return f(value(xs[0])) if len(xs) == 1 else [f(value(x)) for x in xs]


@public
def atleast_1d(*xs: ArrayLike) -> Any:
    """Arrays of rank 0 as vectors of one element; a list for several arrays."""
    return _each(lambda x: reshape(x, x.aval.shape or (1,)), xs)


@public
def atleast_2d(*xs: ArrayLike) -> Any:
    """Vectors as rows ``[1, n]``; a list for several arrays.

    >>> import texelate.numpy as tnp
    >>> tnp.atleast_2d([1, 2]).shape
    (1, 2)
    """
    return _each(lambda x: reshape(x, (1,) * max(2 - x.aval.ndim, 0) + x.aval.shape), xs)


@public
def atleast_3d(*xs: ArrayLike) -> Any:
    """Vectors as ``[1, n, 1]``, matrices as ``[m, n, 1]``; a list for several arrays."""
    return _each(_three, xs)


def _three(x: Value) -> Any:
    shape = x.aval.shape
    wide = {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}
    return reshape(x, wide.get(x.aval.ndim, shape))


# --- joined --------------------------------------------------------------------------------------


@public
def column_stack(xs: Sequence[ArrayLike], /) -> Any:
    """Side by side along axis 1: vectors are columns.

    >>> import texelate.numpy as tnp
    >>> tnp.column_stack([[1, 2], [3, 4]])
    Array([[1, 3],
           [2, 4]], dtype=int32)
    """
    values = [value(x) for x in listed(xs, "column_stack")]
    return concatenate([v if v.aval.ndim > 1 else reshape(v, (-1, 1)) for v in values], axis=1)


@public
def dstack(xs: Sequence[ArrayLike], /) -> Any:
    """Joined along the third axis, as ``atleast_3d`` makes it."""
    return concatenate([_three(value(x)) for x in listed(xs, "dstack")], axis=2)


@public
def block(parts: Any, /) -> Any:
    """Nested lists of blocks as one array: the innermost are joined along the last axis.

    Raises ArgumentError for lists of different depths.

    >>> import texelate.numpy as tnp
    >>> tnp.block([[tnp.eye(1), tnp.zeros((1, 2))], [tnp.ones((1, 3))]])
    Array([[1., 0., 0.],
           [1., 1., 1.]], dtype=float32)
    """
    depth = _depth(parts)
    leaves = promote_all(list(_leaves(parts)), name="block")
    rank = max(depth, *(x.aval.ndim for x in leaves))
    wide = (reshape(value(x), (1,) * (rank - x.aval.ndim) + x.aval.shape) for x in leaves)
    return _joined(parts, iter(wide), -depth)


def _depth(parts: Any) -> int:
    """How deep lists are nested, the same everywhere."""
    if not isinstance(parts, list):
        return 0
    depths = {_depth(p) for p in parts}
    if len(depths) != 1:
        raise ArgumentError(
            "block: lists are empty, or nested to different depths",
            fix="each list holds lists of the same depth, or arrays",
        )
    return depths.pop() + 1


def _leaves(parts: Any) -> Any:
    return (
        itertools.chain.from_iterable(map(_leaves, parts)) if isinstance(parts, list) else (parts,)
    )


def _joined(parts: Any, leaves: Any, axis: int) -> Any:
    if not isinstance(parts, list):
        return next(leaves)
    return concatenate([_joined(p, leaves, axis + 1) for p in parts], axis=axis)


# --- cut -----------------------------------------------------------------------------------------


@public
def array_split(x: ArrayLike, sections: Any, axis: int = 0) -> list[Any]:
    """``split`` into ``sections`` parts, of which the first are one longer where needed.

    >>> import texelate.numpy as tnp
    >>> [p.shape for p in tnp.array_split(tnp.arange(5), 2)]
    [(3,), (2,)]
    """
    got = value(x)
    if not isinstance(sections, int):
        return split(got, sections, axis)
    if sections < 1:
        raise ArgumentError(f"array_split: {sections} parts")
    short, longer = divmod(got.aval.shape[axis_of(axis, got.aval.ndim, "array_split")], sections)
    sizes = [short + (i < longer) for i in range(sections)]
    return split(got, list(itertools.accumulate(sizes))[:-1], axis)


@public
def vsplit(x: ArrayLike, sections: Any) -> list[Any]:
    """``split`` along axis 0. AxisError for vectors."""
    return _split_at(x, sections, 0, 2, "vsplit")


@public
def hsplit(x: ArrayLike, sections: Any) -> list[Any]:
    """``split`` along axis 1, of vectors along axis 0."""
    return _split_at(x, sections, min(1, value(x).aval.ndim - 1), 1, "hsplit")


@public
def dsplit(x: ArrayLike, sections: Any) -> list[Any]:
    """``split`` along axis 2. AxisError below rank 3."""
    return _split_at(x, sections, 2, 3, "dsplit")


def _split_at(x: ArrayLike, sections: Any, axis: int, rank: int, name: str) -> list[Any]:
    got = value(x)
    if got.aval.ndim < rank:
        raise AxisError(f"{name} needs {rank} axes or more, got {got.aval}")
    return split(got, sections, axis)


@public
def trim_zeros(x: ArrayLike, trim: str = "fb") -> Any:
    """A vector without its leading ("f") and trailing ("b") zeros.

    Its values are looked at, so it is a ConcretizationError inside ``jit``.

    >>> import texelate.numpy as tnp
    >>> tnp.trim_zeros([0, 0, 3, 0, 4, 0])
    Array([3, 0, 4], dtype=int32)
    """
    got = value(x)
    if got.aval.ndim != 1:
        raise ShapeError(f"trim_zeros takes a vector, got {got.aval}")
    (found,) = np.nonzero(host_value(got, "trim_zeros()"))
    if not found.size:
        return part(got, 0, 0, 0)
    start = int(found[0]) if "f" in trim.lower() else 0
    return part(got, 0, start, int(found[-1]) + 1 if "b" in trim.lower() else got.aval.size)


# --- turned, resized -----------------------------------------------------------------------------


@public
def fliplr(x: ArrayLike, /) -> Any:
    """Axis 1 in reverse. AxisError for vectors."""
    return flip(x, axis_of(1, value(x).aval.ndim, "fliplr"))


@public
def flipud(x: ArrayLike, /) -> Any:
    """Axis 0 in reverse."""
    return flip(x, axis_of(0, value(x).aval.ndim, "flipud"))


@public
def rot90(x: ArrayLike, /, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """Turned by ``k`` times 90 degrees, from the first of ``axes`` towards the second.

    >>> import texelate.numpy as tnp
    >>> tnp.rot90([[1, 2], [3, 4]])
    Array([[2, 4],
           [1, 3]], dtype=int32)
    """
    got = value(x)
    a, b = (axis_of(i, got.aval.ndim, "rot90") for i in axes)
    if a == b:
        raise AxisError(f"rot90: the axes {tuple(axes)} are one")
    order = list(range(got.aval.ndim))
    order[a], order[b] = b, a
    turns: dict[int, Callable[[], Any]] = {
        0: lambda: reshape(got, got.aval.shape),
        1: lambda: transpose(flip(got, b), order),
        2: lambda: flip(got, (a, b)),
        3: lambda: flip(transpose(got, order), b),
    }
    return turns[k % 4]()


@public
def rollaxis(x: ArrayLike, axis: int, start: int = 0) -> Any:
    """``axis`` moved in front of the axis that is at ``start``; ``moveaxis`` is easier to read."""
    got = value(x)
    n = got.aval.ndim
    source, target = axis_of(axis, n, "rollaxis"), axis_of(start, n + 1, "rollaxis")
    return moveaxis(got, source, target - (source < target))


@public
def resize(x: ArrayLike, shape: Any) -> Any:
    """The elements of ``x``, over and over, in another shape; zeros when there are none.

    >>> import texelate.numpy as tnp
    >>> tnp.resize([1, 2, 3], (2, 2))
    Array([[1, 2],
           [3, 1]], dtype=int32)
    """
    got, target = ravel(x), shape_of(shape, "resize")
    size, have = math.prod(target), got.aval.size
    filled = tile(got, -(-size // have)) if have else tile(reshape(got.sum(), (1,)), size)
    return reshape(part(filled, 0, 0, size), target)


@public
def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The common shape of several. ShapeError when there is none.

    >>> import texelate.numpy as tnp
    >>> tnp.broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    return _broadcast_shape("broadcast_shapes", [shape_of(s, "broadcast_shapes") for s in shapes])


@public
def shape(x: ArrayLike) -> tuple[int, ...]:
    """The extents of an array, a number or nested lists."""
    return value(x).aval.shape


@public
def ndim(x: ArrayLike) -> int:
    """How many axes an array, a number or nested lists have."""
    return value(x).aval.ndim


@public
def size(x: ArrayLike, axis: int | None = None) -> int:
    """How many elements there are, in all or along ``axis``."""
    aval = value(x).aval
    return aval.size if axis is None else aval.shape[axis_of(axis, aval.ndim, "size")]


@public
def isscalar(x: Any) -> bool:
    """Whether ``x`` is a number (Python's or NumPy's), not an array of rank 0."""
    return isinstance(x, (bool, int, float, complex, np.generic))


@public
def apply_over_axes(function: Callable[[Any, int], Any], x: ArrayLike, axes: Any) -> Any:
    """``function(x, axis)`` for one axis after the other; axes that it drops come back as 1."""
    got = value(x)
    rank = got.aval.ndim
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        place = axis_of(axis, rank, "apply_over_axes")
        out = value(function(got, place))
        got = expand_dims(out, axis=place) if out.aval.ndim == rank - 1 else out
        if got.aval.ndim != rank:
            raise ShapeError(f"apply_over_axes: the function made {out.aval} of rank {rank}")
    return got


__all__ = [
    "apply_over_axes", "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "block",
    "broadcast_shapes", "column_stack", "dsplit", "dstack", "fliplr", "flipud", "hsplit",
    "isscalar", "ndim", "resize", "rollaxis", "rot90", "shape", "size", "trim_zeros", "vsplit",
]  # fmt: skip
