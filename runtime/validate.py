"""Checks a Program against a device before any of it runs, so that a bad one is refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..compiler.errors import LimitError, ProgramError
from ..compiler.program import Copy, Dispatch, Loop, Program, Shader, Step
from .adapter import AdapterInfo


def validate(program: Program, info: AdapterInfo) -> None:
    """Raises ProgramError for an inconsistent program, LimitError for one that is too much."""
    if program.language != "wgsl":
        raise ProgramError(
            f"program '{program.name}' is written in {program.language}",
            why="this runtime runs WGSL compute shaders",
            fix="compile it for the webgpu backend",
        )
    problem = next(_problems(program), None)
    if problem is not None:
        raise ProgramError(f"program '{program.name}' is not valid", why=problem)
    for shader in program.shaders:
        _check_workgroup(shader, info)
    for step in program.dispatches:
        _check_groups(step, info)


def _problems(program: Program) -> Iterator[str]:
    buffers = program.buffers
    for kind, signatures in (("input", program.inputs), ("output", program.outputs)):
        for sig in signatures:
            if not 0 <= sig.buffer < len(buffers):
                yield f"{kind} '{sig.name}' names buffer {sig.buffer}, which does not exist"
            elif buffers[sig.buffer].role not in ("input", kind):
                # A constant or temp would change under the caller at the next call.
                yield f"{kind} '{sig.name}' lies in a {buffers[sig.buffer].role} buffer"
    for b, buffer in enumerate(buffers):
        if buffer.nbytes < 4 or buffer.nbytes % 4:
            yield f"buffer {b} has {buffer.nbytes} bytes: not a positive multiple of 4"
        if buffer.role == "input" and (
            not 0 <= buffer.index < len(program.inputs) or program.inputs[buffer.index].buffer != b
        ):
            yield f"buffer {b} is input {buffer.index}, which does not name it"
        if buffer.role == "constant" and not 0 <= buffer.index < len(program.constants):
            yield f"buffer {b} is constant {buffer.index}, which does not exist"
        elif buffer.role == "constant" and len(program.constants[buffer.index]) > buffer.nbytes:
            yield f"constant {buffer.index} is larger than its buffer {b}"
    if not all(0 <= i < len(program.inputs) for i in program.donated):
        yield f"it donates inputs {program.donated} of {len(program.inputs)}"
    yield from _step_problems(program)


def _step_problems(program: Program) -> Iterator[str]:
    yield from _list_problems(program, program.steps, 1)


def _list_problems(program: Program, steps: Sequence[Step], trips: int) -> Iterator[str]:
    """What is wrong in a list of steps that the loop around runs for elements 0 to trips - 1."""
    for step in steps:
        if isinstance(step, Dispatch):
            yield from _dispatch_problems(program, step)
        elif isinstance(step, Copy):
            yield from _copy_problems(program, step, trips)
        elif isinstance(step, Loop):
            yield from _loop_problems(program, step)
        else:
            yield from _word_problems(program, step.index, "a branch's index")
            yield from () if step.bodies else ("a branch without bodies",)
            for body in step.bodies:
                yield from _list_problems(program, body, trips)


def _copy_problems(program: Program, step: Copy, trips: int) -> Iterator[str]:
    buffers = program.buffers
    if not all(0 <= b < len(buffers) for b in (step.source, step.target)):
        yield "a copy names a buffer that does not exist"
        return
    if step.source == step.target:
        yield f"a copy has buffer {step.source} as source and target"
    last = max(trips - 1, 0)
    for b, stride in ((step.source, step.source_stride), (step.target, step.target_stride)):
        if stride % 4 or stride < 0:
            yield f"a copy moves by {stride} bytes: not a multiple of 4"
        elif step.nbytes + last * stride > buffers[b].nbytes:
            yield f"a copy of {step.nbytes} bytes is larger than its buffers"
    target = buffers[step.target]
    donated = target.role == "input" and target.index in program.donated
    if target.role in ("input", "constant") and not donated:
        yield f"a copy writes {target.role} {target.index}"


def _loop_problems(program: Program, step: Loop) -> Iterator[str]:
    if step.trips is None:
        yield from _word_problems(program, step.condition, "a loop's condition")
    elif step.trips < 0:
        yield f"a loop of {step.trips} iterations"
    yield from _list_problems(program, step.test, 1)
    yield from _list_problems(program, step.body, step.trips or 1)


def _word_problems(program: Program, buffer: int, what: str) -> Iterator[str]:
    if not 0 <= buffer < len(program.buffers):
        yield f"{what} names buffer {buffer}, which does not exist"


def _dispatch_problems(program: Program, step: Dispatch) -> Iterator[str]:
    where = f"dispatch '{step.title}'"
    if not 0 <= step.shader < len(program.shaders):
        yield f"{where} names shader {step.shader}, which does not exist"
        return
    if not all(0 <= b < len(program.buffers) for b in step.buffers):
        yield f"{where} names a buffer that does not exist"
        return
    access = program.shaders[step.shader].access
    if len(access) != len(step.buffers) or set(access) - set("rw"):
        yield f"{where} has {len(step.buffers)} buffers, its shader's access is '{access}'"
    if step.sizes and not len(step.offsets) == len(step.sizes) == len(step.buffers):
        yield f"{where} has {len(step.offsets)} offsets and {len(step.sizes)} sizes of bindings"
        return
    written = [b for b, letter in zip(step.buffers, access, strict=False) if letter == "w"]
    yield from _overlaps(program, step, written, where)
    for b in written:
        buffer = program.buffers[b]
        donated = buffer.role == "input" and buffer.index in program.donated
        if buffer.role in ("input", "constant") and not donated:
            yield f"{where} writes {buffer.role} {buffer.index}"


def _overlaps(
    program: Program, step: Dispatch, written: Sequence[int], where: str
) -> Iterator[str]:
    """Parts that leave their buffer, and of written buffers those that overlap."""
    parts = sorted(step.parts([b.nbytes for b in program.buffers]))
    for b, at, nbytes in parts:
        if at < 0 or nbytes <= 0 or at + nbytes > program.buffers[b].nbytes:
            yield f"{where} binds bytes {at} to {at + nbytes} of buffer {b}"
    for (b, at, nbytes), (other, start, _) in pairwise(parts):
        if b == other and b in written and at + nbytes > start:
            yield f"{where} writes a buffer that it binds twice"


def _check_workgroup(shader: Shader, info: AdapterInfo) -> None:
    x, y, z = shader.workgroup
    for value, name in (
        (x, "max_compute_workgroup_size_x"),
        (y, "max_compute_workgroup_size_y"),
        (z, "max_compute_workgroup_size_z"),
        (x * y * z, "max_compute_invocations_per_workgroup"),
        (len(shader.access), "max_storage_buffers_per_shader_stage"),
    ):
        _check(f"shader '{shader.name}'", value, name, info)


def _check_groups(step: Dispatch, info: AdapterInfo) -> None:
    name = "max_compute_workgroups_per_dimension"
    _check(f"dispatch '{step.title}'", max(step.groups), name, info)


def _check(what: str, value: int, name: str, info: AdapterInfo) -> None:
    if value > info.limits[name]:
        raise LimitError(
            f"{what} needs {value:,}, {info.name} allows {info.limits[name]:,}",
            why=f"that is its {name}",
            fix="compile the program for this device's limits",
        )
