"""``texelate bench`` from the command line, with sizes that take no time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from texelate.bench import adapters, command, startup
from texelate.bench.runner import Result, Row
from texelate.cli.app import texelate
from texelate.compiler.errors import AdapterError, ArgumentError


def invoke(*args: str) -> Any:
    return CliRunner().invoke(texelate, ["bench", *args])


def test_the_list_names_workloads_and_peers() -> None:
    shown = invoke("--list").output
    for name in ("matmul-512", "mobilenet", "first-call", "webgpu", "tinygrad", "tfjs-webgpu"):
        assert name in shown


def test_a_quick_run_writes_record_and_page_and_shows_them_again(tmp_path: Path) -> None:
    file, html = tmp_path / "run.json", tmp_path / "page.html"
    names = ("--peers", "webgpu,numpy", "--json", str(file))
    done = invoke("chain", "import-time", "--quick", *names, "--html", str(html))
    assert done.exit_code == 0, done.output
    made = json.loads(file.read_text())
    assert [work["name"] for work in made["workloads"]] == ["chain", "import-time"]
    assert min(made["limits"].values()) > 0
    assert all(row["samples"] for work in made["workloads"] for row in work["rows"])
    assert "Roofline" in html.read_text()
    again = invoke("--show", "--json", str(file), "--require", "chain:numpy=1e9")
    assert again.exit_code == 1
    assert "required 1e+09x" in again.output


def test_what_is_interrupted_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(*_: Any) -> Result:
        row = Row("numpy", samples={"import": [1.0]})
        return Result("import-time", "import", [row], ("import",), interrupted=True)

    monkeypatch.setitem(startup.STARTUP, "import-time", interrupted)
    file = tmp_path / "run.json"
    invoke("import-time", "installed-size", "--peers", "numpy", "--json", str(file))
    (kept,) = json.loads(file.read_text())["workloads"]
    assert kept["interrupted"]


def test_a_name_means_all_that_start_with_it() -> None:
    assert command.chosen_work(["conv"], False, False, True) == [
        "conv-3x3", "conv-1x1", "conv-depthwise", "conv-strided", "conv-7x7"
    ]  # fmt: skip
    assert command.chosen_work(["matmul-512"], False, False, True) == ["matmul-512"]
    everything = command.chosen_work([], True, False, True)
    patient = command.chosen_work([], False, False, True)
    assert set(everything) - set(patient) == {
        f"matmul-{n}{dtype}" for n in (2048, 4096) for dtype in ("", "-f16")
    }


def test_unknown_names_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="no workload is named 'nope'"):
        command.chosen_work(["nope"], False, False, True)
    with pytest.raises(ArgumentError, match="no peer is named 'nope'"):
        command.chosen_peers(["nope"])
    with pytest.raises(AdapterError, match="no Vulkan driver is named 'nope'"):
        adapters.environment("nope", (str(tmp_path),))
    assert invoke("--show").exit_code == 2


def test_an_adapter_is_its_drivers_file(tmp_path: Path) -> None:
    file = tmp_path / "lvp_icd.x86_64.json"
    file.write_text("{}")
    expected = {"VK_ICD_FILENAMES": str(file), "VK_DRIVER_FILES": str(file)}
    assert adapters.environment("lavapipe", (str(tmp_path),)) == expected
    assert adapters.environment(str(file)) == expected
