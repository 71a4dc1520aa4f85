"""Programs that were wrong once, and programs of unusual shape, size or number, each by its name."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lower.running import TARGETS, check
from texelate.compiler.ir.text import parse_graph

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("monoid", ["any", "all"])
def test_long_rows_of_bools(monoid: str, target: str) -> None:
    """A workgroup folds them through workgroup memory, which holds bools as bools."""
    text = f'graph f(a: bool[3,700]) {{ b: bool[3] = reduce(a) {{axes=(1), monoid="{monoid}"}} return b }}'
    a = np.array([[True] * 700, [False] * 700, [True] * 699 + [False]])
    check(parse_graph(text), [a], target)
