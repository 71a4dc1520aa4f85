"""Random graphs on the adapter against the reference evaluation, under every condition at once.

Each example draws a graph, a family of schedules, tight or ordinary limits and a set of donated
inputs; the results must agree, and inputs that were not donated must be as they were.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.lower.generate import Choices, random_arrays, random_graph
from tests.lower.running import TARGETS, opened, read_array, read_outputs, target
from texelate.compiler.driver import compile_graph
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Graph
from texelate.compiler.target import Target
from texelate.runtime import to_words

Array = np.ndarray[Any, Any]
EXAMPLES = 25
LIMITS: Mapping[str, Mapping[str, int]] = {
    "ordinary": {},
    "few bindings": {"max_storage_buffers": 4, "max_batched_buffers": 4},
    "many bindings": {"max_batched_buffers": 16},
    "small grids": {"max_groups": 3},
    "few invocations": {"max_invocations": 64, "max_workgroup_bytes": 8192},
}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("part", range(4))
def test_random_graphs_agree(name: str, limits: str, part: int) -> None:
    """Seeds rather than hypothesis: its examples of so many choices are short graphs."""
    chosen = replace(target(name), **LIMITS[limits])
    for seed in range(part * EXAMPLES, (part + 1) * EXAMPLES):
        choices = Choices(random.Random(seed).randint)
        graph = random_graph(choices)
        donated = [i for i in range(len(graph.inputs)) if choices.chance(50)]
        try:
            _check(graph, chosen, donated, random_arrays(graph, seed))
        except Exception as e:
            e.add_note(f"seed {seed}, donated {donated}\n{graph}")
            raise


def _check(graph: Graph, chosen: Target, donated: Sequence[int], arrays: Sequence[Array]) -> None:
    compiled = compile_graph(graph, chosen, donated)
    program = compiled.program
    most = max(chosen.max_storage_buffers, chosen.max_batched_buffers)
    assert all(len(d.buffers) <= most for d in program.dispatches)
    assert all(max(d.groups) <= chosen.max_groups for d in program.dispatches if d.groups[1] == 1)
    assert set(program.donated) <= set(donated)
    buffers = [opened().upload(to_words(a)) for a in arrays]
    given_away = [i in donated for i in range(len(arrays))]
    outs = opened().load(program).run(buffers, given_away)
    for got, want in zip(read_outputs(compiled, outs), evaluate_numpy(graph, list(arrays))):
        _close(got, want)
    for buffer, sig, array, gone in zip(buffers, program.inputs, arrays, given_away):
        if not gone:
            np.testing.assert_array_equal(read_array(buffer, sig), array)


def _close(got: Array, want: Array) -> None:
    """Whole numbers and bools to the bit; other floats relative to the largest of the array."""
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    if want.dtype.kind == "f" and not np.array_equal(want, np.round(want)):
        scale = max(1.0, float(np.max(np.abs(want))))
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * scale)
    else:
        np.testing.assert_array_equal(got, want)
