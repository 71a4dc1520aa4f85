"""The UCI test set of handwritten digits: 1,797 scans of 8 by 8 pixels by 13 people."""

from __future__ import annotations

import functools
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiler.errors import ArgumentError

Images = NDArray[np.float32]
Labels = NDArray[np.int32]


class Split(NamedTuple):
    """Images and labels to train on, and those held out."""

    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels


@functools.cache
def _load() -> tuple[Images, Labels]:
    path = resources.files("texelate.data") / "optdigits" / "digits.npz"
    with path.open("rb") as file, np.load(file) as arrays:
        return arrays["images"].astype(np.float32) / 16, arrays["labels"].astype(np.int32)


def digits() -> tuple[Images, Labels]:
    """Scans of handwritten digits, in the order of the UCI file.

    Returns:
        images: float32[1797, 8, 8], ink from 0 (paper) to 1.
        labels: int32[1797], the digit 0 to 9.

    Source: E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository, https://doi.org/10.24432/C50P49 (CC BY 4.0).

    >>> images, labels = digits()
    >>> images.shape, labels[:10].tolist()
    ((1797, 8, 8), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    images, labels = _load()
    return images.copy(), labels.copy()


def split(images: Images, labels: Labels, *, held_out: float = 0.2, seed: int = 0) -> Split:
    """Shuffles by ``seed`` and holds out a fraction of the examples.

    The same seed gives the same split on every machine and with every NumPy (``RandomState`` is
    frozen by NEP 19, ``Generator`` is not).

    Args:
        images: float32[n, ...].
        labels: int32[n].
        held_out: fraction in (0, 1) to hold out; rounded to whole examples.
        seed: 0 to 2**32 - 1.

    Raises:
        ArgumentError: where lengths differ or a fraction or seed is out of range.

    >>> parts = split(*digits())
    >>> len(parts.train_labels), len(parts.test_labels)
    (1438, 359)
    """
    if len(images) != len(labels):
        raise ArgumentError(f"split: {len(images)} images but {len(labels)} labels")
    if not 0 < held_out < 1:
        raise ArgumentError(f"split: held_out={held_out!r} is not between 0 and 1")
    if not 0 <= seed < 2**32:
        raise ArgumentError(f"split: seed={seed!r} is not between 0 and 2**32 - 1")
    order = np.random.RandomState(seed).permutation(len(images))
    cut = len(images) - round(len(images) * held_out)
    train, test = order[:cut], order[cut:]
    return Split(images[train], labels[train], images[test], labels[test])
