"""The rules that all elementwise primitives share, and the functions that register them.

Operands have one shape, or rank 0, which broadcasts; and one dtype (``select`` aside).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, ShapeError
from .. import kernel as K
from ..aval import Aval
from ..core import Value
from ..dtypes import DType
from ..graph import Eqn
from ..index import Index
from ..primitive import Map, Primitive, Read
from .common import check_kind, no_tangent

FLOAT, INT, NUMBER = "f", "iu", "fiu"
SIGNED, BITS, ANY = "fi", "iub", "fiub"
FIELD = "fiuc"
Array = np.ndarray[Any, Any]


def broadcast_shapes(name: str, avals: Sequence[Aval]) -> tuple[int, ...]:
    """The one shape of the operands that are not rank 0."""
    shapes = {a.shape for a in avals if a.shape}
    if len(shapes) > 1:
        listed = ", ".join(str(a) for a in avals)
        raise ShapeError(f"{name}: operands have different shapes: {listed}")
    return shapes.pop() if shapes else ()


def _arity(reference: Callable[..., Array]) -> int:
    """How many operands a reference rule (a ufunc or a function) takes."""
    return getattr(reference, "nin", None) or len(inspect.signature(reference).parameters)


def abstract_rule(name: str, kinds: str, result: DType | None, arity: int) -> Callable[..., Aval]:
    def abstract(*avals: Aval) -> Aval:
        if len(avals) != arity:
            raise ArgumentError(f"{name} takes {arity} operands, {len(avals)} were given")
        for a in avals:
            check_kind(name, a, kinds)
            if a.dtype is not avals[0].dtype:
                raise DtypeError(f"{name}: operands have different dtypes: {avals[0]}, {a}")
        weak = all(a.weak for a in avals) and result is None
        return Aval(broadcast_shapes(name, avals), result or avals[0].dtype, weak)

    return abstract


def quiet(f: Callable[..., Array]) -> Callable[..., Array]:
    def reference(*args: Array, **params: Any) -> Array:
        with np.errstate(all="ignore"):
            return f(*args, **params)

    return reference


def batch_rule(prim: str) -> Callable[..., Value]:
    def batch(args: Sequence[Any], batched: Sequence[bool], size: int, **params: Any) -> Value:
        """Batched operands meet others by equal rank; those of rank 0 broadcast by themselves."""
        from ..primitive import REGISTRY
        from .structural import broadcast_in_dim

        shape = next((a.shape[b:] for a, b in zip(args, batched) if a.aval.shape[b:]), ())
        full = (size, *shape)

        def fit(a: Any, b: bool) -> Any:
            if not b:
                return (
                    a
                    if a.aval.shape == ()
                    else broadcast_in_dim(a, shape=full, dims=tuple(range(1, len(full))))
                )
            if len(a.shape) == len(full):
                return a
            return broadcast_in_dim(a, shape=full, dims=(0,))

        return REGISTRY[prim](*map(fit, args, batched), **params)

    return batch


def emit_rule(op: str) -> Callable[[Read, tuple[Index, ...], Eqn], K.Expr]:
    def emit(read: Read, index: tuple[Index, ...], eqn: Eqn) -> K.Expr:
        args = (read(k, index if a.aval.shape else ()) for k, a in enumerate(eqn.inputs))
        return K.call(op, *args, dtype=eqn.out.aval.dtype)

    return emit


def unbroadcast(ct: Value, aval: Aval) -> Value:
    """The cotangent of a rank-0 operand that broadcast."""
    if ct.aval.shape == aval.shape:
        return ct
    from .reduction import reduce

    return reduce(ct, monoid="sum", axes=tuple(range(len(ct.aval.shape))))


def elementwise(
    name: str,
    reference: Callable[..., Array],
    kinds: str = FLOAT,
    *,
    jvp: Callable[..., Any] | None = None,
    transpose: Callable[..., Sequence[Any]] | None = None,
    result: DType | None = None,
    cost: int = 1,
    no_jvp: str = "",
    no_transpose: str = "no jvp rule applies it to a tangent",
) -> Primitive:
    """Registers an elementwise primitive of any arity."""
    return Primitive(
        name,
        abstract_rule(name, kinds, result, _arity(reference)),
        quiet(reference),
        batch_rule(name),
        Map(emit_rule(name), cost=cost, pointwise=True),
        jvp=jvp,
        transpose=transpose,
        no_jvp=no_jvp if jvp is None else "",
        no_transpose=no_transpose if transpose is None else "",
    )


def locally_constant(
    name: str, reference: Callable[..., Array], kinds: str, result: DType | None = None
) -> Primitive:
    """Derivative zero wherever there is one."""
    return elementwise(name, reference, kinds, jvp=no_tangent, result=result)


def discrete(
    name: str, reference: Callable[..., Array], kinds: str, result: DType | None = None, **kw: Any
) -> Primitive:
    """Integer or boolean in or out: there is no tangent."""
    return elementwise(name, reference, kinds, jvp=no_tangent, result=result, **kw)


def fill_shape(x: Value, shape: tuple[int, ...]) -> Value:
    """A rank-0 value broadcast to ``shape`` (tangents have the shape of their primal)."""
    if x.aval.shape == shape:
        return x
    from .structural import broadcast_in_dim

    return broadcast_in_dim(x, shape=shape, dims=())
