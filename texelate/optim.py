"""Optimisers as pure functions: ``init(params)`` and ``update(grads, state, params)``.

Parameters, gradients and state are nested containers of arrays, so a whole training step can be one
jitted function.

>>> import texelate as tx, texelate.numpy as tnp
>>> opt = tx.optim.sgd(0.1)
>>> params = {"w": tnp.ones(2)}
>>> params, state = opt.update({"w": tnp.ones(2)}, opt.init(params), params)
>>> params["w"]
Array([0.9, 0.9], dtype=float32)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import tree
from .compiler.errors import ArgumentError
from .numpy import asarray, expm1, float16, float32, sqrt, zeros_like


@dataclass(frozen=True)
class Optimizer:
    """``init(params) -> state``; ``update(grads, state, params) -> (params, state)``."""

    init: Callable[[Any], Any]
    update: Callable[[Any, Any, Any], tuple[Any, Any]]


def _in_float32(init: Callable[..., Any], update: Callable[..., Any]) -> Optimizer:
    """State and arithmetic are float32 for float16 parameters too, whose squares would vanish."""

    def wide(params: Any) -> Any:
        return tree.map(lambda p: p.astype(float32) if _is_half(p) else p, params)

    def wide_update(grads: Any, state: Any, params: Any) -> tuple[Any, Any]:
        updated, state = update(wide(grads), state, wide(params))
        back = tree.map(lambda n, p: n.astype(float16) if _is_half(p) else n, updated, params)
        return back, state

    return Optimizer(lambda params: init(wide(params)), wide_update)


def _is_half(x: Any) -> bool:
    return getattr(x, "dtype", None) == float16


def _positive(name: str, x: Any) -> None:
    if isinstance(x, (int, float)) and not x >= 0:
        raise ArgumentError(f"{name} must not be negative, got {x!r}")


def sgd(lr: Any, momentum: float = 0.0, nesterov: bool = False) -> Optimizer:
    """Gradient descent: ``p - lr · g``, with ``momentum`` on the running sum of gradients.

    ``lr`` is a number or an array of rank 0. Without momentum the state is empty.
    """
    _positive("lr", lr)
    _positive("momentum", momentum)

    def init(params: Any) -> Any:
        return {"velocity": tree.map(zeros_like, params)} if momentum else {}

    def update(grads: Any, state: Any, params: Any) -> tuple[Any, Any]:
        if not momentum:
            return tree.map(lambda p, g: p - lr * g, params, grads), state
        velocity = tree.map(lambda v, g: momentum * v + g, state["velocity"], grads)
        steps = tree.map(lambda v, g: g + momentum * v, velocity, grads) if nesterov else velocity
        return tree.map(lambda p, s: p - lr * s, params, steps), {"velocity": velocity}

    return _in_float32(init, update)


def _debias(b: float, time: Any) -> Any:
    """``1 - b**time`` without cancellation: a ``pow`` one ulp off would cost 6e-5 of the rate."""
    return -expm1(time * math.log(b)) if b else 1.0


def adam(
    lr: Any = 1e-3, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.0
) -> Optimizer:
    """Adam; with ``weight_decay`` AdamW. Source: Kingma and Ba, arXiv:1412.6980; arXiv:1711.05101.

    The state is the running means ``m`` and ``v`` of gradients and their squares, and ``step``
    (i32[]).
    """
    _positive("lr", lr)
    for name, b in (("b1", b1), ("b2", b2)):
        if not 0 <= b < 1:
            raise ArgumentError(f"{name} must be in [0, 1), got {b!r}")

    def init(params: Any) -> Any:
        means = [tree.map(zeros_like, params) for _ in range(2)]
        return {"m": means[0], "v": means[1], "step": asarray(0, "int32")}

    def update(grads: Any, state: Any, params: Any) -> tuple[Any, Any]:
        step = state["step"] + 1
        time = step.astype("float32")
        m = tree.map(lambda m, g: b1 * m + (1 - b1) * g, state["m"], grads)
        v = tree.map(lambda v, g: b2 * v + (1 - b2) * (g * g), state["v"], grads)
        scale = sqrt(_debias(b2, time))
        rate = lr * scale / _debias(b1, time)

        def moved(p: Any, m: Any, v: Any) -> Any:
            stepped = p - rate * m / (sqrt(v) + eps * scale)
            return stepped - lr * weight_decay * p if weight_decay else stepped

        return tree.map(moved, params, m, v), {"m": m, "v": v, "step": step}

    return _in_float32(init, update)
