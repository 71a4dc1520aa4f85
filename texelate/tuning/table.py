"""The file of measured schedules: JSON, by adapter and kind of kernel, with every time measured.

It can be shipped: ``TEXELATE_SCHEDULES`` names the file, else it lies beside the program cache.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..compiler import cache
from ..compiler.knobs import knobs
from ..compiler.tuned import Tuned

VERSION = 1


def path() -> Path:
    """``knobs.schedules``, or ``schedules.json`` beside the folder of cached programs."""
    return Path(knobs.schedules) if knobs.schedules else cache.folder().parent / "schedules.json"


@dataclass
class Table:
    """``adapters[name][kind]``: the fields of the best ``schedule``, its ``nanoseconds``, and the
    ``times`` of all that were tried.
    """

    adapters: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    @staticmethod
    def read() -> Table:
        """The table on disk; an empty one, with a warning, where the file is damaged."""
        where = path()
        try:
            data = json.loads(where.read_text(encoding="utf-8"))
            return Table._checked(data)
        except FileNotFoundError:
            return Table()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            warnings.warn(
                f"measured schedules in {where} are not used: {e!r}; "
                "remove the file, or tune again to replace it",
                RuntimeWarning,
                stacklevel=2,
            )
            return Table()

    @staticmethod
    def _checked(data: Any) -> Table:
        if data["version"] != VERSION:
            raise ValueError(f"version {data['version']!r}, not {VERSION}")
        for kinds in data["adapters"].values():
            for entry in kinds.values():
                dict(entry["schedule"]), float(entry["nanoseconds"]), dict(entry["times"])
        return Table(data["adapters"])

    def write(self) -> None:
        """Replaces the file at once: a reader sees the old or the new table."""
        where = path()
        where.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": VERSION, "adapters": self.adapters}, indent=1, sort_keys=True)
        with tempfile.NamedTemporaryFile("w", dir=where.parent, delete=False) as aside:
            aside.write(text + "\n")
        os.replace(aside.name, where)

    def of(self, adapter: str) -> Tuned:
        """What the compiler may use on ``adapter``."""
        kinds = self.adapters.get(adapter, {})
        return Tuned.of({kind: entry["schedule"] for kind, entry in kinds.items()})

    def record(
        self, adapter: str, kind: str, schedule: Mapping[str, Any], times: Mapping[str, float]
    ) -> None:
        """Remembers the best schedule of a kind, and the nanoseconds of all that were tried."""
        entry = {
            "schedule": dict(schedule), "nanoseconds": min(times.values()), "times": dict(times)
        }  # fmt: skip
        self.adapters.setdefault(adapter, {})[kind] = entry
