"""Everything the driver or the machine can refuse becomes a typed error that says what to do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.runtime import programs
from texelate.compiler.errors import (
    AdapterError,
    CompileError,
    DeviceLostError,
    LimitError,
    ProgramError,
)
from texelate.compiler.program import Buffer, Copy, Program
from texelate.runtime import Device, adapter, open_device
from texelate.runtime.native import Driver, Pass, open_raw

X = np.arange(64, dtype=np.float32)


@pytest.fixture
def doomed(device: Device) -> Iterator[Device]:
    """A device of its own, which the test may lose."""
    info, raw = adapter.choose()
    opened = Device(info, Driver(open_raw(raw, [], {})))
    yield opened
    if not opened.lost:
        opened.destroy()


def lose(device: Device) -> None:
    """Takes the device away behind the runtime's back, as a driver reset does."""
    device.driver.raw.destroy()


def test_a_shader_that_does_not_compile_is_shown_with_its_lines(device: Device) -> None:
    code = programs.ADD_ONE.replace("x[at.x] + 1.0", "x[at.x] + 1u")
    with pytest.raises(CompileError) as refused:
        device.load(programs.one(code, "rw"))
    text = str(refused.value)
    assert "'bad shader'" in text
    assert device.info.name in text
    assert ">    5 |   if (at.x < arrayLength(&y)) { y[at.x] = x[at.x] + 1u; }" in text
    assert "     4 | @compute" in text


def test_bindings_that_do_not_fit_the_shader_are_a_compile_error(device: Device) -> None:
    with pytest.raises(CompileError, match="bad shader"):
        device.load(programs.one(programs.ADD_ONE, "rr"))


def test_a_missing_feature_is_named(device: Device) -> None:
    program = programs.chain(64, 1)
    shader = replace(program.shaders[0], features=("teleportation",))
    with pytest.raises(CompileError, match="teleportation"):
        device.load(replace(program, shaders=(shader,)))


def test_another_size_of_subgroups_is_named(device: Device) -> None:
    """Wrong results otherwise: invocations count on the values of exactly so many others."""
    program = programs.chain(64, 1)
    shader = replace(program.shaders[0], workgroup=(48, 1, 1), features=("subgroup",))
    with pytest.raises(CompileError, match="subgroups of 48 invocations"):
        device.load(replace(program, shaders=(shader,)))


def test_too_many_workgroups_name_the_dispatch(device: Device) -> None:
    with pytest.raises(LimitError, match=r"'the only dispatch' needs 1,000,000"):
        device.load(programs.one(programs.ADD_ONE, "rw", x=1_000_000))


def test_too_large_a_workgroup_names_the_shader(device: Device) -> None:
    program = programs.chain(64, 1)
    shader = replace(program.shaders[0], workgroup=(1 << 20, 1, 1))
    with pytest.raises(LimitError, match="'shader' needs 1,048,576"):
        device.load(replace(program, shaders=(shader,)))


GOOD = programs.with_copies(64)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (replace(GOOD, language="glsl"), "glsl"),
        (replace(GOOD, steps=(replace(GOOD.steps[0], shader=7),)), "shader 7"),
        (replace(GOOD, steps=(replace(GOOD.steps[0], buffers=(0, 9)),)), "does not exist"),
        (replace(GOOD, steps=(replace(GOOD.steps[0], buffers=(0,)),)), "access is 'rw'"),
        (replace(GOOD, steps=(replace(GOOD.steps[0], buffers=(1, 1)),)), "binds twice"),
        (replace(GOOD, steps=(replace(GOOD.steps[0], buffers=(1, 0)),)), "writes input 0"),
        (replace(GOOD, steps=(Copy(0, 9, 16),)), "does not exist"),
        (replace(GOOD, steps=(Copy(0, 1, 10**6),)), "larger than its buffers"),
        (replace(GOOD, steps=(Copy(1, 1, 16),)), "source and target"),
        (replace(GOOD, outputs=(programs.signature("y", 64, 12),)), "buffer 12"),
        (replace(GOOD, outputs=(programs.signature("y", 64, 4),)), "temp buffer"),
        (replace(GOOD, inputs=()), "input 0"),
        (replace(GOOD, donated=(3,)), "donates"),
        (replace(GOOD, buffers=(Buffer("input", 0, 3), *GOOD.buffers[1:])), "multiple of 4"),
        (replace(GOOD, buffers=(*GOOD.buffers, Buffer("constant", 2, 256))), "constant 2"),
        (replace(programs.add(4, b"1234"), constants=(b"1" * 500,)), "larger than its buffer"),
    ],
)
def test_an_inconsistent_program_is_refused(device: Device, program: Program, why: str) -> None:
    with pytest.raises(ProgramError, match=why):
        device.load(program)


