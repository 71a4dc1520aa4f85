"""What the driver complains about, said in Texelate's own errors."""

from __future__ import annotations

import re

from ..compiler.errors import (
    CompileError,
    DeviceLostError,
    OutOfMemoryError,
    ProgramError,
    TexelateError,
)
from .native import Fault

LOST_FIX = "open a new device (the next array makes one) and upload the data again"


def as_error(fault: Fault, what: str, adapter: str) -> TexelateError:
    """The typed error for a fault that happened while doing ``what`` on ``adapter``."""
    if fault.lost:
        return DeviceLostError(f"{what}: {adapter} was lost", why=tidy(fault), fix=LOST_FIX)
    if fault.kind == "OutOfMemory":
        return OutOfMemoryError(f"{what}: {adapter} has no memory left", why=tidy(fault))
    return ProgramError(f"{what}: {adapter} rejected it", why=tidy(fault))


def tidy(fault: Fault) -> str:
    """The driver's message without its boilerplate.

    >>> tidy(Fault("Validation", "Validation Error\\n\\nCaused by:\\n  In wgpuX\\n    too big"))
    'In wgpuX\\n    too big'
    """
    return re.sub(r"^Validation Error\s+Caused by:\s*", "", fault.message).strip()


def compile_error(fault: Fault, name: str, code: str, adapter: str) -> CompileError:
    """The driver's message and, around each line that it names, the shader's numbered lines."""
    lines = code.splitlines()
    named = {int(n) for n in re.findall(r"┌─ .*?:(\d+):\d+", fault.message)}
    near = sorted({i for n in named for i in range(n - 3, n + 4) if 1 <= i <= len(lines)})
    listing = [f"{'>' if i in named else ' '}{i:5d} | {lines[i - 1]}" for i in near]
    return CompileError(
        f"shader '{name}' was rejected by {adapter}",
        why="\n".join([tidy(fault), *listing]),
        fix="a bug in the code generator, or in an edited shader: report it with the shader",
    )
