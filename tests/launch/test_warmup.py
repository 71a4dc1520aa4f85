"""``warmup``: everything a first call waits for, and nothing computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from texelate.compiler.errors import CompileError
from texelate.compiler.program import Shader
from texelate.runtime.native import Driver, Pass


class Struct:
    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype


@pytest.mark.parametrize(
    "example",
    [tx.Aval((3, 4), tx.float32), Struct((3, 4), np.float32), np.zeros((3, 4), np.float32)],
)
def test_the_call_after_it_compiles_nothing(backend: str, example: Any) -> None:
    f = tx.jit(lambda x: tnp.sum(x * 2, axis=0))
    f.warmup(example)
    assert f.stats() == {"calls": 0, "compiles": 1, "hits": 0}
    assert f(np.ones((3, 4), np.float32)).tolist() == [6, 6, 6, 6]
    assert f.stats() == {"calls": 1, "compiles": 1, "hits": 1}


def test_every_shader_is_dispatched_once_without_work(monkeypatch: pytest.MonkeyPatch) -> None:
    need_backend("webgpu")
    seen: list[Any] = []
    submit = Driver.submit

    def spy(self: Driver, segments: Any) -> Any:
        seen.extend(launch for s in segments if isinstance(s, Pass) for launch in s.launches)
        return submit(self, segments)

    f = tx.jit(lambda x, w: tnp.tanh(x @ w) @ w, backend="webgpu")
    with monkeypatch.context() as patched:
        patched.setattr(Driver, "submit", spy)
        f.warmup(tx.Aval((8, 8), tx.float32), tx.Aval((8, 8), tx.float32))
    assert len(seen) == len(f.lower(*[tx.Aval((8, 8), tx.float32)] * 2).program.shaders)
    assert all(launch.x == 0 for launch in seen)


def test_donated_arguments_and_loops_can_be_warmed_up() -> None:
    need_backend("webgpu")

    @tx.jit(donate_argnums=0, backend="webgpu")
    def f(x: Any, n: Any) -> Any:
        return tx.while_loop(lambda c: c[1] > 0, lambda c: (c[0] * 2, c[1] - 1), (x, n))[0]

    f.warmup(tx.Aval((4,), tx.float32), tx.Aval((), tx.int32))
    x = tnp.ones(4)
    assert f(x, np.int32(3)).tolist() == [8, 8, 8, 8]


def test_host_stages_are_warmed_up(backend: str) -> None:
    f = tx.jit(lambda x: tnp.linalg.eigvalsh(x + x.T) * 2)
    f.warmup(tx.Aval((3, 3), tx.float32))
    x = np.diag([1.0, 2.0, 3.0]).astype(np.float32)
    np.testing.assert_allclose(f(x), [4, 8, 12], rtol=1e-5)


def test_a_shader_that_does_not_compile_is_named_also_in_threads() -> None:
    need_backend("webgpu")
    device: Any = tx.backends.get("webgpu").device  # type: ignore[attr-defined]
    code = "@compute @workgroup_size(1) fn main() { let x = 1; }"
    good = [Shader(f"good{k}", f"{code} // {k}", (1, 1, 1), "") for k in range(3)]
    before = device.pipelines.created
    assert len(device.pipelines.get_all([*good, good[0]])) == 4
    assert device.pipelines.created == before + 3
    bad = Shader("bad", "fn main( {", (1, 1, 1), "")
    with pytest.raises(CompileError, match="bad"):
        device.pipelines.get_all([Shader("other", code + "//", (1, 1, 1), ""), bad])
