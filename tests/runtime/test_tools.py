"""Profiles, and shaders dumped, edited, and run edited."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from tests.runtime import programs
from texelate.compiler.knobs import knobs
from texelate.runtime import Device
from texelate.runtime.pipelines import file_name

X = np.arange(64, dtype=np.float32)


@pytest.mark.parametrize("timed_by", ["timestamps", "wall"])
def test_every_dispatch_has_an_event(
    device: Device, timed_by: Literal["timestamps", "wall"], tmp_path: Path
) -> None:
    if timed_by not in ("wall", device.profile().timed_by):
        pytest.skip("this adapter has no timestamp queries")
    executable = device.load(programs.chain(200_000, 3))
    x = device.upload(np.zeros(200_000, np.float32))
    profile = device.profile()
    profile.timed_by = timed_by
    with profile:
        (y,) = executable.run([x])
        executable.run([x])
    executable.run([x])  # outside: no event
    assert [e.title for e in profile.events] == 2 * [f"add one, step {i}" for i in range(3)]
    assert all(e.nanoseconds > 1000 and e.flops == 200_000 for e in profile.events)
    starts = [e.start for e in profile.events]
    assert starts == sorted(starts)
    assert device.read(y, np.float32, 200_000)[7] == 3

    profile.chrome_trace(tmp_path / "trace.json")
    rows = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [row["name"] for row in rows] == [e.title for e in profile.events]
    assert rows[0]["ts"] == 0
    assert rows[1]["dur"] == profile.events[1].nanoseconds / 1000
    assert rows[0]["args"]["timed_by"] == timed_by


def test_profiled_copies_still_happen(device: Device) -> None:
    executable = device.load(programs.with_copies(64))
    x = device.upload(X)
    with device.profile() as profile:
        a, b, c, d = executable.run([x])
    assert [e.title for e in profile.events] == ["to the temp", "to the second"]
    for buffer, expected in ((a, X + 1), (b, X + 1), (c, X), (d, X)):
        np.testing.assert_array_equal(device.read(buffer, np.float32, 64), expected)


def test_more_dispatches_than_a_query_set_holds(device: Device) -> None:
    times = device.load(programs.chain(64, 2500)).profile([device.upload(X)])
    assert len(times) == 2500
    assert times[2499][0] == "add one, step 2499"


def test_profile_of_an_executable_keeps_its_inputs(device: Device) -> None:
    x = device.upload(X)
    executable = device.load(programs.double_in_place(64))
    ((title, nanoseconds),) = executable.profile([x])
    assert title == "2 x, in place"
    assert nanoseconds > 0
    np.testing.assert_array_equal(device.read(x, np.float32, 64), X)


def test_a_dumped_shader_can_be_edited_and_run(
    device: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = programs.chain(64, 1)
    code = program.shaders[0].code + "// dumped and edited\n"
    program = replace(program, shaders=(replace(program.shaders[0], code=code, name="add one"),))
    x = device.upload(X)

    def result() -> float:
        (y,) = device.load(program).run([x])
        return float(device.read(y, np.float32, 64)[0])

    with knobs.scope(dump_dir=str(tmp_path / "new")):
        assert result() == 1
    path = tmp_path / "new" / file_name(program.shaders[0])
    assert path.name.startswith("add_one-")
    assert path.read_text() == code

    path.write_text(code.replace("+ 1.0", "+ 41.0"))
    with knobs.scope(override_dir=str(path.parent)):
        assert result() == 41
        assert result() == 41
    assert capsys.readouterr().err.count(str(path)) == 1
    assert result() == 1
