"""Where linear algebra runs that both the host and the device can do.

Inside of loops and branches, and where the target has no host: on the device. Else wherever it is
sooner done, by the model of ``device_seconds`` and ``host_seconds``; the knob ``linalg`` decides
instead when it is set. Values that are read back and sent up again stop the device meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..ir.graph import Eqn, Graph, graphs_in
from ..ir.primitive import Host
from ..knobs import knobs
from ..target import Target
from .expand import replaced
from .segments import mapped_eqn


def place(graph: Graph, target: Target) -> Graph:
    """``graph`` with forms for the device in place of what does not run on the host."""

    def body(eqn: Eqn) -> Callable[..., Any] | None:
        return None if on_host(eqn, target) else device_form(eqn)

    return _inside(replaced(graph, body))


def on_device(graph: Graph) -> Graph:
    """``graph`` with forms for the device wherever there are any."""
    return _inside(replaced(graph, device_form))


def _inside(graph: Graph) -> Graph:
    """Also in the sub-graphs of control flow and calls."""
    if not any(map(_has_graphs, graph.eqns)):
        return graph
    return graph.replace(mapped_eqn(e, on_device) if _has_graphs(e) else e for e in graph.eqns)


def _has_graphs(eqn: Eqn) -> bool:
    return any(True for _ in graphs_in(eqn.params.values()))


def device_form(eqn: Eqn) -> Callable[..., Any] | None:
    """What writes ``eqn`` with other primitives, when it might run on the host."""
    rule = eqn.prim.lower
    return rule.device if isinstance(rule, Host) else None


def on_host(eqn: Eqn, target: Target) -> bool:
    """Whether ``eqn``, outside of loops and branches, runs on the host."""
    if not target.has_host:
        return False
    if knobs.linalg is not None:
        return knobs.linalg == "host"
    return True
