"""The windows of convolutions and pools: their geometry, and what each sees."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..array import Array
from ..compiler.errors import ArgumentError
from ..compiler.ir.core import Value
from ..compiler.ir.prims import structural
from ..numpy import sum as sum_of
from ..numpy import take

Table = np.ndarray[Any, Any]
Ints = int | Sequence[int]
Padding = str | int | Sequence[Any]
Pairs = tuple[tuple[int, int], ...]


def per_axis(x: Ints, rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """One int for all spatial axes, or one each; all at least ``least``."""
    listed = (x,) * rank if isinstance(x, int) and not isinstance(x, bool) else x
    if not isinstance(listed, (tuple, list)) or len(listed) != rank:
        raise ArgumentError(f"{name} must be an int or {rank} of them, got {x!r}")
    if not all(isinstance(n, int) and n >= least for n in listed):
        raise ArgumentError(f"{name} must be ints of at least {least}, got {x!r}")
    return tuple(listed)


def pairs_of(
    padding: Padding, shape: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> Pairs:
    """ "VALID" (none), "SAME" (so that the result has shape/strides, as TensorFlow), or numbers."""
    if isinstance(padding, str):
        if padding.upper() not in ("SAME", "VALID"):
            raise ArgumentError(f"padding {padding!r}", fix='"SAME", "VALID", an int, or pairs')
        if padding.upper() == "VALID":
            return ((0, 0),) * len(shape)
        return tuple(map(same, shape, window, strides))
    rows = [padding] * len(shape) if isinstance(padding, int) else list(padding)
    pairs = tuple((r, r) if isinstance(r, int) else tuple(r) for r in rows)
    if len(pairs) != len(shape) or any(len(p) != 2 for p in pairs):
        raise ArgumentError(f"padding {padding!r} does not fit {len(shape)} spatial axes")
    return tuple((int(a), int(b)) for a, b in pairs)


def same(extent: int, window: int, stride: int) -> tuple[int, int]:
    """The padding that gives extent / stride positions, rounded up."""
    total = max((-(-extent // stride) - 1) * stride + window - extent, 0)
    return total // 2, total - total // 2


def spans(window: Sequence[int], dilation: Sequence[int]) -> list[int]:
    """How far windows reach."""
    return [(n - 1) * d + 1 for n, d in zip(window, dilation)]


def shifted(
    x: Value,
    window: Sequence[int],
    strides: Ints,
    padding: Padding,
    dilation: Ints,
    fill: float = 0.0,
) -> list[Value]:
    """For each place in the window (row-major), what all windows of ``[N, *spatial, C]`` see."""
    rank = x.aval.ndim - 2
    step, gap = per_axis(strides, rank, "strides"), per_axis(dilation, rank, "dilation")
    reach = spans(window, gap)
    around = pairs_of(padding, x.aval.shape[1:-1], reach, step)
    low, high = ((0, *(p[side] for p in around), 0) for side in (0, 1))
    padded: Value = structural.pad(x, fill, low=low, high=high, interior=(0,) * (rank + 2))
    inner = zip(padded.aval.shape[1:-1], reach, step)
    extents = [max((n - r) // s, -1) * s + 1 for n, r, s in inner]
    return [
        _slice(padded, [i * g for i, g in zip(place, gap)], extents, step)
        for place in itertools.product(*map(range, window))
    ]


def taken(x: Value, places: Table, axis: int) -> Any:
    """The elements at ``places`` [n, k] of ``axis``, as two axes."""
    return take(x, Array.copy_of(places.astype(np.int32)), axis=axis)


def weighted(x: Value, places: Table, weights: Table, axis: int) -> Any:
    """Along ``axis``, n sums of the k elements at ``places`` times ``weights``, both [n, k]."""
    table: Any = Array.copy_of(weights.astype(np.float32))
    beside = table.reshape(*weights.shape, *(1,) * (x.aval.ndim - axis - 1))
    return sum_of(taken(x, places, axis) * beside, axis + 1)


def _slice(x: Value, start: list[int], extents: list[int], step: Sequence[int]) -> Value:
    ends = [a + max(n, 0) for a, n in zip(start, extents)]
    count, channels = x.aval.shape[0], x.aval.shape[-1]
    start = [min(a, b) for a, b in zip(start, ends)]
    return structural.slice_(
        x, start=(0, *start, 0), limit=(count, *ends, channels), stride=(1, *step, 1)
    )
