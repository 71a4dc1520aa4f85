"""The set-up scripts: quiet where all is there, plain words where it cannot be."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import need_backend

ROOT = Path(__file__).resolve().parents[2]
NO_ADAPTER = {
    "VK_DRIVER_FILES": os.devnull,
    "VK_ICD_FILENAMES": os.devnull,
    "__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull,
}


def script(name: str, **env: str) -> str:
    command = [sys.executable, ROOT / "scripts" / name]
    done = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_setup_driver_says_nothing_where_there_is_an_adapter() -> None:
    need_backend("webgpu")
    assert script("setup_driver.py") == ""


def test_setup_driver_without_apt_announces_numpy(tmp_path: Path) -> None:
    said = script("setup_driver.py", **NO_ADAPTER, PATH=str(tmp_path))
    assert said.strip().endswith("using numpy instead")
    assert "apt-get" not in said


def test_the_demo_without_an_adapter_says_that_it_runs_on_numpy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "texelate", "demo", "--quick", "--report", tmp_path / "out"],
        env={**os.environ, **NO_ADAPTER, "TEXELATE_BACKEND": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "running on the numpy backend instead" in done.stdout
    assert (tmp_path / "out" / "index.html").exists()


def test_make_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    described = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert {"demo", "test", "check", "docs", "bench", "help"} <= targets
    assert targets == described
