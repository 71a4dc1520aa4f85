"""A device: where arrays lie and Programs run. Opened on first need, one for each adapter."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..compiler.errors import AdapterError, ArgumentError, DeviceLostError, DtypeError
from ..compiler.program import Program
from . import adapter, native
from .adapter import AdapterInfo
from .executable import Executable
from .faults import LOST_FIX, as_error
from .native import Driver, NativeError
from .pipelines import BindGroups, Pipelines
from .pool import DeviceBuffer, Pool, Scratch, physical_memory
from .profiler import Profile
from .readback import Readback

FEATURES = ("shader-f16", "timestamp-query", "subgroup", "subgroup-barrier", "float32-filterable")
FLUSH_BYTES = 64 << 20  # uploads that wait in staging memory for the next submit


class Device:
    """Made by ``open_device``. Safe to use from several threads; work runs in the order of submits.

    Every method raises DeviceLostError once the device is gone.
    """

    def __init__(self, info: AdapterInfo, driver: Driver) -> None:
        self.info, self.driver = info, driver
        self.lock = threading.RLock()
        self.profiling: Profile | None = None
        limits = info.limits
        self.pool = Pool(
            driver,
            driver.storage_usage,
            largest=limits["max_buffer_size"] & ~15,
            owner=info.name,
            lock=self.lock,
            # A software adapter's driver promises more memory than there is, and is killed for it.
            memory=physical_memory() if info.software else None,
            on_destroy=self._forget,
        )
        self.scratch = Scratch(self.pool)
        self.pipelines = Pipelines(driver, info.name, info.features, info.subgroup)
        self.bind_groups = BindGroups(driver, self.pipelines, info.name)
        self.readback = Readback(driver, self.lock, limits["max_buffer_size"] & ~15, info.name)
        self._executables: weakref.WeakSet[Executable] = weakref.WeakSet()
        self._unflushed = 0

    def __repr__(self) -> str:
        return f"<Device {self.info}{', lost' if self.lost else ''}>"

    @property
    def lost(self) -> bool:
        """Whether the device is gone; ``open_device`` then opens a fresh one."""
        return self.driver.lost is not None

    def check(self) -> None:
        """Raises DeviceLostError when the device is gone."""
        if self.driver.lost is not None:
            raise DeviceLostError(
                f"the device {self.info.name} was lost", why=self.driver.lost, fix=LOST_FIX
            )

    # -- memory ----------------------------------------------------------------------------------

    def upload(self, words: NDArray[Any]) -> DeviceBuffer:
        """Copies a C-contiguous array of a 4-byte dtype to the device; returns at once.

        Raises DtypeError, ArgumentError, LimitError, OutOfMemoryError.
        """
        self.check()
        if words.dtype.itemsize != 4:
            raise DtypeError(
                f"an array of {words.dtype} cannot be uploaded", why="the device has 4-byte words"
            )
        if not words.flags.c_contiguous:
            raise ArgumentError("the array is not C-contiguous", fix="np.ascontiguousarray(it)")
        buffer = self.empty(words.nbytes)
        if words.size:
            self._write(buffer, words)
        return buffer

    def _write(self, buffer: DeviceBuffer, words: NDArray[Any]) -> None:
        try:
            self.driver.write(buffer.allocation.raw, words)
        except NativeError as e:
            raise as_error(e.fault, f"uploading {words.nbytes:,} bytes", self.info.name) from None
        with self.lock:
            self._unflushed += words.nbytes
            if self._unflushed > FLUSH_BYTES:
                self._unflushed = 0
                self.driver.flush()

    def empty(self, nbytes: int) -> DeviceBuffer:
        """A buffer of ``nbytes`` bytes, at least 16, with unspecified contents.

        Raises LimitError, OutOfMemoryError.
        """
        self.check()
        return self.pool.take(max(16, nbytes + 15 & ~15))

    def read(self, buffer: DeviceBuffer, dtype: DTypeLike, count: int) -> NDArray[Any]:
        """The first ``count`` elements of ``buffer``. Waits for all that was submitted before."""
        self._check_read(buffer, np.dtype(dtype), count)
        if count == 0:
            return np.empty(0, dtype)
        return self.readback.read(buffer, np.dtype(dtype), count)

    async def read_async(self, buffer: DeviceBuffer, dtype: DTypeLike, count: int) -> NDArray[Any]:
        """``read`` that lets the running asyncio loop go on; several may be under way."""
        self._check_read(buffer, np.dtype(dtype), count)
        if count == 0:
            return np.empty(0, dtype)
        return await self.readback.read_async(buffer, np.dtype(dtype), count)

    def _check_read(self, buffer: DeviceBuffer, dtype: np.dtype[Any], count: int) -> None:
        self.check()
        if dtype.itemsize % 4 or count < 0 or count * dtype.itemsize > buffer.nbytes:
            raise ArgumentError(
                f"{count} elements of {dtype} cannot be read from a buffer of {buffer.nbytes} bytes"
            )

    # -- work ------------------------------------------------------------------------------------

    def load(self, program: Program) -> Executable:
        """Compiles the Program's shaders and uploads its constants.

        Raises ProgramError, LimitError, CompileError, OutOfMemoryError.
        """
        self.check()
        executable = Executable(self, program)
        self._executables.add(executable)
        return executable

    def sync(self) -> None:
        """Blocks until all submitted work is done."""
        self.check()
        self.driver.wait()
        with self.lock:
            fault = self.driver.submit([])  # a wait alone does not tell that the device is gone
        if fault is not None:
            raise as_error(fault, "waiting for the device", self.info.name)

    def profile(self) -> Profile:
        """A context in which the dispatches of all calls on this device are timed."""
        self.check()
        return Profile(self)

    def destroy(self) -> None:
        """Gives all the device's memory back now; its arrays are lost."""
        with self.lock:
            self.driver.lost = self.driver.lost or "it was destroyed by Device.destroy()"
            self.driver.raw.destroy()

    def _forget(self, numbers: set[int]) -> None:
        self.bind_groups.forget(numbers)
        for executable in list(self._executables):
            executable.forget(numbers)


