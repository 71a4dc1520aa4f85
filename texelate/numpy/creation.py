"""Arrays from nothing, from shapes, and from other people's data."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import backends
from ..compiler.errors import ArgumentError, TexelateError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import DType, as_dtype, bool_, float32, int32
from ..compiler.ir.prims import elementwise as ew
from ..compiler.ir.prims import structural
from ..operands import ArrayLike, broadcast_to, fresh, operand, scalar, shape_of, splat, value
from ..traceback import public

F = TypeVar("F", bound=Callable[..., Any])


@public
def asarray(
    x: ArrayLike, /, dtype: Any = None, *, device: Any = None, copy: bool | None = None
) -> Any:
    """An array with the contents of ``x``: an array, NumPy's, a number, nested lists.

    NumPy data is copied, so changing it later changes nothing here. 64-bit data becomes 32-bit.
    ``device`` is the name of a backend. ``copy=True`` gives another object, ``copy=False`` is a
    ValueError where data would be copied.
    Raises ArgumentError for what is no array and for integers that do not fit, DtypeError for
    dtypes that do not exist here.

    >>> import texelate.numpy as tnp
    >>> tnp.asarray([[1, 2], [3, 4]])
    Array([[1, 2],
           [3, 4]], dtype=int32)
    """
    got = value(x)
    target = got.aval.dtype if dtype is None else as_dtype(dtype)
    changes = got.aval.dtype is not target or (dtype is not None and got.aval.weak)
    if copy is False and (changes or got is not x):
        raise ValueError(f"{type(x).__name__} as an array of {target} needs a copy")
    if changes:
        _check_range(x, target)
        got = ew.ne(got, 0) if target is bool_ else ew.convert(got, dtype=target)
    got = got if device is None else got.to_device(device)  # type: ignore[attr-defined]
    return fresh(got) if copy else got


def _check_range(x: ArrayLike, dtype: DType) -> None:
    """ArgumentError for Python integers, also in lists, that an integer dtype does not hold."""
    if dtype.kind not in "iu" or not isinstance(x, (int, list, tuple)):
        return
    try:
        numbers = np.asarray(x)
    except (TypeError, ValueError, TexelateError):  # arrays among them, perhaps traced ones
        return
    if numbers.dtype.kind in "iu" and numbers.size:
        for bound in (numbers.min(), numbers.max()):
            scalar(int(bound), dtype)


@public
def array(x: ArrayLike, /, dtype: Any = None, *, copy: bool | None = True) -> Any:
    """As ``asarray``; a Python number gives an array of a definite dtype."""
    got = asarray(x, dtype, copy=copy)
    return ew.convert(got, dtype=got.aval.dtype) if got.aval.weak else got


@public
def copy(x: ArrayLike, /) -> Any:
    """Another array with the same contents: ``x[i] = …`` on one leaves the other alone."""
    return array(x)


def on_device(function: F) -> F:
    """``device=`` of a function that makes arrays: the name of the backend they are made on."""

    @functools.wraps(function)
    def entry(*args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is None:
            return function(*args, **kwargs)
        with backends.backend(device):
            return function(*args, **kwargs)

    return entry  # type: ignore[return-value]


@public
@on_device
def full(shape: Any, fill_value: ArrayLike, dtype: Any = None, *, device: Any = None) -> Any:
    """An array of ``shape`` with every element ``fill_value``; of its dtype unless given."""
    target = None if dtype is None else as_dtype(dtype)
    if isinstance(fill_value, (bool, int, float)):
        kind = target or value(fill_value).aval.dtype
        return splat(scalar(fill_value, kind), shape_of(shape, "full"))
    return broadcast_to(operand(asarray(fill_value, target)), shape_of(shape, "full"))


@public
@on_device
def zeros(shape: Any, dtype: Any = None, *, device: Any = None) -> Any:
    """An array of ``shape`` (an int or a sequence of ints) of zeros; float32 unless ``dtype`` says.

    Raises ShapeError for a negative extent, ArgumentError for a shape that is not of ints.
    """
    return splat(scalar(0, _or_float(dtype)), shape_of(shape, "zeros"))


@public
@on_device
def ones(shape: Any, dtype: Any = None, *, device: Any = None) -> Any:
    """An array of ``shape`` of ones; float32 unless ``dtype`` says."""
    return splat(scalar(1, _or_float(dtype)), shape_of(shape, "ones"))


empty = zeros


def _or_float(dtype: Any) -> DType:
    return float32 if dtype is None else as_dtype(dtype)


@public
@on_device
def full_like(
    x: ArrayLike, /, fill_value: ArrayLike, dtype: Any = None, *, device: Any = None
) -> Any:
    """An array of ``fill_value`` with the shape and dtype of ``x``."""
    aval = value(x).aval
    return full(aval.shape, fill_value, dtype if dtype is not None else aval.dtype)


@public
@on_device
def zeros_like(x: ArrayLike, /, dtype: Any = None, *, device: Any = None) -> Any:
    """Zeros with the shape and dtype of ``x``."""
    return full_like(x, 0, dtype)


@public
@on_device
def ones_like(x: ArrayLike, /, dtype: Any = None, *, device: Any = None) -> Any:
    """Ones with the shape and dtype of ``x``."""
    return full_like(x, 1, dtype)


empty_like = zeros_like


@public
@on_device
def arange(
    start: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    dtype: Any = None,
    *,
    device: Any = None,
) -> Any:
    """``start``, ``start + step``, … before ``stop``; with one argument from 0 up to it.

    int32 when all are ints, else float32. Raises ArgumentError unless they are Python numbers.
    """
    if stop is None:
        start, stop = 0, start
    for x in (start, stop, step):
        check_number(x, "arange")
    if step == 0:
        raise ArgumentError("arange: a step of 0 never arrives")
    whole = all(isinstance(x, int) for x in (start, stop, step))
    target = as_dtype(dtype) if dtype is not None else int32 if whole else float32
    count = max(0, math.ceil((stop - start) / step))
    return _ramp(count, start, step, int32 if whole else float32, target)


def check_number(x: Any, name: str) -> None:
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
@on_device
def linspace(
    start: float,
    stop: float,
    /,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    *,
    device: Any = None,
) -> Any:
    """``num`` numbers evenly from ``start`` to ``stop`` (included when ``endpoint``)."""
    check_number(start, "linspace")
    check_number(stop, "linspace")
    (count,) = shape_of(num, "linspace")
    gaps = count - 1 if endpoint else count
    step = (stop - start) / gaps if gaps > 0 else 0.0
    line = _ramp(count, float(start), step, float32, float32)
    place = structural.iota(shape=(count,), dtype=int32, axis=0)
    line = ew.select(ew.eq(place, 0), float(start), line)  # 0, and not -0, before -1
    if endpoint and count > 1:
        line = ew.select(ew.eq(place, count - 1), float(stop), line)
    return line if dtype is None else ew.convert(line, dtype=as_dtype(dtype))


@public
@on_device
def eye(
    n: int, m: int | None = None, /, k: int = 0, dtype: Any = None, *, device: Any = None
) -> Any:
    """An ``n`` by ``m`` matrix with ones on diagonal ``k`` (above the main one when positive)."""
    shape = shape_of((n, n if m is None else m), "eye")
    on = ew.eq(*_rows_columns(shape, max(-shape[0], min(k, shape[1]))))
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


@public
def meshgrid(*xs: ArrayLike, indexing: str = "xy") -> list[Any]:
    """Vectors as the coordinates of a grid: each spread over all axes.

    ``indexing="xy"`` puts the second vector on the first axis, ``"ij"`` keeps the order. Raises
    ArgumentError for other words and arrays of more than one axis.
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f'meshgrid: indexing={indexing!r} is neither "xy" nor "ij"')
    values = [value(x) for x in xs]
    if any(v.aval.ndim > 1 for v in values):
        raise ArgumentError(f"meshgrid needs vectors, got {[str(v.aval) for v in values]}")
    axes = list(range(len(values)))
    if indexing == "xy" and len(axes) > 1:
        axes[:2] = 1, 0
    sizes = [v.aval.size for v in values]
    shape = tuple(sizes[axes.index(a)] for a in range(len(axes)))
    return [
        structural.broadcast_in_dim(
            structural.reshape(v, shape=(v.aval.size,)), shape=shape, dims=(a,)
        )
        for v, a in zip(values, axes, strict=True)
    ]


@public
def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """A copy of any CPU array that speaks DLPack: PyTorch's, JAX's, NumPy's.

    Raises ValueError with ``copy=False``: memory is never shared, since arrays here never change.
    """
    if isinstance(x, Value):
        return asarray(x, device=device, copy=copy)
    if not hasattr(x, "__dlpack__"):
        raise ArgumentError(f"from_dlpack: {type(x).__name__} has no __dlpack__ method")
    if copy is False:
        raise ValueError("from_dlpack copies: memory is never shared with another library")
    return asarray(x if isinstance(x, np.ndarray) else np.from_dlpack(x), device=device)


__all__ = [
    "arange", "array", "asarray", "copy", "empty", "empty_like", "eye", "from_dlpack", "full",
    "full_like", "identity", "linspace", "meshgrid", "ones", "ones_like", "tri", "tril",
    "triu", "zeros", "zeros_like",
]  # fmt: skip
