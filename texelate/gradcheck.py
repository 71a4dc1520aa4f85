"""``check_grads``: derivatives against differences of values, and forward against reverse mode.

The pattern is that of ``jax.test_util.check_grads``: along random directions, the jvp is compared
with a central difference, and the vjp with the jvp; then the same for the derivatives themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .autodiff import jvp, vjp
from .compiler.errors import ArgumentError
from .compiler.trace import pytree
from .operands import value
from .traceback import public

Host = np.ndarray[Any, Any]


@public
def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    eps: float = 1e-2,
    atol: float = 2e-2,
    rtol: float = 2e-2,
    seed: int = 0,
) -> None:
    """Raises AssertionError when a derivative of ``f`` at ``args`` up to ``order`` is wrong.

    ``modes``: "fwd" checks ``jvp``, "rev" checks ``vjp``. ``eps`` is the step of the differences
    (in float32 1e-2 balances rounding against curvature), ``atol`` and ``rtol`` the allowed errors.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> tx.check_grads(tnp.sin, (0.5,))
    """
    if not isinstance(args, (tuple, list)):
        raise ArgumentError("check_grads takes a tuple of arguments")
    if not set(modes) <= {"fwd", "rev"} or order < 1:
        raise ArgumentError(
            f"check_grads: modes {modes!r}, order {order!r}", fix='"fwd", "rev"; 1, 2'
        )
    rng = np.random.default_rng(seed)
    leaves, tree = pytree.flatten(tuple(args))
    points = [np.asarray(value(x), np.float32) for x in leaves]

    def flat(*xs: Any) -> tuple[Any, ...]:
        outs = pytree.flatten(f(*pytree.unflatten(tree, [value(x) for x in xs])))[0]
        return tuple(value(o) for o in outs if value(o).aval.dtype.kind == "f")

    _check(flat, points, order, modes, eps, (atol, rtol), rng)


def _check(
    f: Callable[..., tuple[Any, ...]],
    points: list[Host],
    order: int,
    modes: Sequence[str],
    eps: float,
    close: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    directions = [np.asarray(rng.standard_normal(p.shape), np.float32) for p in points]
    outs, rates = jvp(f, tuple(points), tuple(directions))
    if "fwd" in modes:
        _compare(_difference(f, points, directions, eps), rates, close, "jvp and differences")
    cts = tuple(np.asarray(rng.standard_normal(np.shape(o)), np.float32) for o in outs)
    if "rev" in modes:
        pulled = vjp(f, *points)[1](cts)
        along = sum(float(np.vdot(np.asarray(c), d)) for c, d in zip(pulled, directions))
        expected = sum(float(np.vdot(c, np.asarray(r))) for c, r in zip(cts, rates))
        _compare([np.float32(expected)], [along], close, "vjp and jvp")
    if order > 1:
        for mode in modes:
            derivative = _forward(f, directions) if mode == "fwd" else _reverse(f, cts)
            _check(derivative, points, order - 1, modes, eps, close, rng)


def _forward(f: Callable[..., Any], directions: list[Host]) -> Callable[..., tuple[Any, ...]]:
    return lambda *xs: tuple(jvp(f, xs, tuple(directions))[1])


def _reverse(f: Callable[..., Any], cts: tuple[Host, ...]) -> Callable[..., tuple[Any, ...]]:
    return lambda *xs: tuple(vjp(f, *xs)[1](cts))


def _difference(
    f: Callable[..., Any], points: list[Host], directions: list[Host], eps: float
) -> list[Host]:
    up = f(*[p + eps * d for p, d in zip(points, directions)])
    down = f(*[p - eps * d for p, d in zip(points, directions)])
    pairs = zip(up, down, strict=True)
    return [(np.asarray(a, np.float64) - np.asarray(b, np.float64)) / (2 * eps) for a, b in pairs]


def _compare(
    expected: Sequence[Any], got: Sequence[Any], close: tuple[float, float], what: str
) -> None:
    atol, rtol = close
    for a, b in zip(expected, got, strict=True):
        np.testing.assert_allclose(
            np.asarray(b), np.asarray(a), atol=atol, rtol=rtol, err_msg=f"{what} disagree"
        )
