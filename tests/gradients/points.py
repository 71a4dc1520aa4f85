"""Where derivatives are checked: numbers apart from each other and from kinks, and the check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import texelate as tx

Host = np.ndarray[Any, Any]
Check = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function, and the float arguments (or nests of them) that it is differentiated by."""
Table = dict[str, Check]
"""Checks by the name of what they check; ``name:variant`` where there are several."""

FORWARD_ONLY = frozenset({"while_loop"})
"""A loop of unknown length keeps nothing, so it cannot be gone through backwards."""


def apart(*shape: int, low: float = -1.8, high: float = 1.75, seed: int = 0) -> Host:
    """Equally spaced numbers in random order: no ties, and zero is not among them."""
    order = np.random.default_rng(seed).permutation(int(np.prod(shape)))
    width = (high - low) / max(order.size, 1)
    return np.asarray((low + width * (order + 0.3)).reshape(shape), np.float32)


def above(*shape: int, seed: int = 0) -> Host:
    """Positive numbers."""
    return apart(*shape, low=0.5, high=2.5, seed=seed)


def within(*shape: int, seed: int = 0) -> Host:
    """Numbers in (-0.8, 0.8)."""
    return apart(*shape, low=-0.8, high=0.79, seed=seed)


def ints(*values: Any) -> Host:
    return np.asarray(values, np.int32)


def check(name: str, entry: Check, backend: str, order: int = 2) -> None:
    """Both modes (where reverse is defined).

    The tolerances are those of ``check_grads`` on both backends, 2e-2 absolute and relative:
    differences of float32 values with a step of 1e-2 tell no more.
    """
    function, args = entry
    modes = ("fwd",) if name.partition(":")[0] in FORWARD_ONLY else ("fwd", "rev")
    with tx.backend(backend):
        tx.check_grads(function, args, order=order, modes=modes)


def cases(table: Table, sample: Sequence[str]) -> list[Any]:
    """(backend, name) for all of the table; those not in the sample are for ``make gradients``."""
    return [
        pytest.param(backend, name, marks=() if name in sample else pytest.mark.gradients)
        for backend in ("numpy", "webgpu")
        for name in table
    ]


def names(table: Table) -> set[str]:
    """What is checked, without the variants."""
    return {name.partition(":")[0] for name in table}
