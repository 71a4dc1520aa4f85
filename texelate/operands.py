"""What users may pass as an array, made into operands: arrays, NumPy's, scalars, nested lists."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from . import array as arrays
from .compiler.errors import ArgumentError, AxisError, ShapeError
from .compiler.ir.aval import Shape
from .compiler.ir.core import SCALARS, Operand, Tracer, Value
from .compiler.ir.dtypes import (
    ALL,
    DType,
    Scalar,
    bool_,
    float16,
    float32,
    of_scalar,
    promote,
    uint32,
)
from .compiler.ir.graph import Literal
from .compiler.ir.prims import elementwise as ew
from .compiler.ir.prims import structural
from .compiler.trace.stage import open_stages

ArrayLike = Any
"""An ``Array``, a traced value, a NumPy array, a number, or nested lists of numbers."""

_BOUNDS = {
    d: (int(np.iinfo(d.numpy).min), int(np.iinfo(d.numpy).max)) for d in ALL if d.kind in "iu"
}


def fits(x: int, dtype: DType) -> bool:
    """Whether an integer dtype holds ``x``."""
    low, high = _BOUNDS[dtype]
    return low <= x <= high


def scalar(value: Scalar, dtype: DType | None = None) -> Literal:
    """A Python scalar as a literal; weak without ``dtype``. ArgumentError when it does not fit."""
    target = dtype or of_scalar(value)
    if isinstance(value, complex):
        return Literal(value, dtype)
    low, high = _BOUNDS.get(target, (value, value)) if target.kind in "iu" else (value, value)
    if not low <= value <= high and value == value:
        raise ArgumentError(
            f"{value} does not fit in {target}", fix=f"{target} holds {low} to {high}; use a float"
        )
    return Literal(value, dtype)


def operand(x: ArrayLike, name: str = "x") -> Operand:
    """``x`` as an operand: a value, or a literal for scalars. ArgumentError for anything else."""
    if isinstance(x, Value):
        return x
    if isinstance(x, SCALARS):
        large = isinstance(x, int) and 2**31 <= x < 2**32
        return Literal(x, uint32, weak=True) if large else scalar(x)
    if isinstance(x, np.generic) and x.dtype.kind in "biufc":
        return scalar(x.item(), arrays.narrowed(x.dtype))
    if isinstance(x, Literal):
        return x
    if isinstance(x, np.ndarray):
        return from_numpy(x)
    if isinstance(x, (list, tuple)):
        return _from_sequence(x, name)
    if hasattr(x, "__array__"):
        return from_numpy(np.asarray(x))
    raise ArgumentError(
        f"{name} is {_a(type(x).__name__)}, not an array",
        fix="pass an array, a number, or nested lists of numbers",
    )


def _a(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def from_numpy(x: np.ndarray[Any, Any]) -> Value:
    """A copy of a NumPy array. Inside jit the array is remembered, since it may change later."""
    stages = open_stages()
    known = next((s.numpy_captures[id(x)][1] for s in stages if id(x) in s.numpy_captures), None)
    made: Value = known if known is not None else arrays.Array.copy_of(x)
    for stage in stages:
        stage.numpy_captures[id(x)] = (x, made)
    return made


def _from_sequence(x: Sequence[Any], name: str) -> Value:
    """Nested lists: of numbers, or with arrays among them (which are stacked)."""
    if any(isinstance(e, Value) or _holds_values(e) for e in x):
        from .numpy import stack

        stacked: Value = stack([value(e, name) for e in x])
        return stacked
    try:
        array = np.array(x)
    except ValueError:
        raise ShapeError(f"{name}: nested lists of different lengths are not an array") from None
    if array.dtype.kind not in "biufc":
        raise ArgumentError(f"{name} is a list of {array.dtype}, not of numbers")
    return arrays.Array.copy_of(array)


def _holds_values(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and any(isinstance(e, Value) or _holds_values(e) for e in x)


def value(x: ArrayLike, name: str = "x") -> Value:
    """``x`` as a value (a scalar becomes a rank-0 one). ArgumentError for what is no array."""
    got = operand(x, name)
    return got if isinstance(got, Value) else splat(got, ())


def fresh(x: Value) -> Value:
    """The same value as another object, so that ``x[i] = …`` on one leaves the other alone."""
    return arrays.Array(x.node) if isinstance(x, arrays.Array) else x


def splat(x: Literal, shape: Shape) -> Value:
    """A literal as an array of ``shape``."""
    return structural.broadcast_in_dim(x, shape=shape, dims=())


def cast(x: Operand, dtype: DType, weak: bool = False) -> Operand:
    """``x`` in ``dtype``; nothing happens when it is already. Literals stay literals."""
    if x.aval.dtype is dtype and x.aval.weak == weak:
        return x
    if isinstance(x, Literal):
        if x.aval.dtype is dtype:
            return x.with_weakness(weak)
        if weak and of_scalar(x.value.item()) is dtype:
            return Literal(x.value.item())
        item = x.value.item()
        return scalar(item if dtype is not bool_ else bool(item), dtype)
    if x.aval.dtype is dtype and weak:
        return x
    return ew.convert(x, dtype=dtype)


def as_float(x: ArrayLike, name: str = "x") -> Value:
    """``x`` as it is where its dtype is a float or complex; integers and booleans as float32."""
    got = value(x, name)
    return got if got.aval.dtype.kind in "fc" else ew.convert(got, dtype=float32)


F = TypeVar("F", bound=Callable[..., Any])


def in_float32(function: F) -> F:
    """``function`` computed in float32 where it is given float16, which its results then are.

    So sums keep their digits and range, and small constants do not vanish.
    """

    @functools.wraps(function)
    def entry(*args: Any, **kwargs: Any) -> Any:
        given = (*args, *kwargs.values())
        if not any(_is(x, float16) for x in given):
            return function(*args, **kwargs)
        out = function(*map(_single, args), **{k: _single(v) for k, v in kwargs.items()})
        return out if any(_is(x, float32) for x in given) else _half(out)

    return entry  # type: ignore[return-value]


def _single(x: Any) -> Any:
    return ew.convert(value(x), dtype=float32) if _is(x, float16) else x


def _half(x: Any) -> Any:
    if isinstance(x, tuple):
        return x._make(map(_half, x)) if hasattr(x, "_make") else tuple(map(_half, x))
    return ew.convert(x, dtype=float16) if _is(x, float32) else x


def _is(x: Any, dtype: DType) -> bool:
    return isinstance(x, (Value, np.ndarray)) and bool(x.dtype == dtype)


def promoted(name: str, *xs: ArrayLike, at_least: DType | None = None) -> list[Operand]:
    """Operands in their common dtype, broadcast to one shape; those of rank 0 stay as they are."""
    return broadcast(name, promote_all(xs, at_least, name))


def promote_all(
    xs: Sequence[ArrayLike], at_least: DType | None = None, name: str = ""
) -> list[Operand]:
    """Operands in their common dtype."""
    ops = [x if isinstance(x, Value) else operand(x, _nth(i, name)) for i, x in enumerate(xs)]
    dtype, weak = ops[0].aval.dtype, ops[0].aval.weak
    for other in ops[1:]:
        dtype, weak = promote(dtype, weak, other.aval.dtype, other.aval.weak)
    if at_least is not None:
        dtype, weak = promote(dtype, weak, at_least, True)
    return [cast(o, dtype, weak) for o in ops]


def _nth(i: int, name: str) -> str:
    return f"argument {i} of {name}" if name else f"argument {i}"


def broadcast(name: str, ops: Sequence[Operand]) -> list[Operand]:
    """Operands of one shape by NumPy's rules; those of rank 0 stay as they are."""
    if len({o.aval.shape for o in ops if o.aval.shape}) < 2:
        return list(ops)
    shape = broadcast_shape(name, [o.aval.shape for o in ops])
    return [o if not o.aval.shape else broadcast_to(o, shape) for o in ops]


