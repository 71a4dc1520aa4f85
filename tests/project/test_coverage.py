"""The page of coverage is what the tables say."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_fresh() -> None:
    command = [sys.executable, ROOT / "scripts" / "coverage.py", "--check"]
    env = {**os.environ, "TEXELATE_BACKEND": "numpy"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
