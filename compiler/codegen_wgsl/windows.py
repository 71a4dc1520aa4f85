"""Buffers that are too large for one binding: several, each on a window of the buffer.

Element ``i`` lies in window ``i / n``, where ``n`` elements fit into one; a pair of functions for
each such buffer finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..ir.kernel import Param
from .packing import storage_type

_BYTES = {"f32": 4, "i32": 4, "u32": 4, "f16": 2}


def windows(param: Param) -> list[tuple[int, int]]:
    """Offset and bytes of each binding; bytes 0: one binding has it all."""
    if not param.window:
        return [(0, 0)]
    starts = range(0, param.nbytes, param.window)
    return [(at, min(param.window, param.nbytes - at)) for at in starts]


def bindings(param: Param) -> list[str]:
    """What the bindings are called."""
    count = len(windows(param))
    return [f"{param.name}_{i}" for i in range(count)] if param.window else [param.name]


def read(param: Param, index: str) -> str:
    """The element (or vector) at ``index``."""
    return f"read_{param.name}({index})" if param.window else f"{param.name}[{index}]"


def written(param: Param, place: Sequence[str], value: str) -> str:
    """The statement that writes ``value`` to ``place``: an index, perhaps of a vector's lane."""
    if not param.window:
        return f"{param.name}{''.join(f'[{p}]' for p in place)} = {value};"
    name = "write" if len(place) == 1 else "write_lane"
    return f"{name}_{param.name}({', '.join(place)}, {value});"


def functions(param: Param) -> Iterator[str]:
    """The functions that ``read`` and ``written`` call."""
    kind = storage_type(param)
    yield _switch(param, f"read_{param.name}(i: i32) -> {kind}", "return {0};")
    if param.writable:
        yield _switch(param, f"write_{param.name}(i: i32, x: {kind})", "{0} = x;")
    if param.writable and kind.startswith("vec"):
        scalar = kind[kind.index("<") + 1 : -1]
        head = f"write_lane_{param.name}(i: i32, lane: i32, x: {scalar})"
        yield _switch(param, head, "{0}[lane] = x;")


def _switch(param: Param, head: str, body: str) -> str:
    """A function with ``body`` for the window that element ``i`` lies in."""
    elements = param.window // element_bytes(storage_type(param))
    first, *rest = bindings(param)
    lines = [
        f"  if (i >= {n * elements}) {{ {body.format(f'{name}[i - {n * elements}]')}{_end(body)} }}"
        for n, name in reversed(list(enumerate(rest, 1)))
    ]
    return "\n".join([f"fn {head} {{", *lines, f"  {body.format(f'{first}[i]')}", "}"])


def _end(body: str) -> str:
    return "" if body.startswith("return") else " return;"


def element_bytes(kind: str) -> int:
    """Bytes of a storage type: ``vec4<f32>`` has 16."""
    if not kind.startswith("vec"):
        return _BYTES[kind]
    return int(kind[3]) * _BYTES[kind[kind.index("<") + 1 : -1]]
