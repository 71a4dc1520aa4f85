"""Loops and branches in hand-written Programs: what runs, what is refused, what is kept."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest

from tests.runtime import programs
from texelate.compiler.errors import ProgramError
from texelate.compiler.program import Branch, Buffer, Copy, Dispatch, Loop, Program, Step
from texelate.runtime import Device

COUNT_DOWN = """
@group(0) @binding(0) var<storage, read_write> n: array<i32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x == 0u) { n[0] -= 1; }
}
"""
N = 64
X = np.arange(N, dtype=np.float32)
DOUBLE = Dispatch(0, (1,), (1, 1, 1), "double")
COUNT = Dispatch(1, (2,), (1, 1, 1), "count down")


def program(*steps: Step) -> Program:
    """Buffers: 0 input, 1 output (a copy of 0 to begin with), 2 a counter that is an input."""
    nbytes = programs.padded(N)
    return Program(
        "control",
        (Buffer("input", 0, nbytes), Buffer("output", 0, nbytes), Buffer("input", 1, 16)),
        (programs.shader(programs.DOUBLE_IN_PLACE, "w"), programs.shader(COUNT_DOWN, "w")),
        (Copy(0, 1, nbytes), *steps),
        (programs.signature("x", N, 0), programs.signature("n", 1, 2)),
        (programs.signature("y", N, 1),),
        donated=(1,),
    )


def run(device: Device, what: Program, n: int = 0, times: int = 1) -> np.ndarray:
    executable = device.load(what)
    for _ in range(times):
        counter = device.upload(np.array([n, 0, 0, 0], np.int32))
        (y,) = executable.run([device.upload(X), counter])
    return device.read(y, np.float32, N)


@pytest.mark.parametrize("trips", [0, 1, 3, 10])
def test_a_loop_of_known_length(device: Device, trips: int) -> None:
    np.testing.assert_array_equal(run(device, program(Loop((DOUBLE,), trips))), X * 2**trips)


@pytest.mark.parametrize("reverse", [False, True])
def test_rows_are_copied_by_strides(device: Device, reverse: bool) -> None:
    """Each iteration puts its element where that of the one before goes last."""
    row = Copy(0, 1, 4, source_stride=4)
    got = run(device, program(Loop((row,), N, reverse)))
    assert got[0] == X[0 if reverse else -1]


@pytest.mark.parametrize("n", [0, 1, 5])
def test_a_loop_as_long_as_the_device_says(device: Device, n: int) -> None:
    assert run(device, program(Loop((DOUBLE, COUNT), None, False, (), 2)), n)[1] == 2**n


@pytest.mark.parametrize(("index", "doubled"), [(-9, 0), (0, 0), (1, 1), (2, 3), (99, 3)])
def test_a_branch_is_clipped_into_range(device: Device, index: int, doubled: int) -> None:
    bodies = ((), (DOUBLE,), (DOUBLE,) * 3)
    assert run(device, program(Branch(2, bodies)), index)[1] == 2**doubled


def test_loops_in_loops_and_branches(device: Device) -> None:
    inner = Loop((DOUBLE,), 2)
    chosen = Branch(2, ((), (inner,)))
    assert run(device, program(Loop((inner, chosen), 3)), 1)[1] == 2.0**12
    counted = Loop((Branch(2, ((DOUBLE,), (), (inner,))), COUNT), None, False, (), 2)
    assert run(device, program(counted), 3)[1] == 2.0**4


GOOD = Loop((DOUBLE,), 3)
BAD = {
    "condition names buffer -1": Loop((DOUBLE,), None),
    "condition names buffer 9": Loop((DOUBLE,), None, False, (), 9),
    "a loop of -1": replace(GOOD, trips=-1),
    "shader 7": replace(GOOD, body=(replace(DOUBLE, shader=7),)),
    "does not exist": Loop((DOUBLE,), None, False, (replace(DOUBLE, buffers=(8,)),), 2),
    "writes input 0": Branch(2, ((), (Loop((replace(DOUBLE, buffers=(0,)),), 2),))),
    "index names buffer 5": Branch(5, ((DOUBLE,),)),
    "without bodies": Loop((Branch(2, ()),), 2),
    "larger than its buffers": Loop((Copy(0, 1, 4, source_stride=4),), N + 1),
    "not a multiple of 4": Loop((Copy(0, 1, 4, target_stride=2),), 2),
    "moves by -4": Loop((Copy(0, 1, 4, source_stride=-4),), 2),
    "copy writes input": Loop((Copy(1, 0, 16),), 2),
}


@pytest.mark.parametrize("why", BAD)
def test_what_is_inconsistent_is_refused(device: Device, why: str) -> None:
    with pytest.raises(ProgramError, match=why):
        device.load(program(BAD[why]))


def test_a_thousand_iterations_leave_no_memory_behind(device: Device) -> None:
    """Known and unknown lengths, branches inside; again and again."""
    zero = Loop((COUNT, Branch(2, ((), ()))), None, False, (), 2)
    loops = program(Loop((), 10), Loop((Loop((DOUBLE,), 10),), 100), zero)
    run(device, loops, 10)
    gc.collect()
    before = device.pool.stats()
    run(device, loops, 1000, times=2)
    gc.collect()
    after = device.pool.stats()
    assert after.live == before.live
    assert after.created <= before.created + 2  # the two calls' own
