"""The eager Array: what runs when, what compiles, and what users see."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from texelate import eager


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The graphs that eager operations compile during a test, from an empty cache."""
    from texelate.backends.numpy_backend import NumpyBackend

    seen: list[Any] = []
    compile_ = NumpyBackend.compile

    def spy(self: Any, graph: Any, donated: Any) -> Any:
        seen.append(graph)
        return compile_(self, graph, donated)

    monkeypatch.setattr(NumpyBackend, "compile", spy)
    eager.clear_programs()
    return seen


def test_nothing_runs_until_a_value_is_looked_at(on_numpy: None, programs: list[Any]) -> None:
    x = tnp.asarray([1.0, 2.0, 3.0])
    y = tnp.sum(x * 2 + 1)
    assert programs == []
    assert float(y) == 15
    assert len(programs) == 1
    assert [e.prim.name for e in programs[0].eqns] == ["mul", "add", "reduce"]


def test_equal_operations_are_computed_once(on_numpy: None, programs: list[Any]) -> None:
    x = tnp.asarray([1.0, 2.0])
    y = tnp.exp(x)
    y.tolist()
    z = tnp.exp(x)
    assert z.tolist() == y.tolist()
    assert len(programs) == 1


def test_changing_numbers_compile_nothing_new(on_numpy: None, programs: list[Any]) -> None:
    x = tnp.asarray([1.0, 2.0])
    results = [(x * (0.1 * i + 3)).tolist() for i in range(5)]
    assert len(programs) == 1
    np.testing.assert_allclose(results[4], [3.4, 6.8], rtol=1e-6)


def test_a_loop_compiles_once_and_computes_each_step_once(
    on_numpy: None, programs: list[Any]
) -> None:
    w = tnp.zeros(3).block_until_ready()
    programs.clear()
    for _ in range(6):
        w = w - 0.3 * (w - 1)
        float(tnp.sum(w * w))
    assert len(programs) == 1
    assert len(programs[0].eqns) < 12


def test_values_still_wanted_are_kept(on_numpy: None, programs: list[Any]) -> None:
    x = tnp.asarray([1.0, 2.0])
    y = x * 3
    z = y + 4
    z.tolist()
    programs.clear()
    assert y.tolist() == [3, 6]
    assert programs == []


def test_dead_intermediates_are_not_outputs(on_numpy: None, programs: list[Any]) -> None:
    x = tnp.asarray([1.0, 2.0])
    tnp.sum(tnp.exp(x * 3)).item()
    assert len(programs[0].outputs) == 1


def test_long_chains_do_not_recurse(on_numpy: None) -> None:
    x = tnp.asarray(0)
    for i in range(5000):
        x = x + i
    assert int(x) == sum(range(5000))


def test_a_flush_comes_when_too_many_operations_wait(on_numpy: None, programs: list[Any]) -> None:
    x = tnp.asarray([0.0])
    with tx.knobs.scope(eager_limit=10):
        for _ in range(25):
            x = tnp.sin(x)
    assert len(programs) >= 2
    assert x.tolist() == [0.0]


def test_shape_errors_come_at_the_call_with_the_users_line(on_numpy: None) -> None:
    x = tnp.ones((2, 3))
    with pytest.raises(tx.ShapeError, match=r"\(2, 3\) and \(2,\)") as caught:
        x + tnp.ones(2)
    assert caught.value.where.file == __file__
    assert "x + tnp.ones(2)" in str(caught.value.where)


def test_arrays_are_copies(on_numpy: None) -> None:
    data = np.ones(3, np.float32)
    x = tnp.asarray(data)
    data[0] = 9
    assert x.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(x)[0] = 2
    assert np.array(x).flags.writeable
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_results_do_not_share_memory_with_inputs(on_numpy: None) -> None:
    x = tnp.ones(3)
    y = np.array(tx.jit(lambda a: a)(x))
    y[0] = 5
    assert x.tolist() == [1, 1, 1]


