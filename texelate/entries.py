"""What a jitted function remembers: an entry for each signature, and how often it was called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import backends
from .compiler.ir.graph import Graph
from .compiler.trace.signature import Signature
from .compiler.trace.stage import Staged
from .guards import Guard


@dataclass
class Entry:
    """One traced signature. ``results`` says where each output comes from (see ``calls.route``).

    ``given``: the leaves of donated arguments; ``donated``: those whose memory may be overwritten.
    """

    signature: Signature
    staged: Staged
    guards: tuple[Guard, ...]
    graph: Graph
    results: tuple[tuple[str, Any], ...]
    donated: tuple[int, ...]
    given: tuple[int, ...]
    program: backends.Executable | None = None


@dataclass
class Stats:
    """How often a jitted function was called, compiled, and found its program ready."""

    calls: int = 0
    compiles: int = 0
    hits: int = 0
    misses: list[str] = field(default_factory=list)
