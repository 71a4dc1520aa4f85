"""Keys, and the random bits that all numbers are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import uint32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..compiler.ir.prims.random import random_bits, threefry
from ..numpy import asarray, stack
from ..operands import ArrayLike, shape_of, value
from ..traceback import public


@public
def key(seed: ArrayLike) -> Any:
    """A key, u32[2], from a whole number of 32 bits (or a traced one).

    >>> key(7)
    Array([0, 7], dtype=uint32)
    """
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        if not -(2**31) <= seed < 2**32:
            raise ArgumentError(f"seed {seed} does not fit in 32 bits")
        return asarray(np.array([0, int(seed) & 0xFFFFFFFF], np.uint32))
    word = _data_word(seed, "seed")
    return stack([ew.convert(ew.shift_right_logical(word, 32), dtype=uint32), word])


def _data_word(x: ArrayLike, name: str) -> Value:
    got = value(x, name)
    if got.aval.shape or got.aval.dtype.kind not in "iu":
        raise ArgumentError(f"{name} must be one integer, got {got.aval}")
    return ew.convert(got, dtype=uint32)


def checked(k: ArrayLike) -> Value:
    """A key as a value. ArgumentError for anything else."""
    got = value(k, "key")
    if got.aval.shape != (2,) or got.aval.dtype is not uint32:
        raise ArgumentError(
            f"a key is two uint32 words, got {got.aval}", fix="make one with tx.random.key(seed)"
        )
    return got


def _rotate(x: Any, by: int) -> Any:
    return (x << by) | (x >> (32 - by))


def _hash(k: Value, high: Any, low: Any) -> tuple[Any, Any]:
    """Both words that the cipher makes of counters."""
    out: tuple[Any, Any] = threefry(k[0], k[1], high, low, _rotate)  # type: ignore[index]
    return out


@public
def split(k: ArrayLike, num: int = 2) -> Any:
    """``num`` new keys, u32[num, 2]: unpack or index them. The old one should not be used again.

    >>> first, second = split(key(0))
    >>> first.shape
    (2,)
    """
    (count,) = shape_of(num, "split")
    counters = structural.iota(shape=(count,), dtype=uint32, axis=0)
    high, low = _hash(checked(k), value(np.uint32(0)), counters)
    return stack([high, low], axis=1)


@public
def fold_in(k: ArrayLike, data: ArrayLike) -> Any:
    """A new key from a key and a whole number, such as a step counter.

    >>> fold_in(key(0), 1).shape
    (2,)
    """
    word = _data_word(data, "data")
    high, low = _hash(checked(k), value(np.uint32(0)), word)
    return stack([high, low])


@public
def bits(k: ArrayLike, shape: Any = ()) -> Any:
    """Random 32-bit words, u32[shape].

    >>> bits(key(0), (3,)).shape
    (3,)
    """
    return random_bits(checked(k), shape=shape_of(shape, "bits"))


__all__ = ["bits", "fold_in", "key", "split"]
