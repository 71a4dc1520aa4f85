"""Arrays as the 32-bit words that they are on the device.

Most elements are words. A bool is a word that is 0 or 1, a complex number two; elements of 8 and 16
bits are packed, the first in the low bits, and the last word is filled with zeros.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def to_words(array: NDArray[Any]) -> NDArray[Any]:
    """The words of ``array``, flat, as a dtype of 4 bytes; not a copy where they lie like that.

    >>> to_words(np.array([1, 2, 3, 4, 5], np.uint8))
    array([67305985,        5], dtype=uint32)
    """
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.dtype == np.bool_:
        return flat.astype(np.uint32)
    if flat.dtype.itemsize == 4:
        return flat
    words = np.zeros(-(-flat.nbytes // 4), np.uint32)
    words.view(flat.dtype)[: flat.size] = flat
    return words


def count_words(shape: Sequence[int], dtype: DTypeLike) -> int:
    """How many words an array takes."""
    wanted = np.dtype(dtype)
    each = 4 if wanted == np.bool_ else wanted.itemsize
    return -(-each * math.prod(shape) // 4)


def from_words(words: NDArray[Any], shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """The array that ``to_words`` gave ``words`` for; it shares their memory unless of bools.

    >>> from_words(np.array([67305985, 5], np.uint32), (5,), np.uint8)
    array([1, 2, 3, 4, 5], dtype=uint8)
    """
    wanted = np.dtype(dtype)
    elements = words.astype(np.bool_) if wanted == np.bool_ else words.view(wanted)
    return np.asarray(elements[: math.prod(shape)].reshape(tuple(shape)))
