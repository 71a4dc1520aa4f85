"""The shipped digits are the published ones, whole, and the split is the same everywhere."""

import hashlib

import numpy as np
import pytest

from texelate.compiler.errors import ArgumentError
from texelate.data import digits, split

PUBLISHED = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
PER_CLASS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as UCI's description lists them


def test_the_bytes_are_the_published_ones() -> None:
    images, labels = digits()
    raw = (images * 16).astype(np.uint8).tobytes() + labels.astype(np.uint8).tobytes()
    assert hashlib.sha256(raw).hexdigest() == PUBLISHED


def test_shapes_and_ranges() -> None:
    images, labels = digits()
    assert images.shape == (1797, 8, 8)
    assert images.dtype == np.float32
    assert labels.dtype == np.int32
    assert (images.min(), images.max()) == (0, 1)
    assert np.bincount(labels).tolist() == PER_CLASS


def test_a_caller_cannot_spoil_the_cached_copy() -> None:
    digits()[0][:] = -1
    assert digits()[0].min() == 0


def test_split_is_a_partition_and_deterministic() -> None:
    images, labels = digits()
    marked = np.arange(len(labels), dtype=np.float32)
    parts = split(marked, labels)
    again = split(marked, labels)
    assert np.array_equal(parts.test_images, again.test_images)
    both = np.concatenate([parts.train_images, parts.test_images])
    assert np.array_equal(np.sort(both), marked)
    assert parts.test_images[:3].tolist() == [455, 584, 147]
    assert not np.array_equal(split(images, labels, seed=1).test_labels, parts.test_labels)


@pytest.mark.parametrize(
    "arguments", [{"held_out": 0.0}, {"held_out": 1.5}, {"seed": -1}, {"seed": 2**32}]
)
def test_split_refuses_what_it_cannot_do(arguments: dict[str, float]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        split(*digits(), **arguments)


def test_split_refuses_lengths_that_differ() -> None:
    images, labels = digits()
    with pytest.raises(ArgumentError, match="1797 images but 3 labels"):
        split(images, labels[:3])
