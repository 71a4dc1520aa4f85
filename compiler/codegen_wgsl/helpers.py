"""WGSL functions for what WGSL lacks, leaves undefined, or leaves to the driver's precision.

They are written in ``library/*.wgsl``. There ``T`` is the operand type and ``U``, ``I``, ``B`` the
unsigned, signed and bool types of the same width; each function is instantiated for scalars
(suffix ``1``) and vectors (``4``), where a name ends in ``_``. Functions that are written for
``f32`` are applied lane by lane. ``horner(x, a, b, c)`` is the polynomial a + bx + cx².
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

_LIBRARY = Path(__file__).parent / "library"
_TYPES = {
    1: {"T": "f32", "U": "u32", "I": "i32", "B": "bool"},
    4: {"T": "vec4<f32>", "U": "vec4<u32>", "I": "vec4<i32>", "B": "vec4<bool>"},
}
_CALL = re.compile(r"\b([a-z]\w*)_\(")
_HORNER = re.compile(r"horner\((\w+), ([^()]*)\)")
_SIGNATURE = re.compile(r"fn \w+\((.*)\) -> (\w+)")
_ANY_WIDTH = {"f32": "T", "u32": "U", "i32": "I"}


@functools.cache
def _library() -> dict[str, str]:
    """The functions' texts by name, polynomials written out."""
    found: dict[str, str] = {}
    for path in sorted(_LIBRARY.glob("*.wgsl")):
        for text in re.split(r"\n(?=fn )", path.read_text())[1:]:
            found[_CALL.findall(text)[0]] = _HORNER.sub(_polynomial, text.strip())
    return found


def _polynomial(match: re.Match[str]) -> str:
    """Nested multiplication."""
    *rest, last = (f"T({c.strip()}f)" for c in match[2].split(","))
    return functools.reduce(lambda text, c: f"fma({text}, {match[1]}, {c})", reversed(rest), last)


def function(name: str, lanes: int) -> str:
    """The name of a helper's instance."""
    return f"tx_{name}{lanes}"


def sources(wanted: set[tuple[str, int]]) -> list[str]:
    """The helper functions ``wanted`` (name, lanes) and all they call, callees first."""
    order: dict[tuple[str, int], str] = {}

    def visit(name: str, lanes: int) -> None:
        if (name, lanes) in order:
            return
        text = _library()[name]
        if lanes > 1 and _is_scalar(text):
            visit(name, 1)
            text = _by_lane(name, text)
        for callee in dict.fromkeys(_CALL.findall(text)):
            if callee != name:
                visit(callee, lanes)
        order[name, lanes] = _instance(text, lanes)

    for name, lanes in sorted(wanted):
        visit(name, lanes)
    return list(order.values())


def _is_scalar(text: str) -> bool:
    return re.search(r"\b([TUIB]|vec4)\b", text) is None


def _by_lane(name: str, text: str) -> str:
    """The function for vectors that applies the one for scalars to each component."""
    match = _SIGNATURE.match(text)
    assert match is not None, text
    given = [p.split(": ") for p in match[1].split(", ")]
    calls = (f"{function(name, 1)}({', '.join(f'{n}.{q}' for n, _ in given)})" for q in "xyzw")
    params = ", ".join(f"{n}: {_ANY_WIDTH[t]}" for n, t in given)
    wide = _ANY_WIDTH[match[2]]
    return f"fn {name}_({params}) -> {wide} {{\n  return {wide}({', '.join(calls)});\n}}"


def _instance(text: str, lanes: int) -> str:
    text = _CALL.sub(lambda m: function(m[1], lanes) + "(", text)
    return re.sub(r"\b([TUIB])\b", lambda m: _TYPES[lanes][m[1]], text)
