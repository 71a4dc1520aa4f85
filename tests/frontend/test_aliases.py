"""No function gives back the very array it was given: a later ``x[…] = y`` changes one alone."""

from __future__ import annotations

import inspect
import itertools
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.nn.functional as F
import texelate.numpy as tnp

ROOMS = {"numpy": tnp, "linalg": tnp.linalg, "fft": tnp.fft, "nn": F, "special": tx.special}
HELPERS = {"as_float", "promoted", "value"}
"""What some modules import for themselves."""

GIVEN = [np.float32([[1, 2], [3, 4]]), np.int32([1, 2]), np.float32(1)]
MORE: list[tuple[Any, ...]] = [(), (0,), (1,), ((2, 2),), ("f4",)]


def leaves(x: Any) -> list[Any]:
    return [leaf for e in x for leaf in leaves(e)] if isinstance(x, (list, tuple)) else [x]


def answers(f: Any, x: Any) -> Any:
    """What ``f`` gives for ``x`` with arguments that may fit; calls that do not fit raise."""
    for args, first in itertools.product(MORE, (x, [x])):
        try:
            yield f(first, *args)
        except (tx.TexelateError, TypeError, ValueError, AttributeError, IndexError):
            continue


@pytest.mark.parametrize("room", ROOMS)
def test_results_are_other_objects(on_numpy: None, room: str) -> None:
    found = set()
    for name, f in inspect.getmembers(ROOMS[room], inspect.isfunction):
        if name[0] == "_" or name in HELPERS:
            continue
        for host in GIVEN:
            x = tnp.asarray(host)
            if any(leaf is x for out in answers(f, x) for leaf in leaves(out)):
                found.add(name)
    assert not found


@pytest.mark.parametrize(
    "f",
    [
        lambda x: tnp.reshape(x, x.shape), lambda x: tnp.transpose(x, (0, 1)), lambda x: x.real,
        lambda x: tnp.asarray(x, copy=True), tnp.asarray, tnp.positive, tnp.copy, tnp.squeeze,
        lambda x: tnp.astype(x, x.dtype), lambda x: x[...], lambda x: x[:], lambda x: x.clip(),
        lambda x: tnp.broadcast_to(x, x.shape), lambda x: tnp.concatenate([x]),
        lambda x: tnp.broadcast_arrays(x, x)[0], lambda x: tnp.roll(x, 0), lambda x: x.conj(),
        lambda x: tnp.moveaxis(x, 0, 0), lambda x: tnp.split(x, 1)[0], lambda x: tnp.flip(x, ()),
        tx.stop_gradient, tx.jit(lambda y: y), lambda x: +x,
    ],
)  # fmt: skip
def test_setting_one_leaves_the_other_alone(backend: str, f: Any) -> None:
    host = np.float32([[1, 2], [3, 4]])
    x = tnp.asarray(host)
    y = f(x)
    x[0] = 9
    np.testing.assert_array_equal(y, host)
    y[1] = 7
    np.testing.assert_array_equal(x, [[9, 9], [3, 4]])
