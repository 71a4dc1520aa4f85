"""What dispatches cost: by timestamp queries where there are any, else by waiting for each."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..compiler.program import Program
from .faults import as_error
from .native import NativeError, Pass, Resolve, Segment
from .pool import Pool

if TYPE_CHECKING:
    from .device import Device
    from .replay import Replay

QUERIES = 4096  # WebGPU's greatest query set; two for each dispatch


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch. ``start`` counts nanoseconds from an arbitrary zero of the device's clock."""

    title: str
    program: str
    start: int
    nanoseconds: int
    flops: int
    nbytes: int


class Profile:
    """The dispatches run inside ``with device.profile() as profile:``.

    ``timed_by`` is "timestamps" (the device's own clock) or "wall" (host time of a submit and its
    wait, about 50 us too long). Profiled calls block, and each dispatch has a pass of its own.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self.events: list[Event] = []
        usage, owner = device.driver.query_usage, device.info.name
        self._resolved = Pool(
            device.driver, usage, largest=8 * QUERIES, owner=owner, lock=device.lock, cap=0
        )
        has = "timestamp-query" in device.info.features
        self.timed_by: Literal["timestamps", "wall"] = "timestamps" if has else "wall"

    def __enter__(self) -> Profile:
        self._device.profiling = self
        return self

    def __exit__(self, *exception: object) -> None:
        self._device.profiling = None

    def record(self, program: Program, replay: Replay) -> None:
        """Runs ``replay`` in parts, and appends an Event for each of its dispatches."""
        left = list(replay.dispatches)
        for part in _parts(replay.segments):
            steps = [left.pop(0) for segment in part if isinstance(segment, Pass)]
            timed = self._by_timestamps if self.timed_by == "timestamps" else self._by_wall
            try:
                times = timed(part)
            except NativeError as e:
                raise as_error(e.fault, "profiling", self._device.info.name) from None
            for step, (start, end) in zip(steps, times, strict=True):
                event = Event(step.title, program.name, start, end - start, step.flops, step.nbytes)
                self.events.append(event)

    def chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Writes the events as Chrome trace JSON (chrome://tracing, ui.perfetto.dev)."""
        zero = min((event.start for event in self.events), default=0)
        rows = [
            {
                "name": event.title,
                "cat": event.program,
                "ph": "X",
                "pid": self._device.info.name,
                "tid": event.program,
                "ts": (event.start - zero) / 1000,
                "dur": event.nanoseconds / 1000,
                "args": {"flops": event.flops, "bytes": event.nbytes, "timed_by": self.timed_by},
            }
            for event in self.events
        ]
        with open(path, "w", encoding="utf-8") as out:
            json.dump({"traceEvents": rows, "displayTimeUnit": "ns"}, out)

    def _by_timestamps(self, part: Sequence[Segment]) -> list[tuple[int, int]]:
        driver, timed = self._device.driver, list[Segment]()
        count = 2 * sum(isinstance(segment, Pass) for segment in part)
        if count == 0:
            self._submit(part)
            return []
        queries = driver.query_set(count)
        resolved = self._resolved.take(8 * count)
        first = 0
        for segment in part:
            if isinstance(segment, Pass):
                segment = Pass(segment.launches, driver.timed_pass(queries, first))
                first += 2
            timed.append(segment)
        timed.append(Resolve(queries._internal, count, resolved.allocation.handle))
        self._submit(timed)
        ticks = self._device.readback.read(resolved, np.dtype(np.uint64), count)
        times = (ticks.astype(np.float64) * driver.nanoseconds_per_tick()).astype(np.int64)
        return [(int(a), int(max(a, b))) for a, b in times.reshape(-1, 2)]

    def _by_wall(self, part: Sequence[Segment]) -> list[tuple[int, int]]:
        times = []
        for segment in part:
            self._device.driver.wait()
            start = time.perf_counter_ns()
            self._submit([segment])
            self._device.driver.wait()
            if isinstance(segment, Pass):
                times.append((start, time.perf_counter_ns()))
        return times

    def _submit(self, segments: Sequence[Segment]) -> None:
        fault = self._device.driver.submit(segments)
        if fault is not None:
            raise NativeError(fault)


def _parts(segments: Sequence[Segment]) -> list[list[Segment]]:
    """One launch a pass, in lists that one query set can time."""
    single: list[Segment] = []
    for segment in segments:
        if isinstance(segment, Pass):
            single += [Pass((launch,)) for launch in segment.launches]
        else:
            single.append(segment)
    most = QUERIES // 2
    return [single[i : i + most] for i in range(0, len(single), most)]
