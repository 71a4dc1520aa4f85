"""Arrays from nothing, from shapes, and from other people's data."""

from __future__ import annotations

import math
from typing import Any

from ..compiler.errors import ArgumentError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import DType, as_dtype, bool_, float32, int32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..operands import ArrayLike, broadcast_to, operand, scalar, shape_of, splat, value
from ..traceback import public


@public
def asarray(x: ArrayLike, /, dtype: Any = None, *, copy: bool | None = None) -> Any:
    """An array with the contents of ``x``: an array, NumPy's, a number, nested lists.

    NumPy data is copied, so changing it later changes nothing here. 64-bit data becomes 32-bit.
    Raises ArgumentError for what is no array and for integers that do not fit, DtypeError for
    dtypes that do not exist here.

    >>> import texelate.numpy as tnp
    >>> tnp.asarray([[1, 2], [3, 4]])
    Array([[1, 2],
           [3, 4]], dtype=int32)
    """
    got = value(x)
    target = got.aval.dtype if dtype is None else as_dtype(dtype)
    if got.aval.dtype is target:
        return got if dtype is None or not got.aval.weak else ew.convert(got, dtype=target)
    return ew.ne(got, 0) if target is bool_ else ew.convert(got, dtype=target)


@public
def array(x: ArrayLike, /, dtype: Any = None) -> Any:
    """As ``asarray``; a Python number gives an array of a definite dtype."""
    got = asarray(x, dtype)
    return ew.convert(got, dtype=got.aval.dtype) if got.aval.weak else got


@public
def full(shape: Any, fill: ArrayLike, dtype: Any = None) -> Any:
    """An array of ``shape`` with every element ``fill``."""
    target = None if dtype is None else as_dtype(dtype)
    if isinstance(fill, (bool, int, float)):
        return splat(scalar(fill, target or value(fill).aval.dtype), shape_of(shape, "full"))
    return broadcast_to(operand(asarray(fill, target)), shape_of(shape, "full"))


@public
def zeros(shape: Any, dtype: Any = None) -> Any:
    """An array of ``shape`` (an int or a sequence of ints) of zeros; float32 unless ``dtype`` says.

    Raises ShapeError for a negative extent, ArgumentError for a shape that is not of ints.
    """
    return splat(scalar(0, _or_float(dtype)), shape_of(shape, "zeros"))


@public
def ones(shape: Any, dtype: Any = None) -> Any:
    """An array of ``shape`` of ones; float32 unless ``dtype`` says."""
    return splat(scalar(1, _or_float(dtype)), shape_of(shape, "ones"))


empty = zeros


def _or_float(dtype: Any) -> DType:
    return float32 if dtype is None else as_dtype(dtype)


@public
def full_like(x: ArrayLike, /, fill: ArrayLike, dtype: Any = None) -> Any:
    """An array of ``fill`` with the shape and dtype of ``x``."""
    aval = value(x).aval
    return full(aval.shape, fill, dtype if dtype is not None else aval.dtype)


@public
def zeros_like(x: ArrayLike, /, dtype: Any = None) -> Any:
    """Zeros with the shape and dtype of ``x``."""
    return full_like(x, 0, dtype)


@public
def ones_like(x: ArrayLike, /, dtype: Any = None) -> Any:
    """Ones with the shape and dtype of ``x``."""
    return full_like(x, 1, dtype)


empty_like = zeros_like


@public
def arange(start: Any, /, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """``start``, ``start + step``, … before ``stop``; with one argument from 0 up to it.

    int32 when all are ints, else float32. Raises ArgumentError unless they are Python numbers.
    """
    if stop is None:
        start, stop = 0, start
    for x in (start, stop, step):
        _check_number(x, "arange")
    if step == 0:
        raise ArgumentError("arange: a step of 0 never arrives")
    whole = all(isinstance(x, int) for x in (start, stop, step))
    target = as_dtype(dtype) if dtype is not None else int32 if whole else float32
    count = max(0, math.ceil((stop - start) / step))
    return _ramp(count, start, step, int32 if whole else float32, target)


def _check_number(x: Any, name: str) -> None:
    if not isinstance(x, (int, float)) or not math.isfinite(x):
        raise ArgumentError(
            f"{name}: {x!r} is not a finite Python number",
            why="the length of the result is fixed when a program is compiled",
        )


def _ramp(count: int, start: Any, step: Any, dtype: DType, target: DType) -> Value:
    index = structural.iota(shape=(count,), dtype=dtype, axis=0)
    scaled = index if step == 1 else ew.mul(index, scalar(step, dtype))
    moved = scaled if start == 0 else ew.add(scaled, scalar(start, dtype))
    return moved if target is dtype else ew.convert(moved, dtype=target)


@public
def linspace(
    start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: Any = None
) -> Any:
    """``num`` numbers evenly from ``start`` to ``stop`` (included when ``endpoint``)."""
    _check_number(start, "linspace")
    _check_number(stop, "linspace")
    (count,) = shape_of(num, "linspace")
    gaps = count - 1 if endpoint else count
    step = (stop - start) / gaps if gaps > 0 else 0.0
    line = _ramp(count, float(start), step, float32, float32)
    if endpoint and count > 1:
        last = ew.eq(structural.iota(shape=(count,), dtype=int32, axis=0), count - 1)
        line = ew.select(last, float(stop), line)
    return line if dtype is None else ew.convert(line, dtype=as_dtype(dtype))


@public
def eye(n: int, m: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """An ``n`` by ``m`` matrix with ones on diagonal ``k`` (above the main one when positive)."""
    shape = shape_of((n, n if m is None else m), "eye")
    on = ew.eq(*_rows_columns(shape, k))
    target = _or_float(dtype)
    return on if target is bool_ else ew.convert(on, dtype=target)


def _rows_columns(shape: tuple[int, ...], k: int) -> tuple[Value, Value]:
    """Row number plus ``k``, and column number, of each element of the last two axes."""
    rows = structural.iota(shape=shape, dtype=int32, axis=len(shape) - 2)
    return ew.add(rows, k), structural.iota(shape=shape, dtype=int32, axis=len(shape) - 1)


def identity(n: int, dtype: Any = None) -> Any:
    """The ``n`` by ``n`` unit matrix."""
    return eye(n, dtype=dtype)


@public
def tri(n: int, m: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on and below diagonal ``k``, zeros above."""
    rows, columns = _rows_columns(shape_of((n, n if m is None else m), "tri"), k)
    return ew.convert(ew.ge(rows, columns), dtype=_or_float(dtype))


@public
def tril(x: ArrayLike, /, k: int = 0) -> Any:
    """``x`` with zeros above diagonal ``k`` of the last two axes."""
    return _triangle(x, k, "tril", ew.ge)


@public
def triu(x: ArrayLike, /, k: int = 0) -> Any:
    """``x`` with zeros below diagonal ``k`` of the last two axes."""
    return _triangle(x, k, "triu", ew.le)


def _triangle(x: ArrayLike, k: int, name: str, kept: Any) -> Value:
    got = value(x)
    if got.aval.ndim < 2:
        raise ArgumentError(f"{name} needs two axes or more, got {got.aval}")
    zero = scalar(0, got.aval.dtype) if got.aval.dtype is not bool_ else scalar(False)
    return ew.select_p(kept(*_rows_columns(got.aval.shape, k)), got, zero)


__all__ = [
    "arange", "array", "asarray", "empty", "empty_like", "eye", "full", "full_like", "identity",
    "linspace", "ones", "ones_like", "tri", "tril", "triu", "zeros", "zeros_like",
]  # fmt: skip
