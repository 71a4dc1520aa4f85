"""Control flow as steps of Programs: training, serialisation, text, memory, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from tests.control.programs import OURS, V, W, X, nested, rnn
from texelate.compiler.ir.text import parse_graph, same
from texelate.compiler.program import Branch, Loop, Program, walk


def trained(backend: str) -> list[float]:
    """Losses of an RNN that learns the sum of its inputs."""
    rng = np.random.default_rng(1)
    xs = np.asarray(rng.normal(size=(6, 8, 2)), np.float32)
    target = xs.sum((0, 2))

    def loss(p: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            return tnp.tanh(h @ p["w"] + x @ p["u"]), None

        h, _ = tx.scan(step, tnp.zeros((8, 4)), xs)
        return tnp.mean((h @ p["v"] - target) ** 2)

    @tx.jit(backend=backend)
    def update(p: Any) -> Any:
        value, slope = tx.value_and_grad(loss)(p)
        return value, tx.tree.map(lambda a, d: a - 0.05 * d, p, slope)

    shapes = {"w": (4, 4), "u": (2, 4), "v": (4,)}
    p = {k: np.asarray(rng.normal(size=s) * 0.3, np.float32) for k, s in shapes.items()}
    losses = []
    for _ in range(5):
        value, p = update(p)
        losses.append(float(value))
    return losses


def test_training_on_the_device_equals_numpy(backend: str) -> None:
    losses = trained(backend)
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(losses, trained("numpy"), rtol=1e-4)


def test_program_survives_serialisation() -> None:
    program = tx.jit(lambda w, h: nested(OURS, w, h)).lower(W, V).program
    kinds = {type(step) for step in walk(program.steps)}
    assert {Loop, Branch} <= kinds
    assert Program.from_json(program.to_json()) == program


def test_text_parses_back() -> None:
    graph = tx.jit(tx.grad(lambda w: rnn(OURS, w, V))).lower(W).graph
    assert same(parse_graph(str(graph)), graph)


def test_long_loops_and_unknown_lengths(backend: str) -> None:
    """More commands than one submit holds; no iteration at all."""
    halved = tx.jit(lambda x: tx.fori_loop(0, 3000, lambda i, c: c * 0.5 + x, x))
    np.testing.assert_allclose(np.asarray(halved(V)), 2 * V, rtol=1e-5)
    counted = tx.jit(
        lambda n: tx.while_loop(lambda c: c[0] < n, lambda c: (c[0] + 1, c[1]), (0, V))
    )
    for n in (0, 5):
        count, same_value = counted(n)
        assert int(count) == n
        np.testing.assert_array_equal(np.asarray(same_value), V)
    last, ys = tx.scan(lambda c, x: (c + x, c), V, X[:0])
    np.testing.assert_array_equal(np.asarray(last), V)
    assert ys.shape == (0, 3)


def test_checkpoint_holds_less() -> None:
    def peak(wrap: Any) -> int:
        layer = wrap(lambda h: tnp.tanh(tnp.tanh(tnp.tanh(h @ W) @ W) @ W))
        chain = tx.jit(tx.grad(lambda h: tnp.sum(layer(layer(layer(layer(h)))))))
        return int(chain.lower(tx.Aval((4096, 3), tx.float32)).cost.peak_bytes)

    assert peak(tx.checkpoint) < 0.75 * peak(lambda f: f)


def test_nothing_leaks() -> None:
    """Eager loops find their program again."""
    from texelate import eager

    with tx.backend("numpy"):
        tx.scan(lambda c, x: (c + x, None), V, X)
        before = len(eager._programs)
        for _ in range(3):
            tx.scan(lambda c, x: (c + x, None), V, X)
        assert len(eager._programs) == before


BAD = {
    "carry['h'] is f32[3] and f32[1]": lambda: tx.scan(
        lambda c, _: ({"h": c["h"][:1]}, None), {"h": V}, X
    ),
    "result[1] is f32[]~ and i32[]~": lambda: tx.cond(True, lambda: (1, 2), lambda: (1, 2.0)),
    "different structures": lambda: tx.cond(True, lambda: (1, 2), lambda: 1),
    "must return (carry, y)": lambda: tx.scan(lambda c, x: c, V, X),
    "length None": lambda: tx.scan(lambda c, x: (c, x), V),
    "not one bool": lambda: tx.while_loop(lambda c: c, lambda c: c, V),
    "not a scalar": lambda: tx.cond(V > 0, lambda: 1, lambda: 2),
    "needs a function": lambda: tx.map(3, X),
    "without a rule": lambda: tx.custom_jvp(lambda x: x)(V),
}


@pytest.mark.parametrize("message", BAD, ids=lambda m: m[:20])
def test_bad_input(message: str, on_numpy: None) -> None:
    with pytest.raises(tx.TexelateError) as e:
        BAD[message]()
    assert message in str(e.value)


def test_reverse_mode_of_while_loop(on_numpy: None) -> None:
    with pytest.raises(tx.GradientError, match="fori_loop"):
        tx.grad(lambda x: tx.while_loop(lambda c: c < 9.0, lambda c: c * x, x))(2.0)
