"""The order of the graph passes, in one place; every stage can be looked at by its name."""

from __future__ import annotations

from collections.abc import Callable

from ..ir.graph import Graph
from ..target import Target
from .cse import cse
from .dce import dce
from .expand import expand
from .fold import fold
from .gemv import gemv
from .narrow import narrow, widen_control
from .outputs import materialise_outputs
from .pairs import pairs
from .scatters import sort_scatters
from .segments import map_bodies
from .simplify import simplify
from .split import split
from .unroll import unroll

Pass = Callable[[Graph], Graph]


def passes(target: Target) -> list[tuple[str, Pass]]:
    """Name and function of each pass, in order."""
    return [
        ("simplify", simplify),
        ("sort scatters", sort_scatters),
        ("expand", expand),
        ("narrow", narrow),
        ("fold", fold),
        ("cse", cse),
        ("simplify again", simplify),
        ("gemv", lambda g: gemv(g, target)),
        ("split", lambda g: split(g, target)),
        ("dce", dce),
        ("outputs", materialise_outputs),
    ]


def run_passes(graph: Graph, target: Target, check: Callable[[Graph], None]) -> dict[str, Graph]:
    """The graph after each pass, by name, starting with "trace"; ``check`` sees every stage.

    Complex numbers become pairs and short loops straight code everywhere; then sub-graphs of
    control flow go through all passes.
    """
    stages = {"trace": graph}
    check(graph)
    graph = stages["pairs"] = pairs(graph)
    check(graph)
    graph = stages["unroll"] = unroll(graph)
    check(graph)
    graph = stages["control"] = widen_control(graph)
    check(graph)
    graph = map_bodies(graph, lambda g: list(run_passes(g, target, check).values())[-1])
    for name, function in passes(target):
        graph = function(graph)
        check(graph)
        stages[name] = graph
    return stages
