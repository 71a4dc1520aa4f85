"""What loops and branches become: straight code when short, cost by trips, shared temporaries."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from tests.control.programs import OURS, V, W, X, backwards, loops, nested, rnn
from texelate.compiler.program import Branch, Loop, walk

LONG = np.linspace(-1, 1, 40 * 3, dtype=np.float32).reshape(40, 3)


def lowered(f: Callable[..., Any], *args: Any, unroll: int = 4) -> Any:
    with tx.knobs.scope(unroll=unroll):
        low = tx.jit(f).lower(*args)
        assert low.program  # compiled while the knob says so
    return low


def loops_of(f: Callable[..., Any], *args: Any, unroll: int = 4) -> int:
    return sum(isinstance(s, Loop) for s in walk(lowered(f, *args, unroll=unroll).program.steps))


# --- short loops ---------------------------------------------------------------------------------


def products(n: int) -> Callable[[Any], Any]:
    return lambda h: tx.fori_loop(0, n, lambda i, c: tnp.tanh(c @ W) + i, h)


def maps(n: int) -> Callable[[Any], Any]:
    return lambda h: tx.fori_loop(0, n, lambda i, c: tnp.sin(c) + i, h)


@pytest.mark.parametrize(
    ("f", "unroll", "count"),
    [
        (products(0), 1, 0), (products(1), 1, 0), (products(2), 1, 1), (products(4), 4, 0),
        (products(5), 4, 1), (products(5), 5, 0), (maps(16), 4, 0), (maps(17), 4, 1),
        (maps(2), 1, 1), (maps(24), 1000, 0), (maps(100), 1000, 1),
        (lambda h: tx.scan(lambda c, _: (c + 1, c), h, length=4), 4, 0),
        (lambda h: tx.scan(lambda c, _: (c + 1, c), h, length=5), 4, 1),
        (lambda h: tx.fori_loop(0, 9, lambda i, c: products(2)(c), h), 4, 1),
        (lambda h: tx.fori_loop(0, 2, lambda i, c: products(9)(c), h), 4, 2),
    ],
)  # fmt: skip
def test_which_loops_become_straight_code(f: Any, unroll: int, count: int) -> None:
    assert loops_of(f, V, unroll=unroll) == count


def test_elementwise_steps_are_one_kernel() -> None:
    assert len(lowered(maps(16), LONG).kernels) == 1


@pytest.mark.parametrize("program", [rnn, backwards, nested, loops], ids=lambda p: p.__name__)
def test_straight_code_computes_the_same(program: Any) -> None:
    need_backend("webgpu")
    f = tx.value_and_grad(lambda w, h: program(OURS, w, h))
    results = []
    for unroll in (1, 8):
        with tx.backend("webgpu"), tx.knobs.scope(unroll=unroll):
            results.append(tx.tree.leaves(tx.jit(f)(W, V)))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-4, atol=1e-6)


# --- cost ----------------------------------------------------------------------------------------


def test_a_body_counts_once_for_each_trip() -> None:
    one = lowered(products(1), LONG).cost
    ten, hundred = (lowered(products(n), LONG, unroll=1).cost for n in (10, 100))
    assert hundred.flops == 10 * ten.flops
    assert hundred.launches - 1 == 10 * (ten.launches - 1)  # one stands before the loop
    assert hundred.kernels == ten.kernels
    assert ten.flops == pytest.approx(10 * one.flops, rel=0.2)  # and the count of the loop
    assert "launches" in str(ten)
    assert "launches" not in str(one)


def test_loops_in_loops_and_unknown_lengths() -> None:
    twice = lowered(lambda h: tx.fori_loop(0, 7, lambda i, c: products(9)(c), h), LONG).cost
    assert twice.flops >= 7 * 9 * 2 * LONG.size * 3
    unknown = tx.while_loop
    once = lowered(lambda h: unknown(lambda c: tnp.sum(c) < 1, lambda c: c @ W, h), LONG).cost
    assert 2 * LONG.size * 3 <= once.flops < 4 * LONG.size * 3


def test_of_branches_the_dearest_counts() -> None:
    def f(h: Any) -> Any:
        return tx.switch(1, [lambda h: h, lambda h: h @ W @ W, lambda h: h @ W], h)

    flops = lowered(f, LONG).cost.flops
    assert 2 * 2 * LONG.size * 3 <= flops < 3 * 2 * LONG.size * 3


# --- memory --------------------------------------------------------------------------------------

WIDE = np.zeros((3, 4096), np.float32)


def spread(c: Any) -> Any:
    """Needs temporaries of 40 x 4096."""
    return tnp.tanh(tnp.sin(c @ WIDE) @ WIDE.T)


def temps(f: Callable[..., Any], *args: Any) -> list[int]:
    """Bytes of the large temporaries."""
    program = lowered(f, *args, unroll=1).program
    return [b.nbytes for b in program.buffers if b.role == "temp" and b.nbytes > 4096]


def repeated(n: int) -> Callable[[Any], Any]:
    return lambda h: tx.fori_loop(0, n, lambda i, c: spread(c), h)


def test_temporaries_are_shared() -> None:
    """By loops one after the other, by branches, with what is idle around, at any depth."""
    one = temps(repeated(9), LONG)
    assert sum(one) >= LONG.shape[0] * 4096 * 4
    assert temps(lambda h: repeated(9)(repeated(8)(h)), LONG) == one
    assert temps(lambda h: tx.cond(h[0, 0] > 0, spread, lambda c: spread(c * 2), h), LONG) == one
    assert temps(lambda h: repeated(9)(spread(h)) + spread(h), LONG) == one
    assert temps(lambda h: tx.fori_loop(0, 5, lambda i, c: repeated(9)(spread(c)), h), LONG) == one


def test_what_is_needed_later_is_not_shared(backend: str) -> None:
    """Values that live across a loop, and a loop's results that the next one reads."""

    def f(h: Any) -> Any:
        before = tnp.sin(h @ X[:3])
        first = tx.fori_loop(0, 6, lambda i, c: tnp.tanh(c @ W) * 0.5 + before, h)
        second, rows = tx.scan(lambda c, x: (tnp.cos(c @ W) * x, c + first), before, LONG)
        return tx.cond(tnp.sum(first) > 0, lambda: before @ W, lambda: second @ W) + before, rows

    with tx.knobs.scope(unroll=1):
        got = tx.jit(f)(LONG)
    with tx.backend("numpy"):
        wanted = f(tnp.asarray(LONG))
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-4, atol=1e-5)


