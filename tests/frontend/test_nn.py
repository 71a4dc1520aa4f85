"""nn.functional, optim and random against JAX, PyTorch's formulas and the papers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.nn.functional as F
import texelate.numpy as tnp

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 5), np.float32) * 3
IMAGE = RNG.standard_normal((2, 7, 6, 4), np.float32)
KERNEL = RNG.standard_normal((3, 2, 2, 6), np.float32)
LABELS = np.array([0, 4, 2, 2], np.int32)


def close(got: Any, want: Any, rtol: float = 1e-4) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=rtol, atol=1e-5)


def jax_layer_norm(x: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)


def jax_cross_entropy(x: Any) -> Any:
    return -jax.nn.log_softmax(x)[jnp.arange(4), LABELS]


ROWS: dict[str, tuple[Any, Any]] = {
    "relu": (F.relu, jax.nn.relu),
    "leaky_relu": (F.leaky_relu, jax.nn.leaky_relu),
    "sigmoid": (F.sigmoid, jax.nn.sigmoid),
    "silu": (F.silu, jax.nn.silu),
    "softplus": (F.softplus, jax.nn.softplus),
    "gelu": (F.gelu, jax.nn.gelu),
    "gelu exact": (lambda x: F.gelu(x, False), lambda x: jax.nn.gelu(x, approximate=False)),
    "softmax": (F.softmax, jax.nn.softmax),
    "softmax 0": (lambda x: F.softmax(x, 0), lambda x: jax.nn.softmax(x, 0)),
    "log_softmax": (F.log_softmax, jax.nn.log_softmax),
    "logsumexp": (lambda x: F.logsumexp(x, -1), lambda x: jax.nn.logsumexp(x, -1)),
    "layer_norm": (F.layer_norm, jax_layer_norm),
    "cross entropy": (
        lambda x: F.softmax_cross_entropy(x, LABELS, reduction="none"),
        jax_cross_entropy,
    ),
    "mse": (lambda x: F.mse(x, 1.0), lambda x: ((x - 1) ** 2).mean()),
}


def test_activations_and_losses_with_gradients(backend: str) -> None:
    def both(x: Any) -> Any:
        return {
            name: (*tx.value_and_grad(lambda x: tnp.sum(tnp.sin(f(x))))(x), f(x))  # noqa: B023
            for name, (f, _) in ROWS.items()
        }

    got = tx.jit(both)(X)
    for name, (_, reference) in ROWS.items():
        value, grads, out = got[name]
        close(out, reference(X))
        close(value, jnp.sum(jnp.sin(reference(X))))
        close(grads, jax.grad(lambda x: jnp.sum(jnp.sin(reference(x))))(X), rtol=1e-3)  # noqa: B023


def test_extreme_inputs_do_not_overflow(on_numpy: None) -> None:
    x = np.array([[1e4, -1e4, 0.0]], np.float32)
    close(F.softmax(x), [[1, 0, 0]])
    close(F.log_softmax(x), [[0, -2e4, -1e4]])
    close(F.logsumexp(x, -1), [1e4])
    close(F.softplus(x), [[1e4, 0, np.log(2)]])
    close(F.sigmoid(x), [[1, 0, 0.5]])
    assert np.isfinite(np.asarray(tx.grad(lambda x: F.softmax_cross_entropy(x, [1]))(x))).all()
    assert np.isnan(np.asarray(F.relu([np.nan]))).all()


def test_one_hot_and_labels(on_numpy: None) -> None:
    close(F.one_hot([0, 2, 5], 3), [[1, 0, 0], [0, 0, 1], [0, 0, 0]])
    hot = F.one_hot(LABELS, 5)
    close(F.softmax_cross_entropy(X, hot), F.softmax_cross_entropy(X, LABELS))
    with pytest.raises(tx.ShapeError, match="labels"):
        F.softmax_cross_entropy(X, LABELS[:2])
    with pytest.raises(tx.ArgumentError, match="integers"):
        F.one_hot(X, 3)


def jax_conv(x: Any, w: Any, **kw: Any) -> Any:
    strides, dilation = kw.get("strides", 1), kw.get("dilation", 1)
    return jax.lax.conv_general_dilated(
        x,
        w,
        (strides,) * 2 if isinstance(strides, int) else strides,
        kw.get("padding", "VALID"),
        rhs_dilation=(dilation,) * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=kw.get("groups", 1),
    )


CONVOLUTIONS: list[dict[str, Any]] = [
    {"groups": 2},
    {"groups": 2, "padding": "SAME", "strides": 2},
    {"groups": 2, "padding": ((2, 1), (0, 3)), "strides": (1, 2)},
    {"groups": 2, "dilation": 2, "padding": "SAME"},
]


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_conv2d_and_its_gradients(on_numpy: None, options: dict[str, Any]) -> None:
    padding = options.get("padding", "VALID")
    theirs = options if isinstance(padding, str) else {**options, "padding": list(padding)}
    close(F.conv2d(IMAGE, KERNEL, **options), jax_conv(IMAGE, KERNEL, **theirs))
    got = tx.grad(lambda x, w: tnp.sum(F.conv2d(x, w, **options) ** 2), (0, 1))(IMAGE, KERNEL)
    want = jax.grad(lambda x, w: jnp.sum(jax_conv(x, w, **theirs) ** 2), (0, 1))(IMAGE, KERNEL)
    for a, b in zip(got, want, strict=True):
        close(a, b, rtol=1e-3)


def test_convolution_and_pooling_compiled(backend: str) -> None:
    def f(x: Any, w: Any) -> Any:
        y = F.conv2d(x, w, padding="SAME", groups=2)
        return F.max_pool2d(y, 2), F.avg_pool2d(y, 3, 2, "SAME"), F.max_pool2d(y, (2, 3), 1)

    def loss(x: Any, w: Any) -> Any:
        return sum(tnp.sum(tnp.sin(part)) for part in f(x, w))

    def reference(x: Any, w: Any) -> Any:
        y = jax_conv(x, w, padding="SAME", groups=2)

        def pool(k: Any, s: Any, start: float, op: Any, pad: str = "VALID") -> Any:
            return jax.lax.reduce_window(y, start, op, (1, *k, 1), (1, *s, 1), pad)

        top = pool((2, 2), (2, 2), -jnp.inf, jax.lax.max)
        total = pool((3, 3), (2, 2), 0.0, jax.lax.add, "SAME")
        count = jax.lax.reduce_window(
            jnp.ones_like(y), 0.0, jax.lax.add, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"
        )
        return top, total / count, pool((2, 3), (1, 1), -jnp.inf, jax.lax.max)

    got, (gx, gw) = tx.jit(lambda x, w: (f(x, w), tx.grad(loss, (0, 1))(x, w)))(IMAGE, KERNEL)
    for a, b in zip(got, reference(IMAGE, KERNEL), strict=True):
        close(a, b)
    want = jax.grad(lambda x, w: sum(jnp.sum(jnp.sin(p)) for p in reference(x, w)), (0, 1))
    wx, ww = want(IMAGE, KERNEL)
    close(gx, wx, rtol=2e-3)
    close(gw, ww, rtol=2e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.conv2d(IMAGE, KERNEL),
        lambda: F.conv2d(IMAGE[0], KERNEL),
        lambda: F.conv2d(IMAGE, KERNEL, groups=2, padding="ODD"),
        lambda: F.conv2d(IMAGE, KERNEL, groups=2, strides=0),
        lambda: F.conv2d(IMAGE, KERNEL, groups=2, strides=(1, 2, 3)),
        lambda: F.conv2d(IMAGE, KERNEL, groups=2, padding=((1, 1),)),
        lambda: F.max_pool2d(X, 2),
        lambda: F.max_pool2d(IMAGE, -1),
        lambda: F.avg_pool2d(IMAGE, "x"),
    ],
)
def test_bad_convolutions(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError)):
        call()


# --- random --------------------------------------------------------------------------------------


def test_bits_are_those_of_jax(backend: str) -> None:
    for seed in (0, 42, 2**31 + 5, -7):
        with jax.threefry_partitionable(True):
            theirs = jax.random.PRNGKey(np.uint32(seed & 0xFFFFFFFF))
            key = tx.random.key(seed)
            np.testing.assert_array_equal(tx.random.split(key, 3), jax.random.split(theirs, 3))
            np.testing.assert_array_equal(tx.random.fold_in(key, 9), jax.random.fold_in(theirs, 9))
            np.testing.assert_array_equal(
                tx.random.bits(key, (3, 5)), jax.random.bits(theirs, (3, 5))
            )
            np.testing.assert_array_equal(
                tx.random.uniform(key, (7,)), jax.random.uniform(theirs, (7,))
            )
            np.testing.assert_array_equal(
                tx.random.randint(key, (9,), -5, 1000), jax.random.randint(theirs, (9,), -5, 1000)
            )
            close(tx.random.normal(key, (50,)), jax.random.normal(theirs, (50,)), rtol=1e-3)


def test_random_inside_jit_and_vmap(on_numpy: None) -> None:
    key = tx.random.key(3)
    same = tx.jit(lambda k: tx.random.normal(k, (4,)))(key)
    np.testing.assert_array_equal(same, tx.random.normal(key, (4,)))
    keys = tx.random.split(key, 3)
    rows = tx.vmap(lambda k: tx.random.uniform(k, (2,)))(keys)
    np.testing.assert_array_equal(rows[1], tx.random.uniform(keys[1], (2,)))
    seeds = tx.vmap(tx.random.key)(tnp.arange(2))
    np.testing.assert_array_equal(seeds[1], tx.random.key(1))
    assert sorted(tx.random.permutation(key, 20).tolist()) == list(range(20))


def test_moments(on_numpy: None) -> None:
    k1, k2, k3 = tx.random.split(tx.random.key(1), 3)
    normal = np.asarray(tx.random.normal(k1, (20000,)))
    assert abs(normal.mean()) < 0.03
    assert abs(normal.std() - 1) < 0.03
    assert abs(np.asarray(tx.random.bernoulli(k2, 0.3, (20000,))).mean() - 0.3) < 0.02
    spread = np.asarray(tx.random.uniform(k3, (20000,), -2, 6))
    assert spread.min() >= -2
    assert spread.max() < 6


@pytest.mark.parametrize(
    "call",
    [
        lambda: tx.random.key(1.5),
        lambda: tx.random.key(2**40),
        lambda: tx.random.uniform(3, (2,)),
        lambda: tx.random.bits(tnp.ones(2), ()),
        lambda: tx.random.bits(tx.random.key(0), (-1,)),
        lambda: tx.random.randint(tx.random.key(0), (2,), 5, 5),
        lambda: tx.random.split(tx.random.key(0), -1),
    ],
)
def test_bad_random_arguments(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ArgumentError, tx.ShapeError)):
        call()


# --- optim ---------------------------------------------------------------------------------------


def test_sgd_and_adam_follow_their_formulas(backend: str) -> None:
    """Against the formulas of the papers in float64, five steps on a quadratic."""
    start = np.array([1.0, -2.0, 0.5])

    def run(opt: Any) -> Any:
        @tx.jit(donate_argnums=(0, 1))
        def step(p: Any, s: Any) -> Any:
            grads = tx.grad(lambda p: tnp.sum(p["w"] ** 2 * tnp.asarray([1.0, 2.0, 3.0])))(p)
            return opt.update(grads, s, p)

        p = {"w": tnp.asarray(start)}
        s = opt.init(p)
        for _ in range(5):
            p, s = step(p, s)
        return p["w"]

    def reference(rule: Any) -> Any:
        w, state = start.copy(), {}
        for t in range(1, 6):
            w = rule(w, 2 * w * np.array([1.0, 2.0, 3.0]), state, t)
        return w

    def momentum(w: Any, g: Any, s: Any, t: int) -> Any:
        s["v"] = 0.9 * s.get("v", 0) + g
        return w - 0.01 * s["v"]

    def adam(w: Any, g: Any, s: Any, t: int) -> Any:
        s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
        s["v"] = 0.999 * s.get("v", 0) + 0.001 * g * g
        return w - 0.1 * (s["m"] / (1 - 0.9**t)) / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-8)

    close(run(tx.optim.sgd(0.1)), reference(lambda w, g, s, t: w - 0.1 * g))
    close(run(tx.optim.sgd(0.01, momentum=0.9)), reference(momentum))
    close(run(tx.optim.adam(0.1)), reference(adam))


def test_optimisers_check_their_settings() -> None:
    for wrong in (lambda: tx.optim.sgd(-1), lambda: tx.optim.adam(b1=1.0)):
        with pytest.raises(tx.ArgumentError):
            wrong()
