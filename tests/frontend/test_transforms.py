"""grad, vjp, jvp and vmap: any order, inside and outside jit, with Python control flow."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

X = np.array([0.5, -1.5, 2.0], np.float32)
W = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=2e-4, atol=2e-5)


def model(m: Any, w: Any, x: Any) -> Any:
    return m.sum(m.tanh(x @ w) ** 2) + m.sum(m.where(w > 0, w, 0.1 * w))


def test_gradients_agree_with_jax(backend: str) -> None:
    want = jax.grad(lambda w, x: model(jnp, w, x), (0, 1))(W, X)
    f = tx.grad(lambda w, x: model(tnp, w, x), (0, 1))
    for g in (f, tx.jit(f)):
        for got, expected in zip(g(W, X), want, strict=True):
            close(got, expected)


COMPOSITIONS: dict[str, Any] = {
    "grad of grad": lambda t, m: t.grad(t.grad(lambda x: m.sin(x) * x)),
    "grad of vmap": lambda t, m: lambda x: t.grad(lambda v: m.sum(t.vmap(m.sin)(v * x)))(X)[0],
    "vmap of grad": lambda t, m: lambda x: m.sum(t.vmap(t.grad(lambda v: m.sin(v * x)))(X)),
    "jvp of grad": lambda t, m: lambda x: t.jvp(t.grad(lambda v: v**3), (x,), (2.0,))[1],
    "grad of jvp": lambda t, m: t.grad(lambda x: t.jvp(m.exp, (x,), (x,))[1]),
    "jit of grad": lambda t, m: t.jit(t.grad(lambda x: m.exp(x) * x)),
    "grad of jit": lambda t, m: t.grad(t.jit(lambda x: m.exp(x) * x)),
    "vmap of jit": lambda t, m: lambda x: m.sum(t.vmap(t.jit(lambda v: v * x))(X)),
    "vmap of vmap": lambda t, m: (
        lambda x: m.sum(t.vmap(lambda a: t.vmap(lambda b: m.sin(a * b * x))(X))(X))
    ),
    "third order": lambda t, m: t.grad(t.grad(t.grad(lambda x: m.exp(m.sin(x))))),
    "jit of vmap of grad of jit": lambda t, m: (
        lambda x: m.sum(t.jit(t.vmap(t.grad(t.jit(lambda v: m.tanh(v) * v))))(X * x))
    ),
}


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_transforms_compose(on_numpy: None, name: str) -> None:
    make = COMPOSITIONS[name]
    close(make(tx, tnp)(0.7), make(jax, jnp)(0.7))


def test_all_compositions_compiled(backend: str) -> None:
    f = tx.jit(lambda x: {name: make(tx, tnp)(x) for name, make in COMPOSITIONS.items()})
    got = f(0.7)
    for name, make in COMPOSITIONS.items():
        close(got[name], make(jax, jnp)(0.7))


def test_python_control_flow_on_values(backend: str) -> None:
    lines = []

    def f(x: Any) -> Any:
        y = x
        while tnp.sum(y) < 10:
            y = y * 2
        lines.append(f"{float(tnp.sum(y)):.1f} {y}")
        return tnp.sum(y * x) if y[0] > 0 else tnp.sum(x)

    close(tx.grad(f)(tnp.asarray([1.0, 2.0])), [8, 16])
    assert lines == ["12.0 [4. 8.]"]
    close(tx.grad(tx.grad(lambda x: x**3 if x > 0 else x))(2.0), 12)


def test_control_flow_is_an_error_where_there_are_no_values(on_numpy: None) -> None:
    def f(x: Any) -> Any:
        return x * x if x > 0 else x

    for inside, kind in ((tx.jit(tx.grad(f)), "jit"), (tx.vmap(tx.grad(f)), "vmap")):
        with pytest.raises(tx.ConcretizationError, match=f"inside {kind}"):
            inside(tnp.ones(()) if kind == "jit" else tnp.ones(3))
    with pytest.raises(tx.ConcretizationError, match="derivative would silently be 0"):
        tx.grad(lambda x: np.sin(x) * 1.0)(1.0)


def test_gradients_of_containers_with_aux(on_numpy: None) -> None:
    def loss(p: Any, scale: float, name: str) -> Any:
        assert name == "n"
        return tnp.sum(p["w"] * p["b"][0]) * scale, {"name": name, "w2": p["w"] * 2}

    p = {"w": tnp.asarray(X), "b": [tnp.asarray(3.0)]}
    (value, aux), g = tx.value_and_grad(loss, has_aux=True)(p, 2.0, "n")
    close(value, X.sum() * 6)
    close(aux["w2"], X * 2)
    assert aux["name"] == "n"
    close(g["w"], [6, 6, 6])
    close(g["b"][0], X.sum() * 2)
    g2, aux2 = tx.grad(loss, has_aux=True)(p, 2.0, name="n")
    close(g2["w"], g["w"])
    close(aux2["w2"], aux["w2"])
    several = tx.grad(lambda a, b: a * b, argnums=(0, -1))(2.0, 5.0)
    assert [float(x) for x in several] == [5, 2]


def test_vjp_and_jvp(on_numpy: None) -> None:
    def f(x: Any, y: Any) -> Any:
        return {"a": x @ y, "n": tnp.argmax(x), "b": tnp.sin(x)}

    out, pull = tx.vjp(f, X, W)
    cx, cw = pull({"a": tnp.ones(4), "n": None, "b": tnp.zeros(3)})
    close(cx, W.sum(1))
    close(cw, np.outer(X, np.ones(4)))
    close(out["b"], np.sin(X))
    out, rate = tx.jvp(f, (X, W), (tnp.ones(3), tnp.zeros((3, 4))))
    close(rate["a"], W.sum(0))
    close(rate["b"], np.cos(X))
    assert int(out["n"]) == 2


@pytest.mark.parametrize(("in_axes", "out_axes"), [(0, 0), ((1, None), 1), ((-1, 0), -1)])
def test_vmap_axes(on_numpy: None, in_axes: Any, out_axes: int) -> None:
    a = np.arange(16, dtype=np.float32).reshape(4, 4)
    b = np.ones(4, np.float32)

    def f(x: Any, y: Any) -> Any:
        return x * 2 + y

    want = jax.vmap(f, in_axes, out_axes)(a, b)
    close(tx.vmap(f, in_axes, out_axes)(a, b), want)


def test_vmap_of_containers_and_constants(on_numpy: None) -> None:
    def f(p: Any, x: Any) -> Any:
        return {"y": p["w"] * x + p["b"], "size": p["b"] * 2}

    out = tx.vmap(f, in_axes=({"w": 0, "b": None}, 0), out_axes={"y": 0, "size": None})(
        {"w": tnp.asarray(X), "b": tnp.asarray(1.0)}, tnp.ones(3)
    )
    close(out["y"], X + 1)
    close(out["size"], 2)
    close(tx.vmap(lambda x: 3.0)(tnp.ones(4)), [3, 3, 3, 3])


def test_check_grads_finds_right_and_wrong(on_numpy: None) -> None:
    tx.check_grads(lambda x, w: tnp.sum(tnp.tanh(x @ w)), (X, W))
    with pytest.raises(AssertionError, match="jvp and differences"):
        tx.check_grads(lambda x: x * tx.stop_gradient(x), (2.0,))


def test_stop_gradient(on_numpy: None) -> None:
    close(tx.grad(lambda x: x * tx.stop_gradient({"a": x * x})["a"])(3.0), 9)


def test_eager_gradients_reuse_what_was_computed(on_numpy: None) -> None:
    from texelate.backends.numpy_backend import NumpyExecutable

    counted: list[str] = []
    run = NumpyExecutable.__call__

    def spy(self: Any, inputs: Any, donated: Any) -> Any:
        counted.extend(e.prim.name for e in self._graph.eqns)
        return run(self, inputs, donated)

    NumpyExecutable.__call__ = spy  # type: ignore[method-assign]
    try:

        def f(x: Any) -> Any:
            y = tnp.exp(x)
            return tnp.sum(y) if tnp.sum(y) > 0 else x.sum()

        tx.grad(f)(tnp.asarray(X)).tolist()
    finally:
        NumpyExecutable.__call__ = run  # type: ignore[method-assign]
    assert counted.count("exp") == 1


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: tx.grad(lambda x: x * 2)(X), tx.GradientError, r"scalar result.*f32\[3\]"),
        (lambda: tx.grad(lambda x: (x, x))(1.0), tx.GradientError, "scalar result"),
        (lambda: tx.grad(lambda x: x > 0)(1.0), tx.GradientError, "float result"),
        (lambda: tx.grad(lambda x: x * 1.0)(3), tx.GradientError, "only by float"),
        (lambda: tx.grad(lambda x: x, argnums=2)(1.0), tx.ArgumentError, "argnums 2"),
        (lambda: tx.grad(3), tx.ArgumentError, "needs a function"),
        (lambda: tx.grad(lambda x: x, has_aux=True)(1.0), tx.ArgumentError, "has_aux"),
        (lambda: tx.grad(lambda x: x)("a"), tx.ArgumentError, r"args\[0\] is a str"),
        (lambda: tx.vjp(lambda x: x, X)[1](tnp.ones(2)), tx.ShapeError, "cotangent"),
        (lambda: tx.vjp(lambda x: x, X)[1]((X, X)), tx.ArgumentError, "structure"),
        (lambda: tx.jvp(lambda x: x, (X,), (1.0,)), tx.ShapeError, "tangent"),
        (lambda: tx.jvp(lambda x: x, (X,), (X, X)), tx.ArgumentError, "structures"),
        (lambda: tx.jvp(lambda x: x, X, X), tx.ArgumentError, "tuple of primals"),
        (lambda: tx.vmap(lambda x, y: x, (0, 0))(X, W[0]), tx.ShapeError, "batch sizes differ"),
        (lambda: tx.vmap(lambda x: x, None)(X), tx.ArgumentError, "no argument is batched"),
        (lambda: tx.vmap(lambda x: x, 2)(X), tx.AxisError, "axis 2"),
        (lambda: tx.vmap(lambda x: x)(1.0), tx.AxisError, "rank 0"),
        (lambda: tx.vmap(lambda x: x, 0, None)(X), tx.ArgumentError, "depends on the batch"),
        (lambda: tx.vmap(lambda x: x, (0, 0))(X), tx.ArgumentError, "1 positional"),
        (lambda: tx.check_grads(tnp.sin, 1.0), tx.ArgumentError, "tuple"),
    ],
)
def test_errors_in_words(on_numpy: None, call: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        call()
    assert caught.value.where.file == __file__
