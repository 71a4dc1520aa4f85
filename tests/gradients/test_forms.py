"""Derivatives of programs as users write them: to order 2, forward and reverse, on each backend."""

from __future__ import annotations

import pytest

from tests.conftest import need_backend
from tests.gradients.forms import TABLE
from tests.gradients.points import cases, check

SAMPLE = ("indexing add", "containers nest", "nested confusion")


@pytest.mark.parametrize(("backend", "name"), cases(TABLE, SAMPLE))
def test_derivatives(backend: str, name: str) -> None:
    need_backend(backend)
    check(name, TABLE[name], backend)
