"""The Program: the compiled artefact, plain data, the contract between compiler and runtimes.

A Program is a table of buffers, a list of shaders, and a list of steps over them. It serialises to
JSON plus one binary blob of constants; any runtime (``runtime/``, the browser's) can run it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from .errors import ProgramError

VERSION = 1
Role = Literal["input", "output", "constant", "temp"]


@dataclass(frozen=True, slots=True)
class Buffer:
    """A device buffer of 32-bit words. ``index`` numbers inputs, outputs, constants; -1 for temps.

    Temps are physical: the memory plan has already given several values the same one.
    ``nbytes`` is at least 4 (a zero-size value still has a binding) and a multiple of 16.
    """

    role: Role
    index: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class Signature:
    """Shape and dtype ("f32", "i8", "bool" …) of an input or output, and its buffer.

    The buffer holds 32-bit words: an element each, where a bool is 0 or 1; two or four elements of
    16 or 8 bits each, the first in the low bits.

    An output's buffer may be an input's: the input is returned unchanged, or, when listed in
    ``Program.donated``, was overwritten in place.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    buffer: int


@dataclass(frozen=True, slots=True)
class Shader:
    """Shader text. ``access`` has a letter for each binding: r (read) or w (read-write)."""

    name: str
    code: str
    workgroup: tuple[int, int, int]
    access: str
    entry: str = "main"
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Runs ``shaders[shader]`` on ``groups`` workgroups with buffers bound at 0, 1, 2, …

    ``title`` says in words what was fused; ``flops`` and ``nbytes`` are what one run does. A buffer
    too large for a binding is bound several times: ``offsets`` and ``sizes`` in bytes say, for each
    binding, which part (size 0: the whole); they are empty where all are whole.
    """

    shader: int
    buffers: tuple[int, ...]
    groups: tuple[int, int, int]
    title: str = ""
    flops: int = 0
    nbytes: int = 0
    offsets: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()

    def parts(self, sizes: Sequence[int]) -> list[tuple[int, int, int]]:
        """Buffer, offset and bytes of each binding; ``sizes``: the bytes of all buffers."""
        offsets = self.offsets or (0,) * len(self.buffers)
        own = self.sizes or (0,) * len(self.buffers)
        rows = zip(self.buffers, offsets, own, strict=True)
        return [(b, at, nbytes or sizes[b]) for b, at, nbytes in rows]


@dataclass(frozen=True, slots=True)
class Copy:
    """Copies ``nbytes`` from the start of a buffer to the start of another.

    Inside a loop, in the iteration that stands for element i, ``i * source_stride`` and
    ``i * target_stride`` bytes further on: so a step reads its row and writes its own.
    """

    source: int
    target: int
    nbytes: int
    source_stride: int = 0
    target_stride: int = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """Runs ``body`` again and again: ``trips`` times, or while a word on the device is not 0.

    With ``trips`` the iterations stand for elements 0, 1, … (from the last when ``reverse``), and
    the host has nothing to wait for. When it is None, ``test`` runs before each iteration, and the
    host reads the first word of buffer ``condition``.
    """

    body: tuple[Step, ...]
    trips: int | None = None
    reverse: bool = False
    test: tuple[Step, ...] = ()
    condition: int = -1


@dataclass(frozen=True, slots=True)
class Branch:
    """Runs ``bodies[i]`` for the i32 in buffer ``index``, clipped into range; the host reads it."""

    index: int
    bodies: tuple[tuple[Step, ...], ...]


Step = Dispatch | Copy | Loop | Branch


def nested(step: Step) -> tuple[tuple[Step, ...], ...]:
    """The lists of steps inside a step."""
    if isinstance(step, Loop):
        return step.test, step.body
    return step.bodies if isinstance(step, Branch) else ()


def walk(steps: Iterable[Step]) -> Iterator[Step]:
    """All steps, each before those inside it."""
    for step in steps:
        yield step
        for inner in nested(step):
            yield from walk(inner)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run does: a loop's body counts once for each trip, of branches the dearest.

    ``flops`` and ``nbytes`` (read and written) are sums over ``launches`` dispatches, and copies.
    ``kernels`` are written in the Program; loops run theirs again and again. A loop whose trips the
    device decides counts once. ``peak_bytes`` are those of all buffers.
    """

    flops: int
    nbytes: int
    peak_bytes: int
    kernels: int
    launches: int

    def __str__(self) -> str:
        launches = f" ({self.launches:,} launches)" if self.launches != self.kernels else ""
        return (
            f"{self.kernels} kernels{launches}, {self.flops:,} flops, {self.nbytes:,} bytes moved, "
            f"{self.peak_bytes:,} bytes at the peak"
        )


_Work = tuple[int, int, int]  # flops, bytes, launches


