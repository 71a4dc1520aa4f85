"""Values back from the device, through reused staging buffers: waited for or awaited."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiler.errors import DeviceLostError
from .faults import LOST_FIX, as_error
from .native import Driver, NativeError, Transfer
from .pool import DeviceBuffer, Pool

STAGING_CAP = 256 << 20


class Read:
    """A read-back under way: its copy is submitted; ``done`` is set when the bytes are there."""

    def __init__(self, staging: DeviceBuffer, nbytes: int) -> None:
        self.staging, self.nbytes = staging, nbytes
        self.done, self.ok = threading.Event(), False

    def arrived(self, ok: bool) -> None:
        self.ok = ok
        self.done.set()


class Readback:
    """Starts and finishes reads. ``lock`` is held while work is submitted, never while waiting."""

    def __init__(self, driver: Driver, lock: threading.RLock, largest: int, owner: str) -> None:
        self._driver, self._lock, self._owner = driver, lock, owner
        usage = driver.staging_usage
        self.pool = Pool(driver, usage, largest=largest, owner=owner, cap=STAGING_CAP)

    def read(self, buffer: DeviceBuffer, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        """The first ``count`` elements, after all that was submitted before. Blocks."""
        return self._finish(self._start(buffer, count * dtype.itemsize), dtype, count)

    async def read_async(
        self, buffer: DeviceBuffer, dtype: np.dtype[Any], count: int
    ) -> NDArray[Any]:
        """``read``, with the waiting in a thread: the event loop goes on."""
        started = self._start(buffer, count * dtype.itemsize)
        return await asyncio.to_thread(self._finish, started, dtype, count)

    def _start(self, buffer: DeviceBuffer, nbytes: int) -> Read:
        read = Read(self.pool.take(nbytes), nbytes)
        staging = read.staging.allocation
        copy = Transfer(buffer.allocation.handle, staging.handle, nbytes)
        with self._lock:
            fault = self._driver.submit([copy])
            if fault is not None:
                raise as_error(fault, f"reading {nbytes:,} bytes", self._owner)
            try:
                self._driver.map_read(staging.raw, nbytes, read.arrived)
            except NativeError as e:
                raise as_error(e.fault, f"reading {nbytes:,} bytes", self._owner) from None
        return read

    def _finish(self, read: Read, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        while not read.done.is_set():
            self._driver.wait()
        if not read.ok:
            raise DeviceLostError(
                f"reading {read.nbytes:,} bytes: {self._owner} did not give them",
                why=self._driver.lost or "the device was lost while it computed",
                fix=LOST_FIX,
            )
        out = np.empty(count, dtype)
        self._driver.copy_mapped(read.staging.allocation.raw, out)
        self._driver.unmap(read.staging.allocation.raw)
        return out
