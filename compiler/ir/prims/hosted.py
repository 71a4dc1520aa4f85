"""What the linear algebra of whole matrices shares: its record, and its reference rule.

Each primitive is one call of NumPy (LAPACK) in float64, and a form for the device that
``ir/linalg`` writes with other primitives; ``passes/placement.py`` decides which one runs. What has
no answer (a singular or indefinite matrix) is NaN. Results that belong together are packed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, cast

import numpy as np

from ...errors import ShapeError
from ..aval import Aval, Shape
from ..core import Value
from ..dtypes import float16, float32
from ..primitive import REGISTRY, Host, Primitive
from . import common as c
from .arithmetic import div
from .conversion import convert
from .logic import eq, select

Array = np.ndarray[Any, Any]
NO_TRANSPOSE = "no jvp rule applies it to a tangent"


def matrix_primitive(
    name: str,
    abstract: Callable[..., Aval],
    reference: Callable[..., Array],
    device: str,
    jvp: Callable[..., Any],
    transpose: Callable[..., Any] | None = None,
) -> Primitive:
    """A primitive on stacks of matrices: all leading axes are a batch already.

    ``device`` names its form for the device, ``file.function`` of ``ir/linalg`` (empty: none),
    which is loaded when it is first needed.
    """

    def batch(args: Sequence[Any], batched: Sequence[bool], size: int, **params: Any) -> Value:
        full = (c.with_batch(x, b, size) for x, b in zip(args, batched, strict=True))
        return REGISTRY[name](*full, **params)

    reason = "" if transpose else NO_TRANSPOSE
    lower = Host(partial(_on_device, device) if device else None)
    return Primitive(name, abstract, reference, batch, lower, jvp, transpose, no_transpose=reason)


def _on_device(path: str, *args: Any, **params: Any) -> Value:
    """The form for the device; that for float16 is that for float32, rounded at the end."""
    file, function = path.split(".")
    form = getattr(import_module(f"..linalg.{file}", __package__), function)
    dtype = args[0].aval.dtype
    if dtype is not float16:
        return cast(Value, form(*args, **params))
    wider = (convert(x, dtype=float32) for x in args)
    return convert(form(*wider, **params), dtype=dtype)


# --- checks --------------------------------------------------------------------------------------


def check_square(name: str, *xs: Aval) -> None:
    """DtypeError or ShapeError unless all are numbers and the first is square."""
    for x in xs:
        c.check_kind(name, x, "fc")
    if xs[0].ndim < 2 or xs[0].shape[-1] != xs[0].shape[-2]:
        raise ShapeError(f"{name} takes square matrices, got {xs[0]}")


def check_matrix(name: str, x: Aval) -> None:
    """DtypeError or ShapeError unless these are matrices."""
    c.check_kind(name, x, "fc")
    if x.ndim < 2:
        raise ShapeError(f"{name} takes matrices, got {x}")


def check_system(name: str, a: Aval, b: Aval) -> Aval:
    """The aval of x in ``a @ x = b``. ShapeError or DtypeError when they do not fit."""
    check_square(name, a, b)
    c.check_same_dtype(name, (a, b))
    if a.shape[:-1] != b.shape[:-1]:
        raise ShapeError(f"{name}: {a} and {b} do not fit")
    return b.strong()


# --- reference rules -----------------------------------------------------------------------------


def wide(x: Array) -> Array:
    """In double precision."""
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def each(f: Callable[..., Array], core: Shape, *xs: Array) -> Array:
    """``f`` on stacks of matrices; NaN ``[..., *core]`` for those where LAPACK finds no answer."""
    try:
        return np.asarray(f(*map(wide, xs)), xs[0].dtype)
    except np.linalg.LinAlgError:
        if xs[0].ndim == 2:
            return np.full(core, np.nan, xs[0].dtype)
        rows = [each(f, core, *row) for row in zip(*xs, strict=True)]
        return np.stack(rows)


def flat(parts: Sequence[Array], like: Array) -> Array:
    """Results as ``matrices.packed`` lays them out."""
    lead = like.shape[:-2]
    sizes = [math.prod(x.shape[len(lead) :]) for x in parts]
    rows = [x.reshape(*lead, n) for x, n in zip(parts, sizes, strict=True)]
    return np.concatenate(rows, -1).astype(like.dtype)


def over(x: Value, by: Value) -> Value:
    """``x / by``, and 0 where ``by`` is 0."""
    zero = eq(by, 0.0)
    return select(zero, 0.0, div(x, select(zero, 1.0, by)))
