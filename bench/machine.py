"""What a measurement ran on: a number without its machine says nothing."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

from .peers import HERE


def describe() -> dict[str, Any]:
    """Processor, cores, memory (GiB), system, Python, load now; nothing that names the host."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "os": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def is_software(adapter: str) -> bool:
    """Whether an adapter of that name computes on the CPU.

    >>> is_software("llvmpipe (LLVM 15.0.6, 256 bits)"), is_software("NVIDIA H200")
    (True, False)
    """
    known = "llvmpipe|softpipe|swiftshader|basic render|warp"
    return bool(re.search(known, adapter, re.IGNORECASE))


def same_adapter(one: str, other: str) -> bool:
    """Whether two names are of one adapter: layers write them with other signs.

    >>> same_adapter("llvmpipe (LLVM 15.0.6, 256 bits)", "llvmpipe-llvm-15-0-6-256-bits-")
    True
    """
    return _words(one) == _words(other)


def _words(name: str) -> list[str]:
    return re.findall("[a-z0-9]+", name.lower())


def commit() -> str:
    """The commit that is measured, with ``+`` when the working tree differs; empty outside git."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=HERE, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = re.search(r"model name\s*:\s*(.+)", info.read_text())
        if named:
            return named[1]
    return platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