def test_a_thousand_iterations_do_not_grow_memory() -> None:
    need_backend("webgpu")
    from texelate.runtime import open_device

    with tx.backend("webgpu"), tx.knobs.scope(unroll=1):
        run = tx.jit(lambda h, n: (
            tx.fori_loop(0, 1000, lambda i, c: c * 0.99 + tnp.sin(c), h),
            tx.while_loop(lambda s: s[0] < n, lambda s: (s[0] + 1, s[1] + h), (0, h)),
        ))  # fmt: skip
        tx.block_until_ready(run(V, 3))
        gc.collect()
        before = open_device().pool.stats()
        tx.block_until_ready(run(V, 1000))
        gc.collect()
        after = open_device().pool.stats()
    assert after.live <= before.live
    assert after.created <= before.created + 4


# --- bad input -----------------------------------------------------------------------------------

F, I2 = "f32[3]", "i32[2]"
BAD: dict[str, Callable[[], Any]] = {
    "carry is f32[3] and f32[2]": lambda: tx.while_loop(
        lambda c: c[0] > 0, lambda c: c[:2], tnp.asarray(V)
    ),
    "carry[1] is i32[1] and f32[1]": lambda: tx.fori_loop(
        0, 9, lambda i, c: c + 0.5, tnp.asarray([1])
    ),
    "carry['a'][0] is f32[3] and f32[1,3]": lambda: tx.scan(
        lambda c, _: ({"a": (c["a"][0][None],)}, None), {"a": (V,)}, length=5
    ),
    "result is f32[3] and i32[3]": lambda: tx.cond(
        True, lambda x: x.astype(tx.int32), lambda x: x, V
    ),
    "result['y'] is f32[3] and f32[2]": lambda: tx.switch(
        0, [lambda x: {"y": x}, lambda x: {"y": x[1:]}], V
    ),
    "structures: (*, *) and *": lambda: tx.while_loop(lambda c: True, lambda c: c[0], (V, V)),
}


@pytest.mark.parametrize("message", BAD)
@pytest.mark.parametrize("jitted", [False, True], ids=["eager", "jit"])
def test_types_that_differ_are_both_named(on_numpy: None, message: str, jitted: bool) -> None:
    with pytest.raises(tx.TexelateError) as e:
        (tx.jit(BAD[message]) if jitted else BAD[message])()
    assert message in str(e.value)


def test_branches_share_no_state() -> None:
    """Branches inside of loops are steps too, and validate."""
    program = lowered(lambda h: tx.fori_loop(
        0, 9, lambda i, c: tx.cond(i > 2, lambda c: c @ W, lambda c: c, c), h
    ), LONG).program  # fmt: skip
    assert [type(s) for s in walk(program.steps) if isinstance(s, (Loop, Branch))] == [Loop, Branch]
