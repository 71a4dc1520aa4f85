"""What becomes of each primitive when complex values are pairs of floats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import DtypeError
from ..ir.core import Value
from ..ir.dtypes import complex64, float32, uint32
from ..ir.graph import Eqn, Literal
from ..ir.prims import elementwise as ew
from ..ir.prims.building import fill_shape
from ..ir.prims.indexing import take_along
from ..ir.prims.reduction import halves
from ..ir.prims.scans import shifted
from ..ir.prims.shaping import reshape
from ..ir.prims.slicing import concatenate
from ..ir.prims.sorting import LAST, sort_indices, sort_keys


class Pair(NamedTuple):
    """The parts of a complex value."""

    re: Any
    im: Any


Rule = Callable[[Eqn, Sequence[Any]], Any]


def rule(eqn: Eqn) -> Rule:
    """How an equation with complex values is written on their parts. DtypeError without a rule."""
    name, monoid = eqn.prim.name, eqn.params.get("monoid")
    if name in PARTWISE or (name in LINEAR_IF and monoid in LINEAR_IF[name]):
        return _partwise
    if name not in RULES:
        raise DtypeError(
            f"{name} does not take complex64 on this backend",
            fix="use the real and the imaginary part, or the numpy backend",
            where=eqn.source,
        )
    return RULES[name]


def _partwise(eqn: Eqn, args: Sequence[Any]) -> Pair:
    re, im = (
        eqn.prim(*(a[k] if isinstance(a, Pair) else a for a in args), **eqn.params) for k in (0, 1)
    )
    return Pair(re, im)


def _complex(eqn: Eqn, args: Sequence[Any]) -> Pair:
    re, im = (fill_shape(a, eqn.out.aval.shape) for a in args)
    return Pair(re, im)


def _convert(eqn: Eqn, args: Sequence[Any]) -> Any:
    (x,) = args
    dtype = eqn.params["dtype"]
    if dtype is not complex64:
        return ew.convert(x.re, **eqn.params)
    if isinstance(x, Pair):
        return x
    return Pair(ew.convert(x, dtype=float32), fill_shape(Literal(0.0, float32), x.aval.shape))  # type: ignore[arg-type]


def multiply(a: Pair, b: Pair) -> Pair:
    """(a + ib)(c + id)"""
    return Pair(
        ew.sub(ew.mul(a.re, b.re), ew.mul(a.im, b.im)),
        ew.add(ew.mul(a.re, b.im), ew.mul(a.im, b.re)),
    )


def divide(a: Pair, b: Pair) -> Pair:
    """Smith's algorithm (1962), as NumPy: no overflow where the quotient has none."""
    upright = ew.ge(ew.abs_(b.re), ew.abs_(b.im))
    large, small = ew.select(upright, b.re, b.im), ew.select(upright, b.im, b.re)
    u, v = ew.select(upright, a.re, a.im), ew.select(upright, a.im, a.re)
    ratio = ew.div(small, large)
    scale = ew.add(large, ew.mul(small, ratio))
    cross = ew.div(ew.sub(v, ew.mul(u, ratio)), scale)
    return Pair(
        ew.div(ew.add(u, ew.mul(v, ratio)), scale), ew.select(upright, cross, ew.neg(cross))
    )


def _integer_pow(eqn: Eqn, args: Sequence[Any]) -> Pair:
    """By repeated squaring."""
    y, x = abs(eqn.params["y"]), args[0]
    one = Pair(Literal(1.0, float32), Literal(0.0, float32))
    result: Pair | None = None
    while y:
        if y & 1:
            result = x if result is None else multiply(result, x)
        y >>= 1
        x = multiply(x, x) if y else x
    result = one if result is None else result
    re, im = divide(one, result) if eqn.params["y"] < 0 else result
    return Pair(fill_shape(re, eqn.out.aval.shape), fill_shape(im, eqn.out.aval.shape))


def _dot(eqn: Eqn, args: Sequence[Any]) -> Pair:
    a, b = args

    def dot(x: Any, y: Any) -> Any:
        return eqn.prim(x, y, **eqn.params)

    return Pair(ew.sub(dot(a.re, b.re), dot(a.im, b.im)), ew.add(dot(a.re, b.im), dot(a.im, b.re)))


