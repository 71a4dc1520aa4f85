"""What a schedule yields."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.graph import Var
from ..ir.index import Index
from ..ir.kernel import Shared, Stmt


@dataclass
class Scheduled:
    """A group as statements for one invocation, and how many invocations to launch.

    ``items``: independent invocations; None where those of a workgroup (with ``subgroup``: of a
    subgroup) work together.
    """

    stmts: tuple[Stmt, ...]
    workgroup: int
    groups: int
    items: int | None
    schedule: str
    loads: dict[str, set[Index]]
    stores: dict[Var, set[Index]]
    shared: tuple[Shared, ...] = ()
    subgroup: bool = False
