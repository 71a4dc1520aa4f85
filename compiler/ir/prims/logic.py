"""Comparisons, logic, bits, and ``select``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import DtypeError
from ..aval import Aval
from ..core import SCALARS, Value
from ..dtypes import DType, bool_
from ..graph import Literal
from ..primitive import Linear, Map, Primitive
from .building import (
    ANY,
    BITS,
    FLOAT,
    INT,
    Array,
    batch_rule,
    broadcast_shapes,
    discrete,
    emit_rule,
    fill_shape,
    unbroadcast,
)

eq: Primitive = discrete("eq", np.equal, ANY + "c", bool_)
ne: Primitive = discrete("ne", np.not_equal, ANY + "c", bool_)
lt: Primitive = discrete("lt", np.less, ANY, bool_)
le: Primitive = discrete("le", np.less_equal, ANY, bool_)
gt: Primitive = discrete("gt", np.greater, ANY, bool_)
ge: Primitive = discrete("ge", np.greater_equal, ANY, bool_)
is_nan: Primitive = discrete("is_nan", np.isnan, FLOAT, bool_)
is_finite: Primitive = discrete("is_finite", np.isfinite, FLOAT, bool_)
and_: Primitive = discrete("and", np.bitwise_and, BITS)
or_: Primitive = discrete("or", np.bitwise_or, BITS)
xor: Primitive = discrete("xor", np.bitwise_xor, BITS)
not_: Primitive = discrete("not", np.invert, BITS)
popcount: Primitive = discrete(
    "popcount", lambda x: np.bitwise_count(_unsigned(x)).astype(x.dtype), INT
)


def _unsigned(x: Array) -> Array:
    return np.asarray(x).view(f"u{x.dtype.itemsize}")


def _shift(op: Callable[..., Array], fill_sign: bool) -> Callable[[Array, Array], Array]:
    """Shifting by the width or more (or a negative amount) moves every bit out."""

    def reference(x: Array, by: Array) -> Array:
        out = (by < 0) | (by >= 8 * x.dtype.itemsize)
        rest = np.where(x < 0, -1, 0) if fill_sign else np.zeros_like(x)
        return np.where(out, rest, op(x, np.where(out, 0, by))).astype(x.dtype)

    return reference


def _logical_right(x: Array, by: Array) -> Array:
    bits = _unsigned(x)
    return np.asarray(np.right_shift(bits, by.astype(bits.dtype))).view(x.dtype)


shift_left: Primitive = discrete("shift_left", _shift(np.left_shift, False), INT)
shift_right_logical: Primitive = discrete("shift_right_logical", _shift(_logical_right, False), INT)
shift_right_arithmetic: Primitive = discrete(
    "shift_right_arithmetic", _shift(np.right_shift, True), INT
)


def _select_abstract(c: Aval, a: Aval, b: Aval) -> Aval:
    if c.dtype is not bool_:
        raise DtypeError(f"select: the condition must be bool, got {c}")
    if a.dtype is not b.dtype:
        raise DtypeError(f"select: the branches have different dtypes: {a}, {b}")
    return Aval(broadcast_shapes("select", (c, a, b)), a.dtype, a.weak and b.weak)


def _select_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Any:
    if t[1] is None and t[2] is None:
        return None
    yes, no = (0.0 if x is None else x for x in t[1:])
    return fill_shape(select(p[0], yes, no), out.aval.shape)


def _select_transpose(ct: Value, operands: Sequence[Any]) -> tuple[Any, Any, Any]:
    c, a, b = operands
    return (
        None,
        unbroadcast(select(c, ct, 0.0), a.aval) if isinstance(a, Linear) else None,
        unbroadcast(select(c, 0.0, ct), b.aval) if isinstance(b, Linear) else None,
    )


select_p: Primitive = Primitive(
    "select",
    _select_abstract,
    lambda c, a, b: np.asarray(np.where(c, a, b), a.dtype),
    batch_rule("select"),
    Map(emit_rule("select"), pointwise=True),
    jvp=_select_jvp,
    transpose=_select_transpose,
)


def select(condition: Any, yes: Any, no: Any, dtype: DType | None = None) -> Value:
    """``yes`` where ``condition`` else ``no``; Python scalars become ``dtype``."""

    def operand(x: Any) -> Any:
        if not isinstance(x, SCALARS):
            return x
        other = next((a.aval.dtype for a in (yes, no) if hasattr(a, "aval")), dtype)
        return Literal(x, other or dtype)

    return select_p(condition, operand(yes), operand(no))