def test_python_protocols(backend: str) -> None:
    x = tnp.asarray([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    assert [row.tolist() for row in x] == [[1, 2], [3, 4]]
    assert (x[1, 0].item(), float(x[0, 0]), int(x[1, 1])) == (3.0, 1.0, 4)
    assert 3.0 in x
    assert list(range(5))[tnp.asarray(2)] == 2
    assert f"{x[0, 1]:.2f}" == "2.00"
    assert str(x) == str(np.asarray(x))
    assert repr(x[0] > 1) == "Array([False,  True], dtype=bool)"
    assert (x.nbytes, x.itemsize, x.size, x.ndim) == (16, 4, 4, 2)
    assert isinstance(np.ones(2) + x[0], tx.Array)
    assert isinstance(np.float32(2) * x[0], tx.Array)
    for same in (pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x)):
        assert same.tolist() == x.tolist()
    for ask in (bool, float, int):
        with pytest.raises(tx.ShapeError, match="one element"):
            ask(x)


def test_reading_does_not_block_the_event_loop(backend: str) -> None:
    x = tnp.arange(8) * 2

    async def read() -> tuple[Any, Any]:
        return await asyncio.gather(x.data(), (x + 1).data())

    first, second = asyncio.run(read())
    assert first.tolist() == list(range(0, 16, 2))
    assert second.tolist() == list(range(1, 17, 2))


def test_block_until_ready(backend: str) -> None:
    tree = {"a": tnp.ones(3) + 1, "b": [tnp.zeros(2), 3]}
    assert tx.block_until_ready(tree) is tree
    assert tree["a"].node.prim is None
    assert tree["a"].backend == backend


def test_arrays_move_between_backends() -> None:
    with tx.backend("numpy"):
        x = tnp.arange(4) * 2
        y = x + 1
    assert (x.backend, y.backend) == ("numpy", "numpy")
    with tx.backend("numpy"):
        z = x + y
    assert z.tolist() == [1, 5, 9, 13]
    with pytest.raises(tx.ArgumentError, match="no backend 'cuda'"), tx.backend("cuda"):
        pass


def test_threads_share_pending_work() -> None:
    with tx.backend("numpy"):
        x = tnp.arange(100.0)
        y = tnp.sum(tnp.sin(x) + x)
    seen: list[float] = []

    def look() -> None:
        with tx.backend("numpy"):
            seen.append(float(y))
            seen.append(float(tnp.sum(x * 2 + len(seen) * 0)))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(set(seen)) == 2


def test_a_loop_holds_no_memory(on_numpy: None) -> None:
    def nodes() -> int:
        gc.collect()
        return sum(isinstance(o, eager.Node) for o in gc.get_objects())

    def work() -> None:
        w = tnp.zeros(10)
        for i in range(20):
            w = w - 0.1 * tx.grad(lambda w: tnp.sum((w - 1) ** 2))(w)
            float(w[0])
            assert i >= 0

    work()
    before = nodes()
    work()
    assert nodes() <= before


def test_a_lost_device_is_replaced() -> None:
    need_backend("webgpu")
    f = tx.jit(lambda x: x + 1, backend="webgpu")
    with tx.backend("webgpu") as gpu:
        kept, lost = tnp.arange(4), tnp.arange(4) * 3
        assert f(kept).tolist() == [1, 2, 3, 4]
        seen = (kept * 2).block_until_ready()
        assert seen.tolist() == [0, 2, 4, 6]
        lost.block_until_ready()
        gpu.device.destroy()  # type: ignore[attr-defined]
        with pytest.raises(tx.DeviceLostError):
            lost.tolist()
        assert (seen + 1).tolist() == [1, 3, 5, 7]
        assert f(tnp.asarray([1, 2])).tolist() == [2, 3]


def test_arrays_larger_than_memory(on_numpy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(tx.LimitError, match="2147483647 elements"):
        tnp.ones((1 << 20, 1 << 20))

    def full(graph: Any, arrays: Any) -> Any:
        raise MemoryError("Unable to allocate")

    monkeypatch.setattr("texelate.backends.numpy_backend.evaluate_numpy", full)
    with pytest.raises(tx.OutOfMemoryError, match="no memory"):
        (tnp.ones(3) * 1.2345).tolist()
