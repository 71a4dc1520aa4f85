"""The adapter that these tests need: without one they fail in CI, else skip and say why."""

import gc
import os

import pytest

from texelate.compiler.errors import AdapterError
from texelate.runtime import Device, open_device


@pytest.fixture
def device() -> Device:
    try:
        opened = open_device()
    except AdapterError as e:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have an adapter: {e}")
        pytest.skip(f"no adapter on this machine: {e}")
    gc.collect()
    return opened
