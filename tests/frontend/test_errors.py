"""The error hierarchy: exported, documented, and derived from what Python programs catch."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import texelate as tx
from texelate.compiler import errors

CLASSES = [
    c
    for _, c in inspect.getmembers(errors, inspect.isclass)
    if issubclass(c, errors.TexelateError) and c is not errors.TexelateError
]
PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_each_class_is_documented_and_public(cls: type) -> None:
    entry = SECTIONS[cls.__name__]
    assert "Fix" in entry
    assert "```" in entry or "Example" in entry
    builtin = [b.__name__ for b in cls.__bases__ if b is not errors.TexelateError]
    assert all(f"`{name}`" in entry.strip().split("\n\n")[0] for name in builtin)
    assert getattr(tx, cls.__name__) is cls
    assert issubclass(cls, tx.TexelateError)


def test_the_page_describes_only_what_exists() -> None:
    assert set(SECTIONS) == {c.__name__ for c in CLASSES}


def test_messages_say_what_why_fix_and_where() -> None:
    error = tx.ShapeError("what", why="because", fix="do this")
    first, why, fix, where = str(error).splitlines()
    assert (first, why, fix) == ("what", "  why: because", "  fix: do this")
    assert where.startswith(f"  at:  {__file__}:")
