"""Derivatives of every primitive to order 2, forward and reverse, on each backend."""

from __future__ import annotations

import pytest

from tests.conftest import need_backend
from tests.gradients.points import cases, check, names
from tests.gradients.primitives import NONE, TABLE
from texelate.compiler.ir.primitive import REGISTRY

SAMPLE = ("atan2", "cumulative:prod", "conv_general", "gather")


def test_every_primitive_is_checked_or_has_a_reason() -> None:
    assert sorted(set(REGISTRY) - set(NONE)) == sorted(names(TABLE))
    assert set(NONE) <= set(REGISTRY)


@pytest.mark.parametrize(("backend", "name"), cases(TABLE, SAMPLE))
def test_derivatives(backend: str, name: str) -> None:
    need_backend(backend)
    check(name, TABLE[name], backend)
