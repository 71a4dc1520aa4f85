"""Which values are stored in buffers: the first step of fusion (see ``fuse``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from ..ir.graph import Eqn, Graph, Var, vars_of
from ..ir.primitive import Contract, Fold, Map, Stream
from .group import fold_spec

if TYPE_CHECKING:
    from .fuse import FusionLimits

# Positions at which one invocation may compute a value anew (stencils); with more, chains of
# doubling (running products, halvings) would grow exponentially.
MAX_PLACES = 4


def choose_stored(graph: Graph, limits: FusionLimits) -> dict[Var, Eqn]:
    """The values that live in buffers, with their equations, in graph order."""
    consumers, outputs = graph.consumers(), set(graph.outputs)
    depth = _inline_depth(graph)
    sinks: dict[Var, frozenset[Var]] = {}
    rereads: set[Var] = set()  # inlined into something that reads each element repeatedly
    stored: set[Var] = set()
    places: dict[Var, frozenset[int]] = {}
    for eqn in reversed(graph.eqns):
        var, users = eqn.out, consumers.get(eqn.out, [])
        places[var] = _places(users, stored, places)
        reached: set[Var] = set()
        for user in users:
            inlined = user.out not in stored
            reached |= sinks[user.out] if inlined else {user.out}
            if _rereads(user, var) or (inlined and user.out in rereads):
                rereads.add(var)
        rule = eqn.prim.lower
        keep = (
            var in outputs
            or not isinstance(rule, Map)
            or (var in rereads and not rule.free)
            or (len(reached) > 1 and not is_cheap(eqn))
            or (len(places[var]) > MAX_PLACES and not is_cheap(eqn))
            or depth[var] % limits.max_depth == limits.max_depth - 1
        )
        if keep:
            stored.add(var)
        sinks[var] = frozenset([var]) if keep else frozenset(reached)
    _limit_bindings(graph, stored, limits)
    return {e.out: e for e in graph.eqns if e.out in stored}


def _limit_bindings(graph: Graph, stored: set[Var], limits: FusionLimits) -> None:
    """Stores more values until no equation loads more buffers than one kernel may bind."""
    loads: dict[Var, frozenset[Var]] = {v: frozenset([v]) for v in graph.inputs}
    for eqn in graph.eqns:
        operands = list(vars_of(eqn.inputs))
        while True:
            total = frozenset[Var]().union(*(loads[v] for v in operands))
            if limits.count((*total, eqn.out)) <= limits.bindings:
                break
            widest = max(operands, key=lambda v: len(loads[v]))
            if len(loads[widest]) == 1:
                break  # the equation alone reads too much: see split
            stored.add(widest)
            loads[widest] = frozenset([widest])
        loads[eqn.out] = frozenset([eqn.out]) if eqn.out in stored else total


def _rereads(user: Eqn, var: Var) -> bool:
    rule = user.prim.lower
    if isinstance(rule, Contract):
        return True
    if isinstance(rule, Stream):
        return any(user.inputs[k] is var for k in rule.spec(user).reread)
    if isinstance(rule, Fold):
        return fold_spec(user).overlap > 1
    if isinstance(rule, Map) and rule.rereads:
        return True
    return user.prim.name == "broadcast_in_dim" and user.out.aval.size > var.aval.size


def _places(
    users: Iterable[Eqn], stored: Collection[Var], places: Mapping[Var, frozenset[int]]
) -> frozenset[int]:
    """The different positions, relative to stored values, at which kernels read an operand."""
    found: set[int] = set()
    for user in users:
        seen = [user.out.id] if user.out in stored else places[user.out]
        rule = user.prim.lower
        moves = isinstance(rule, Map) and not rule.pointwise
        found.update(hash((user.out.id, place)) if moves else place for place in seen)
    return frozenset(found)


def is_cheap(eqn: Eqn) -> bool:
    """Recomputing it costs no more memory traffic than loading it."""
    rule = eqn.prim.lower
    arrays = {v for v in vars_of(eqn.inputs) if v.aval.shape}
    return isinstance(rule, Map) and (rule.free or (rule.cost <= 2 and len(arrays) <= 1))


def _inline_depth(graph: Graph) -> dict[Var, int]:
    depth: dict[Var, int] = {}
    for eqn in graph.eqns:
        below = max((depth.get(v, 0) for v in vars_of(eqn.inputs)), default=0)
        depth[eqn.out] = below + 1 if isinstance(eqn.prim.lower, Map) else 0
    return depth