_devices: dict[tuple[str, str, int], Device] = {}
_opening = threading.RLock()
_forked = False


def open_device(selector: str | int | None = None) -> Device:
    """The device of the adapter that ``selector`` names (see ``adapter.choose``); opened once.

    Raises AdapterError when there is none, or when it cannot be opened.
    """
    if _forked:
        raise DeviceLostError(
            "a forked process cannot use the GPU", why=FORKED, fix="multiprocessing's 'spawn'"
        )
    with _opening:
        info, raw = adapter.choose(selector)
        key = info.name, info.backend, info.index
        device = _devices.get(key)
        if device is not None and device.lost:
            adapter.forget()
            info, raw = adapter.choose(selector)
            device = None
        if device is None:
            device = _devices[info.name, info.backend, info.index] = _open(info, raw)
        return device


def _open(info: AdapterInfo, raw: Any) -> Device:
    """With all the limits and useful features; failing that, with what every adapter has."""
    features = [name for name in FEATURES if name in info.features]
    refusals = []
    for wanted, limits in ((features, {}), ([], {}), ([], _default_limits(info))):
        try:
            opened = native.open_raw(raw, wanted, limits)
        except Exception as e:  # wgpu raises bare RuntimeErrors here
            refusals.append(str(e).strip())
            continue
        granted = {k.replace("-", "_"): int(v) for k, v in opened.limits.items()}
        # wgpu reports some native-only limits of a device as 0: they were not asked for.
        limits_now = {k: granted.get(k, 0) or v for k, v in info.limits.items()}
        known = frozenset(opened.features) & info.features
        return Device(replace(info, limits=limits_now, features=known), Driver(opened))
    raise AdapterError(
        f"{info.name} ({info.backend}) gives no device",
        why="; ".join(dict.fromkeys(refusals)),
        fix="choose another adapter with TEXELATE_ADAPTER, or update the driver",
    )


def _default_limits(info: AdapterInfo) -> dict[str, int]:
    """WebGPU's guaranteed limits that matter here, none above the adapter's own."""
    guaranteed = {
        "max_buffer_size": 256 << 20,
        "max_storage_buffer_binding_size": 128 << 20,
        "max_storage_buffers_per_shader_stage": 8,
        "max_compute_workgroup_storage_size": 16384,
        "max_compute_invocations_per_workgroup": 256,
    }
    return {k.replace("_", "-"): min(v, info.limits[k]) for k, v in guaranteed.items()}


FORKED = "it was forked after a device had been opened, and drivers do not survive that"


def _after_fork() -> None:
    global _forked
    if not _devices:
        return
    _forked = True
    native.abandon()
    for device in _devices.values():
        device.driver.lost = FORKED


@atexit.register
def _settle() -> None:
    """Drivers are unloaded at exit, and some crash when work is still under way then."""
    for device in _devices.values():
        if not device.lost:
            device.driver.wait()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
