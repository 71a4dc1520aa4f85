"""Writes ``docs/coverage.md`` from the tables: ``coverage.py [--check]``.

Primitives with their rules and dtypes come from the registry; TensorFlow.js's names with ours
beside them from ``tfjs_names.txt``, where every name of ours is looked up.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from texelate.compiler.errors import TexelateError
from texelate.compiler.ir import dtypes
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.primitive import REGISTRY, Host, Primitive

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "coverage.md"
NAMES = Path(__file__).with_name("tfjs_names.txt")

INTRO = """# Coverage

Written by `scripts/coverage.py` from the tables of the compiler; a test fails when it is stale.

## Primitives

All functions are composed of these, so what holds here holds for them. `numpy` is the reference
rule; `webgpu` how the operation is lowered (`host`: NumPy computes it between programs); `jvp`
forward mode; `vmap` batching. Reverse mode (`vjp`) is forward mode, then the `transpose` of each
operation that a tangent went through; where there is none, the table says why. Dtypes are given
where the operands alone decide.

| primitive | numpy | webgpu | dtypes | jvp | transpose | vmap |
|---|---|---|---|---|---|---|
"""

NAMES_INTRO = """
## TensorFlow.js's names

| TensorFlow.js | here |
|---|---|
"""


def row(prim: Primitive) -> str:
    lowering = "host" if isinstance(prim.lower, Host) else type(prim.lower).__name__.lower()
    forward = "yes" if prim.jvp else prim.no_jvp
    reverse = "yes" if prim.transpose else prim.no_transpose or prim.no_jvp
    cells = [f"`{prim.name}`", "yes", lowering, accepted(prim), forward, reverse, "yes"]
    return "| " + " | ".join(cells) + " |\n"


def accepted(prim: Primitive) -> str:
    """The dtypes that one, two or three equal operands may have, without parameters."""
    rule = inspect.signature(prim.abstract).parameters.values()
    if any(p.kind in (p.VAR_KEYWORD, p.KEYWORD_ONLY) for p in rule):
        return "by its parameters"
    found = [d.short for d in dtypes.ALL if any(_takes(prim, d, n) for n in (1, 2, 3))]
    return " ".join(found) or "mixed"


def _takes(prim: Primitive, dtype: Any, count: int) -> bool:
    try:
        prim.abstract(*[Aval((2,), dtype)] * count)
    except (TexelateError, TypeError):
        return False
    return True


def found(name: str) -> str:
    """The full name of ours. Raises AttributeError or ImportError when there is none such."""
    for root in ("texelate.numpy", "texelate"):
        if hasattr(import_module(root), name.partition(".")[0]):
            break
    value: Any = import_module(root)
    for part in name.split("."):
        if not hasattr(value, part):
            import_module(f"{value.__name__}.{part}")
        value = getattr(value, part)
    return f"{root}.{name}"


def page() -> str:
    rows = [row(prim) for _, prim in sorted(REGISTRY.items())]
    lines = [line for line in NAMES.read_text().splitlines() if line and line[0] != "#"]
    pairs = [line.split(" = ") for line in lines]
    names = [f"| `{theirs}` | `{found(ours)}` |\n" for theirs, ours in pairs]
    return INTRO + "".join(rows) + NAMES_INTRO + "".join(names)


def main() -> None:
    import_module("texelate.compiler.ir.prims")
    text = page()
    if "--check" in sys.argv and PAGE.read_text() != text:
        sys.exit("docs/coverage.md is stale\n  fix: python scripts/coverage.py")
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
