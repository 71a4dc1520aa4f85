"""Settings of all tests: hypothesis draws the same examples everywhere, without a stopwatch."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("same")
os.environ.setdefault("TEXELATE_VERIFY", "1")  # every graph of every test is verified
os.environ["TEXELATE_CACHE"] = "0"  # and compiled: nothing of an earlier run is used
os.environ["TEXELATE_SCHEDULES"] = os.devnull + ".json"  # nor schedules that somebody measured


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden shaders")


def need_backend(name: str) -> None:
    """Skips where there is no adapter for "webgpu"; in CI that is a failure."""
    from texelate import AdapterError, backends

    try:
        backends.get(name)
    except AdapterError as e:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no GPU adapter: {e.what}")


@pytest.fixture(params=["numpy", "webgpu"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs the test on each backend, as the current one."""
    import texelate as tx

    need_backend(request.param)
    with tx.backend(request.param):
        yield request.param


@pytest.fixture
def on_numpy() -> Iterator[None]:
    """For tests of the front end alone: the NumPy backend compiles nothing."""
    import texelate as tx

    with tx.backend("numpy"):
        yield
