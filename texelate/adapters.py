"""Which adapters there are, and which one is used."""

from __future__ import annotations

from typing import Any

from . import backends
from .compiler.errors import AdapterError


def devices() -> list[Any]:
    """The GPU adapters of this machine, as ``AdapterInfo``; empty where there is none."""
    from . import runtime

    try:
        return list(runtime.adapters())
    except AdapterError:
        return []


def default_device() -> Any:
    """The ``AdapterInfo`` that the current backend computes on; None for the NumPy backend."""
    device = getattr(backends.current(), "device", None)
    return None if device is None else device.info
