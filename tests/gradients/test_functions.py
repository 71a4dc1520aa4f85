"""Derivatives of the public functions to order 2, forward and reverse, on each backend."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tests.conftest import need_backend
from tests.gradients import functions, layers, rooms
from tests.gradients.points import Table, cases, check, names

ROOMS: dict[str, tuple[Any, Table]] = {**functions.ROOMS, "nn": layers.ROOM, **rooms.ROOMS}
NONE = {**functions.NONE, **layers.NONE}
ALL: Table = {
    f"{room} {name}": e for room, (_, table) in ROOMS.items() for name, e in table.items()
}
SAMPLE = ("numpy sort", "numpy std:keepdims", "linalg solve", "fft rfft", "nn gelu")


@pytest.mark.gradients
@pytest.mark.parametrize("room", ROOMS)
def test_every_function_is_checked_or_has_a_reason(room: str) -> None:
    module, table = ROOMS[room]
    public = {n for n, f in inspect.getmembers(module, inspect.isfunction) if n[0] != "_"}
    public -= layers.HELPERS | rooms.HELPERS
    reasons = rooms.NONE if room in rooms.ROOMS else NONE
    assert sorted(public - set(reasons)) == sorted(names(table))


@pytest.mark.parametrize(("backend", "name"), cases(ALL, SAMPLE))
def test_derivatives(backend: str, name: str) -> None:
    need_backend(backend)
    check(name, ALL[name], backend)
