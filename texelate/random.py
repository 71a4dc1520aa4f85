"""Random numbers from explicit keys: the same key gives the same numbers, on every backend.

Threefry-2x32 with 20 rounds, counted as JAX counts it, so ``key``, ``split``, ``fold_in``,
``bits``, ``uniform`` and ``randint`` give JAX's bits (default, partitionable implementation). Use a
key once; ``split`` it to get more.

>>> import texelate as tx
>>> tx.random.uniform(tx.random.key(0), (2,))
Array([0.947667 , 0.9785799], dtype=float32)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .compiler.errors import ArgumentError, ShapeError
from .compiler.ir.core import Value
from .compiler.ir.dtypes import as_dtype, float32, int32, uint32
from .compiler.ir.prims import elementwise as ew
from .compiler.ir.prims import structural
from .compiler.ir.prims.random import random_bits, threefry
from .numpy import arange, asarray, stack
from .operands import ArrayLike, as_float, broadcast_to, operand, promoted, shape_of, value
from .traceback import public


@public
def key(seed: ArrayLike) -> Any:
    """A key, u32[2], from a whole number of 32 bits (or a traced one)."""
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


def _key(k: ArrayLike) -> Value:
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
    """``num`` new keys, u32[num, 2]: unpack or index them. The old one should not be used again."""
    (count,) = shape_of(num, "split")
    counters = structural.iota(shape=(count,), dtype=uint32, axis=0)
    high, low = _hash(_key(k), value(np.uint32(0)), counters)
    return stack([high, low], axis=1)


@public
def fold_in(k: ArrayLike, data: ArrayLike) -> Any:
    """A new key from a key and a whole number, such as a step counter."""
    word = _data_word(data, "data")
    high, low = _hash(_key(k), value(np.uint32(0)), word)
    return stack([high, low])


@public
def bits(k: ArrayLike, shape: Any = ()) -> Any:
    """Random 32-bit words, u32[shape]."""
    return random_bits(_key(k), shape=shape_of(shape, "bits"))


@public
def uniform(k: ArrayLike, shape: Any = (), minval: ArrayLike = 0.0, maxval: ArrayLike = 1.0) -> Any:
    """float32 numbers evenly from ``[minval, maxval)``, with 23 random bits each."""
    target = shape_of(shape, "uniform")
    words = random_bits(_key(k), shape=target)
    mantissa = ew.or_(ew.shift_right_logical(words, 9), 0x3F800000)
    unit = ew.sub(ew.bitcast(mantissa, dtype=float32), 1.0)
    _, low, high = promoted("uniform", unit, minval, maxval, at_least=float32)
    if low.aval.shape not in ((), target):
        raise ShapeError(f"uniform: bounds of shape {low.aval.shape} for shape {target}")
    return ew.max_(low, ew.add(ew.mul(unit, ew.sub(high, low)), low))


@public
def normal(k: ArrayLike, shape: Any = ()) -> Any:
    """float32 numbers from the standard normal distribution."""
    low = float(np.nextafter(np.float32(-1), np.float32(0)))
    return ew.mul(ew.erf_inv(uniform(k, shape, low, 1.0)), math.sqrt(2))


@public
def bernoulli(k: ArrayLike, p: ArrayLike = 0.5, shape: Any = None) -> Any:
    """True with probability ``p``; the shape is that of ``p`` unless given."""
    chance = as_float(p)
    target = chance.aval.shape if shape is None else shape_of(shape, "bernoulli")
    return ew.lt(uniform(k, target), broadcast_to(chance, target))


@public
def randint(k: ArrayLike, shape: Any, minval: int, maxval: int, dtype: Any = int32) -> Any:
    """Whole numbers from ``[minval, maxval)`` (Python ints). ArgumentError when there are none."""
    target = as_dtype(dtype)
    if target.kind not in "iu" or not all(isinstance(x, int) for x in (minval, maxval)):
        raise ArgumentError("randint: bounds are ints, the dtype int32 or uint32")
    span = maxval - minval
    if not 0 < span < 2**32:
        raise ArgumentError(f"randint: no whole numbers in [{minval}, {maxval})")
    keys = split(k)
    high, low = bits(keys[0], shape), bits(keys[1], shape)
    factor = (2**16 % span) ** 2 % 2**32 % span
    offset = (high % span) * factor + low % span
    start = value(operand(asarray(minval, target)))
    return ew.add(ew.convert(offset % span, dtype=target), start)


@public
def permutation(k: ArrayLike, n: int) -> Any:
    """The numbers 0 … n-1 in random order, as int32. Takes n² comparisons."""
    (count,) = shape_of(n, "permutation")
    words, index = bits(k, (count,)), arange(count)
    column, row = words.reshape(-1, 1), words.reshape(1, -1)
    before = (column > row) | ((column == row) & (index.reshape(-1, 1) > index.reshape(1, -1)))
    return before.sum(axis=1)
