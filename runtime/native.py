"""The one place that talks to wgpu: a device's few calls, and the direct path to wgpu-native.

Objects (buffers, pipelines, bind groups) are made through wgpu-py's public API. Encoding and
mapping call the C functions of wgpu-native itself, because wgpu-py looks for errors around every
call: 5 us a dispatch against 2 us here, where they are looked for twice a submit. Handles are
opaque (``Any``); wgpu is imported only when an adapter is looked for.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from .quicken import quicken

Handle = Any


class Launch(NamedTuple):
    """One dispatch: handles of pipeline and bind group, and the number of workgroups."""

    pipeline: Handle
    bind_group: Handle
    x: int
    y: int
    z: int


class Transfer(NamedTuple):
    """Copies ``nbytes`` from one buffer to another, from and to byte offsets."""

    source: Handle
    target: Handle
    nbytes: int
    source_offset: int = 0
    target_offset: int = 0


class Pass(NamedTuple):
    """One compute pass; ``descriptor`` is None or what ``Driver.timed_pass`` gave."""

    launches: tuple[Launch, ...]
    descriptor: Handle = None


class Resolve(NamedTuple):
    """Writes the first ``stamps`` timestamps of a query set into a buffer, 8 bytes each."""

    queries: Handle
    stamps: int
    target: Handle


Segment = Pass | Transfer | Resolve


class Fault(NamedTuple):
    """An error as the driver reports it: "Validation", "OutOfMemory", …, and its text."""

    kind: str
    message: str

    @property
    def lost(self) -> bool:
        """Whether the driver says that the whole device went away."""
        return re.search(r"device (is )?lost", self.message, re.IGNORECASE) is not None


class NativeError(Exception):
    """The driver refused a call; ``fault`` says why. Never leaves the runtime."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Driver:
    """One opened wgpu device. Methods raise NativeError when the driver refuses; ``lost`` says why
    the device is gone, once it is."""

    def __init__(self, raw: Any) -> None:
        import wgpu
        from wgpu.backends.wgpu_native import _api, _ffi

        usage = wgpu.BufferUsage
        self.raw, self._errors = raw, _api.error_handler
        self.lost: str | None = None
        self._lib, self._ffi = _ffi.lib, _ffi.ffi
        self._device, self._queue = raw._internal, raw.queue._internal
        self.storage_usage: int = usage.STORAGE | usage.COPY_SRC | usage.COPY_DST
        self.staging_usage: int = usage.MAP_READ | usage.COPY_DST
        self.query_usage: int = usage.QUERY_RESOLVE | usage.COPY_SRC
        self._encoder_desc = self._ffi.new("WGPUCommandEncoderDescriptor *")
        self._commands_desc = self._ffi.new("WGPUCommandBufferDescriptor *")
        self._pass_desc = self._ffi.new("WGPUComputePassDescriptor *")
        self._commands = self._ffi.new("WGPUCommandBuffer[1]")

    def guarded(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Calls wgpu-py's public API; its errors become NativeError."""
        import wgpu

        try:
            return call(**arguments)
        except wgpu.GPUError as e:
            kind = "OutOfMemory" if isinstance(e, wgpu.GPUOutOfMemoryError) else "Validation"
            raise NativeError(self._noted((kind, str(e)))) from e

    # -- objects ---------------------------------------------------------------------------------

    def buffer(self, nbytes: int, usage: int) -> Any:
        return self.guarded(self.raw.create_buffer, size=nbytes, usage=usage)

    def write(self, buffer: Any, data: np.ndarray[Any, Any]) -> None:
        """Copies ``data`` to the buffer's start; it is there before anything submitted later."""
        self.guarded(self.raw.queue.write_buffer, buffer=buffer, buffer_offset=0, data=data)

    def pipeline(self, name: str, code: str, entry: str, layout: Any) -> Any:
        make = self.raw.create_pipeline_layout
        pipeline_layout = self.guarded(make, label=name, bind_group_layouts=[layout])
        module = self.guarded(self.raw.create_shader_module, label=name, code=code)
        stage = {"module": module, "entry_point": entry}
        make = self.raw.create_compute_pipeline
        return self.guarded(make, label=name, layout=pipeline_layout, compute=stage)

    def bind_group_layout(self, access: str) -> Any:
        """The layout of storage buffers 0, 1, …, a letter each: r (read) or w (read-write)."""
        kinds = {"r": "read-only-storage", "w": "storage"}
        entries = [
            {"binding": i, "visibility": "COMPUTE", "buffer": {"type": kinds[letter]}}
            for i, letter in enumerate(access)
        ]
        return self.guarded(self.raw.create_bind_group_layout, label=access, entries=entries)

    def bind_group(self, title: str, layout: Any, bound: Sequence[tuple[Any, int, int]]) -> Any:
        """``bound``: a buffer, and offset and bytes of what the shader may touch of it."""
        entries = [
            {"binding": i, "resource": {"buffer": buffer, "offset": offset, "size": nbytes}}
            for i, (buffer, offset, nbytes) in enumerate(bound)
        ]
        make = self.raw.create_bind_group
        return self.guarded(make, label=title, layout=layout, entries=entries)

    # -- the queue -------------------------------------------------------------------------------

    def submit(self, segments: Sequence[Segment]) -> Fault | None:
        """Encodes the segments into one command buffer and submits it; returns without waiting."""
        lib, errors = self._lib, self._errors
        encoder = commands = None
        errors.capture("encode")
        try:
            encoder = lib.wgpuDeviceCreateCommandEncoder(self._device, self._encoder_desc)
            for segment in segments:
                self._encode(encoder, segment)
            commands = lib.wgpuCommandEncoderFinish(encoder, self._commands_desc)
        finally:
            fault = errors.release("encode")
        if fault is None:
            self._commands[0] = commands
            fault = self._captured(lib.wgpuQueueSubmit, self._queue, 1, self._commands)
        lib.wgpuCommandBufferRelease(commands)
        lib.wgpuCommandEncoderRelease(encoder)
        return None if fault is None else self._noted(fault)

    def _encode(self, encoder: Handle, segment: Segment) -> None:
        match segment:
            case Pass(launches, descriptor):
                self._encode_pass(encoder, launches, descriptor or self._pass_desc)
            case Transfer(source, target, nbytes, start, to):
                copy = self._lib.wgpuCommandEncoderCopyBufferToBuffer
                copy(encoder, source, start, target, to, nbytes)
            case Resolve(queries, stamps, target):
                resolve = self._lib.wgpuCommandEncoderResolveQuerySet
                resolve(encoder, queries, 0, stamps, target, 0)

    def _encode_pass(self, encoder: Handle, launches: Sequence[Launch], desc: Handle) -> None:
        lib, null = self._lib, self._ffi.NULL
        set_pipeline = lib.wgpuComputePassEncoderSetPipeline
        set_bind_group = lib.wgpuComputePassEncoderSetBindGroup
        dispatch = lib.wgpuComputePassEncoderDispatchWorkgroups
        encoded = lib.wgpuCommandEncoderBeginComputePass(encoder, desc)
        for pipeline, bind_group, x, y, z in launches:
            set_pipeline(encoded, pipeline)
            set_bind_group(encoded, 0, bind_group, 0, null)
            dispatch(encoded, x, y, z)
        lib.wgpuComputePassEncoderEnd(encoded)
        lib.wgpuComputePassEncoderRelease(encoded)

    def _captured(self, call: Callable[..., Any], *arguments: Any) -> tuple[str, str] | None:
        self._errors.capture("call")
        try:
            call(*arguments)
        finally:
            fault: tuple[str, str] | None = self._errors.release("call")
        return fault

    def _noted(self, reported: tuple[str, str]) -> Fault:
        kind, message = reported
        if "not enough memory" in message.lower():  # wgpu-native calls this a validation error
            kind = "OutOfMemory"
        fault = Fault(kind, message)
        if fault.lost and self.lost is None:
            self.lost = fault.message
        return fault

    def flush(self) -> None:
        """Submits nothing, so that copies made by ``write`` leave their staging memory."""
        self._captured(self._lib.wgpuQueueSubmit, self._queue, 0, self._ffi.NULL)

    def wait(self) -> None:
        """Blocks until all that was submitted is done; other threads run meanwhile."""
        self._captured(self._lib.wgpuDevicePoll, self._device, True, self._ffi.NULL)

    # -- mapping ---------------------------------------------------------------------------------

    def map_read(self, buffer: Any, nbytes: int, done: Callable[[bool], None]) -> None:
        """Asks for the buffer's bytes; ``done(ok)`` is called inside a later ``wait``."""
        number = next(_map_numbers)
        _pending_maps[number] = done
        info = self._ffi.new("WGPUBufferMapCallbackInfo *")
        info.mode, info.callback = self._lib.WGPUCallbackMode_AllowProcessEvents, _map_callback()
        info.userdata1 = self._ffi.cast("void *", number)
        read, call = self._lib.WGPUMapMode_Read, self._lib.wgpuBufferMapAsync
        fault = self._captured(call, buffer._internal, read, 0, nbytes, info[0])
        if fault is not None:
            _pending_maps.pop(number, None)
            raise NativeError(self._noted(fault))

    def copy_mapped(self, buffer: Any, out: np.ndarray[Any, Any]) -> None:
        """Fills ``out`` from the start of a mapped buffer."""
        at = self._lib.wgpuBufferGetMappedRange(buffer._internal, 0, out.nbytes)
        self._ffi.memmove(self._ffi.from_buffer(out), at, out.nbytes)

    def unmap(self, buffer: Any) -> None:
        self._captured(self._lib.wgpuBufferUnmap, buffer._internal)

    # -- timestamps ------------------------------------------------------------------------------

    def query_set(self, count: int) -> Any:
        return self.guarded(self.raw.create_query_set, type="timestamp", count=count)

    def timed_pass(self, queries: Any, first: int) -> Handle:
        """A Pass's descriptor: timestamp ``first`` at its begin, ``first + 1`` at its end."""
        writes = self._ffi.new("WGPUPassTimestampWrites *")
        writes.querySet = queries._internal
        writes.beginningOfPassWriteIndex, writes.endOfPassWriteIndex = first, first + 1
        descriptor = self._ffi.new("WGPUComputePassDescriptor *", {"timestampWrites": writes})
        _kept_alive[descriptor] = writes
        return descriptor

    def nanoseconds_per_tick(self) -> float:
        return float(self._lib.wgpuQueueGetTimestampPeriod(self._queue))


_map_numbers = itertools.count(1)
_pending_maps: dict[int, Callable[[bool], None]] = {}
# A C struct does not own what it points to; its pointee lives as long as the struct.
_kept_alive: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


@functools.cache
def _map_callback() -> Any:
    """The C callback of every map request: one for the process, so none is freed too early."""
    from wgpu.backends.wgpu_native import _ffi

    def mapped(status: int, message: Any, number: Any, unused: Any) -> None:
        done = _pending_maps.pop(int(_ffi.ffi.cast("uintptr_t", number)), None)
        if done is not None:
            done(status == _ffi.lib.WGPUMapAsyncStatus_Success)

    signature = "void(WGPUMapAsyncStatus, WGPUStringView, void *, void *)"
    return _ffi.ffi.callback(signature, mapped)


def enumerate_raw() -> list[Any]:
    """All of wgpu's adapters, in wgpu's order."""
    _quicken_once()
    import wgpu

    with _runtime_directory():
        return list(wgpu.gpu.enumerate_adapters_sync())


@functools.cache
def _quicken_once() -> None:
    from wgpu.backends.wgpu_native import _ffi

    quicken(_ffi.ffi)


@contextmanager
def _runtime_directory() -> Iterator[None]:
    """Without a desktop session Mesa complains on stderr about a variable not needed here."""
    name = "XDG_RUNTIME_DIR"
    if sys.platform != "linux" or name in os.environ:
        yield
        return
    os.environ[name] = tempfile.gettempdir()
    try:
        yield
    finally:
        del os.environ[name]


def abandon() -> None:
    """In a forked child: wgpu-py releases nothing from now on; its objects belong to the parent."""
    from wgpu.backends.wgpu_native import _api

    _api.libf = None  # wgpu-py's own sign, tested before every release, that the library is gone


def open_raw(adapter: Any, features: Sequence[str], limits: Mapping[str, int]) -> Any:
    """A wgpu device with these features and limits ({}: all the adapter has)."""
    return adapter.request_device_sync(
        required_features=list(features), required_limits=dict(limits)
    )
