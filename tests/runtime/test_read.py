"""Asynchronous reads: several at once, the event loop free, order kept."""

import asyncio
import threading
import time

import numpy as np
import pytest

from tests.runtime import programs
from texelate.runtime import Device


def test_reads_in_flight_together_each_get_their_own(device: Device) -> None:
    arrays = [np.random.default_rng(i).random(1 + 777 * i, np.float32) for i in range(20)]
    buffers = [device.upload(a) for a in arrays]

    async def main() -> list[np.ndarray]:
        reads = (device.read_async(b, np.float32, a.size) for a, b in zip(arrays, buffers))
        return await asyncio.gather(*reads)

    for a, back in zip(arrays, asyncio.run(main()), strict=True):
        np.testing.assert_array_equal(a, back)


def test_the_event_loop_goes_on_while_a_read_waits(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable = device.load(programs.chain(64, 3))
    x, wait = device.upload(np.zeros(64, np.float32)), device.driver.wait

    def slow_wait() -> None:
        time.sleep(0.2)  # a device that is busy for so long
        wait()

    async def main() -> tuple[int, float]:
        ticks = 0
        (y,) = executable.run([x])
        reading = asyncio.create_task(device.read_async(y, np.float32, 1))
        while not reading.done():
            ticks += 1
            await asyncio.sleep(0.002)
        return ticks, float(reading.result()[0])

    monkeypatch.setattr(device.driver, "wait", slow_wait)
    ticks, value = asyncio.run(main())
    assert value == 3
    assert ticks > 10


def test_a_buffer_that_is_being_read_is_not_overwritten(device: Device) -> None:
    executable = device.load(programs.double_in_place(64))
    x = device.upload(np.ones(64, np.float32))

    async def main() -> tuple[float, float]:
        first = asyncio.create_task(device.read_async(x, np.float32, 64))
        await asyncio.sleep(0)
        (y,) = executable.run([x], [True])
        assert y is not x
        return (await first)[0], (await device.read_async(y, np.float32, 64))[0]

    assert asyncio.run(main()) == (1, 2)
    assert executable.run([x], [True]) == [x]


def test_a_cancelled_read_leaves_its_staging_buffer_usable(device: Device) -> None:
    x = device.upload(np.arange(64, dtype=np.float32))

    async def main() -> None:
        for _ in range(5):
            task = asyncio.create_task(device.read_async(x, np.float32, 64))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    for _ in range(10):
        assert device.read(x, np.float32, 64)[63] == 63


def test_an_interrupted_wait_leaves_its_staging_buffer_usable(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = device.upload(np.arange(64, dtype=np.float32))

    def interrupted() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(device.driver, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            device.read(x, np.float32, 64)
    assert device.read(x, np.float32, 64)[63] == 63


def test_staging_buffers_are_reused(device: Device) -> None:
    x = device.upload(np.arange(64, dtype=np.float32))
    device.read(x, np.float32, 64)
    created = device.readback.pool.stats().created
    for _ in range(50):
        device.read(x, np.float32, 64)
    assert device.readback.pool.stats().created == created


def test_threads_read_at_the_same_time(device: Device) -> None:
    wrong: list[int] = []

    def work(seed: int) -> None:
        a = np.random.default_rng(seed).random(50_000, np.float32)
        results = (device.read(device.upload(a), np.float32, a.size) for _ in range(20))
        wrong.extend(seed for back in results if not np.array_equal(back, a))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
