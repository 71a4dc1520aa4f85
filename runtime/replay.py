"""What a call submits: launches that are already bound, in an order that loops and branches choose.

A program without control flow is one ``Replay``, submitted as it is. So is one whose loops have
known and short lengths: they are unrolled into it. Else a ``Walk`` goes through the steps anew in
every call, submits in parts of some thousand commands, and reads a word back where the device
decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..compiler.program import Dispatch
from .native import Handle, Launch, Pass, Segment, Transfer
from .pool import DeviceBuffer

PART = 4096  # commands of one submit: more gains nothing, and the first would start later

Read = Callable[[DeviceBuffer], int]
"""The first word of a buffer, after all that was submitted."""


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """One submit. ``kept`` holds the bind groups that it points to.

    ``dispatches`` are the Program's, in the order of the launches in ``segments``.
    """

    segments: tuple[Segment, ...]
    dispatches: tuple[Dispatch, ...]
    kept: tuple[object, ...]

    def parts(self, read: Read) -> Iterable[Replay]:
        """What to submit, one after the other."""
        return (self,)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A launch, and the dispatch it is."""

    launch: Launch
    dispatch: Dispatch


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A copy whose ends move with the iteration of the loop around."""

    source: Handle
    target: Handle
    nbytes: int
    source_stride: int = 0
    target_stride: int = 0

    def at(self, i: int) -> Transfer:
        offsets = i * self.source_stride, i * self.target_stride
        return Transfer(self.source, self.target, self.nbytes, *offsets)


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """``trips`` iterations; None: while ``condition`` is not 0 after ``test``."""

    body: tuple[Bound, ...]
    trips: int | None
    reverse: bool
    test: tuple[Bound, ...]
    condition: DeviceBuffer | None


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The body whose number is in ``index``, clipped into range."""

    index: DeviceBuffer
    bodies: tuple[tuple[Bound, ...], ...]


Bound = Run | Row | Repeat | Choice


class _Recorder:
    """Commands for the next submit; runs of launches become one pass."""

    def __init__(self, kept: tuple[object, ...]) -> None:
        self.kept = kept
        self._segments: list[Segment] = []
        self._launches: list[Launch] = []
        self._dispatches: list[Dispatch] = []

    def add(self, step: Run | Row, i: int) -> None:
        if isinstance(step, Run):
            self._launches.append(step.launch)
            self._dispatches.append(step.dispatch)
        else:
            self._close()
            self._segments.append(step.at(i))

    def _close(self) -> None:
        if self._launches:
            self._segments.append(Pass(tuple(self._launches)))
            self._launches = []

    @property
    def full(self) -> bool:
        return len(self._segments) + len(self._launches) >= PART

    def take(self) -> Replay:
        self._close()
        part = Replay(tuple(self._segments), tuple(self._dispatches), self.kept)
        self._segments, self._dispatches = [], []
        return part


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """Bound steps, gone through in every call."""

    steps: tuple[Bound, ...]
    kept: tuple[object, ...]

    def parts(self, read: Read) -> Iterator[Replay]:
        """What to submit, one after the other: each before the next is asked for."""
        out = _Recorder(self.kept)
        yield from _walk(self.steps, 0, out, read)
        yield out.take()


def replay(steps: Sequence[Bound], kept: Sequence[object]) -> Replay | Walk:
    """The steps as one submit where that is known beforehand and not too long."""
    walk = Walk(tuple(steps), tuple(kept))
    if _length(steps) > PART:
        return walk
    (whole,) = walk.parts(_nothing_to_read)
    return whole


def _nothing_to_read(buffer: DeviceBuffer) -> int:
    raise AssertionError("the steps do not depend on data")


def _length(steps: Iterable[Bound]) -> float:
    """How many commands the steps are; infinite when the device decides."""
    return sum(map(_commands, steps))


def _commands(step: Bound) -> float:
    if isinstance(step, Repeat):
        return float("inf") if step.trips is None else step.trips * _length(step.body)
    return float("inf") if isinstance(step, Choice) else 1


def _walk(steps: Sequence[Bound], i: int, out: _Recorder, read: Read) -> Iterator[Replay]:
    """Records ``steps`` of iteration ``i``; yields what has to be submitted before it goes on."""
    for step in steps:
        if isinstance(step, Repeat):
            yield from _repeat(step, out, read)
        elif isinstance(step, Choice):
            yield out.take()
            chosen = min(max(read(step.index), 0), len(step.bodies) - 1)
            yield from _walk(step.bodies[chosen], i, out, read)
        else:
            out.add(step, i)


def _repeat(step: Repeat, out: _Recorder, read: Read) -> Iterator[Replay]:
    if step.trips is not None:
        for i in reversed(range(step.trips)) if step.reverse else range(step.trips):
            yield from _walk(step.body, i, out, read)
            if out.full:
                yield out.take()
        return
    assert step.condition is not None
    while True:
        yield from _walk(step.test, 0, out, read)
        yield out.take()
        if not read(step.condition):
            return
        yield from _walk(step.body, 0, out, read)
