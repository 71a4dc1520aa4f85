"""Matrices for tests, reproducible and far from singular."""

from __future__ import annotations

from typing import Any

import numpy as np

Host = np.ndarray[Any, Any]


def random(*shape: int, seed: int = 0) -> Host:
    return np.asarray(np.random.default_rng(seed).normal(size=shape), np.float32)


def regular(*shape: int, seed: int = 0) -> Host:
    """Square matrices with a strong diagonal."""
    return np.asarray(random(*shape, seed=seed) + 3 * np.eye(shape[-1]), np.float32)


def positive(*shape: int, seed: int = 0) -> Host:
    """Symmetric matrices with distinct eigenvalues of at least 1."""
    x = random(*shape, seed=seed)
    ramp = np.diag(1 + 2 * np.arange(shape[-1]))
    return np.asarray(0.1 * (x @ np.swapaxes(x, -1, -2)) + ramp, np.float32)
