"""Running folds along an axis.

* ``cumulative(x; monoid, axis, reverse)``: element ``i`` folds (sum, prod, max, min) the elements
  up to and with ``i``, or from ``i`` on when ``reverse``. NaN stays, once it is met.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, GradientError
from ..aval import Aval
from ..core import Value
from ..dtypes import int32
from ..graph import Eqn
from ..primitive import Primitive, Scan, ScanSpec
from . import common as c
from .elementwise import add, convert, div, eq, mul, select
from .indexing import take_along
from .scattering import UFUNC
from .structural import iota, pad

Array = np.ndarray[Any, Any]


def _abstract(x: Aval, *, monoid: str, axis: int, reverse: bool) -> Aval:
    if monoid not in UFUNC:
        raise ArgumentError(f"cumulative: {monoid!r} is not one of {', '.join(UFUNC)}")
    name = f"cumulative {monoid}"
    c.check_kind(name, x, "fiuc" if monoid in ("sum", "prod") else "fiu")
    c.check_axes(name, (axis,), x)
    return x


def _reference(x: Array, *, monoid: str, axis: int, reverse: bool) -> Array:
    x = np.flip(x, axis) if reverse else x
    with np.errstate(all="ignore"):
        out: Array = UFUNC[monoid].accumulate(x, axis, dtype=x.dtype)
    return np.flip(out, axis) if reverse else out


def shifted(x: Any, by: int, fill: float, axis: int, reverse: bool) -> Value:
    """``x`` moved ``by`` places along an axis in the direction of the scan, ``fill`` behind it."""
    none = (0,) * x.aval.ndim
    ahead, behind = (tuple(n if a == axis else 0 for a in range(x.aval.ndim)) for n in (by, -by))
    low, high = (behind, ahead) if reverse else (ahead, behind)
    return pad(x, fill, low=low, high=high, interior=none)


def _product_jvp(x: Any, t: Any, out: Value, axis: int, reverse: bool) -> Value:
    """Right at zeros: behind the first one only its own tangent counts, behind the second none.

    (The second derivative is not, where two elements are zero.)
    """

    def running(monoid: str, v: Any) -> Value:
        return cumulative(v, monoid=monoid, axis=axis, reverse=reverse)

    is_zero = eq(x, 0.0)
    others = select(is_zero, 1.0, x)
    rates = running("sum", select(is_zero, 0.0, div(t, others)))
    at_zero = mul(running("prod", others), running("sum", select(is_zero, t, 0.0)))
    alone = eq(running("sum", convert(is_zero, dtype=int32)), 1)
    return add(mul(out, rates), select(alone, at_zero, 0.0))


def _extremum_jvp(x: Any, t: Any, out: Value, axis: int, reverse: bool) -> Value:
    """The tangent of the latest element that attains the extremum."""
    here = iota(shape=out.shape, dtype=int32, axis=axis)
    nowhere = out.shape[axis] if reverse else -1
    attained = select(eq(x, out), here, nowhere)
    monoid = "min" if reverse else "max"
    latest = cumulative(attained, monoid=monoid, axis=axis, reverse=reverse)
    return take_along(t, latest, axis=axis)


def _jvp(
    p: Sequence[Any], t: Sequence[Any], out: Value, *, monoid: str, axis: int, reverse: bool
) -> Value:
    if monoid == "sum":
        return cumulative(t[0], monoid=monoid, axis=axis, reverse=reverse)
    if monoid == "prod":
        return _product_jvp(p[0], t[0], out, axis, reverse)
    return _extremum_jvp(p[0], t[0], out, axis, reverse)


def _transpose(
    ct: Value, ops: Sequence[Any], *, monoid: str, axis: int, reverse: bool
) -> tuple[Value]:
    if monoid != "sum":
        raise GradientError(f"cumulative {monoid} is not linear: it has no transpose")
    return (cumulative(ct, monoid=monoid, axis=axis, reverse=not reverse),)


def _spec(eqn: Eqn) -> ScanSpec:
    return ScanSpec(**eqn.params)


cumulative: Primitive = Primitive(
    "cumulative",
    _abstract,
    _reference,
    lambda args, batched, size, *, monoid, axis, reverse: cumulative(
        args[0], monoid=monoid, axis=axis + 1, reverse=reverse
    ),
    Scan(_spec),
    jvp=_jvp,
    transpose=_transpose,
)
