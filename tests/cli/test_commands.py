"""The commands as a user runs them: output, exit status, files."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = """
import texelate.numpy as tnp

def dense(x, w, b):
    return tnp.maximum(x @ w + b, 0)

def broken(x):
    return x @ x
"""
AVALS = "f32[16,8],f32[8,4],f32[4]"


def texelate(*arguments: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "texelate", *map(str, arguments)]
    paths = {"PYTHONPATH": str(ROOT), "COLUMNS": "140"}
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **paths, **env}, capture_output=True, text=True
    )


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "model.py"
    file.write_text(SOURCE)
    return file


def test_devices_as_text_and_as_json_agree(tmp_path: Path) -> None:
    said = texelate("devices", cwd=tmp_path)
    data = texelate("devices", "--json", "-", cwd=tmp_path)
    assert said.returncode == data.returncode == 0
    found = json.loads(data.stdout)
    assert (found["chosen"] is None) == (found["adapters"] == [])
    for adapter in found["adapters"]:
        assert adapter["name"] in said.stdout
        assert adapter["limits"]["max_buffer_size"] > 0


def test_inspect_prints_graph_kernels_shader_and_cost(model: Path) -> None:
    done = texelate("inspect", "model:dense", "--args", AVALS, cwd=model.parent)
    assert done.returncode == 0, done.stderr
    assert "dot_general(" in done.stdout  # the graph
    assert "dot_general + add + max" in done.stdout  # the kernel
    assert "@compute @workgroup_size" in done.stdout  # the shader
    assert "1 kernels" in done.stdout  # the cost


def test_inspect_stages_and_json(model: Path) -> None:
    out = model.parent / "out.json"
    done = texelate(
        "inspect", f"{model}:dense", "--args", AVALS, "--stages", "--json", out, cwd=model.parent
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert len(report["stages"]) > 3
    for name in report["stages"]:
        assert f"{name}: " in done.stdout
    (kernel,) = report["kernels"]
    assert kernel["flops"] >= 2 * 16 * 8 * 4
    assert report["outputs"] == ["f32[16, 4]"]


class Page(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            local = (value or "").startswith(("#", "data:"))
            if name in {"src", "href", "xlink:href"} and not local:
                self.fetched.append(f"{tag} {value}")


def test_inspect_writes_one_page_that_fetches_nothing(model: Path) -> None:
    page = model.parent / "pages" / "dense.html"
    done = texelate("inspect", "model:dense", "--args", AVALS, "--html", page, cwd=model.parent)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    parsed = Page()
    parsed.feed(text)
    assert parsed.fetched == []
    assert re.search(r"@import|url\((?!#)", text) is None
    assert {"table", "details", "select"} <= parsed.tags
    assert text.count('class="stage"') > 3


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["inspect", "model:dense"], "needs arguments"),
        (["inspect", "model:nothing", "--args", "f32[]"], "has no 'nothing'"),
        (["inspect", "model:dense", "--args", "f64[2]"], "unknown dtype"),
        (["inspect", "nothing:dense"], "cannot import"),
        (["inspect", "model:broken", "--args", "f32[2,3]"], "ShapeError"),
    ],
)
def test_mistakes_are_answered_with_a_message(
    model: Path, arguments: list[str], complaint: str
) -> None:
    done = texelate(*arguments, cwd=model.parent)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_mistake_in_the_users_function_names_its_line(model: Path) -> None:
    done = texelate("inspect", "model:broken", "--args", "f32[2,3]", cwd=model.parent)
    assert "model.py:8 in broken: return x @ x" in done.stderr


@pytest.mark.parametrize("command", [[], ["devices"], ["inspect"], ["demo"], ["cache"]])
def test_every_command_has_help(command: list[str], tmp_path: Path) -> None:
    done = texelate(*command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage:" in done.stdout