def _work(step: Step) -> _Work:
    if isinstance(step, Dispatch):
        return step.flops, step.nbytes, 1
    if isinstance(step, Copy):
        return 0, 2 * step.nbytes, 0
    if isinstance(step, Branch):
        return max(map(_total, step.bodies))
    trips = 1 if step.trips is None else step.trips
    flops, nbytes, launches = _total((*step.test, *step.body))
    return trips * flops, trips * nbytes, trips * launches


def _total(steps: Iterable[Step]) -> _Work:
    rows = [(0, 0, 0), *map(_work, steps)]
    flops, nbytes, launches = map(sum, zip(*rows))
    return flops, nbytes, launches


@dataclass(frozen=True)
class Program:
    """See the module's docstring. ``peak_bytes`` counts inputs, outputs, constants and temps.

    ``donated`` lists the inputs whose memory outputs may take: a caller that still needs such an
    input must pass a copy. ``language`` is "wgsl" or "glsl".
    """

    name: str
    buffers: tuple[Buffer, ...]
    shaders: tuple[Shader, ...]
    steps: tuple[Step, ...]
    inputs: tuple[Signature, ...]
    outputs: tuple[Signature, ...]
    constants: tuple[bytes, ...] = ()
    donated: tuple[int, ...] = ()
    language: str = "wgsl"
    target: Mapping[str, Any] = field(default_factory=dict)

    @property
    def peak_bytes(self) -> int:
        return sum(b.nbytes for b in self.buffers)

    @property
    def dispatches(self) -> tuple[Dispatch, ...]:
        """All of them, those inside loops and branches once."""
        return tuple(s for s in walk(self.steps) if isinstance(s, Dispatch))

    @property
    def cost(self) -> Cost:
        """What one run does."""
        flops, nbytes, launches = _total(self.steps)
        return Cost(flops, nbytes, self.peak_bytes, len(self.dispatches), launches)

    def to_json(self) -> str:
        """A self-contained text; ``from_json`` gives the same Program."""
        body = asdict(self)
        body["steps"] = _steps_to_json(self.steps)
        body["constants"] = [base64.b64encode(c).decode() for c in self.constants]
        payload = json.dumps(body, sort_keys=True)
        return json.dumps(
            {"texelate": VERSION, "crc": zlib.crc32(payload.encode()), "program": body}
        )

    @staticmethod
    def from_json(text: str) -> Program:
        """Reads ``to_json``'s text; ProgramError when it is not one, or is from a newer version."""
        try:
            outer = json.loads(text)
            version, body = outer["texelate"], outer["program"]
        except (ValueError, TypeError, KeyError) as e:
            raise ProgramError("this is not a serialised program", why=str(e)) from e
        if version != VERSION:
            raise ProgramError(
                f"the program has format version {version}, this Texelate reads {VERSION}",
                fix="export it again with this version, or upgrade Texelate",
            )
        if zlib.crc32(json.dumps(body, sort_keys=True).encode()) != outer.get("crc"):
            raise ProgramError("the program's checksum does not match: it is corrupt")
        return _from_body(body)


_KINDS: dict[str, Any] = {"dispatch": Dispatch, "copy": Copy, "loop": Loop, "branch": Branch}
_NESTED = {"loop": ("test", "body")}


def _steps_to_json(steps: Iterable[Step]) -> list[dict[str, Any]]:
    rows = []
    for step in steps:
        row = {"kind": type(step).__name__.lower(), **asdict(step)}
        for name, inner in zip(_NESTED.get(row["kind"], ()), nested(step)):
            row[name] = _steps_to_json(inner)
        if isinstance(step, Branch):
            row["bodies"] = [_steps_to_json(inner) for inner in step.bodies]
        rows.append(row)
    return rows


def _steps_from_json(rows: Iterable[dict[str, Any]]) -> tuple[Step, ...]:
    return tuple(map(_step_from_json, rows))


def _step_from_json(row: dict[str, Any]) -> Step:
    fields = {k: v for k, v in row.items() if k != "kind"}
    for name in _NESTED.get(row["kind"], ()):
        fields[name] = _steps_from_json(fields[name])
    if row["kind"] == "branch":
        fields["bodies"] = tuple(map(_steps_from_json, fields["bodies"]))
    fields = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    step: Step = _KINDS[row["kind"]](**fields)
    return step


def _from_body(body: dict[str, Any]) -> Program:
    def record(cls: Any, row: dict[str, Any]) -> Any:
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})

    return Program(
        name=body["name"],
        buffers=tuple(record(Buffer, b) for b in body["buffers"]),
        shaders=tuple(record(Shader, s) for s in body["shaders"]),
        steps=_steps_from_json(body["steps"]),
        inputs=tuple(record(Signature, s) for s in body["inputs"]),
        outputs=tuple(record(Signature, s) for s in body["outputs"]),
        constants=tuple(base64.b64decode(c) for c in body["constants"]),
        donated=tuple(body["donated"]),
        language=body["language"],
        target=body["target"],
    )
