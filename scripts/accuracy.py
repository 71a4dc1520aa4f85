"""Measures float functions and writes ``docs/accuracy.md``: ``accuracy.py [--check]``.

The measured bounds are kept in ``tests/accuracy/bounds.json``, which the tests hold. With
``--check`` nothing is measured: the page must be what those bounds say.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
BOUNDS = ROOT / "tests" / "accuracy" / "bounds.json"
NUMPYS_ROOM = 1
"""NumPy takes other code on other processors."""

INTRO = """# Accuracy

Written by `scripts/accuracy.py`, which measures every elementwise float function against
float64; tests hold the bounds. An error is given in units in the last place (ULP) of the
float32 result, as a bound over arguments of every exponent, wherever arguments and results are
normal numbers. The numpy backend computes with NumPy's own functions, for which a unit of room
is left, because they differ between processors.

On WebGPU the elementary functions are Texelate's own (`compiler/codegen_wgsl/library`), made of
additions, multiplications, divisions, square roots and integer operations. So results depend
little on the driver: WGSL allows it 2.5 ULP in a division and more in a square root, where the
adapter measured here (lavapipe) rounds correctly. Sines are right for every float: beyond
10,000 the argument is reduced by the digits of 1/2π that matter (Payne and Hanek).

**Special values.** Zeros of both signs, infinities, NaN, domain errors, overflow, large
arguments and subnormals give what NumPy gives, except where the table names arguments.
**Subnormals.** WGSL lets a device read and write them as zeros. Texelate never flushes them
itself: on devices that keep them (lavapipe does) results underflow gradually, as in NumPy.

"""

HEADINGS = {
    "real": "## Functions of one number",
    "two": """## Functions of two numbers

`power` of positive bases from 1e-4 to 1e4; `logaddexp` of positive numbers, as results near 0
lose digits by cancellation (in NumPy too). Pairs of special values are compared with NumPy in
`tests/lower/test_primitives.py`.""",
    "complex": """## Functions of a complex number

The error of the whole number, in ULP of its size; sizes from 1e-6 to 60, and close to 1, -1, i.
Parts that are infinite or NaN follow Annex G of C (`tests/complexes/test_special.py`).""",
}
TABLE = """

| function | numpy | webgpu | special arguments that differ |
|---|---|---|---|
"""


def page(bounds: dict[str, dict[str, tuple[float, list[str]]]]) -> str:
    text = INTRO
    for kind, heading in HEADINGS.items():
        rows = [(k.split()[1], v) for k, v in bounds.items() if k.split()[0] == kind]
        text += heading + TABLE + "".join(row(n, found, kind) for n, found in rows) + "\n"
    return text.rstrip() + "\n"


def row(name: str, found: dict[str, tuple[float, list[str]]], kind: str) -> str:
    odd = sorted({x for _, listed in found.values() for x in listed})
    special = (" ".join(odd) or "none") if kind == "real" else "see above"
    numpy, webgpu = (f"{found[backend][0]:g}" for backend in ("numpy", "webgpu"))
    return f"| `{name}` | {numpy} | {webgpu} | {special} |\n"


def measured() -> dict[str, dict[str, tuple[float, list[str]]]]:
    sys.path.insert(0, str(ROOT))
    from tests.accuracy.measure import ROWS, measure

    bounds: dict[str, dict[str, tuple[float, list[str]]]] = {}
    for kind, name, f in ROWS:
        entry = bounds[f"{kind} {name}"] = {}
        for backend, room in (("numpy", NUMPYS_ROOM), ("webgpu", 0)):
            worst, special = measure(kind, f, backend)
            bound = 0.5 if worst <= 0.5 else math.ceil(worst) + room
            entry[backend] = (bound if worst else 0, special)
    return bounds


def main() -> None:
    if "--check" not in sys.argv:
        lines = (f'"{k}": {json.dumps(v)}' for k, v in measured().items())
        BOUNDS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        PAGE.write_text(page(json.loads(BOUNDS.read_text())))
    elif PAGE.read_text() != page(json.loads(BOUNDS.read_text())):
        sys.exit("docs/accuracy.md is stale\n  fix: python scripts/accuracy.py")


if __name__ == "__main__":
    main()