def _product(eqn: Eqn, args: Sequence[Any]) -> Pair:
    """Halves multiply until one is left."""
    (x,) = args
    for axis in eqn.params["axes"]:
        x = _product_along(x, axis)
    shape = eqn.out.aval.shape
    return Pair(reshape(x.re, shape=shape), reshape(x.im, shape=shape))


def _product_along(x: Pair, axis: int) -> Pair:
    n = x.re.aval.shape[axis]
    if n == 0:
        shape = (*x.re.aval.shape[:axis], 1, *x.re.aval.shape[axis + 1 :])
        re, im = (fill_shape(Literal(v, float32), shape) for v in (1.0, 0.0))  # type: ignore[arg-type]
        return Pair(re, im)
    while n > 1:
        (r0, r1, r2), (i0, i1, i2) = halves(x.re, axis), halves(x.im, axis)
        x = multiply(Pair(r0, i0), Pair(r1, i1))
        if n % 2:
            x = Pair(concatenate(x.re, r2, axis=axis), concatenate(x.im, i2, axis=axis))
        n -= n // 2
    return x


def _running_product(eqn: Eqn, args: Sequence[Any]) -> Pair:
    """Each round multiplies by what lies twice as far behind (Hillis and Steele, 1986)."""
    x: Pair = args[0]
    axis, reverse, step = eqn.params["axis"], eqn.params["reverse"], 1
    while step < eqn.out.aval.shape[axis]:
        re, im = (shifted(p, step, fill, axis, reverse) for p, fill in zip(x, (1.0, 0.0)))
        x, step = multiply(x, Pair(re, im)), 2 * step
    return x


def _sort(eqn: Eqn, args: Sequence[Any]) -> Value:
    """By the real parts, equal ones by the imaginary parts; then, as NumPy, what has NaN.

    Of that, in this order: NaN as imaginary part, as real part, as both.
    """
    (x,), axis, descending = args, eqn.params["axis"], eqn.params["descending"]
    no_re, no_im = ew.is_nan(x.re), ew.is_nan(x.im)
    second = sort_keys(ew.select(ew.and_(no_im, ew.not_(no_re)), x.re, x.im), descending)
    first = ew.select(no_im, LAST - 2, sort_keys(x.re, descending))
    first = ew.select(no_re, ew.add(ew.convert(no_im, dtype=uint32), LAST - 1), first)
    order = sort_indices(second, axis=axis, descending=False)
    first = take_along(first, order, axis=axis, mode="clip")
    then = sort_indices(first, axis=axis, descending=False)
    return take_along(order, then, axis=axis, mode="clip")


def _same(eqn: Eqn, args: Sequence[Any]) -> Any:
    """eq and ne."""
    a, b = args
    join = ew.and_ if eqn.prim.name == "eq" else ew.or_
    return join(eqn.prim(a.re, b.re), eqn.prim(a.im, b.im))


PARTWISE = frozenset(
    "neg add sub select broadcast_in_dim reshape transpose rev slice pad concatenate gather "
    "take_along put_along dynamic_slice dynamic_update_slice stop_gradient".split()
)
"""Primitives that treat both parts alike."""

LINEAR_IF: Mapping[str, tuple[str, ...]] = {
    "reduce": ("sum",),
    "cumulative": ("sum",),
    "scatter_reduce": ("sum",),
}
"""Primitives that do so for these monoids."""

RULES: Mapping[str, Rule] = {
    "complex": _complex,
    "real": lambda eqn, args: args[0].re,
    "imag": lambda eqn, args: args[0].im,
    "conj": lambda eqn, args: Pair(args[0].re, ew.neg(args[0].im)),
    "convert": _convert,
    "mul": lambda eqn, args: multiply(*args),
    "div": lambda eqn, args: divide(*args),
    "integer_pow": _integer_pow,
    "dot_general": _dot,
    "conv_general": _dot,
    "cumulative": _running_product,
    "sort_indices": _sort,
    "reduce": _product,
    "eq": _same,
    "ne": _same,
}
