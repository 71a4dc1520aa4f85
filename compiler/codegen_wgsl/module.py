"""A whole WGSL module from a Kernel: the frame is a jinja2 template, the body is printed."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from ..ir.kernel import F16, Kernel
from .expressions import type_name
from .helpers import sources
from .packing import storage_type
from .printer import StatementPrinter
from .windows import bindings, functions

if TYPE_CHECKING:
    from jinja2 import Template


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    text = (Path(__file__).parent / "module.wgsl.j2").read_text()
    return Environment(trim_blocks=True, undefined=StrictUndefined).from_string(text)


def grid(kernel: Kernel, max_groups: int) -> tuple[int, int, int]:
    """The workgroup counts: one dimension, folded into two beyond the adapter's limit."""
    if kernel.groups <= max_groups:
        return kernel.groups, 1, 1
    x = max_groups
    return x, -(-kernel.groups // x), 1


def print_wgsl(kernel: Kernel, max_groups: int = 65535) -> str:
    """The WGSL module of ``kernel``; its entry point is ``main``."""
    printer = StatementPrinter(kernel)
    body = printer.body()
    x, y, _ = grid(kernel, max_groups)
    launched = x * y * kernel.workgroup
    items = kernel.items
    helpers = printer.expressions.helpers
    windows = [f for p in kernel.params if p.window for f in functions(p)]
    text = _template().render(
        notes=kernel.notes,
        extensions=["f16"] if F16 in kernel.features else [],
        params=[
            {
                "name": name,
                "access": "read_write" if p.writable else "read",
                "type": storage_type(p),
                "note": p.note,
            }
            for p in kernel.params
            for name in bindings(p)
        ],
        shared=[
            {"name": s.name, "type": type_name(s.dtype, 4 if s.vec else 1), "size": s.size}
            for s in kernel.shared
        ],
        helpers=(found := [*windows, *sources(helpers)]),
        inf=any("inf_bits" in h for h in found),
        workgroup=kernel.workgroup,
        subgroup=kernel.subgroup,
        group="workgroup.x" if y == 1 else f"(workgroup.y * {x}u + workgroup.x)",
        groups=kernel.groups,
        items=items,
        guarded=launched != items if items is not None else x * y != kernel.groups,
        body=body,
    )
    return text if text.endswith("\n") else text + "\n"
