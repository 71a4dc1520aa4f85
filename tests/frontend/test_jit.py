"""jit: signatures, statics, donation, captured values, and looking inside."""

from __future__ import annotations

import threading
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

SCALE = 2.0
TABLE = np.arange(3, dtype=np.float32)
Point = namedtuple("Point", "x y")


@dataclass
class Model:
    w: Any
    name: str = "m"


def test_compiles_once_per_signature(backend: str) -> None:
    traces = []

    @tx.jit
    def f(x: Any, y: Any = 1.0) -> Any:
        traces.append(x)
        return x * y + 1

    for n in (3, 3, 4, 3):
        np.testing.assert_array_equal(f(tnp.ones(n), 2.0), np.full(n, 3))
    f(tnp.ones(3, "int32"))
    assert len(traces) == 3
    assert f.stats() == {"calls": 5, "compiles": 3, "hits": 2}
    why = f.explain_misses()
    assert why[0] == "call 1: first call"
    assert why[1] == "call 3: args[0] was f32[3], now f32[4]"
    assert "structure" in why[2]
    f.cache_clear()
    assert f.stats()["calls"] == 0


def test_pytrees_go_in_and_out(backend: str) -> None:
    @tx.jit
    def f(tree: Any) -> Any:
        a, (b, c), d = tree["a"], tree["b"], tree["d"]
        return {"sum": a + b, "point": Point(c, a), "none": None, "list": [d.x, 1, 2.5, True]}

    out = f({"a": 1.0, "b": (2, np.ones(2)), "d": Point(3.0, 4.0)})
    assert float(out["sum"]) == 3
    assert isinstance(out["point"], Point)
    assert out["none"] is None
    assert [x.item() for x in out["list"]] == [3.0, 1, 2.5, True]


def test_dataclasses_are_containers(on_numpy: None) -> None:
    f = tx.jit(lambda m: Model(m.w * 2, m.name))
    with pytest.raises(tx.ArgumentError, match=r"args\[0\].name is a str, not an array"):
        f(Model(1.0))


def test_static_arguments(on_numpy: None) -> None:
    @tx.jit(static_argnums=1, static_argnames="mode")
    def f(x: Any, n: Any, *, mode: str = "sum") -> Any:
        assert isinstance(n, (int, float))
        return x * n if mode == "sum" else x - n

    assert float(f(2.0, 3)) == 6
    assert float(f(2.0, 3, mode="difference")) == -1
    assert float(f(2.0, n=4)) == 8
    f(2.0, True)
    f(2.0, 1)
    f(2.0, 1.0)
    assert f.stats()["compiles"] == 6
    assert "static n was" in f.explain_misses()[-1]
    with pytest.raises(tx.ArgumentError, match="static argument n is not hashable"):
        f(2.0, [1])
    with pytest.raises(tx.ArgumentError, match=r"args\[0\] is a str"):
        f("x", 1)


def test_static_zero_has_a_sign(on_numpy: None) -> None:
    f = tx.jit(lambda x, z: x * z, static_argnums=1)
    assert np.signbit(np.asarray(f(1.0, -0.0)))
    assert not np.signbit(np.asarray(f(1.0, 0.0)))


def test_methods_and_wrapping(on_numpy: None) -> None:
    class Net:
        @tx.jit(static_argnums=0)
        def call(self, x: Any) -> Any:
            """Doubles."""
            return x * 2

    assert float(Net().call(2.0)) == 4
    assert Net.call.__doc__ == "Doubles."
    assert Net.call.__name__ == "call"


def test_donated_arrays_are_gone(backend: str) -> None:
    f = tx.jit(lambda p, x: {"w": p["w"] + x}, donate_argnums=0)
    p = {"w": tnp.ones(3)}
    q = f(p, 1.0)
    assert q["w"].tolist() == [2, 2, 2]
    for use in (lambda: p["w"] + 1, p["w"].tolist, lambda: f(p, 1.0)):
        with pytest.raises(tx.DonatedError, match=r"given to <lambda>\(\) at .*test_jit.py"):
            use()
    assert p["w"].shape == (3,)


