"""Every primitive that has a derivative, at points away from its kinks."""

from __future__ import annotations

from typing import Any

import numpy as np

import texelate as tx
import texelate.numpy as tnp
from tests.gradients.points import Check, Table, above, apart, ints, within
from tests.linalg.programs import positive, regular
from texelate.compiler.ir import prims  # noqa: F401  (registers all)
from texelate.compiler.ir.core import bind_all
from texelate.compiler.ir.primitive import lookup
from texelate.operands import value

NONE = {
    **dict.fromkeys(
        "and argmax argmin bitcast eq ge gt is_finite is_nan le lower_bound lt merge_order ne not "
        "or popcount random_bits rank shift_left shift_right_arithmetic shift_right_logical "
        "sort_indices window_argmax xor".split(),
        "its result is not a number that varies smoothly: integers, booleans, bits",
    ),
    "iota": "it has no operands",
    "stop_gradient": "a constant to every derivative, by definition",
}
"""The primitives without derivative, and why."""

A, B = apart(3, 4), apart(3, 4, low=-1.65, high=1.9, seed=1)
ZEROS = np.where(np.isin(np.arange(12).reshape(3, 4), (1, 3, 9)), 0, A).astype(np.float32)
"""Two zeros in a row, and two in a column."""
WINDOW = {"window": (2, 2), "strides": (1, 2), "padding": ((0, 1), (0, 0)), "dilation": (1, 1)}
CONV = {
    "strides": (1, 2),
    "padding": ((1, 0), (0, 1)),
    "lhs_dilation": (2, 1),
    "rhs_dilation": (1, 2),
}
A3, B3 = apart(2, 3, 2), apart(2, 4, 2, low=-1.2, high=1.4, seed=2)
C3, S3, SHIFT = apart(2, 4, 3, seed=3), apart(2, 3, 4, seed=4), apart(2, 3, low=0.5, high=1.5)
PLACES = ints((2, 0), (1, 1), (0, 1))


def bound(name: str, *args: Any, after: tuple[Any, ...] = (), **params: Any) -> Check:
    """The primitive on float arguments, followed by operands that are not differentiated."""
    prim = lookup(name)
    return lambda *xs: prim(*map(value, (*xs, *after)), **params), args


def positions() -> Any:
    return lookup("window_argmax").reference(A, **WINDOW)


def complex_of(name: str) -> Check:
    return lambda x, y: _real(lookup(name)(lookup("complex")(value(x), value(y)))), (A, B)


def _real(z: Any) -> Any:
    return (tnp.real(z) ** 2, tnp.imag(z) * tnp.real(z)) if tnp.iscomplexobj(z) else z**2


def symmetric(name: str, **params: Any) -> Check:
    prim = lookup(name)
    return lambda a: prim(value(a + tnp.matrix_transpose(a)), **params), (positive(2, 3, 3) / 2,)


ELEMENTWISE: Table = {
    **{n: bound(n, A) for n in "abs neg sign exp exp2 expm1 sin cos sinh cosh".split()},
    **{n: bound(n, A) for n in "tanh atan asinh logistic erf".split()},
    **{n: bound(n, above(3, 4)) for n in "log log2 log10 log1p sqrt rsqrt".split()},
    **{n: bound(n, within(3, 4)) for n in "asin acos atanh erf_inv tan".split()},
    "acosh": bound("acosh", above(3, 4) + 1),
    **{n: bound(n, A, B) for n in "add sub mul max min atan2".split()},
    "mul:broadcast": bound("mul", A, np.float32(0.7)),
    "div": bound("div", A, above(3, 4)),
    "rem": bound("rem", apart(3, 4, low=0.1, high=0.9) + ints([0, 1, 2, 3]), np.float32(1)),
    "pow": bound("pow", above(3, 4), B),
    "integer_pow": bound("integer_pow", A, y=3),
    "integer_pow:negative": bound("integer_pow", above(3, 4), y=-2),
    **{n: bound(n, np.float32([-1.3, 0.2, 0.7, 1.8])) for n in "floor ceil round trunc".split()},
    "select": (lambda x, y: lookup("select")(value(B > 0), value(x), value(y)), (A, B)),
    "convert": bound("convert", A, dtype=tx.float32),
    "complex": complex_of("conj"),
    **{n: complex_of(n) for n in "real imag conj".split()},
}

SHAPES: Table = {
    "broadcast_in_dim": bound("broadcast_in_dim", A, shape=(2, 3, 4), dims=(1, 2)),
    "reshape": bound("reshape", A, shape=(2, 6)),
    "transpose": bound("transpose", A, perm=(1, 0)),
    "rev": bound("rev", A, axes=(1,)),
    "slice": bound("slice", A, start=(1, 0), limit=(3, 4), stride=(1, 2)),
    "pad": bound("pad", A, np.float32(0.5), low=(1, -1), high=(0, 2), interior=(0, 1)),
    "concatenate": bound("concatenate", A, B, axis=1),
    "dynamic_slice": bound("dynamic_slice", A, after=(np.int32(1), np.int32(2)), sizes=(2, 2)),
    "dynamic_update_slice": bound(
        "dynamic_update_slice", A, apart(2, 2), after=(np.int32(1), np.int32(1))
    ),
    "gather": bound("gather", A, after=(ints(2, 0, 2, 9),), axis=0, mode="fill"),
    "take_along": bound(
        "take_along", A, after=(ints([3, 0], [1, 1], [2, 3]),), axis=1, mode="clip"
    ),
    "put_along": bound("put_along", apart(3, 2), after=(PLACES,), axis=1, size=4, mode="clip"),
}

