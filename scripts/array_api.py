"""Runs data-apis' test suite of the Python array API standard: ``array_api.py [BACKEND ...]``.

The suite is taken from the folder that ARRAY_API_TESTS names, else cloned into ``build/``. What
cannot pass on a backend is listed, one by one and with the reason, in
``tests/arrayapi/BACKEND.txt``; the script fails when anything else fails, when something listed
there passes, and when it names no test (see ``tests/arrayapi/plugin.py``).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/data-apis/array-api-tests"
NOT_ON_GPUS = "float64,int64,uint64,complex128"
EXAMPLES = "20"  # Hypothesis tries so many arguments a test; "unvectorized" ones a tenth


def suite() -> Path:
    """The folder of the suite, cloned when nobody named one."""
    named = os.environ.get("ARRAY_API_TESTS")
    folder = Path(named) if named else ROOT / "build" / "array-api-tests"
    if not named and not folder.exists():
        clone = [
            "git",
            "clone",
            "--quiet",
            "--depth=1",
            "--recurse-submodules",
            "--shallow-submodules",
        ]
        if subprocess.run([*clone, REPOSITORY, str(folder)]).returncode:
            sys.exit(
                f"array_api: {REPOSITORY} cannot be cloned\n"
                "  fix: clone it with its submodule, and set ARRAY_API_TESTS to the folder"
            )
    if not (folder / "array_api_tests").is_dir():
        sys.exit(f"array_api: {folder} does not hold the suite (no folder array_api_tests)")
    return folder


def environment(backend: str, cache: str) -> dict[str, str]:
    """What the suite reads; compiled programs are shared by its processes, and by nothing else."""
    return os.environ | {
        "ARRAY_API_TESTS_MODULE": "texelate.numpy",
        "ARRAY_API_TESTS_VERSION": "2024.12",
        "ARRAY_API_TESTS_SKIP_DTYPES": NOT_ON_GPUS,
        "PYTHONPATH": str(ROOT),
        "TEXELATE_BACKEND": backend,
        "TEXELATE_CACHE": "1",
        "TEXELATE_CACHE_DIR": cache,
    }


def run(folder: Path, backend: str) -> tuple[bool, str]:
    """Whether all went as listed on ``backend``, and pytest's last line."""
    command = [sys.executable, "-m", "pytest", "array_api_tests", "-q", "-p", "no:cacheprovider"]
    command += [
        "-c",
        "pytest.ini",
        "-n",
        os.environ.get("JOBS", "2"),
        "--dist",
        "worksteal",
        "-W",
        "ignore",
    ]
    command += ["--max-examples", EXAMPLES, "--derandomize", "-p", "tests.arrayapi.plugin"]
    command += ["--listed", str(ROOT / "tests" / "arrayapi" / f"{backend}.txt")]
    with tempfile.TemporaryDirectory() as cache:
        env = environment(backend, cache)
        done = subprocess.run(
            command,
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    lines = done.stdout.strip().splitlines() or ["no output"]
    for line in lines:
        if re.match("FAILED|ERROR", line):
            print("   ", line)
    return done.returncode == 0, lines[-1]


def main() -> None:
    folder, good = suite(), True
    for backend in sys.argv[1:] or ["numpy", "webgpu"]:
        start = time.perf_counter()
        passed, summary = run(folder, backend)
        good &= passed
        print(f"array API 2024.12 on {backend}: {summary} [{time.perf_counter() - start:.0f} s]")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
