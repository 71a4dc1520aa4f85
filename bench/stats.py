"""Medians, and how sure a ratio of two medians is: a paired bootstrap over the rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000


@dataclass(frozen=True)
class Ratio:
    """A ratio of medians with the ends of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def quartiles(samples: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile.

    >>> quartiles([3.0, 1.0, 2.0, 5.0, 4.0])
    (2.0, 3.0, 4.0)
    """
    low, middle, high = np.percentile(samples, [25, 50, 75])
    return float(low), float(middle), float(high)


def ratio(over: Sequence[float], under: Sequence[float], seed: int = 0) -> Ratio:
    """``median(over) / median(under)`` of samples taken in the same rounds.

    Rounds are resampled whole, so that a disturbance that hit both peers in one round stays
    in both. ValueError when the samples are not of equal number, or there are none.

    >>> ratio([2.0, 2.0, 2.0], [1.0, 1.0, 1.0])
    Ratio(value=2.0, low=2.0, high=2.0)
    """
    if len(over) != len(under) or len(over) == 0:
        raise ValueError(f"a paired ratio needs equal rounds, got {len(over)} and {len(under)}")
    upper, lower = np.asarray(over), np.asarray(under)
    rounds = np.random.default_rng(seed).integers(0, len(upper), (RESAMPLES, len(upper)))
    resampled = np.median(upper[rounds], axis=1) / np.median(lower[rounds], axis=1)
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Ratio(float(np.median(upper) / np.median(lower)), float(low), float(high))
