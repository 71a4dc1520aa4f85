"""``texelate cache``: the compiled programs on disk."""

from __future__ import annotations

from typing import Any

import click

from ..compiler import cache
from ..compiler.knobs import knobs
from .units import si


def info(quiet: bool = False) -> dict[str, Any]:
    """Where the programs are, and how much; printed unless ``quiet``."""
    usage = cache.measure()
    if not quiet:
        click.echo(f"{usage.path}{'' if knobs.cache else ' (off: TEXELATE_CACHE=0)'}")
        click.echo(f"{_words(usage)} of at most {si(knobs.cache_bytes)}B")
    return {
        "path": str(usage.path),
        "on": knobs.cache,
        "programs": usage.programs,
        "nbytes": usage.nbytes,
        "limit": knobs.cache_bytes,
    }


def clear() -> str:
    """Removes all programs; says what there was."""
    return f"removed {_words(cache.clear())}"


def _words(usage: cache.Usage) -> str:
    return f"{usage.programs} program{'' if usage.programs == 1 else 's'}, {si(usage.nbytes)}B"