def test_donation_never_changes_another_array(backend: str) -> None:
    f = tx.jit(lambda a, b: (a + b, a * b), donate_argnums=0)
    x = tnp.asarray([1.0, 2.0])
    same = x * 1.0
    also = x * 1.0
    waiting = also + 10
    total, product = f(same, also)
    assert total.tolist() == [2, 4]
    assert product.tolist() == [1, 4]
    assert also.tolist() == [1, 2]
    assert waiting.tolist() == [11, 12]
    twice = tnp.asarray([3.0, 4.0])
    total, product = f(twice, twice)
    assert (total.tolist(), product.tolist()) == ([6, 8], [9, 16])


def test_a_donated_argument_may_be_returned(backend: str) -> None:
    f = tx.jit(lambda a, b: (a, a + b), donate_argnums=0)
    x = tnp.asarray([1.0, 2.0])
    first, second = f(x, 1.0)
    assert first.tolist() == [1, 2]
    assert second.tolist() == [2, 3]


def test_captured_numpy_arrays_are_never_stale(backend: str) -> None:
    data = np.zeros(3, np.float32)
    f = tx.jit(lambda x: x + data)
    outer = tx.jit(lambda x: 2 * f(x))
    g = tx.jit(tx.grad(lambda x: tnp.sum(x * data)))
    assert f(1.0).tolist() == [1, 1, 1]
    assert outer(1.0).tolist() == [2, 2, 2]
    assert g(tnp.ones(3)).tolist() == [0, 0, 0]
    data[1] = 5
    assert f(1.0).tolist() == [1, 6, 1]
    assert outer(1.0).tolist() == [2, 12, 2]
    assert g(tnp.ones(3)).tolist() == [0, 5, 0]
    assert f.stats()["compiles"] == 1


def test_rebound_globals_retrace(on_numpy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    f = tx.jit(lambda x: x * SCALE)
    g = tx.jit(lambda x: f(x) + 1)
    assert (float(f(1.0)), float(g(1.0))) == (2, 3)
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert (float(f(1.0)), float(g(1.0))) == (5, 6)
    assert f.explain_misses()[-1].endswith("global SCALE was 2.0, now 5.0")


def test_rebound_closure_variables_retrace(on_numpy: None) -> None:
    bias = tnp.asarray(1.0)
    f = tx.jit(lambda x: x + bias)
    assert float(f(0.0)) == 1
    bias = tnp.asarray(7.0)
    assert float(f(0.0)) == 7


def test_counting_traces_does_not_retrace(on_numpy: None) -> None:
    count = 0

    @tx.jit
    def f(x: Any) -> Any:
        nonlocal count
        count += 1
        return x

    f(1.0)
    f(2.0)
    assert count == 1


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda x: x if x[0] > 0 else -x, "texelate.numpy.where"),
        (lambda x: float(x[0]), "outside jit"),
        (lambda x: x * int(x[0]), "static_argnums"),
        (lambda x: [0, 1, 2][x[0].astype(int)], "texelate.numpy.take"),
        (lambda x: np.sin(x) + 1, "outside jit"),
        (lambda x: x.tolist(), "outside jit"),
        (lambda x: tnp.zeros(x[0].astype(int)), "made of ints"),
    ],
)
def test_asking_for_values_inside_jit(on_numpy: None, ask: Any, words: str) -> None:
    with pytest.raises((tx.ConcretizationError, tx.ArgumentError), match=words) as caught:
        tx.jit(ask)(tnp.ones(3))
    assert caught.value.where.file == __file__


def test_concretization_names_the_operation_and_its_line(on_numpy: None) -> None:
    @tx.jit
    def f(x: Any) -> Any:
        big = x.sum() > 3
        return x if big else -x

    with pytest.raises(tx.ConcretizationError) as caught:
        f(tnp.ones(3))
    text = str(caught.value)
    assert "bool[]" in text
    assert "`gt`" in text
    assert "big = x.sum() > 3" in text
    assert "return x if big else -x" in text


def test_iteration_and_len(on_numpy: None) -> None:
    f = tx.jit(lambda x: sum(row.sum() for row in x) * len(x))
    assert float(f(tnp.ones((2, 3)))) == 12
    with pytest.raises(tx.ArgumentError, match="rank-0"):
        tx.jit(lambda x: [*x])(1.0)


def test_leaked_tracers(on_numpy: None) -> None:
    kept: list[Any] = []
    tx.jit(lambda x: kept.append(x) or x)(1.0)
    for use in (
        lambda: kept[0] + 1,
        lambda: float(kept[0]),
        lambda: tx.jit(lambda y: y + kept[0])(1.0),
        lambda: tx.jit(lambda y: [y, kept[0]])(1.0),
    ):
        with pytest.raises(tx.LeakedTracerError, match="after its trace ended"):
            use()


