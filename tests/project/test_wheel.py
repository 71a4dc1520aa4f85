"""The wheel, installed in a clean environment away from the sources, has everything and runs."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    # Nothing of this process's path may leak into the clean environment.
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, env={**clean, **env}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the tracked files: stray files of the work tree cannot hide a gap."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    archive = tree / "sources.tar"
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    present = [name for name in listed.splitlines() if os.path.lexists(ROOT / name)]
    run("tar", "-cf", archive, "--", *present, cwd=ROOT)
    run("tar", "-xf", archive, cwd=tree)
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out, tree, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"texelate"}
    assert {
        "texelate/py.typed",
        "texelate/compiler/ir/graph.py",
        "texelate/runtime/__init__.py",
        "texelate/data/optdigits/digits.npz",
        "texelate/data/optdigits/LICENSE.md",
        "texelate/cli/inspect.html.j2",
        "texelate/bench/worker/start.py",
        "texelate/demo/report.html.j2",
    } <= set(names)
    tracked = run("git", "ls-files", "*.j2", "*.lark", cwd=ROOT).splitlines()
    installed = {n if n.startswith("texelate/") else f"texelate/{n}" for n in tracked}
    assert installed <= set(names)


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    bin_ = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(bin_ / "python", "-m", "pip", "install", "-q", f"{wheel}[viz]", cwd=tmp_path)
    found = run(bin_ / "python", "-c", "import texelate; print(texelate.__file__)", cwd=tmp_path)
    assert str(tmp_path) in found
    report = tmp_path / "out"
    said = run(bin_ / "texelate", "demo", "--quick", "--report", report, cwd=tmp_path)
    assert "held out" in said
    assert (report / "index.html").stat().st_size > 50_000
