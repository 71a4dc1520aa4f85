"""The derivative of every primitive: forward and backward, first and second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from tests.prims.cases import ARITY_AND_KINDS, NAMES, Case, cases, examples
from tests.transforms.numeric import check_derivatives

# No float operand, none that a small step changes, or a derivative that is not the slope.
BITS = {"iota", "random_bits", "bitcast", "rank", "merge_order", "stop_gradient"}
DIFFERENTIABLE = [n for n in NAMES if n not in BITS and "f" in ARITY_AND_KINDS.get(n, (1, "f"))[1]]


def apart(operands: list[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    """Floats without ties between operands: derivatives jump there."""
    return [x * (1 + 0.03 * k) if x.dtype.kind == "f" else x for k, x in enumerate(operands)]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_derivatives(name: str) -> None:
    @settings(max_examples=examples(name) // 2, suppress_health_check=list(HealthCheck))
    @given(cases(name).filter(lambda case: any(x.dtype.kind == "f" for x in case.operands)))
    def check(case: Case) -> None:
        graph = case.graph()
        assume(np.all(np.isfinite(case.reference())))
        check_derivatives(graph, apart(case.operands), order=2)

    check()
