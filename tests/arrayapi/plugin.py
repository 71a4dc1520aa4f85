"""A pytest plugin for data-apis' suite: marks what a list names, and runs Hypothesis unhurried.

A list (``--listed FILE``) has a line for each test that cannot pass: ``xfail ID  # reason``; or
that passes by chance: ``skip ID  # reason``. A test listed to fail that passes is an error, and so
is a line without a reason, or without a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

LINE = re.compile(r"(xfail|skip) (\S.*?)  # (\S.*)")


def read(path: Path) -> Iterator[tuple[str, str, str]]:
    """The kind, test and reason of each line that is neither empty nor a comment."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise pytest.UsageError(f"{path}:{number}: not `xfail|skip ID  # reason`: {line}")
        yield match[1], match[2], match[3]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--listed", type=Path, required=True, help="tests that do not pass, and why")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """The suite's own profile, but a slow machine fails no test."""
    list(read(config.getoption("listed")))
    settings.register_profile("slow", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("slow")


class Missing(pytest.Item):
    """Fails, under the name of a listed test that the suite does not have."""

    def runtest(self) -> None:
        pytest.fail("listed, but the suite has no such test", pytrace=False)


@pytest.hookimpl(tryfirst=True)  # before -k takes any away
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    tests = {item.nodeid: item for item in items}
    for kind, name, reason in read(config.getoption("listed")):
        if name not in tests:
            items.append(Missing.from_parent(session, name=name))
            continue
        strict = {"strict": True} if kind == "xfail" else {}
        tests[name].add_marker(getattr(pytest.mark, kind)(reason=reason, **strict))