FOLDS: Table = {
    **{
        f"{n}:{m}": bound(n, A, monoid=m, **p)
        for n, p in (("reduce", {"axes": (1,)}), ("cumulative", {"axis": 1, "reverse": True}))
        for m in ("sum", "prod", "max", "min")
    },
    "cumulative:prod zeros": bound("cumulative", ZEROS, monoid="prod", axis=1, reverse=False),
    "scatter_reduce:prod zeros": bound(
        "scatter_reduce", ZEROS, after=(ints(1, 0, 1),), monoid="prod", axis=0, size=2, mode="clip"
    ),
    **{
        f"scatter_reduce:{m}": bound(
            "scatter_reduce", A, after=(ints(1, 0, 1),), monoid=m, axis=0, size=2, mode="clip"
        )
        for m in ("sum", "prod", "max", "min")
    },
    **{
        f"reduce_window:{m}": bound("reduce_window", A, monoid=m, **WINDOW)
        for m in ("sum", "max", "min")
    },
    "window_take": bound("window_take", A, after=(positions(),), **WINDOW),
    "window_put": bound(
        "window_put", apart(*positions().shape), after=(positions(),), shape=A.shape, **WINDOW
    ),
    "dot_general": bound("dot_general", A, apart(4, 2), contract=((1,), (0,)), batch=((), ())),
    "dot_general:batch": bound("dot_general", A, B, contract=((1,), (1,)), batch=((0,), (0,))),
    "attention": bound("attention", A3, B3, C3, S3, scale=0.5, causal=True),
    "attention_normalizer": bound("attention_normalizer", A3, B3, S3, scale=0.5, causal=False),
    "attention_weigh": bound(
        "attention_weigh", A3, B3, C3, SHIFT, S3, scale=0.5, causal=False, flipped=False
    ),
    "attention_weigh:gated": bound(
        "attention_weigh",
        B3,
        A3,
        A3,
        SHIFT,
        S3,
        C3,
        apart(2, 3, 3),
        SHIFT,
        scale=0.5,
        causal=True,
        flipped=True,
    ),
    "conv_general": bound("conv_general", apart(1, 2, 3, 5, 1), apart(1, 2, 2, 1, 2), **CONV),
}

MATRICES: Table = {
    "solve": bound("solve", regular(2, 3, 3), apart(2, 3, 1)),
    "triangular_solve": bound("triangular_solve", regular(2, 3, 3), apart(2, 3, 1), lower=True),
    "det": (lambda a: lookup("det")(value(a)), (regular(2, 4, 4) / 3,)),
    "adjugate": (lambda a: lookup("adjugate")(value(a)), (regular(4, 4) / 3,)),
    "cholesky": symmetric("cholesky"),
    "slogdet": (lambda a: lookup("slogdet")(value(a)), (regular(2, 3, 3),)),
    "eig": (lambda a: tnp.abs(lookup("eig")(value(a), vectors=False)), (regular(3, 3),)),
    "eig:vectors": (lambda a: tnp.abs(lookup("eig")(value(a), vectors=True)), (regular(3, 3),)),
    "eigh": symmetric("eigh", vectors=False),
    "eigh:vectors": symmetric("eigh", vectors=True),
    "svd": symmetric("svd", vectors=False, full=False),
    "svd:vectors": bound("svd", positive(4, 4)[:, :3], vectors=True, full=False),
    "qr": bound("qr", regular(4, 4)[:, :3], full=False),
    "pinv": (tnp.linalg.pinv, (regular(4, 4)[:, :3] / 3,)),
}


def _loop(x: Any) -> Any:
    return tx.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, tnp.sin(c[1]) * x), (0, x))[1]


def _custom_jvp(x: Any) -> Any:
    f = tx.custom_jvp(lambda x: tnp.sin(x) * x)
    f.defjvp(lambda p, t: (f(p[0]), t[0] * (tnp.cos(p[0]) * p[0] + tnp.sin(p[0]))))
    return f(x)


def _custom_vjp(x: Any) -> Any:
    f = tx.custom_vjp(lambda x: x**3)
    f.defvjp(lambda x: (f(x), x), lambda x, ct: (3 * x**2 * ct,))
    return f(x)


CALLS: Table = {
    "barrier": (lambda x: bind_all(lookup("barrier"), value(tnp.sin(x)), n=1)[0] * x, (A,)),
    "cond": (lambda x: tx.cond(True, lambda x: x * x, tnp.sin, x), (A,)),
    "scan": (lambda h, xs: tx.scan(lambda c, x: (tnp.sin(c) * x, c * x), h, xs), (A[0], B)),
    "while_loop": (_loop, (above(3),)),
    "checkpoint": (tx.checkpoint(lambda x: tnp.sin(x) * tnp.exp(x)), (A,)),
    "custom_jvp": (_custom_jvp, (A,)),
    "custom_vjp": (_custom_vjp, (A,)),
    "linear_call": (_custom_vjp, (B,)),  # what derivatives of custom_vjp are made of
}

TABLE: Table = {**ELEMENTWISE, **SHAPES, **FOLDS, **MATRICES, **CALLS}
