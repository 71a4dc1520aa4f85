"""Borders around arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError
from ..compiler.ir.core import Operand, Value
from ..compiler.ir.prims import structural
from ..operands import ArrayLike, cast, operand, shape_of, value
from ..traceback import public
from .indexing import take

MODES = ("constant", "edge", "reflect", "symmetric", "wrap", "empty")


@public
def pad(x: ArrayLike, width: Any, /, mode: str = "constant", constant_values: Any = 0) -> Any:
    """``x`` with a border: ``width`` is n, (before, after), or a pair for each axis.

    ``mode``: "constant" (``constant_values``), "edge", "reflect" (without the edge), "symmetric"
    (with it), "wrap", and "empty" (zeros). Raises ArgumentError for other modes, widths that do
    not fit, and borders of an empty axis that have nothing to repeat.

    >>> import texelate.numpy as tnp
    >>> tnp.pad(tnp.asarray([1, 2, 3]), (2, 1), "reflect")
    Array([3, 2, 1, 2, 3, 2], dtype=int32)
    """
    if mode not in MODES:
        raise ArgumentError(
            f"pad: mode {mode!r} is not available", fix="one of " + ", ".join(MODES)
        )
    got = value(x)
    pairs = _pairs(width, got.aval.ndim)
    if mode in ("constant", "empty"):
        return _constant(got, pairs, constant_values if mode == "constant" else 0)
    for axis, (low, high) in enumerate(pairs):
        if low or high:
            got = take(got, _border(got.aval.shape[axis], low, high, mode), axis=axis)
    return got


def _constant(x: Value, pairs: list[tuple[int, ...]], fill_value: Any) -> Value:
    fill: Operand = cast(operand(fill_value), x.aval.dtype)
    low, high = tuple(p[0] for p in pairs), tuple(p[1] for p in pairs)
    return structural.pad(x, fill, low=low, high=high, interior=(0,) * x.aval.ndim)


def _border(extent: int, low: int, high: int, mode: str) -> np.ndarray[Any, Any]:
    """The positions along an axis that the padded one shows."""
    if not extent:
        raise ArgumentError(f'pad: mode="{mode}" has nothing to repeat in an axis of extent 0')
    at = np.arange(-low, extent + high)
    if mode == "edge":
        at = at.clip(0, extent - 1)
    elif mode == "wrap":
        at %= extent
    else:
        period = 2 * extent if mode == "symmetric" else max(2 * extent - 2, 1)
        at %= period
        at = np.where(at < extent, at, period - at - (mode == "symmetric"))
    return at.astype(np.int32)


def _pairs(width: Any, rank: int) -> list[tuple[int, ...]]:
    rows = width if isinstance(width, (tuple, list)) else (width, width)
    if not any(isinstance(r, (tuple, list)) for r in rows):
        rows = (rows,) * rank if len(rows) == 2 else (tuple(rows) * 2,) * rank
    pairs = [shape_of(r, "pad") for r in rows]
    pairs = pairs * rank if len(pairs) == 1 else pairs
    if len(pairs) != rank or any(len(p) != 2 for p in pairs):
        raise ArgumentError(f"pad: width {width!r} does not fit an array of rank {rank}")
    return pairs


__all__ = ["pad"]
