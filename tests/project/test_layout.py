"""Files stay small enough to be read, and ``import texelate`` stays light."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
LAZY = {"wgpu", "jinja2", "lark", "rich", "click", "altair"}


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    rooms = ("compiler", "runtime", "bench", "texelate", "scripts")
    paths = {p.resolve() for room in rooms for p in (ROOT / room).rglob("*.py")}
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in paths}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def modules_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after ``statement``."""
    code = f"{statement}\nimport sys\nprint(*{{m.split('.')[0] for m in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_loads_nothing_heavy() -> None:
    """Counted in modules, not seconds: the answer is the same on a busy machine."""
    own = modules_after("import texelate") - modules_after("import numpy")
    assert own & LAZY == set()


def test_the_heavy_modules_would_be_seen() -> None:
    assert modules_after("import numpy, jinja2, lark") >= {"jinja2", "lark"}


def test_the_command_line_starts_without_the_compiler_having_run() -> None:
    assert modules_after("import texelate.cli") & {"wgpu", "altair", "jinja2"} == set()