def test_tracebacks_have_only_the_users_frames(on_numpy: None) -> None:
    def wrong(x: Any) -> Any:
        return x @ tnp.ones((4, 4))

    def frames(error: BaseException) -> list[str]:
        out, tb = [], error.__traceback__
        while tb is not None:
            out.append(tb.tb_frame.f_code.co_filename)
            tb = tb.tb_next
        return out

    with pytest.raises(tx.ShapeError) as caught:
        tx.jit(wrong)(tnp.ones(3))
    assert frames(caught.value)[-1] == __file__
    assert len(frames(caught.value)) <= 3
    with tx.knobs.scope(traceback="full"), pytest.raises(tx.ShapeError) as caught:
        tx.jit(wrong)(tnp.ones(3))
    assert len(frames(caught.value)) > 5


def test_errors_of_the_function_itself_pass_through(on_numpy: None) -> None:
    def broken(x: Any) -> Any:
        raise KeyError("mine")

    f = tx.jit(broken)
    with pytest.raises(KeyError, match="mine"):
        f(1.0)
    assert float(tx.jit(lambda x: x + 1)(1.0)) == 2


@pytest.mark.parametrize("bad", [object(), "text", {1, 2}, print])
def test_arguments_and_results_that_are_no_arrays(on_numpy: None, bad: Any) -> None:
    with pytest.raises(tx.ArgumentError, match=r"args\[0\]"):
        tx.jit(lambda x: 1)(bad)
    with pytest.raises(tx.ArgumentError, match="result"):
        tx.jit(lambda x: [x, bad])(1.0)


def test_jit_checks_its_own_arguments() -> None:
    for wrong in (
        lambda: tx.jit(3),
        lambda: tx.jit(lambda x: x, static_argnums="x"),
        lambda: tx.jit(lambda x: x, static_argnames="y"),
        lambda: tx.jit(lambda x: x, static_argnums=0, donate_argnums=0),
        lambda: tx.jit(lambda x: x, backend="cuda"),
    ):
        with pytest.raises(tx.ArgumentError):
            wrong()


def test_lower_shows_every_stage(backend: str) -> None:
    f = tx.jit(lambda x, w: tnp.maximum(x @ w, 0).sum())
    low = f.lower(tx.Aval((4, 8), tx.float32), tnp.ones((8, 2)))
    assert low.graph.eqns[0].prim.name == "dot_general"
    assert low.cost.flops >= 2 * 4 * 8 * 2
    assert low.cost.kernels == len(low.kernels) >= 1
    assert low.cost.peak_bytes > 0
    assert "@compute" in low.wgsl
    assert low.program.name == "<lambda>"
    assert list(low.stages)
    assert "kernels" in str(low)
    assert f.stats()["compiles"] == 0


def test_inputs_have_the_users_names(on_numpy: None) -> None:
    bias = tnp.ones(2)

    @tx.jit(static_argnums=1)
    def f(params: Any, n: int, *rest: Any, scale: Any) -> Any:
        return params["w"] * rest[0] * scale[0] + params["layers"][0] + bias * n

    params = {"w": 1.0, "layers": [2.0]}
    names = f.lower(params, 3, 4.0, scale=(5.0,)).graph.input_names
    assert names == ("params.layers[0]", "params.w", "args[2]", "scale[0]", "captured")


def test_warmup_compiles_without_running(backend: str) -> None:
    f = tx.jit(lambda x: x * 2)
    f.warmup(tx.Aval((3,), tx.float32))
    assert f.stats()["compiles"] == 1
    assert f(tnp.ones(3)).tolist() == [2, 2, 2]
    assert f.stats()["compiles"] == 1


def test_backend_argument() -> None:
    f = tx.jit(lambda x: x + 1, backend="numpy")
    assert f(1.0).backend == "numpy"


def test_threads_call_one_function() -> None:
    f = tx.jit(lambda x: tnp.sum(x * 2), backend="numpy")
    out: list[float] = []

    def work(k: int) -> None:
        with tx.backend("numpy"):
            out.extend(float(f(tnp.full(4, float(k)))) for _ in range(20))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(set(out)) == [8.0 * k for k in range(6)]
    assert f.stats()["compiles"] == 1
