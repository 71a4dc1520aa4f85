"""Values back from the device, through reused staging buffers: waited for or awaited."""

from __future__ import annotations

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
    """A read-back under way: its copy is submitted; ``done`` is set when the bytes are there.

    The driver holds this object until it has answered. However it ends (also cancelled, before
    anyone waited), the staging buffer is unmapped before its pool gets it back: wgpu-native ends
    the process when mapped memory is submitted (gfx-rs/wgpu-native#588).
    """

    def __init__(self, driver: Driver, staging: DeviceBuffer, nbytes: int) -> None:
        self._driver, self.staging, self.nbytes = driver, staging, nbytes
        self.done, self.ok = threading.Event(), False

    def arrived(self, ok: bool) -> None:
        self.ok = ok
        self.done.set()

    def close(self) -> None:
        if self.ok:
            self.ok = False
            self._driver.unmap(self.staging.allocation.raw)

    def __del__(self) -> None:
        self.close()


class Readback:
    """Starts and finishes reads. ``lock`` is held while work is submitted, never while waiting."""

    def __init__(self, driver: Driver, lock: threading.RLock, largest: int, owner: str) -> None:
        self._driver, self._lock, self._owner = driver, lock, owner
        usage = driver.staging_usage
        self.pool = Pool(driver, usage, largest=largest, owner=owner, lock=lock, cap=STAGING_CAP)

    def read(self, buffer: DeviceBuffer, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        """The first ``count`` elements, after all that was submitted before. Blocks."""
        return self._finish(self._start(buffer, count * dtype.itemsize), dtype, count)

    async def read_async(
        self, buffer: DeviceBuffer, dtype: np.dtype[Any], count: int
    ) -> NDArray[Any]:
        """``read`` in a thread: the event loop goes on; meanwhile nobody overwrites the buffer."""
        import asyncio  # 30 ms that a program without coroutines need not spend

        buffer.readers += 1
        try:
            return await asyncio.to_thread(self._read_when_idle, buffer, dtype, count)
        finally:
            buffer.readers -= 1

    def _read_when_idle(
        self, buffer: DeviceBuffer, dtype: np.dtype[Any], count: int
    ) -> NDArray[Any]:
        # Mesa's lavapipe blocks in a submit until the one before is done: not with the lock held.
        self._driver.wait()
        return self.read(buffer, dtype, count)

    def _start(self, buffer: DeviceBuffer, nbytes: int) -> Read:
        read = Read(self._driver, self.pool.take(nbytes), nbytes)
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
        try:
            while not read.done.is_set():
                self._driver.wait()
            return self._arrived(read, np.empty(count, dtype))
        finally:
            read.close()

    def _arrived(self, read: Read, out: NDArray[Any]) -> NDArray[Any]:
        if not read.ok:
            raise DeviceLostError(
                f"reading {read.nbytes:,} bytes: {self._owner} did not give them",
                why=self._driver.lost or "the device was lost while it computed",
                fix=LOST_FIX,
            )
        self._driver.copy_mapped(read.staging.allocation.raw, out)
        return out
