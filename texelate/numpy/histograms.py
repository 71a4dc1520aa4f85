"""Counting: how often numbers occur, and how many fall into the bins of a histogram."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

from ..compiler.errors import ArgumentError
from ..compiler.ir.core import Value
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims.scattering import scatter_add
from ..operands import ArrayLike, as_float, cast, fresh, value
from ..traceback import public
from . import reductions as r
from .creation import linspace
from .elementwise import where
from .logic import equal
from .shapes import ravel, reshape, stack
from .sorting import searchsorted


@public
def bincount(
    x: ArrayLike, weights: ArrayLike | None = None, minlength: int = 0, *, length: int | None = None
) -> Any:
    """How often each whole number from 0 occurs in a vector, or the sum of its ``weights``.

    The largest number decides the length, at least ``minlength``; inside ``jit``, where it is not
    known, ``length`` gives it. Numbers outside are left out. Raises ArgumentError unless ``x``
    holds integers in one axis.
    """
    got = value(x)
    if got.aval.dtype.kind not in "iu" or got.aval.ndim != 1:
        raise ArgumentError(f"bincount needs a vector of integers, got {got.aval}")
    if length is None:
        top = int(r.max(got)) + 1 if got.aval.size else 0
        length = max(top, minlength)
    amounts = ew.eq(got, got) if weights is None else as_float(weights)
    counted, places = r.number_of(amounts, None), cast(got, got.aval.dtype.wide)
    return scatter_add(counted, places, axis=0, size=length, mode="fill")


@public
def histogram_bin_edges(
    x: ArrayLike, bins: Any = 10, range: tuple[float, float] | None = None
) -> Any:
    """The edges of ``histogram``'s bins: ``bins`` + 1 numbers, or ``bins`` itself when an array."""
    if not isinstance(bins, int):
        return fresh(as_float(bins))
    steps = linspace(0.0, 1.0, bins + 1)
    flat = ravel(as_float(x))
    if range is not None:
        low, high = (as_float(e) for e in range)
    elif flat.aval.size:
        low, high = r.min(flat), r.max(flat)
    else:
        low, high = as_float(0.0), as_float(1.0)
    same = ew.eq(low, high)
    low, high = where(same, low - 0.5, low), where(same, high + 0.5, high)  # type: ignore[operator]
    return low * (1 - steps) + high * steps  # exact at both ends


@public
def histogram(
    x: ArrayLike,
    bins: Any = 10,
    range: tuple[float, float] | None = None,
    *,
    density: bool = False,
    weights: ArrayLike | None = None,
) -> tuple[Any, Any]:
    """How many elements fall into each bin, and the bins' edges; the last bin has both its ends.

    ``bins``: how many of equal width in ``range`` (by default all), or the edges, ascending.
    ``density``: so that the integral is 1. Works inside ``jit``.
    """
    edges = histogram_bin_edges(x, bins, range)
    flat, n = ravel(as_float(x)), edges.shape[0] - 1
    counts = bincount(_bin(flat, edges), None if weights is None else ravel(weights), length=n)
    if not density:
        return counts, edges
    return counts / (edges[1:] - edges[:-1]) / r.sum(counts), edges


def _bin(x: Value, edges: Any) -> Any:
    """The bin of each element; the last one has both its ends."""
    place = ew.sub(searchsorted(edges, x, side="right"), 1)
    return where(equal(x, edges[-1]), edges.shape[0] - 2, place)


@public
def histogramdd(
    sample: ArrayLike,
    bins: Any = 10,
    range: Sequence[tuple[float, float] | None] | None = None,
    *,
    density: bool = False,
    weights: ArrayLike | None = None,
) -> tuple[Any, list[Any]]:
    """A float histogram of points ``[N, D]`` (or D vectors) over D axes, and the edges of each.

    ``bins``: how many, or the edges, for all axes or in a list for each. Raises ArgumentError when
    there are not as many as axes. Works inside ``jit``.

    >>> import texelate.numpy as tnp
    >>> tnp.histogramdd([[0.0, 0.0], [1.0, 3.0], [1.0, 2.9]], [1, 2])[0]
    Array([[1., 2.]], dtype=float32)
    """
    if isinstance(sample, (list, tuple)) and not isinstance(sample[0], (list, tuple)):
        columns = [as_float(v) for v in sample]
    else:
        points: Any = as_float(sample)
        points = points if points.ndim == 2 else reshape(points, (-1, 1))
        columns = [points[:, i] for i in builtins.range(points.shape[1])]
    many = [bins] * len(columns) if isinstance(bins, int) else list(bins)
    spans = [None] * len(columns) if range is None else list(range)
    if not len(many) == len(spans) == len(columns):
        raise ArgumentError(f"histogramdd: {len(many)} bins, {len(columns)} axes")
    edges = [histogram_bin_edges(*row) for row in zip(columns, many, spans)]
    places = [_bin(c, e) for c, e in zip(columns, edges)]
    counts = _counted(places, [e.shape[0] - 1 for e in edges], weights)
    return (_density(counts, edges) if density else counts), edges


def _counted(places: list[Any], shape: list[int], weights: ArrayLike | None) -> Any:
    """How many points are in each cell; those outside any axis are left out."""
    flat: Any = 0
    inside: Any = True
    for place, n in zip(places, shape):
        flat = flat * n + place
        inside = inside & (place >= 0) & (place < n)
    total = math.prod(shape)
    counted = bincount(where(inside, flat, total), weights, length=total)
    return reshape(as_float(counted), shape)


def _density(counts: Any, edges: list[Any]) -> Any:
    out = counts / r.sum(counts)
    rank = len(edges)
    for axis, e in enumerate(edges):
        beside = [-1 if a == axis else 1 for a in builtins.range(rank)]
        out = out / reshape(e[1:] - e[:-1], beside)
    return out


@public
def histogram2d(
    x: ArrayLike,
    y: ArrayLike,
    bins: Any = 10,
    range: Sequence[tuple[float, float] | None] | None = None,
    *,
    density: bool = False,
    weights: ArrayLike | None = None,
) -> tuple[Any, Any, Any]:
    """``histogramdd`` of two vectors: the counts, and the edges along x and along y.

    ``bins`` is one number or vector of edges for both, or a pair.
    """
    pair = bins if isinstance(bins, (list, tuple)) and len(bins) == 2 else [bins, bins]
    points = stack([ravel(as_float(v)) for v in (x, y)], axis=1)
    counts, edges = histogramdd(points, pair, range, density=density, weights=weights)
    return counts, edges[0], edges[1]


__all__ = ["bincount", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]
