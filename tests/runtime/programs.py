"""Small Programs in hand-written WGSL."""

from collections.abc import Sequence

from texelate.compiler.program import Buffer, Copy, Dispatch, Program, Shader, Signature, Step

ADD_ONE = """
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x < arrayLength(&y)) { y[at.x] = x[at.x] + 1.0; }
}
"""
ADD = """
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x < arrayLength(&z)) { z[at.x] = x[at.x] + y[at.x]; }
}
"""
DOUBLE_IN_PLACE = """
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x < arrayLength(&x)) { x[at.x] *= 2.0; }
}
"""


def shader(code: str, access: str, name: str = "shader") -> Shader:
    return Shader(name, code, (64, 1, 1), access)


def signature(name: str, count: int, buffer: int) -> Signature:
    return Signature(name, (count,), "f32", buffer)


def groups(count: int) -> tuple[int, int, int]:
    return (-(-count // 64), 1, 1)


def padded(count: int) -> int:
    return max(16, 4 * count + 15 & ~15)


def chain(count: int, length: int) -> Program:
    """y = x + length, by ``length`` dispatches through two temps."""
    nbytes = padded(count)
    temps = [Buffer("temp", -1, nbytes)] * 2
    buffers = (Buffer("input", 0, nbytes), *temps, Buffer("output", 0, nbytes))
    path = [0, *(1 + i % 2 for i in range(length - 1)), 3]
    steps = tuple(
        Dispatch(0, (path[i], path[i + 1]), groups(count), f"add one, step {i}", count, 8 * count)
        for i in range(length)
    )
    inputs, outputs = (signature("x", count, 0),), (signature("y", count, 3),)
    return Program("chain", buffers, (shader(ADD_ONE, "rw"),), steps, inputs, outputs)


def add(count: int, constant: bytes | None = None) -> Program:
    """z = x + y, where y is the second input or a constant."""
    nbytes = padded(count)
    second = Buffer("input", 1, nbytes) if constant is None else Buffer("constant", 0, nbytes)
    buffers = (Buffer("input", 0, nbytes), second, Buffer("output", 0, nbytes))
    inputs = (signature("x", count, 0), signature("y", count, 1))
    return Program(
        "add",
        buffers,
        (shader(ADD, "rrw"),),
        (Dispatch(0, (0, 1, 2), groups(count), "x + y"),),
        inputs if constant is None else inputs[:1],
        (signature("z", count, 2),),
        () if constant is None else (constant,),
    )


def double_in_place(count: int, inputs: int = 1) -> Program:
    """Doubles its first input, which is donated and is the output; further inputs are not used."""
    nbytes = padded(count)
    return Program(
        "double",
        tuple(Buffer("input", i, nbytes) for i in range(inputs)),
        (shader(DOUBLE_IN_PLACE, "w"),),
        (Dispatch(0, (0,), groups(count), "2 x, in place"),),
        tuple(signature(f"x{i}", count, i) for i in range(inputs)),
        (signature("y", count, 0),),
        donated=(0,),
    )


def with_copies(count: int) -> Program:
    """(x + 1, x + 1, x, x): a dispatch, then copies, one between two dispatches."""
    nbytes = padded(count)
    buffers = (
        Buffer("input", 0, nbytes),
        *(Buffer("output", i, nbytes) for i in range(3)),
        Buffer("temp", -1, nbytes),
    )
    steps: tuple[Step, ...] = (
        Dispatch(0, (0, 4), groups(count), "to the temp"),
        Copy(4, 1, nbytes),
        Dispatch(0, (0, 2), groups(count), "to the second"),
        Copy(0, 3, nbytes),
    )
    outputs = [signature(name, count, b) for name, b in (("a", 1), ("b", 2), ("c", 3), ("d", 0))]
    inputs = (signature("x", count, 0),)
    return Program("copies", buffers, (shader(ADD_ONE, "rw"),), steps, inputs, tuple(outputs))


def one(code: str, access: str, buffers: Sequence[int] | None = None, **dispatch: int) -> Program:
    """One dispatch of any shader over an input and an output of 64 floats."""
    bound = tuple(range(len(access))) if buffers is None else tuple(buffers)
    step = Dispatch(0, bound, (dispatch.get("x", 1), 1, 1), "the only dispatch")
    return Program(
        "one",
        (Buffer("input", 0, 256), Buffer("output", 0, 256)),
        (shader(code, access, "bad shader"),),
        (step,),
        (signature("x", 64, 0),),
        (signature("y", 64, 1),),
    )