def broadcast_shape(name: str, shapes: Sequence[Shape]) -> Shape:
    """NumPy's common shape. ShapeError when there is none."""
    rank = max(map(len, shapes), default=0)
    out = [1] * rank
    for shape in shapes:
        for i, n in enumerate(shape, rank - len(shape)):
            if n != 1 and out[i] not in (1, n):
                listed = " and ".join(map(str, shapes))
                raise ShapeError(
                    f"{name}: shapes {listed} do not broadcast together",
                    why=f"axis {i - rank} has extents {out[i]} and {n}",
                    fix="extents must be equal or 1, counted from the last axis",
                )
            out[i] = n if n != 1 else out[i]
    return tuple(out)


def broadcast_to(x: Operand, shape: Shape) -> Value:
    """``x`` with leading axes added and axes of extent 1 repeated."""
    if isinstance(x, Value) and x.aval.shape == shape:
        return x
    lead = len(shape) - x.aval.ndim
    dims = tuple(range(lead, len(shape)))
    return structural.broadcast_in_dim(x, shape=shape, dims=dims)


def axis_of(axis: Any, ndim: int, name: str) -> int:
    """One axis, counted from the end when negative. AxisError when there is none such."""
    if isinstance(axis, (bool, Tracer)) or not hasattr(axis, "__index__"):
        raise ArgumentError(f"{name}: axis must be an int, got {axis!r}")
    i = axis.__index__()
    if not -ndim <= i < ndim:
        raise AxisError(f"{name}: axis {i} does not exist in an array of rank {ndim}")
    return int(i % ndim)


def axes_of(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """None (all axes), one, or several, as a sorted tuple. AxisError when one is named twice."""
    if axis is None:
        return tuple(range(ndim))
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(sorted(axis_of(a, ndim, name) for a in listed))
    if len(set(axes)) < len(axes):
        raise AxisError(f"{name}: an axis is named twice in {axis!r}")
    return axes


def shape_of(shape: Any, name: str) -> Shape:
    """An int or ints as a shape. ArgumentError for traced values, ShapeError below 0."""
    listed = shape if isinstance(shape, (tuple, list, np.ndarray)) else (shape,)
    for n in listed:
        if isinstance(n, (Value, bool)) or not hasattr(n, "__index__"):
            raise ArgumentError(
                f"{name}: a shape must be made of ints, got {n!r}",
                why="shapes are fixed when a program is compiled",
            )
        if n.__index__() < 0:
            raise ShapeError(f"{name}: negative extent in shape {tuple(listed)}")
    return tuple(int(n.__index__()) for n in listed)
