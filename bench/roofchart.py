"""A roofline plot as SVG: what is reached, under what the adapter could (Williams et al., 2009)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..cli.units import si

WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 74, 20, 24, 46


@dataclass(frozen=True)
class Point:
    """A workload on a peer: operations a byte, operations a second."""

    intensity: float
    rate: float
    peer: str
    label: str
    told: str


class Chart:
    """Places for the template: logarithmic axes, the roof, and the points of each peer."""

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM

    def __init__(self, limits: dict[str, float], points: Sequence[Point]) -> None:
        self.peak, self.bandwidth = limits["flops"], limits["bandwidth"]
        ridge = self.peak / self.bandwidth
        across = [p.intensity for p in points] + [ridge]
        up = [p.rate for p in points] + [self.peak]
        self._x = _decades(across)
        self._y = _decades([*up, self.peak / 10])
        self._points = points
        self.peers = list(dict.fromkeys(p.peer for p in points))

    def x(self, intensity: float) -> float:
        """The horizontal place of an intensity."""
        low, high = self._x
        share = (math.log10(intensity) - low) / (high - low)
        return round(self.left + share * (self.right - self.left), 1)

    def y(self, rate: float) -> float:
        """The vertical place of a rate; never below the frame."""
        low, high = self._y
        share = (math.log10(rate) - low) / (high - low)
        return round(self.bottom - max(share, 0) * (self.bottom - self.top), 1)

    @property
    def roof(self) -> str:
        """The points of the roof: bandwidth's slope up to the ridge, then the peak."""
        start, ridge = 10.0 ** self._x[0], self.peak / self.bandwidth
        entry = max(start, 10.0 ** self._y[0] / self.bandwidth)
        places = [
            (entry, entry * self.bandwidth),
            (ridge, self.peak),
            (10.0 ** self._x[1], self.peak),
        ]
        return " ".join(f"{self.x(a)},{self.y(b)}" for a, b in places if a <= 10.0 ** self._x[1])

    @property
    def across(self) -> list[tuple[float, str]]:
        """The ticks of the intensity."""
        return [(self.x(10.0**k), _power(k)) for k in range(self._x[0], self._x[1] + 1)]

    @property
    def up(self) -> list[tuple[float, str]]:
        """The ticks of the rate."""
        return [(self.y(10.0**k), si(10.0**k)) for k in range(self._y[0], self._y[1] + 1)]

    @property
    def dots(self) -> list[tuple[float, float, int, Point]]:
        """Places of the points, with the number of their peer."""
        return [
            (self.x(p.intensity), self.y(p.rate), self.peers.index(p.peer), p) for p in self._points
        ]


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around the values."""
    low = math.floor(math.log10(min(values)))
    return low, max(math.ceil(math.log10(max(values))), low + 1)


def _power(k: int) -> str:
    """Ten to the power.

    >>> _power(-1), _power(2)
    ('0.1', '100')
    """
    return f"{10.0**k:g}"
