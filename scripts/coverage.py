"""Writes ``docs/coverage.md`` from the tables: ``coverage.py [--check]``.

Every primitive of the registry is tried on a small example (``primitive_examples.py``) with each
dtype, and goes through each transform. TensorFlow.js's names come with ours beside them from
``tfjs_names.txt``, where every name of ours is looked up.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from primitive_examples import Example, examples

import texelate as tx
from texelate.compiler.errors import GradientError, TexelateError
from texelate.compiler.ir import dtypes, prims  # noqa: F401  (registers all)
from texelate.compiler.ir.dtypes import DType
from texelate.compiler.ir.primitive import REGISTRY, Host, Primitive

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "coverage.md"
NAMES = Path(__file__).with_name("tfjs_names.txt")

INTRO = """# Coverage

Written by `scripts/coverage.py` from the tables of the compiler; a test fails when it is stale.

## Primitives

All functions are composed of these, so what holds here holds for them. `numpy` is the reference
rule; `webgpu` how the operation is lowered (`host`: NumPy computes it between programs; `or
device`: where that is slower, or there is no host, a form for the device does). Both backends take
the same dtypes: each was tried, as was forward mode (`jvp`), reverse mode (`vjp`; `linear` where
the operation has a transpose of its own) and batching (`vmap`), on the first float dtype where
there is one. Derivatives are `zero` where no floats go in or none come out; where there is none,
the table says why.

| primitive | numpy | webgpu | dtypes | jvp | vjp | vmap |
|---|---|---|---|---|---|---|
"""

NAMES_INTRO = """
## TensorFlow.js's names

Its operations of version 4.22, all of them, and what has their meaning here.
"""


# --- primitives ----------------------------------------------------------------------------------


def row(prim: Primitive) -> str:
    """The line of the table, as everything tried turned out."""
    taken = accepted(prim.name)
    if not taken:
        raise ValueError(f"no example of {prim.name} works: see scripts/primitive_examples.py")
    shown = " ".join(d.short for d in taken) if len(taken) < len(dtypes.ALL) else "all"
    example = next((e for d, e in taken.items() if d.kind in "fc"), next(iter(taken.values())))
    cells = [f"`{prim.name}`", "yes", lowering(prim), shown, *derivatives(prim, example)]
    return "| " + " | ".join([*cells, batched(example)]) + " |\n"


def accepted(name: str) -> dict[DType, Example]:
    """The dtypes that the primitive takes, with an example each, which has been computed."""
    found: dict[DType, Example] = {}
    for dtype in dtypes.ALL:
        for example in examples(name, dtype):
            try:
                tx.block_until_ready(example.function(*example.operands))
            except (TexelateError, TypeError, ValueError):
                continue
            found.setdefault(dtype, example)
    return found


def lowering(prim: Primitive) -> str:
    if isinstance(prim.lower, Host):
        return "host or device" if prim.lower.device else "host"
    return type(prim.lower).__name__.lower()


def derivatives(prim: Primitive, example: Example) -> tuple[str, str]:
    """Forward and reverse mode: "yes", "zero" without floats in or out, or why there is none."""
    if not prim.jvp:
        return prim.no_jvp, prim.no_jvp
    floats, function = example.of_floats()
    if not floats or not function(*floats):
        return "zero", "zero"
    tx.block_until_ready(tx.jvp(function, floats, floats)[1])
    try:
        out, pull = tx.vjp(function, *floats)
        tx.block_until_ready(pull(out))
    except GradientError:
        return "yes", prim.no_transpose
    return "yes", "yes, linear" if prim.transpose else "yes"


def batched(example: Example) -> str:
    """Whether a stack of two examples goes through; an example without operands needs no rule."""
    if example.operands:
        tx.block_until_ready(tx.vmap(example.function)(*example.stacked()))
    return "yes"


# --- TensorFlow.js's names -----------------------------------------------------------------------


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


def names(text: str) -> Iterator[str]:
    """The lines of the page for those of the file. ValueError where a group is not complete."""
    for title, count, body in re.findall(r"^\[(.+): (\d+)\]\n((?:.+\n)+)", text, re.MULTILINE):
        lines = body.splitlines()
        if len({line.split(" ")[0] for line in lines}) != int(count):
            raise ValueError(f"{NAMES.name}: {title} should be {count} names, not {len(lines)}")
        yield f"\n### {title.capitalize()} ({count})\n\n| TensorFlow.js | here |\n|---|---|\n"
        yield from map(_name, lines)


def _name(line: str) -> str:
    theirs, sign, rest = line.split(" ", 2)
    if sign == ":":
        return f"| `{theirs}` | none: {rest} |\n"
    ours, _, how = rest.partition(" ; ")
    return f"| `{theirs}` | `{found(ours)}`{': ' if how else ''}{how} |\n"


def page() -> str:
    with tx.backend("numpy"):
        rows = [row(prim) for _, prim in sorted(REGISTRY.items())]
    return INTRO + "".join(rows) + NAMES_INTRO + "".join(names(NAMES.read_text()))


def main() -> None:
    text = page()
    if "--check" in sys.argv and PAGE.read_text() != text:
        sys.exit("docs/coverage.md is stale\n  fix: python scripts/coverage.py")
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
