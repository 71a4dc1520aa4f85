"""One small application of each primitive, for any dtype: what ``coverage.py`` tries out.

Most primitives take one, two or three equal operands and no parameters: they need no entry. Others
have their operands' dtypes and shapes in words, ``"x[3,2] i32[4]"`` (``x`` is the dtype that is
tried), and their parameters; those that call functions are written with the public API.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import texelate as tx
import texelate.numpy as tnp
from texelate.compiler.ir import dtypes
from texelate.compiler.ir.core import bind_all
from texelate.compiler.ir.dtypes import DType
from texelate.compiler.ir.primitive import lookup
from texelate.operands import value

WINDOW = {"window": (3,), "strides": (1,), "padding": ((0, 2),), "dilation": (1,)}
SCORES = {"scale": 0.5, "causal": True}
PARAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "argmax": ("x[3]", {"axis": 0}),
    "argmin": ("x[3]", {"axis": 0}),
    "attention": ("x[1,2,2] x[1,2,2] x[1,2,2] x[]", SCORES),
    "attention_normalizer": ("x[1,2,2] x[1,2,2] x[]", SCORES),
    "attention_weigh": ("x[1,2,2] x[1,2,2] x[1,2,2] x[1,2] x[]", {**SCORES, "flipped": False}),
    "bitcast": ("x[3]", {"dtype": tx.int32}),
    "broadcast_in_dim": ("x[3]", {"shape": (2, 3), "dims": (1,)}),
    "concatenate": ("x[2] x[3]", {"axis": 0}),
    "conv_general": ("x[1,1,3,1] x[1,2,1,2]", {
        "strides": (1,), "padding": ((0, 0),), "lhs_dilation": (1,), "rhs_dilation": (1,),
    }),
    "convert": ("x[3]", {"dtype": tx.float32}),
    "cumulative": ("x[3]", {"monoid": "sum", "axis": 0, "reverse": False}),
    "dot_general": ("x[2,3] x[3,2]", {"contract": ((1,), (0,)), "batch": ((), ())}),
    "dynamic_slice": ("x[3] i32[]", {"sizes": (2,)}),
    "dynamic_update_slice": ("x[3] x[2] i32[]", {}),
    "eig": ("x[2,2]", {"vectors": False}),
    "eigh": ("x[2,2]", {"vectors": True}),
    "gather": ("x[3,2] i32[4]", {"axis": 0, "mode": "fill"}),
    "integer_pow": ("x[3]", {"y": 3}),
    "lower_bound": ("x[3] x[2]", {"side": "left"}),
    "merge_order": ("x[4]", {"run": 1}),
    "pad": ("x[3] x[]", {"low": (1,), "high": (0,), "interior": (1,)}),
    "pinv": ("x[3,2] x[]", {}),
    "put_along": ("x[3] i32[3]", {"axis": 0, "size": 4, "mode": "fill"}),
    "qr": ("x[2,2]", {"full": False}),
    "random_bits": ("x[2]", {"shape": (3,)}),
    "rank": ("x[3]", {"axis": 0}),
    "reduce": ("x[3]", {"monoid": "sum", "axes": (0,)}),
    "reduce_window": ("x[3]", {"monoid": "max", **WINDOW}),
    "reshape": ("x[4]", {"shape": (2, 2)}),
    "rev": ("x[3]", {"axes": (0,)}),
    "scatter_reduce": ("x[3] i32[3]", {"monoid": "sum", "axis": 0, "size": 4, "mode": "fill"}),
    "select": ("bool[3] x[3] x[3]", {}),
    "slice": ("x[4]", {"start": (1,), "limit": (4,), "stride": (2,)}),
    "solve": ("x[2,2] x[2,1]", {}),
    "sort_indices": ("x[3]", {"axis": 0, "descending": False}),
    "svd": ("x[2,2]", {"full": False, "vectors": True}),
    "take_along": ("x[3] i32[4]", {"axis": 0, "mode": "fill"}),
    "transpose": ("x[2,3]", {"perm": (1, 0)}),
    "triangular_solve": ("x[2,2] x[2,1]", {"lower": True}),
    "window_argmax": ("x[3]", WINDOW),
    "window_put": ("x[3] i32[3]", {"shape": (3,), **WINDOW}),
    "window_take": ("x[3] i32[3]", WINDOW),
}  # fmt: skip
BOOLEAN = {"reduce": {"monoid": "any", "axes": (0,)}}
"""Parameters for booleans, where those of numbers mean nothing for them."""


def _custom_jvp(x: Any) -> Any:
    f = tx.custom_jvp(lambda x: x * x)
    f.defjvp(lambda p, t: (f(p[0]), 2 * t[0] * p[0]))
    return f(x)


def _custom_vjp(x: Any) -> Any:
    f = tx.custom_vjp(lambda x: x * x)
    f.defvjp(lambda x: (f(x), x), lambda x, ct: (2 * x * ct,))
    return f(x)


CALLS: dict[str, Callable[[Any], Any]] = {
    "barrier": lambda x: bind_all(lookup("barrier"), x, n=1)[0],
    "checkpoint": tx.checkpoint(lambda x: x * x),
    "cond": lambda x: tx.cond(True, lambda x: x, lambda x: x[::-1], x),
    "custom_jvp": _custom_jvp,
    "custom_vjp": _custom_vjp,
    "linear_call": lambda x: tx.jvp(_custom_vjp, (x,), (x,))[1],
    "scan": lambda x: tx.scan(lambda c, row: (c, row), x, x)[1],
    "while_loop": lambda x: tx.while_loop(lambda c: c[0] < 2, lambda c: (c[0] + 1, c[1]), (0, x)),
}


@dataclass(frozen=True)
class Example:
    """``function(*operands)``."""

    function: Callable[..., Any]
    operands: list[Any]

    def of_floats(self) -> tuple[tuple[Any, ...], Callable[..., list[Any]]]:
        """Its float operands, and their function that gives its float results."""

        def function(*floats: Any) -> list[Any]:
            left = iter(floats)
            args = [next(left) if x.dtype.kind in "fc" else x for x in self.operands]
            return [y for y in tx.tree.leaves(self.function(*args)) if y.dtype.kind in "fc"]

        return tuple(x for x in self.operands if x.dtype.kind in "fc"), function

    def stacked(self) -> list[Any]:
        """Batches of two of each operand."""
        return [tnp.stack([x, x]) for x in self.operands]


def examples(name: str, dtype: DType) -> list[Example]:
    """Applications to try, the first that works is the example. KeyError without an entry."""
    prim = lookup(name)
    if name in CALLS:
        return [Example(CALLS[name], [numbers((3,), dtype)])]
    if name == "iota":
        return [Example(lambda: prim(shape=(3,), dtype=dtype, axis=0), [])]
    if name not in PARAMS:
        return [Example(prim, [numbers((2, 2), dtype, k) for k in range(n)]) for n in (1, 2, 3)]
    words, params = PARAMS[name]
    params = BOOLEAN.get(name, params) if dtype is dtypes.bool_ else params
    operands = [_operand(word, dtype, k) for k, word in enumerate(words.split())]
    return [Example(lambda *xs: prim(*map(value, xs), **params), operands)]


def _operand(word: str, dtype: DType, k: int) -> Any:
    kind, _, extents = word.rstrip("]").partition("[")
    own = dtype if kind == "x" else next(d for d in dtypes.ALL if d.short == kind)
    return numbers(tuple(map(int, filter(None, extents.split(",")))), own, k)


def numbers(shape: tuple[int, ...], dtype: DType, k: int = 0) -> Any:
    """Small different numbers, the ``k``-th of several; as matrices they are regular."""
    n = np.arange(np.prod(shape, dtype=int))
    host = 0.9 - (n * 0.37 + 0.11 * k) % 0.8 if dtype.kind in "fc" else (n + k) % 3
    return tnp.asarray(host.reshape(shape), dtype=dtype)
