"""The README shows what really happens: its example is the one in examples/, with its output."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import need_backend

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLE = ROOT / "examples" / "inspect_a_layer.py"


def test_the_example_of_the_readme_is_the_file() -> None:
    (shown,) = re.findall(r"```python\n(.*?)\n```", README, re.DOTALL)
    assert EXAMPLE.read_text().rstrip().endswith(shown)


def test_the_example_fits_its_data_with_as_many_kernels_as_shown() -> None:
    need_backend("webgpu")
    done = subprocess.run(
        [sys.executable, EXAMPLE],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", done.stdout)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-4
    (kernels,) = re.findall(r"^(\d+) kernels", done.stdout, re.MULTILINE)
    assert f"\n{kernels} kernels" in README


def test_every_page_that_is_linked_exists() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    missing = {
        f"{page.relative_to(ROOT)} -> {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if "://" not in link and not (page.parent / link).exists()
    }
    assert missing == set()
