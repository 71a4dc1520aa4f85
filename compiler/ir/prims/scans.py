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
from ..graph import Eqn
from ..primitive import Primitive, Scan, ScanSpec
from . import common as c
from .elementwise import add, ge, is_nan, le, mul, or_, select
from .scattering import UFUNC, identity
from .structural import pad

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


def _doubled(x: Any, t: Any, axis: int, reverse: bool, monoid: str) -> Any:
    """Tangents of running folds: pairs of value and tangent, folded with those 1, 2, 4 ... behind.

    No division and no search, so derivatives of every order are right also where elements are zero
    or equal, and the transpose is made of shifts. Of equal extrema the latest counts.
    """
    by = 1
    while by < x.aval.shape[axis]:
        if monoid == "prod":
            value, tangent = shifted(x, by, 1, axis, reverse), shifted(t, by, 0, axis, reverse)
            x, t = mul(value, x), add(mul(tangent, x), mul(value, t))
        else:
            least = identity(monoid, x.aval.dtype.numpy).item()
            value, tangent = shifted(x, by, least, axis, reverse), shifted(t, by, 0, axis, reverse)
            stays = or_(is_nan(x), (ge if monoid == "max" else le)(x, value))
            x, t = select(stays, x, value), select(stays, t, tangent)
        by *= 2
    return t


def _jvp(
    p: Sequence[Any], t: Sequence[Any], out: Value, *, monoid: str, axis: int, reverse: bool
) -> Value:
    if monoid == "sum":
        return cumulative(t[0], monoid=monoid, axis=axis, reverse=reverse)
    return _doubled(p[0], t[0], axis, reverse, monoid)  # type: ignore[no-any-return]


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
