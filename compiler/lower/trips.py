"""Keeps the loops of an invocation within the iterations that every driver really runs.

llvmpipe stops *all* loops of an invocation, silently, after 65535 iterations in total
(``LP_MAX_TGSI_LOOP_ITERATIONS`` in Mesa's ``lp_bld_limits.h``): sums would end early. Longer loops
repeat their body, which makes fewer iterations of the same work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import LimitError
from ..ir.kernel import For, If, Stmt

MAX_TRIPS = 65535
MAX_COPIES = 1024  # of the innermost body; a shader of more would compile for minutes


def limit_trips(body: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    """``body`` with loops repeating their bodies as often as needed.

    Raises LimitError when no reasonable number of copies is enough.
    """
    copies = 1
    while trips(limited := tuple(_repeat(s, copies) for s in body)) > MAX_TRIPS:
        copies *= 2
        if copies > MAX_COPIES:
            raise LimitError(
                f"a kernel would run {trips(body)} loop iterations in one invocation",
                why=f"software adapters end all loops after {MAX_TRIPS} iterations",
                fix="reduce over fewer elements at a time",
            )
    return limited


def trips(body: Iterable[Stmt]) -> int:
    """Loop iterations that one run of ``body`` takes, those of nested loops included."""
    total = 0
    for s in body:
        if isinstance(s, For):
            total += -(-s.loop.extent // s.repeat) + s.loop.extent * trips(s.body)
        elif isinstance(s, If):
            total += trips(s.body)
    return total


def _repeat(s: Stmt, copies: int) -> Stmt:
    """Repeats the innermost bodies first, then those around them."""
    if isinstance(s, If):
        return replace(s, body=tuple(_repeat(x, copies) for x in s.body))
    if not isinstance(s, For):
        return s
    inner = tuple(_repeat(x, copies) for x in s.body)
    mine = -(-copies // max(map(_copies, inner), default=1))
    return replace(s, body=inner, repeat=max(min(mine, s.loop.extent), 1))


def _copies(s: Stmt) -> int:
    """How often the innermost body of ``s`` is written."""
    if isinstance(s, (For, If)):
        inside = max((_copies(x) for x in s.body), default=1)
        return inside * (s.repeat if isinstance(s, For) else 1)
    return 1
