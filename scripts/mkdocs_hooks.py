"""Fills in what the documentation takes from the code itself."""

from __future__ import annotations

from typing import Any

KNOBS = "<!-- knobs -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replaces the marker by the table of ``compiler/knobs.py``."""
    if KNOBS not in markdown:
        return markdown
    from texelate.compiler.knobs import table

    return markdown.replace(KNOBS, table())
