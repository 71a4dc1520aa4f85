"""Schedules that were measured on an adapter: what the chooser asks before its own model.

``texelate/tuning`` measures them; here they are plain data, a part of the Target.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

S = TypeVar("S")


@dataclass(frozen=True)
class Tuned:
    """The best schedule known for each kind of kernel: ``(kind, (field, value) ...)`` entries."""

    entries: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()

    @staticmethod
    def of(schedules: Mapping[str, Mapping[str, Any]]) -> Tuned:
        """From the fields of a schedule for each kind."""
        rows = sorted(schedules.items())
        return Tuned(tuple((kind, tuple(sorted(fields.items()))) for kind, fields in rows))

    @cached_property
    def _by_kind(self) -> dict[str, dict[str, Any]]:
        return {kind: dict(fields) for kind, fields in self.entries}

    def get(self, kind: str, chosen: S) -> S:
        """The schedule measured for ``kind``; ``chosen`` (of the same class) where none was."""
        fields = self._by_kind.get(kind)
        return chosen if fields is None else type(chosen)(**fields)

    @cached_property
    def fingerprint(self) -> str:
        """Equal for equal tables; empty for an empty one."""
        return hashlib.sha256(repr(self.entries).encode()).hexdigest()[:16] if self.entries else ""

    def __bool__(self) -> bool:
        return bool(self.entries)


UNTUNED = Tuned()


def rounded(extent: int) -> int:
    """The nearest power of two: kernels of nearly the same extents share a schedule.

    >>> [rounded(n) for n in (0, 1, 3, 90, 91, 784)]
    [0, 1, 4, 64, 128, 1024]
    """
    return 2 ** round(math.log2(extent)) if extent > 0 else 0
