"""A primitive: one operation of the Graph IR with all its rules in one record.

The rules, and who calls them:

=============  =================================================  ==================
rule           signature                                          caller
=============  =================================================  ==================
``abstract``   ``(*avals, **params) -> Aval``, or a typed error   bind, verifier
``reference``  ``(*ndarrays, **params) -> ndarray``               numpy backend
``jvp``        ``(primals, tangents, out, **params) -> tangent``  transforms.jvp
``transpose``  ``(ct, operands, **params) -> cotangents``         transforms.transpose
``batch``      ``(args, batched, size, **params) -> value``       transforms.vmap
``lower``      ``Map``, ``Fold`` or ``Contract``                  lower/
=============  =================================================  ==================

* ``reference`` gives the result's dtype.
* In ``jvp`` a tangent that is ``None`` is zero. ``out`` is the primal result, already computed.
* In ``transpose`` linear operands arrive as ``Linear(aval)``; known ones as values. A result is a
  cotangent for each linear operand and ``None`` for the others. Needed only where some jvp rule
  applies the primitive to a tangent.
* In ``batch`` an operand with ``batched[i]`` has the batch as axis 0, the others have none; the
  result always has the batch as axis 0.
* A missing ``jvp`` or ``transpose`` must say why in ``no_jvp`` / ``no_transpose``.

Rules are written with primitives called as functions: inside a transform they record into its
graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .aval import Aval

if TYPE_CHECKING:
    from .core import Operand, Value
    from .graph import Eqn
    from .index import Index
    from .kernel import Expr

Read = Callable[[int, "tuple[Index, ...]"], "Expr"]
"""``read(k, index)``: the scalar of operand ``k`` at ``index``, loaded or computed in place."""


class Emit(Protocol):
    """``emit(read, index, eqn)``: the scalar expression of the result at ``index``."""

    def __call__(self, read: Read, index: tuple[Index, ...], eqn: Eqn, /) -> Expr: ...


@dataclass(frozen=True)
class Map:
    """Each element of the result depends on a few elements of the operands: fuses anywhere.

    ``free`` marks pure index arithmetic (reshape, slice, iota …), recomputed rather than stored.
    ``cost`` is in flops an element.
    """

    emit: Emit
    free: bool = False
    cost: int = 1


@dataclass(frozen=True)
class FoldSpec:
    """A reduction: for each index of the result, fold ``element`` over ``extents`` by ``monoid``.

    ``element(read, out_index, inner_index)`` gives ``(predicate, value)``, or for argmax/argmin
    ``(predicate, value, position)``; a false predicate (None: always true) contributes the
    identity. ``overlap`` is how many times an operand's element is read (windows): 1 lets producers
    fuse freely. ``axes`` is set for plain reductions over axes of one operand, which row chains may
    join.
    """

    extents: tuple[int, ...]
    monoid: str  # sum prod max min any all argmax argmin
    element: Callable[[Read, tuple[Index, ...], tuple[Index, ...]], tuple[Any, ...]]
    overlap: int = 1
    axes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Fold:
    spec: Callable[[Eqn], FoldSpec]


@dataclass(frozen=True)
class ContractSpec:
    """A contraction as an implicit GEMM: ``out[b, m, n] = Σ_k lhs[b, m, k] · rhs[b, k, n]``.

    The extents of b, m, n, k are lists of axes, never flattened here. ``lhs`` and ``rhs`` map axis
    indices to an operand index and a predicate (None: always inside); ``out`` maps (b, m, n) to the
    index of the result.
    """

    batch: tuple[int, ...]
    m: tuple[int, ...]
    n: tuple[int, ...]
    k: tuple[int, ...]
    lhs: Callable[..., tuple[Any, tuple[Index, ...]]]  # (b, m, k) -> (predicate, index)
    rhs: Callable[..., tuple[Any, tuple[Index, ...]]]  # (b, k, n) -> (predicate, index)
    out: Callable[..., tuple[Index, ...]]  # (b, m, n) -> index


@dataclass(frozen=True)
class Contract:
    spec: Callable[[Eqn], ContractSpec]


@dataclass(frozen=True, slots=True)
class Linear:
    """Stands for a linear operand in a transpose rule: only its aval is known."""

    aval: Aval


@dataclass(eq=False)
class Primitive:
    """One operation and its rules. Calling it binds it in the current trace."""

    name: str
    abstract: Callable[..., Aval]
    reference: Callable[..., np.ndarray[Any, Any]]
    batch: Callable[..., Value]
    lower: Map | Fold | Contract
    jvp: Callable[..., Any] | None = None
    transpose: Callable[..., Sequence[Any]] | None = None
    no_jvp: str = ""
    no_transpose: str = ""

    def __post_init__(self) -> None:
        if self.name in REGISTRY:
            raise ValueError(f"primitive {self.name!r} is defined twice")
        REGISTRY[self.name] = self

    def __call__(self, *args: Operand | bool | int | float, **params: Any) -> Value:
        from .core import bind

        return bind(self, *args, **params)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (lookup, (self.name,))


REGISTRY: dict[str, Primitive] = {}


def lookup(name: str) -> Primitive:
    """The primitive called ``name``; KeyError when there is none."""
    from . import prims  # noqa: F401  (registers all)

    return REGISTRY[name]
