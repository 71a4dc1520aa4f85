"""Where linear algebra runs that both the host and the device can do.

Inside of loops and branches, and where the target has no host: on the device. Else wherever it is
sooner done, by the model of ``device_seconds`` and ``host_seconds`` below, unless the knob
``linalg`` says where. Values that come back and go up again keep the device waiting meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..ir.graph import Eqn, Graph, graphs_in
from ..ir.primitive import Host
from ..knobs import knobs
from ..target import Target
from .expand import replaced
from .segments import mapped_eqn


@dataclass(frozen=True)
class Costs:
    """Seconds of: one step of a loop over columns, whatever it computes; one element of a matrix in
    one step; reading a value back and sending its successor up.
    """

    step: float
    element: float
    trip: float


SOFTWARE = Costs(step=80e-6, element=5e-9, trip=500e-6)
"""Measured on lavapipe with two cores (docs/design/host-and-complex.md)."""
GPU = Costs(step=25e-6, element=2e-11, trip=300e-6)
"""Not measured: two dispatches and a copy at WebGPU's usual 5 to 10 us each, three passes over an
element at 600 GB/s, and a map of a small buffer, which takes 200 to 400 us in native WebGPU."""

STEPS = {
    "solve": 2, "triangular_solve": 1, "slogdet": 1, "det": 1, "cholesky": 1, "qr": 2, "eigh": 7,
    "svd": 10, "pinv": 10, "adjugate": 11,
}  # fmt: skip
"""How often a form goes over all columns; Jacobi's in every sweep."""
LAPACK = {
    "solve": 30e-9, "triangular_solve": 30e-9, "slogdet": 13e-9, "det": 13e-9, "cholesky": 20e-9,
    "qr": 55e-9, "eigh": 150e-9, "svd": 220e-9, "pinv": 240e-9, "adjugate": 250e-9,
}  # fmt: skip
"""NumPy's seconds for an element of a matrix of up to 16 x 16, in large stacks, on one core (see
``SOFTWARE``); beyond, they grow with the extent."""


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
    """Whether ``eqn``, outside of loops and branches, runs on the host (if it ever does)."""
    if device_form(eqn) is None:
        return True
    if not target.has_host:
        return False
    if knobs.linalg is not None:
        return knobs.linalg == "host"
    costs = SOFTWARE if target.is_software else GPU
    return host_seconds(eqn, costs) <= device_seconds(eqn, costs)


def host_seconds(eqn: Eqn, costs: Costs) -> float:
    """How long a trip to LAPACK takes."""
    a = eqn.inputs[0].aval
    return costs.trip + a.size * LAPACK[eqn.prim.name] * (1 + min(a.shape[-2:]) / 16)


def device_seconds(eqn: Eqn, costs: Costs) -> float:
    """How long the form for the device takes."""
    a = eqn.inputs[0].aval
    return STEPS[eqn.prim.name] * min(a.shape[-2:]) * (costs.step + a.size * costs.element)
