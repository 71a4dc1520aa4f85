"""Programs compute what they say, through every way that buffers can be bound."""

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.runtime import programs
from texelate.compiler.errors import ArgumentError, DtypeError
from texelate.runtime import Device, DeviceBuffer

X = np.arange(64, dtype=np.float32)


def values(device: Device, buffer: DeviceBuffer, count: int = 64) -> NDArray[np.float32]:
    return device.read(buffer, np.float32, count)


@pytest.mark.parametrize("count", [1, 3, 64, 1000, 100_003])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_chain_of_dispatches_sees_each_others_results(
    device: Device, count: int, length: int
) -> None:
    x = np.arange(count, dtype=np.float32)
    (y,) = device.load(programs.chain(count, length)).run([device.upload(x)])
    np.testing.assert_array_equal(values(device, y, count), x + length)


def test_constants_are_uploaded_and_padded(device: Device) -> None:
    c = np.array([1, 2, 3], np.float32)
    (z,) = device.load(programs.add(3, c.tobytes())).run([device.upload(c)])
    np.testing.assert_array_equal(values(device, z, 3), 2 * c)


def test_one_buffer_may_be_two_inputs(device: Device) -> None:
    x = device.upload(X)
    (z,) = device.load(programs.add(64)).run([x, x])
    np.testing.assert_array_equal(values(device, z), 2 * X)


def test_a_donated_input_is_overwritten_in_place(device: Device) -> None:
    x = device.upload(X)
    (y,) = device.load(programs.double_in_place(64)).run([x], [True])
    assert y is x
    np.testing.assert_array_equal(values(device, y), 2 * X)


@pytest.mark.parametrize("donated", [(), (False,)])
def test_an_input_that_is_kept_is_copied_first(device: Device, donated: tuple[bool, ...]) -> None:
    x = device.upload(X)
    executable = device.load(programs.double_in_place(64))
    for _ in range(3):
        (y,) = executable.run([x], donated)
        np.testing.assert_array_equal(values(device, y), 2 * X)
        np.testing.assert_array_equal(values(device, x), X)


def test_a_donated_input_that_is_passed_twice_is_copied_first(device: Device) -> None:
    x = device.upload(X)
    (y,) = device.load(programs.double_in_place(64, inputs=2)).run([x, x], [True, True])
    np.testing.assert_array_equal(values(device, y), 2 * X)
    np.testing.assert_array_equal(values(device, x), X)


def test_a_value_that_two_arrays_have_is_not_overwritten(device: Device) -> None:
    x = device.upload(X)
    *_, same = device.load(programs.with_copies(64)).run([x])
    (y,) = device.load(programs.double_in_place(64)).run([same], [True])
    np.testing.assert_array_equal(values(device, y), 2 * X)
    np.testing.assert_array_equal(values(device, x), X)


def test_a_larger_buffer_may_be_given(device: Device) -> None:
    x = np.arange(1000, dtype=np.float32)
    (y,) = device.load(programs.chain(64, 1)).run([device.upload(x)])
    np.testing.assert_array_equal(values(device, y), x[:64] + 1)


def test_copies_split_the_pass_and_an_input_can_be_an_output(device: Device) -> None:
    x = device.upload(X)
    a, b, c, d = device.load(programs.with_copies(64)).run([x])
    assert d is x
    assert c is not x
    for buffer, expected in ((a, X + 1), (b, X + 1), (c, X), (d, X)):
        np.testing.assert_array_equal(values(device, buffer), expected)


def test_zero_size(device: Device) -> None:
    nothing = device.upload(np.empty(0, np.float32))
    assert nothing.nbytes == 16
    assert device.read(nothing, np.float32, 0).shape == (0,)
    (y,) = device.load(programs.chain(0, 2)).run([nothing])
    assert device.read(y, np.float32, 0).size == 0


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint32])
def test_every_word_dtype_comes_back_as_it_went(device: Device, dtype: type) -> None:
    words = np.random.default_rng(0).integers(0, 2**31, 1001).astype(np.uint32).view(dtype)
    back = device.read(device.upload(words), dtype, 1001)
    assert back.tobytes() == words.tobytes()


def test_what_cannot_be_uploaded_or_read_is_refused(device: Device) -> None:
    with pytest.raises(DtypeError, match="float64"):
        device.upload(np.zeros(3))
    with pytest.raises(ArgumentError, match="contiguous"):
        device.upload(np.zeros((4, 4), np.float32).T[1:])
    with pytest.raises(ArgumentError, match="cannot be read"):
        device.read(device.empty(16), np.float32, 5)


def test_wrong_inputs_are_refused(device: Device) -> None:
    executable = device.load(programs.add(64))
    with pytest.raises(ArgumentError, match="takes 2 inputs"):
        executable.run([device.upload(X)])
    with pytest.raises(ArgumentError, match=r"input 1 .* bytes"):
        device.load(programs.add(1000)).run([device.empty(4000), device.empty(256)])


def test_two_threads_share_an_executable(device: Device) -> None:
    executable = device.load(programs.chain(1000, 5))
    wrong: list[int] = []

    def work(seed: int) -> None:
        for i in range(40):
            x = np.full(1000, seed * 1000 + i, np.float32)
            (y,) = executable.run([device.upload(x)])
            if not np.array_equal(values(device, y, 1000), x + 5):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
