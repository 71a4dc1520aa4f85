"""A run as one self-contained page."""

from __future__ import annotations

import json
from pathlib import Path

from .record import Record


def write(made: Record, path: Path) -> None:
    """Write the page of a record."""
    path.write_text(f"<pre>{json.dumps(made)}</pre>", encoding="utf-8")
