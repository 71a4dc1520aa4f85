"""A Program on a device: built once, then each call replays launches that are already bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..compiler.errors import ArgumentError, TexelateError
from ..compiler.program import Branch, Copy, Dispatch, Loop, Program, Step
from .faults import as_error
from .native import Fault, Launch, Pass, Segment
from .pool import DeviceBuffer
from .replay import Bound, Choice, Repeat, Replay, Row, Run, Walk, replay
from .validate import validate

if TYPE_CHECKING:
    from .device import Device

REPLAY_CAP = 128

Table = list[DeviceBuffer]  # the buffers of one call, by the Program's numbers


class Executable:
    """Runs one Program. Constants live as long as this object; temporaries are shared.

    Raises ProgramError, LimitError, CompileError for a program that the device cannot run.
    """

    def __init__(self, device: Device, program: Program) -> None:
        validate(program, device.info)
        self.device, self.program = device, program
        with device.lock:
            self._pipelines = device.pipelines.get_all(program.shaders)
            self._resident = self._place()
        self._inputs = [sig.buffer for sig in program.inputs]
        self._outputs = [sig.buffer for sig in program.outputs]
        self._fresh = [
            (b, spec.nbytes) for b, spec in enumerate(program.buffers) if spec.role == "output"
        ]
        self._aliased = _aliased(program)
        # A temporary may be larger than a binding; what lies in it then is not.
        most = device.info.limits["max_storage_buffer_binding_size"] & ~3
        self._sizes = [min(spec.nbytes, most) for spec in program.buffers]
        self._varying = [*self._inputs, *(b for b, _ in self._fresh)]
        self._replays: OrderedDict[tuple[int, ...], Replay | Walk] = OrderedDict()

    def _place(self) -> list[DeviceBuffer | None]:
        """The buffers that stay the same in every call."""
        buffers = self.program.buffers
        resident: list[DeviceBuffer | None] = [None] * len(buffers)
        temps = [k for k, b in enumerate(buffers) if b.role == "temp"]
        for k, buffer in zip(temps, self.device.scratch.take([buffers[k].nbytes for k in temps])):
            resident[k] = buffer
        for k, spec in enumerate(buffers):
            if spec.role == "constant":
                data = self.program.constants[spec.index].ljust(spec.nbytes, b"\0")
                resident[k] = self.device.upload(np.frombuffer(data, np.uint32))
        return resident

    def run(
        self, inputs: Sequence[DeviceBuffer], donated: Sequence[bool] = ()
    ) -> list[DeviceBuffer]:
        """Submits one call and returns its outputs' buffers without waiting for them.

        ``donated`` tells for each input whether the caller gives its memory away; an input that the
        Program overwrites is copied first when it is not given away, is passed twice, is shared or
        being read. An output that is an input's buffer is returned as that very DeviceBuffer.
        """
        device = self.device
        device.check()
        if len(inputs) != len(self._inputs):
            raise ArgumentError(
                f"program '{self.program.name}' takes {len(self._inputs)} inputs",
                why=f"it was given {len(inputs)}",
            )
        with device.lock:
            table, copied = self._table(inputs, donated)
            for part in self._find(table, inputs, copied).parts(self._word):
                self._submit(part)
        for number in self._aliased:
            table[number].shared = True
        return [table[b] for b in self._outputs]

    def warm(self) -> None:
        """Makes the driver compile what it compiles only at a shader's first dispatch; waits.

        Every shader is dispatched once on memory of the inputs' sizes, with no workgroups.
        """
        device, sizes = self.device, self.program.buffers
        device.check()
        with device.lock:
            inputs = [device.empty(sizes[b].nbytes) for b in self._inputs]
            table, _ = self._table(inputs, (True,) * len(inputs))
            first = {step.shader: step for step in reversed(self.program.dispatches)}
            bound = [self._bound(step, table) for step in first.values()]
            launches = tuple(launch._replace(x=0) for launch, _ in bound)
            fault = device.driver.submit([Pass(launches)])
        if fault is not None:
            raise as_error(fault, f"program '{self.program.name}'", device.info.name)
        device.sync()

    def _submit(self, part: Replay) -> None:
        if self.device.profiling is not None:
            self.device.profiling.record(self.program, part)
        elif part.segments:
            fault = self.device.driver.submit(part.segments)
            if fault is not None:
                raise self._blamed(fault, part)

    def _word(self, buffer: DeviceBuffer) -> int:
        """The first word of a buffer: which way a loop or a branch goes. Waits for the device."""
        return int(self.device.readback.read(buffer, np.dtype(np.int32), 1)[0])

    def profile(self, inputs: Sequence[DeviceBuffer]) -> list[tuple[str, int]]:
        """Runs once, each dispatch in a pass of its own: (title, nanoseconds) for each. Blocks."""
        with self.device.profile() as profile:
            self.run(inputs)
        return [(event.title, event.nanoseconds) for event in profile.events]

    def forget(self, numbers: set[int]) -> None:
        """Drops the replays that use destroyed buffers."""
        for key in [key for key in self._replays if not numbers.isdisjoint(key)]:
            del self._replays[key]

    # -- binding ---------------------------------------------------------------------------------

    def _table(
        self, inputs: Sequence[DeviceBuffer], donated: Sequence[bool]
    ) -> tuple[Table, list[int]]:
        """The buffers of this call, and which inputs have to be copied first."""
        device, copied = self.device, []
        table: list[DeviceBuffer | None] = self._resident.copy()
        for number, buffer in zip(self._inputs, inputs, strict=True):
            table[number] = buffer
        kept = _kept(inputs, donated) if self.program.donated else ()
        for i in self.program.donated:
            if inputs[i] in kept:
                table[self._inputs[i]] = device.empty(inputs[i].nbytes)
                copied.append(i)
        for number, nbytes in self._fresh:
            table[number] = device.empty(nbytes)
        return table, copied  # type: ignore[return-value]  # every role is filled by now

    def _find(
        self, table: Table, inputs: Sequence[DeviceBuffer], copied: list[int]
    ) -> Replay | Walk:
        numbers = [table[b].allocation.number for b in self._varying]
        key = (*numbers, *(inputs[i].allocation.number for i in copied))
        found = self._replays.get(key)
        if found is None:
            self._check_inputs(inputs)
            found = self._replays[key] = self._bind(table, inputs, copied)
            if len(self._replays) > REPLAY_CAP:
                self._replays.popitem(last=False)
        else:
            self._replays.move_to_end(key)
        return found

    def _check_inputs(self, inputs: Sequence[DeviceBuffer]) -> None:
        for i, (buffer, number) in enumerate(zip(inputs, self._inputs, strict=True)):
            if buffer.pool is not self.device.pool:
                raise ArgumentError(
                    f"input {i} of program '{self.program.name}' lies on another device",
                    fix="read it back and upload it to this device",
                )
            needed = self.program.buffers[number].nbytes
            if buffer.allocation.size < needed:
                raise ArgumentError(
                    f"input {i} of program '{self.program.name}' has {buffer.nbytes} bytes",
                    why=f"the program reads {needed}",
                )

    def _bind(
        self, table: Table, inputs: Sequence[DeviceBuffer], copied: list[int]
    ) -> Replay | Walk:
        """The steps with a bind group for every dispatch."""
        bound: list[Bound] = []
        for i in copied:
            target = table[self._inputs[i]].allocation
            size = min(inputs[i].allocation.size, target.size)
            bound.append(Row(inputs[i].allocation.handle, target.handle, size))
        kept: list[object] = []
        bound += self._steps(self.program.steps, table, kept)
        return replay(bound, kept)

    def _steps(self, steps: Sequence[Step], table: Table, kept: list[object]) -> tuple[Bound, ...]:
        return tuple(self._step(step, table, kept) for step in steps)

    def _step(self, step: Step, table: Table, kept: list[object]) -> Bound:
        if isinstance(step, Dispatch):
            launch, group = self._bound(step, table)
            kept.append(group)
            return Run(launch, step)
        if isinstance(step, Copy):
            source, target = table[step.source].allocation, table[step.target].allocation
            strides = step.source_stride, step.target_stride
            return Row(source.handle, target.handle, step.nbytes, *strides)
        if isinstance(step, Branch):
            bodies = tuple(self._steps(body, table, kept) for body in step.bodies)
            return Choice(table[step.index], bodies)
        return self._loop(step, table, kept)

    def _loop(self, step: Loop, table: Table, kept: list[object]) -> Repeat:
        body, test = (self._steps(s, table, kept) for s in (step.body, step.test))
        condition = table[step.condition] if step.trips is None else None
        return Repeat(body, step.trips, step.reverse, test, condition)

    def _bound(self, step: Dispatch, table: Table) -> tuple[Launch, object]:
        pipeline = self._pipelines[step.shader]
        parts = step.parts(self._sizes)
        bound = [(table[b].allocation, at, nbytes) for b, at, nbytes in parts]
        group = self.device.bind_groups.get(step.title, pipeline.access, bound)
        return Launch(pipeline.handle, group._internal, *step.groups), group

    # -- blame -----------------------------------------------------------------------------------

    def _blamed(self, fault: Fault, replay: Replay) -> TexelateError:
        """The error with the title of the dispatch that the driver refused, found one by one."""
        what, driver = f"program '{self.program.name}'", self.device.driver
        if not fault.lost:
            launches = _launches(replay.segments)
            for launch, step in zip(launches, replay.dispatches, strict=True):
                alone = driver.submit([Pass((launch,))])
                if alone is not None:
                    what, fault = f"{what}, dispatch '{step.title}'", alone
                    break
        return as_error(fault, what, self.device.info.name)


def _kept(inputs: Sequence[DeviceBuffer], donated: Sequence[bool]) -> set[DeviceBuffer]:
    """The inputs that must not be overwritten: not given away, used elsewhere, or passed twice."""
    given = [*donated, *[False] * (len(inputs) - len(donated))]
    kept, seen = set(), set()
    for buffer, free in zip(inputs, given, strict=True):
        if not free or buffer.shared or buffer.readers or buffer in seen:
            kept.add(buffer)
        seen.add(buffer)
    return kept


def _aliased(program: Program) -> list[int]:
    """Outputs that the caller then has twice: inputs returned unchanged, buffers named twice."""
    numbers = [sig.buffer for sig in program.outputs]
    inputs = {sig.buffer for i, sig in enumerate(program.inputs) if i not in program.donated}
    return [b for b in set(numbers) if b in inputs or numbers.count(b) > 1]


def _launches(segments: Sequence[Segment]) -> Iterator[Launch]:
    for segment in segments:
        if isinstance(segment, Pass):
            yield from segment.launches
