"""What computes: the protocol that a backend fulfils, and which one is current.

The current backend is the innermost ``with texelate.backend(...)``, else the knob, else WebGPU
where there is an adapter, else NumPy, which is said once on stderr.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from ..compiler.errors import AdapterError, ArgumentError
from ..compiler.ir.aval import Aval
from ..compiler.ir.graph import Graph
from ..compiler.knobs import knobs

Storage = Any
"""A value as a backend keeps it: an ndarray, a device buffer."""

NAMES = ("webgpu", "numpy")


class Executable(Protocol):
    """A compiled graph: storages in, storages out. ``donated[i]``: input i may be overwritten."""

    def __call__(self, inputs: Sequence[Storage], donated: Sequence[bool], /) -> list[Storage]: ...

    def warm(self) -> None:
        """Whatever else the first call would have to wait for, without computing anything."""


class Backend(Protocol):
    """Compiles graphs, and moves arrays between the host and its own storage."""

    name: str

    def compile(self, graph: Graph, donated: tuple[int, ...], /) -> Executable: ...

    def upload(self, array: np.ndarray[Any, Any], /) -> Storage: ...

    def holds(self, stored: Storage, /) -> bool:
        """Whether ``stored`` still is where it was: false after the device was lost."""

    def read(self, stored: Storage, aval: Aval, /) -> np.ndarray[Any, Any]: ...

    async def read_async(self, stored: Storage, aval: Aval, /) -> np.ndarray[Any, Any]: ...

    def wait(self) -> None:
        """Returns when all that was started has been computed."""


_made: dict[str, Backend] = {}
_lock = threading.Lock()


class _Local(threading.local):
    def __init__(self) -> None:
        self.stack: list[Backend] = []


_local = _Local()


def get(name: str) -> Backend:
    """The backend called ``name``. ArgumentError for another name, AdapterError without GPU."""
    made = _made.get(name)
    if made is not None:
        return made
    if name not in NAMES:
        raise ArgumentError(f"there is no backend {name!r}", fix="use one of " + ", ".join(NAMES))
    with _lock:
        if name not in _made:
            _made[name] = _make(name)
    return _made[name]


def _make(name: str) -> Backend:
    if name == "numpy":
        from .numpy_backend import NumpyBackend

        return NumpyBackend()
    from .webgpu_backend import WebGPUBackend

    return WebGPUBackend()


def current() -> Backend:
    """The backend that operations go to now, in this thread."""
    stack = _local.stack
    if stack:
        return stack[-1]
    name = knobs.backend
    return get(name) if name is not None else _automatic()


def _automatic() -> Backend:
    chosen = _made.get("automatic")
    if chosen is None:
        try:
            chosen = get("webgpu")
        except (AdapterError, ImportError) as e:
            chosen = get("numpy")
            reason = str(e).splitlines()[0]
            print(f"texelate: no GPU adapter ({reason}); computing with NumPy", file=sys.stderr)
        _made["automatic"] = chosen
    return chosen


@contextmanager
def backend(name: str) -> Iterator[Backend]:
    """Operations inside the ``with`` block, in this thread, run on the backend called ``name``.

    ``"webgpu"`` or ``"numpy"``. Arrays from elsewhere move over through the host. Raises
    ArgumentError for another name, AdapterError where WebGPU finds no adapter.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> with tx.backend("numpy"):
    ...     print(tnp.arange(3) + 1)
    [1 2 3]
    """
    _local.stack.append(get(name))
    try:
        yield _local.stack[-1]
    finally:
        _local.stack.pop()
