"""What TEXELATE_DEBUG prints on stderr."""

from __future__ import annotations

import sys
from typing import Any

from .compiler.knobs import knobs


def say(level: int, text: str) -> None:
    """One line, from ``level`` of the ladder on."""
    if knobs.debug >= level:
        print(f"texelate: {text}", file=sys.stderr)


def show_compiled(compiled: Any) -> None:
    """A compiled program: its kernels (2), final graph (3), shaders (4), every stage (5)."""
    if knobs.debug < 1:
        return
    program = compiled.program
    say(1, f"compiled {program.name}: {len(compiled.kernels)} kernels, {program.peak_bytes} bytes")
    for kernel in compiled.kernels if knobs.debug >= 2 else ():
        say(2, f"  {kernel.title}: {kernel.flops} flops, {kernel.nbytes} bytes")
    stages = list(compiled.stages.items())
    for name, graph in stages if knobs.debug >= 5 else stages[-1:]:
        say(3, f"after {name}\n{graph}")
    for kernel in compiled.kernels:
        say(4, f"{kernel.title}\n{kernel.wgsl}")
