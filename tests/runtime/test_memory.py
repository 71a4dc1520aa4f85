"""Buffers come back, nothing grows, and a warm call makes no wgpu object."""

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import wgpu
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime import programs
from texelate.compiler.errors import LimitError, OutOfMemoryError
from texelate.runtime import Device, PoolStats
from texelate.runtime.pool import Pool, size_class

X = np.arange(64, dtype=np.float32)


@pytest.fixture
def pool(device: Device) -> Callable[..., Pool]:
    def make(**options: Any) -> Pool:
        usage, lock = device.driver.storage_usage, device.lock
        return Pool(
            device.driver, usage, **{"owner": "it", "lock": lock, "largest": 1 << 20} | options
        )

    return make


def wgpu_objects() -> dict[str, int]:
    """Live objects, as wgpu-py counts its own and as wgpu-native counts those of all backends."""
    python = {k: v["count"] for k, v in wgpu.diagnostics.object_counts.get_dict().items()}
    native = wgpu.diagnostics.wgpu_native_counts.get_dict()
    return python | {k: v["a"] for k, v in native.items() if "a" in v}


@given(st.integers(1, 1 << 40))
def test_size_classes_waste_at_most_a_quarter(nbytes: int) -> None:
    size = size_class(nbytes)
    assert size >= nbytes
    assert size % 64 == 0
    assert size_class(size) == size
    assert size <= max(256, nbytes * 5 // 4 + 1)


def test_a_buffer_comes_back_when_its_last_reference_dies(pool: Callable[..., Pool]) -> None:
    it = pool()
    a = it.take(1000)
    number, alias = a.allocation.number, a
    del a
    assert it.stats().live == 1
    del alias
    assert it.stats() == PoolStats(0, 1, 0, 1024, 1, 0, 0, 1024)
    assert it.take(900).allocation.number == number
    assert it.stats().reused == 1


def test_reuse_takes_the_lowest_number_whatever_the_order_of_return(
    pool: Callable[..., Pool],
) -> None:
    it = pool()
    buffers = [it.take(256) for _ in range(4)]
    numbers = [b.allocation.number for b in buffers]
    for i in (2, 0, 3, 1):
        buffers[i] = None  # type: ignore[call-overload]
    again = [it.take(256) for _ in range(4)]
    assert [b.allocation.number for b in again] == numbers


def test_free_memory_is_capped_and_the_least_recently_used_goes_first(
    pool: Callable[..., Pool],
) -> None:
    destroyed: set[int] = set()
    it = pool(cap=4096, on_destroy=destroyed.update)
    old, young = it.take(4096), it.take(2048)
    old_number = old.allocation.number
    del old, young
    it.take(256)
    assert destroyed == {old_number}
    stats = it.stats()
    assert stats.destroyed == 1
    assert stats.bytes_free <= 4096


def test_a_buffer_over_the_limit_is_refused_with_the_numbers(device: Device) -> None:
    largest = device.info.limits["max_buffer_size"] & ~15
    with pytest.raises(LimitError, match=f"{largest + 16:,} bytes") as refused:
        device.empty(largest + 16)
    assert f"{largest & ~15:,}" in str(refused.value)
    assert device.info.name in str(refused.value)


def test_a_buffer_of_the_greatest_size_exists_or_there_is_no_memory(device: Device) -> None:
    largest = device.info.limits["max_buffer_size"] & ~15
    try:
        assert device.empty(largest).nbytes == largest
    except OutOfMemoryError as e:
        assert f"{largest:,} bytes" in str(e)  # noqa: PT017 (either way is right)


def test_more_than_the_machine_has_is_refused_after_trimming(pool: Callable[..., Pool]) -> None:
    it = pool(memory=4096)
    kept, dropped = it.take(2048), it.take(2048)
    del dropped
    kept_too = it.take(1024)  # only fits once the free 2048 are given back
    assert it.stats().destroyed == 1
    with pytest.raises(OutOfMemoryError, match="2,048 bytes"):
        it.take(2048)
    assert kept.nbytes + kept_too.nbytes == 3072


def test_when_the_driver_has_no_memory_the_pool_trims_and_tries_again(
    pool: Callable[..., Pool], device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = pool()
    it.take(2048)  # dies at once: 2048 bytes are free
    make, refusals = device.driver.raw.create_buffer, [1]

    def scarce(**arguments: Any) -> Any:
        if refusals and refusals.pop():
            raise wgpu.GPUValidationError("Not enough memory left.")  # as wgpu-native says it
        return make(**arguments)

    monkeypatch.setattr(device.driver.raw, "create_buffer", scarce)
    assert it.take(4096).nbytes == 4096
    assert it.stats().destroyed == 1
    refusals += [1, 1]
    with pytest.raises(OutOfMemoryError, match="Not enough memory left"):
        it.take(8192)


def test_a_warm_call_makes_nothing(device: Device) -> None:
    executable = device.load(programs.chain(64, 20))
    x = device.upload(X)
    for _ in range(3):
        executable.run([x])
    device.sync()
    gc.collect()
    groups, pipelines, stats = device.bind_groups.created, device.pipelines.created, wgpu_objects()
    created = device.pool.stats().created
    for _ in range(100):
        executable.run([x])
    device.sync()
    assert device.bind_groups.created == groups
    assert device.pipelines.created == pipelines
    assert device.pool.stats().created == created
    assert wgpu_objects() == stats


def test_a_training_loop_settles_on_buffers_it_has_met(device: Device) -> None:
    """Outputs become the next inputs; several of one size: the caches must still hit."""
    executable = device.load(programs.with_copies(64))
    state = [device.upload(X) for _ in range(3)]
    for i in range(30):
        if i == 10:
            before = device.bind_groups.created
        state = [executable.run([s])[0] for s in state]
    assert device.bind_groups.created == before
    np.testing.assert_array_equal(device.read(state[0], np.float32, 64), X + 30)


def test_equal_shaders_are_compiled_once(device: Device) -> None:
    device.load(programs.chain(64, 2))
    before = device.pipelines.created
    device.load(programs.chain(100, 5))
    assert device.pipelines.created == before


def test_ten_thousand_calls_leak_nothing(device: Device) -> None:
    executable = device.load(programs.chain(256, 2))
    x = device.upload(np.zeros(256, np.float32))

    def calls(count: int) -> None:
        y = x
        for i in range(count):
            (y,) = executable.run([y])
            if i % 50 == 0:
                device.read(y, np.float32, 256)
        device.sync()

    calls(500)
    gc.collect()
    before, objects = device.pool.stats(), wgpu_objects()
    calls(10_000)
    gc.collect()
    after = device.pool.stats()
    assert wgpu_objects() == objects
    assert replace(after, reused=0) == replace(before, reused=0)
    assert after.reused == before.reused + 10_000


def test_a_dropped_executable_gives_its_temps_back(device: Device) -> None:
    before = device.pool.stats().live
    executable = device.load(programs.chain(5000, 3))
    assert device.pool.stats().live == before + 2
    del executable
    gc.collect()
    assert device.pool.stats().live == before


def test_destroyed_buffers_leave_the_caches(device: Device) -> None:
    executable = device.load(programs.chain(3001, 1))
    (y,) = executable.run([device.upload(np.zeros(3001, np.float32))])
    del y
    held = len(device.bind_groups)
    device.pool.trim(0)
    assert len(device.bind_groups) < held
    assert device.pool.stats().free == 0
    (y,) = executable.run([device.upload(np.ones(3001, np.float32))])
    np.testing.assert_array_equal(device.read(y, np.float32, 3001), np.full(3001, 2, np.float32))
