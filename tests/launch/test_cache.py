"""Programs on disk: what makes another key, damaged files, the limit, and other processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from texelate.compiler import cache
from texelate.compiler.driver import compile_graph
from texelate.compiler.ir.graph import Eqn
from texelate.compiler.ir.parse import parse_graph
from texelate.compiler.knobs import knobs
from texelate.compiler.program import Program
from texelate.compiler.target import Target

TEXT = 'graph f(x: f32[8] "x") {\n  y: f32[8] = mul(x, 2.0:f32)\n  return y\n}'
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with knobs.scope(cache=True, cache_dir=str(tmp_path / "programs")):
        yield tmp_path / "programs"


def compiled(text: str = TEXT, target: Target | None = None, donated: Any = ()) -> list[Program]:
    """[the program] when it was compiled now, [] when it came from disk."""
    made: list[Program] = []
    graph, target = parse_graph(text), target or Target.gpu()

    def compile_it() -> Program:
        made.append(compile_graph(graph, target, donated).program)
        return made[0]

    assert (
        cache.cached(graph, target, donated, compile_it)
        == compile_graph(graph, target, donated).program
    )
    return made


def test_a_program_is_compiled_once(folder: Path) -> None:
    assert compiled()
    assert not compiled()
    assert cache.measure().programs == 1


@pytest.mark.parametrize(
    "other",
    [
        {"text": TEXT.replace("2.0", "3.0")},
        {"text": TEXT.replace("[8]", "[9]")},
        {"text": TEXT.replace('"x"', '"z"')},
        {"text": TEXT.replace("graph f", "graph g")},
        {"target": Target.software()},
        {"donated": (0,)},
    ],
)
def test_what_a_program_depends_on_is_in_its_key(folder: Path, other: Any) -> None:
    assert compiled()
    assert compiled(**other)
    assert not compiled(**other)


def test_another_compiler_finds_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled()
    monkeypatch.setattr(cache, "_sources", lambda: "edited")
    assert compiled()


def test_a_parameter_that_only_has_a_name_is_not_trusted(folder: Path) -> None:
    graph = parse_graph(TEXT)
    odd = graph.replace([Eqn(e.prim, e.inputs, {"rule": print}, e.outs) for e in graph.eqns])
    program = compile_graph(graph, Target.gpu()).program
    assert cache.cached(odd, Target.gpu(), (), lambda: program) is program
    assert not folder.exists()


def test_it_can_be_turned_off(folder: Path) -> None:
    with knobs.scope(cache=False):
        assert compiled()
    assert not folder.exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text"])
def test_a_damaged_file_is_said_removed_and_made_again(folder: Path, damage: str) -> None:
    compiled()
    (file,) = folder.iterdir()
    data = file.read_bytes()
    middle = len(data) // 2
    flipped = data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]
    file.write_bytes({"cut": data[:-20], "flipped": flipped, "empty": b"", "text": b"{}"}[damage])
    with pytest.warns(RuntimeWarning, match="was removed"):
        assert compiled()
    assert not compiled()


def test_the_least_recently_used_go_first(folder: Path) -> None:
    texts = [TEXT.replace("2.0", f"{k}.5") for k in range(6)]
    for k, text in enumerate(texts):
        compiled(text)
        for file in folder.iterdir():  # a file system's clock may be coarse
            os.utime(file, (file.stat().st_mtime - 10,) * 2)
        assert len(list(folder.iterdir())) == k + 1
    compiled(texts[0])  # used just now
    with knobs.scope(cache_bytes=4 * max(f.stat().st_size for f in folder.iterdir())):
        compiled(TEXT)
    assert cache.measure().programs <= 4
    assert not compiled(texts[0])
    assert compiled(texts[1])


def test_the_folder_is_not_measured_at_every_write(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[cache.Usage] = []
    look = cache.measure
    monkeypatch.setattr(cache, "measure", lambda: looks.append(look()) or looks[-1])
    for k in range(6):
        compiled(TEXT.replace("2.0", f"{k}.5"))
    assert len(looks) == 1


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with knobs.scope(cache=True, cache_dir=str(tmp_path / "file" / "programs")):
        with pytest.warns(RuntimeWarning, match="cannot be cached"):
            assert compiled()
        assert compiled()


def test_threads_share_the_folder(folder: Path) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for k in range(5):
                compiled(TEXT.replace("2.0", f"{k}.5"))
                if k == 3:
                    cache.clear()
        except BaseException as e:
            failed.append(e)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failed
    assert all(file.suffix == cache.SUFFIX for file in folder.iterdir())


def test_a_jitted_function_of_another_cache_computes_the_same(folder: Path) -> None:
    need_backend("webgpu")
    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(4, 6)

    def run() -> Any:
        made = tx.jit(
            lambda x: (tnp.cumsum(x, axis=1), tx.nn.functional.softmax(x)), backend="webgpu"
        )
        return [np.asarray(y) for y in made(x)]

    first = run()
    assert cache.measure().programs >= 1
    before = cache.measure()
    for a, b in zip(first, run()):
        np.testing.assert_array_equal(a, b)
    assert cache.measure() == before


def test_the_command_tells_and_clears(folder: Path) -> None:
    compiled()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TEXELATE_CACHE": "1"}
    env["TEXELATE_CACHE_DIR"] = str(folder)

    def command(*arguments: str) -> str:
        line = [sys.executable, "-m", "texelate", "cache", *arguments]
        done = subprocess.run(line, env=env, capture_output=True, text=True, check=True)
        return done.stdout

    told = json.loads(command("info", "--json", "-"))
    assert told["programs"] == 1
    assert told["path"] == str(folder)
    assert "1 program," in command("info")
    assert command("clear").startswith("removed 1 program,")
    assert json.loads(command("info", "--json", "-"))["nbytes"] == 0