def test_what_only_the_driver_finds_is_blamed_on_its_dispatch(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable = device.load(programs.chain(64, 3))
    x = device.upload(X)
    executable.run([x])
    replay = next(iter(executable._replays.values()))
    first, second, third = replay.segments[0].launches
    launches = (first, second._replace(x=1 << 20), third)
    broken = replace(replay, segments=(Pass(launches),))
    with monkeypatch.context() as patch:
        patch.setattr(executable, "_find", lambda *call: broken)
        with pytest.raises(ProgramError, match="'add one, step 1'"):
            executable.run([x])
    (y,) = executable.run([x])
    np.testing.assert_array_equal(device.read(y, np.float32, 64), X + 3)


def test_a_lost_device_says_so_from_then_on(doomed: Device) -> None:
    executable = doomed.load(programs.chain(64, 2))
    x = doomed.upload(X)
    (y,) = executable.run([x])
    lose(doomed)
    with pytest.raises(DeviceLostError):
        executable.run([x])
    assert doomed.lost
    for use in (
        lambda: executable.run([x]),
        lambda: doomed.upload(X),
        lambda: doomed.empty(16),
        lambda: doomed.read(y, np.float32, 64),
        lambda: doomed.load(programs.chain(64, 1)),
        doomed.sync,
        doomed.profile,
    ):
        with pytest.raises(DeviceLostError, match="was lost"):
            use()


@pytest.mark.parametrize("how", ["upload", "empty", "read", "load", "sync"])
def test_a_loss_is_noticed_wherever_it_is_met_first(doomed: Device, how: str) -> None:
    y = doomed.upload(X)
    lose(doomed)
    uses = {
        "upload": lambda: doomed.upload(X),
        "empty": lambda: doomed.empty(10_000),
        "read": lambda: doomed.read(y, np.float32, 64),
        "load": lambda: doomed.load(programs.chain(64, 1)),
        "sync": doomed.sync,
    }
    with pytest.raises(DeviceLostError):
        uses[how]()
    assert doomed.lost


def test_after_a_loss_a_fresh_device_is_opened(device: Device) -> None:
    lost = open_device()
    assert lost is device
    lost.destroy()
    fresh = open_device()
    assert fresh is not lost
    assert open_device() is fresh
    (y,) = fresh.load(programs.chain(64, 1)).run([fresh.upload(X)])
    np.testing.assert_array_equal(fresh.read(y, np.float32, 64), X + 1)
    with pytest.raises(DeviceLostError):
        lost.upload(X)


def test_a_device_that_is_refused_is_explained(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise RuntimeError("Request device failed (3): no")

    lost = open_device()
    lost.destroy()
    monkeypatch.setattr("texelate.runtime.native.open_raw", refuse)
    with pytest.raises(AdapterError, match=r"gives no device[\s\S]*failed \(3\): no"):
        open_device()


FORK = """
import os, numpy as np
from texelate.compiler.errors import DeviceLostError
from texelate.runtime import open_device
device = open_device()
x = device.upload(np.zeros(4, np.float32))
child = os.fork()
if child == 0:
    refused = 0
    for use in (lambda: device.read(x, np.float32, 4), open_device):
        try:
            use()
        except DeviceLostError as e:
            refused += "fork" in str(e)
    os._exit(10 + refused)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 12
print(device.read(x, np.float32, 4))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_is_told_that_it_cannot_use_the_device(device: Device) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[0. 0. 0. 0.]"


def test_the_process_ends_quietly_with_work_under_way(device: Device) -> None:
    code = (
        "import numpy as np\n"
        "from tests.runtime import programs\n"
        "from texelate.runtime import open_device\n"
        "device = open_device()\n"
        "run = device.load(programs.chain(1000, 9)).run\n"
        "kept = [run([device.upload(np.zeros(1000, np.float32))]) for _ in range(20)]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
