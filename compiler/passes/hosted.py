"""Parts a graph at what runs on the host: a chain of device graphs with host equations between.

A value belongs to stage k when k host equations lie on its longest way from the inputs. Stage k is
one graph of all its device equations; then its host equations run, and begin stage k + 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import CompileError
from ..ir.graph import Eqn, Graph, Var, graphs_in, vars_of
from ..ir.primitive import Host
from .cse import cse
from .dce import dce


@dataclass(frozen=True)
class Stage:
    """A device graph, over variables of the whole, and the host equations that follow it."""

    device: Graph
    host: tuple[Eqn, ...]


def host_equations(graph: Graph) -> list[Eqn]:
    """The equations that no device computes."""
    return [e for e in graph.eqns if isinstance(e.prim.lower, Host)]


def check_device_only(graph: Graph) -> None:
    """CompileError when part of ``graph``, or of a loop or branch in it, runs on the host."""
    for eqn in host_equations(graph):
        raise CompileError(
            f"{eqn.prim.name} runs on the host, so {graph.name} is not one program",
            why="it has no form for the device: NumPy computes it, between programs",
            fix="call it outside of loops and branches; leave it out of what is exported",
            where=eqn.source,
        )
    for inner in (g for e in graph.eqns for g in graphs_in(e.params.values())):
        check_device_only(inner)


def staged(graph: Graph) -> list[Stage]:
    """``graph``, without repeated and unused equations, as stages in the order they run."""
    graph = dce(cse(graph))
    depth: dict[Var, int] = dict.fromkeys(graph.inputs, 0)
    device: dict[int, list[Eqn]] = {}
    host: dict[int, list[Eqn]] = {}
    for eqn in graph.eqns:
        on_host = isinstance(eqn.prim.lower, Host)
        level = max((depth[v] for v in vars_of(eqn.inputs)), default=0)
        (host if on_host else device).setdefault(level, []).append(eqn)
        depth.update((v, level + on_host) for v in eqn.outs)
    return [
        _stage(graph, level, device.get(level, []), host.get(level, []))
        for level in range(max((*device, *host), default=0) + 1)
    ]


def _stage(graph: Graph, level: int, eqns: list[Eqn], host: list[Eqn]) -> Stage:
    made = {v for e in eqns for v in e.outs}
    mine = {id(e) for e in eqns}
    read = [v for e in graph.eqns if id(e) not in mine for v in vars_of(e.inputs)]
    outputs = dict.fromkeys(v for v in (*read, *vars_of(graph.outputs)) if v in made)
    inputs = dict.fromkeys(v for e in eqns for v in vars_of(e.inputs) if v not in made)
    name = f"{graph.name}_part{level}"
    return Stage(Graph(tuple(inputs), tuple(eqns), tuple(outputs), name), tuple(host))
