"""Which donated inputs a kernel may surely overwrite: an old and a new value are then one binding.

An optimiser's step reads a parameter, its gradient and its running means, and writes all but the
gradient anew. Counted one by one these are more buffers than a kernel may bind; in place they are
not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from ..ir.aval import Aval
from ..ir.graph import Eqn, Var, vars_of
from ..ir.primitive import Map
from .group import Group


def overwritten(
    group: Group,
    reads: Sequence[Var],
    eqns: Sequence[Eqn],
    donated: Collection[Var],
    outputs: Collection[Var],
) -> list[Var]:
    """Donated inputs that the group reads only where it writes a result of the same kind.

    ``outputs`` are the graph's. The memory plan pairs them (``memory.py``).
    """
    room = Counter(_kind(v.aval) for v in group.outputs if v in outputs)
    found = []
    for var in reads:
        kind = _kind(var.aval)
        if var in donated and room[kind] and _pointwise_from(var, eqns):
            room[kind] -= 1
            found.append(var)
    return found


def _kind(aval: Aval) -> tuple[object, ...]:
    return aval.shape, aval.dtype.short


def _pointwise_from(var: Var, eqns: Sequence[Eqn]) -> bool:
    """Whether all that depends on ``var`` is computed at the position at which it is read."""
    reached = {var}
    for eqn in eqns:
        if reached.isdisjoint(vars_of(eqn.inputs)):
            continue
        rule = eqn.prim.lower
        if not (isinstance(rule, Map) and rule.pointwise and eqn.out.aval.shape == var.aval.shape):
            return False
        reached.add(eqn.out)
    return True
