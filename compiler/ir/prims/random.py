"""``random_bits(key; shape)``: u32 bits of a counter, by Threefry-2x32 (Salmon et al., SC 2011).

The key is ``u32[*k, 2]``, the result ``u32[*k, *shape]``. The bits equal ``jax.random.bits`` under
JAX's default (partitionable) threefry with 20 rounds: element ``i`` is the exclusive or of the two
words that the cipher makes of the 64-bit counter ``i``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import DtypeError, ShapeError
from .. import kernel as K
from ..aval import Aval, Shape
from ..core import Value
from ..dtypes import uint32
from ..graph import Eqn
from ..index import Index, flatten
from ..primitive import Map, Primitive, Read
from . import common as c

Array = np.ndarray[Any, Any]

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
"""Skein's key schedule constant C240, as Threefry-2x32 uses it."""


def threefry(k0: Any, k1: Any, x0: Any, x1: Any, rotate: Callable[[Any, int], Any]) -> Any:
    """The two output words, on anything with ``+`` and ``^`` of 32-bit words."""
    keys = (k0, k1, k0 ^ k1 ^ PARITY)
    x0, x1 = x0 + keys[0], x1 + keys[1]
    for group in range(5):
        for distance in ROTATIONS[group % 2]:
            x0 = x0 + x1
            x1 = rotate(x1, distance) ^ x0
        x0 = x0 + keys[(group + 1) % 3]
        x1 = x1 + keys[(group + 2) % 3] + (group + 1)
    return x0, x1


class _Word:
    """A u32 expression with the operators that ``threefry`` needs."""

    def __init__(self, expr: K.Expr) -> None:
        self.expr = expr

    def _with(self, op: str, other: _Word | int) -> _Word:
        right = K.const(other, uint32) if isinstance(other, int) else other.expr
        return _Word(K.call(op, self.expr, right))

    def __add__(self, other: _Word | int) -> _Word:
        return self._with("add", other)

    def __xor__(self, other: _Word | int) -> _Word:
        return self._with("xor", other)

    def rotate(self, distance: int) -> _Word:
        left = self._with("shift_left", distance)
        return left._with("or", self._with("shift_right_logical", 32 - distance))


def _abstract(key: Aval, *, shape: Shape) -> Aval:
    if key.dtype is not uint32:
        raise DtypeError(f"random_bits: a key is uint32, got {key}")
    if not key.ndim or key.shape[-1] != 2:
        raise ShapeError(f"random_bits: a key has two words (u32[2]), got {key}")
    return Aval(c.check_shape("random_bits", (*key.shape[:-1], *shape), key), uint32)


def _reference(key: Array, *, shape: Shape) -> Array:
    counter = np.arange(np.prod(shape, dtype=np.int64), dtype=np.uint32)
    keys = key.reshape(*key.shape[:-1], *(1 for _ in shape), 2)

    def rotate(x: Array, distance: int) -> Array:
        return (x << np.uint32(distance)) | (x >> np.uint32(32 - distance))

    with np.errstate(over="ignore"):
        words = counter.reshape(shape)
        a, b = threefry(keys[..., 0], keys[..., 1], np.uint32(0), words, rotate)
    return np.asarray(a ^ b, np.uint32)


def _emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
    shape = eqn.params["shape"]
    which, at = index[: len(index) - len(shape)], index[len(index) - len(shape) :]
    k0, k1 = (_Word(read(0, (*which, Index.of(i)))) for i in (0, 1))
    counter = _Word(K.convert(K.index_value(flatten(at, shape)), uint32))
    a, b = threefry(k0, k1, _Word(K.zero(uint32)), counter, _Word.rotate)
    word: K.Expr = (a ^ b).expr
    return word


def _batch(args: Sequence[Any], batched: Sequence[bool], size: int, *, shape: Shape) -> Value:
    return random_bits(args[0], shape=shape)


random_bits: Primitive = Primitive(
    "random_bits",
    _abstract,
    _reference,
    _batch,
    Map(_emit, cost=110),
    jvp=c.no_tangent,
    no_transpose="its result is an integer",
)
