"""Measured schedules: ``tune`` tries what competes for each kernel and remembers the fastest."""

from __future__ import annotations

from typing import Any

from .table import Table as Table
from .table import path as path


def tune(*args: Any, **kwargs: Any) -> Any:
    """See ``search.tune``; loaded when it is first needed."""
    from . import search

    return search.tune(*args, **kwargs)
