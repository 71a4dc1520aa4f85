"""Whole derivatives, not products with them: ``jacfwd``, ``jacrev``, ``hessian``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .array import Array
from .autodiff import _places, jvp, vjp
from .compiler.errors import ArgumentError
from .compiler.ir.core import Value
from .compiler.trace import pytree
from .numpy import moveaxis, reshape, zeros_like
from .operands import value
from .traceback import public
from .vectorize import vmap

Function = Callable[..., Any]


@public
def jacfwd(function: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The Jacobian by argument ``argnums``, by forward mode: best with more results than inputs.

    For a result of shape ``s`` and an argument of shape ``t`` it has the shape ``s + t``; nests of
    results hold nests of arguments. Arguments must be float32 (GradientError).

    >>> import texelate as tx, texelate.numpy as tnp
    >>> tx.jacfwd(lambda x: x * x)(tnp.asarray([1.0, 2.0]))
    Array([[2., 0.],
           [0., 4.]], dtype=float32)
    """
    return _jacobian(function, argnums, _forward, "jacfwd")


@public
def jacrev(function: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The Jacobian by reverse mode: best with more inputs than results. See ``jacfwd``.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> tx.jacrev(lambda x: tnp.sum(x * x))(tnp.asarray([1.0, 2.0]))
    Array([2., 4.], dtype=float32)
    """
    return _jacobian(function, argnums, _reverse, "jacrev")


@public
def hessian(function: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The second derivatives of a function: ``jacfwd`` of ``jacrev``.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> tx.hessian(lambda x: x[0] * x[1])(tnp.asarray([1.0, 2.0]))
    Array([[0., 1.],
           [1., 0.]], dtype=float32)
    """
    return jacfwd(jacrev(function, argnums), argnums)


def _jacobian(
    function: Function, argnums: int | Sequence[int], rows: Callable[..., Any], name: str
) -> Function:
    if not callable(function):
        raise ArgumentError(f"{name} needs a function, got {function!r}")
    nums = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @public
    @functools.wraps(function)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        places = _places(nums, len(args), getattr(function, "__name__", name))
        chosen = tuple(args[i] for i in places)
        leaves, tree = pytree.flatten(chosen)
        values = [value(x) for x in leaves]

        def flat(*inner: Any) -> Any:
            filled = list(args)
            for place, arg in zip(places, pytree.unflatten(tree, inner), strict=True):
                filled[place] = arg
            return function(*filled, **kwargs)

        out_tree, blocks = rows(flat, values)
        parts = [pytree.unflatten(tree, row) for row in blocks]
        return pytree.unflatten(out_tree, parts if len(nums) > 1 else [p[0] for p in parts])

    return jacobian


def _basis(like: Value) -> Array:
    """The unit vectors of an array's space, stacked."""
    n = like.aval.size
    return Array.copy_of(np.eye(n, dtype=np.float32).reshape(n, *like.aval.shape))


def _forward(function: Function, values: Sequence[Value]) -> tuple[Any, list[list[Value]]]:
    columns = []
    tree: Any = None
    for k, x in enumerate(values):

        def along(direction: Any, k: int = k) -> Any:
            rates = [direction if j == k else zeros_like(v) for j, v in enumerate(values)]
            return jvp(function, tuple(values), tuple(rates))[1]

        leaves, tree = pytree.flatten(vmap(along)(_basis(x)))
        columns.append([_last(v, x) for v in leaves])
    return tree, [list(row) for row in zip(*columns)]


def _last(stacked: Value, x: Value) -> Value:
    """Derivatives stacked in front, laid out as the axes of ``x`` behind."""
    moved = moveaxis(stacked, 0, -1)
    out: Value = reshape(moved, (*moved.aval.shape[:-1], *x.aval.shape))
    return out


def _reverse(function: Function, values: Sequence[Value]) -> tuple[Any, list[list[Value]]]:
    result, pull = vjp(function, *values)
    outs, tree = pytree.flatten(result)
    rows = []
    for k, y in enumerate(outs):

        def back(direction: Any, k: int = k) -> Any:
            cts = [direction if j == k else zeros_like(v) for j, v in enumerate(outs)]
            return pull(pytree.unflatten(tree, cts))

        parts = vmap(back)(_basis(y))
        rows.append([reshape(p, (*y.aval.shape, *x.aval.shape)) for p, x in zip(parts, values)])
    return tree, rows
