"""Errors of float functions in units in the last place (ULP), against float64 references."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import texelate as tx

from .functions import BINARY, COMPLEX, UNARY, Function

Host = np.ndarray[Any, Any]
TINY = np.float32(2.0**-126)
SPECIAL = np.float32([0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 2, -2, 0.5, -0.5, 1e-40, -1e-40,
                      1e-45, 3e38, -3e38, 89, -90, -100, 1e10, -1e22, 1000, 2.5, -3])  # fmt: skip
EXACT = 4
"""Special results that are numbers may be so many ULP off."""

Row = tuple[str, str, Function]
ROWS: list[Row] = [
    *(("real", name, f) for name, f in UNARY.items()),
    *(("two", name, f) for name, f in BINARY.items()),
    *(("complex", name, f) for name, f in COMPLEX.items()),
]


def _bits(low: float, high: float, count: int) -> Host:
    """Floats from ``low`` to ``high``, evenly by their bit patterns."""
    ends = np.float32([low, high]).view(np.uint32)
    return np.linspace(*ends, count).astype(np.uint32).view(np.float32)


def arguments(kind: str, f: Function) -> tuple[Host, ...]:
    """Every exponent, and densely where functions bend; the same ones each time."""
    if kind == "complex":
        return (_plane(),)
    near = [np.linspace(a, b, 4001, dtype=np.float32) for a, b in ((0.3, 2), (1, 30), (30, 100))]
    sizes = np.concatenate([_bits(f.low, f.high, 12001), *(x[x <= f.high] for x in near)])
    x = np.concatenate([sizes * np.float32(s) for s in f.signs])
    if kind == "real":
        return (x,)
    rng = np.random.default_rng(1)
    return (np.abs(x) if f.ours is BINARY["power"].ours else x, rng.permutation(x))


def _plane() -> Host:
    """Sizes from 1e-6 to 60 in all directions, and closely around 1, -1 and i."""
    rng = np.random.default_rng(2)
    wide = np.exp(rng.uniform(-14, 4, 8000) + 1j * rng.uniform(-np.pi, np.pi, 8000))
    close = 1 + rng.uniform(-0.01, 0.01, 2000) + 1j * rng.uniform(-0.01, 0.01, 2000)
    even = rng.uniform(-4, 4, 8000) + 1j * rng.uniform(-4, 4, 8000)
    return np.concatenate([wide, even, close, -close, 1j * close]).astype(np.complex64)


def error(got: Host, want: Host) -> float:
    """The largest error in ULP of normal results; infinite where one is NaN and the other not."""
    size = np.abs(want).astype(np.float32)
    usual = np.isfinite(size) & ((size >= TINY) | (size == 0))
    with np.errstate(all="ignore"):
        off = np.abs(got.astype(want.dtype) - want) / np.spacing(np.maximum(size, TINY))
    off = np.where(np.isnan(off), np.inf, off)[usual]
    return float(off.max()) if np.array_equal(np.isnan(got), np.isnan(want)) else math.inf


def differing(got: Host, want: Host) -> Iterator[int]:
    """Where special results differ: in NaN, infinity, sign, or by more than ``EXACT``."""
    want = want.astype(np.float32)
    for i, (g, w) in enumerate(zip(got, want, strict=True)):
        if np.isnan(w) and np.isnan(g):
            continue
        near = g == w or abs(float(g) - float(w)) <= EXACT * float(np.spacing(np.abs(w)))
        if not near or np.signbit(g) != np.signbit(w):
            yield i


def measure(kind: str, f: Function, backend: str) -> tuple[float, list[str]]:
    """The largest error, and the special arguments whose results are not NumPy's."""
    with tx.backend(backend), np.errstate(all="ignore"):
        ours = tx.jit(f.ours)
        args = arguments(kind, f)
        wide = np.complex128 if kind == "complex" else np.float64
        worst = error(np.asarray(ours(*args)), f.theirs(*(a.astype(wide) for a in args)))
        if kind != "real":
            return worst, []
        special = f.theirs(SPECIAL.astype(wide))
        found = differing(np.asarray(ours(SPECIAL)), special)
        return worst, [f"{SPECIAL[i]:g}" for i in found]
