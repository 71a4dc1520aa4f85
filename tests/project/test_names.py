"""Other libraries' names have counterparts here, or a reason why not."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from scripts import names


def test_the_page_is_fresh() -> None:
    assert names.page() == names.PAGE.read_text()


@pytest.mark.parametrize("library", ["numpy", "jax.nn", "jax.random"])
def test_no_name_is_forgotten(library: str) -> None:
    """For the versions that the list was made for; others may have more."""
    package = library.partition(".")[0]
    listed = dict(re.findall(r"(numpy|jax) (\d+\.\d+)", names.LINES.read_text()))
    if not import_module(package).__version__.startswith(listed[package] + "."):
        pytest.skip(f"the list was made for {package} {listed[package]}")
    assert names.missing(library) == []
