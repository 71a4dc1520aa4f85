"""Writes ``docs/names.md``: other libraries' names with ours beside them: ``names.py [--check]``.

``names.txt`` says what is called otherwise here, and what there is none of and why.
"""

from __future__ import annotations

import inspect
import sys
import types
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "names.md"
LINES = Path(__file__).with_name("names.txt")

INTRO = """# Names from elsewhere

Written by `scripts/names.py`; a test fails when it is stale, or when a function of NumPy or JAX has
neither a counterpart nor a reason. Functions of NumPy, `jax.nn` and `jax.random` that have the same
name in `texelate.numpy`, `texelate.nn.functional` and `texelate.random` are not listed.
"""

ROOMS = {
    "numpy": "numpy",
    "torch.nn.functional": "nn.functional",
    "jax.nn": "nn.functional",
    "jax.random": "random",
}


def sections() -> dict[str, dict[str, str]]:
    """For each library what ``names.txt`` says of a name: ``= ours ; how`` or ``: why``."""
    out: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in LINES.read_text().splitlines():
        if line.startswith("["):
            current = out.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            at = min(i for i in (line.find(" = "), line.find(" : ")) if i >= 0)
            current.update(dict.fromkeys(line[:at].split(), line[at + 1 :]))
    return out


def public(module: str) -> list[str]:
    """The functions and constants of an installed library."""

    def wanted(v: Any) -> bool:
        return not isinstance(v, (type, types.ModuleType))

    return [n for n, _ in inspect.getmembers(import_module(module), wanted) if n[0] != "_"]


def found(name: str) -> str:
    """The full name of ours. AttributeError when there is none such."""
    room, _, rest = f"texelate.{name}".rpartition(".")
    getattr(import_module(room), rest)
    return f"`{room}.{rest}`"


def row(theirs: str, said: str) -> str:
    if said.startswith(":"):
        return f"| `{theirs}` | {said[2:]} |\n"
    name, _, how = said[2:].partition(" ; ")
    full = name if name.startswith(("nn.", "numpy.", "random.")) else f"numpy.{name}"
    return f"| `{theirs}` | {found(full)}{'; ' + how if how else ''} |\n"


def missing(library: str) -> list[str]:
    """Names of an installed library that are neither ours nor in ``names.txt``."""
    ours, said = import_module(f"texelate.{ROOMS[library]}"), sections()[library]
    return [n for n in public(library) if n not in said and not hasattr(ours, n)]


def page() -> str:
    out = INTRO
    for library, said in sections().items():
        out += f"\n## {library}\n\n| {library} | here |\n|---|---|\n"
        out += "".join(row(n, said[n]) for n in sorted(said, key=str.lower))
    return out


def main() -> int:
    text = page()
    if "--check" in sys.argv:
        return int(PAGE.read_text() != text)
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
