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
``lower``      ``Map``, ``Fold``, ``Contract``, ``Scan``,         lower/
               ``Stream``, ``Host``, or ``Expand``                passes/expand.py
               ``Paired``                                         passes/pairs.py
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

A primitive with several results is a ``Several``. Its rules give tuples, one entry a result:
``abstract``, ``reference`` and ``batch`` as above; ``jvp(primals, tangents, **params) -> (results,
tangents)`` computes the results too, since both may come out of one loop; ``transpose`` gets a
cotangent for each result, ``None`` where it is zero. It is bound by ``core.bind_all``.
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
    ``cost`` is in flops an element. ``rereads``: elements of the operands are read many times, so
    they are stored first. ``pointwise``: an operand is read only at the index of the result.
    """

    emit: Emit
    free: bool = False
    cost: int = 1
    rereads: bool = False
    pointwise: bool = False


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


@dataclass(frozen=True)
class Host:
    """Computed by ``reference`` on the host, between programs; or, where that pays or there is no
    host, by ``device``, which writes it with other primitives (``passes/placement.py``).
    """

    device: Callable[..., Any] | None = None


@dataclass(frozen=True)
class ScanSpec:
    """Along ``axis`` of the operand, each element becomes the fold of those up to it."""

    monoid: str  # sum prod max min
    axis: int
    reverse: bool


@dataclass(frozen=True)
class Scan:
    spec: Callable[[Eqn], ScanSpec]


@dataclass(frozen=True)
class StreamSpec:
    """Rows that meet steps one after the other: ``out[b, i] = Σ_j weight[b, i, j] · values[b, j]``.

    ``products``: inner products a weight is made of, as (row operand, step operand, width); all
    operands are ``[batch, rows or steps, width]``. ``weight(read, (b, i, j), products)`` gives the
    weight, or when ``softmax`` the score that a running softmax makes the weight of. Steps with a
    false ``seen(i, j)`` (None: never) do not count. Without ``values`` (an operand's number) the
    result is the logarithm of the sum of a row's exponentials.
    """

    batch: int
    rows: int
    steps: int
    products: tuple[tuple[int, int, int], ...]
    weight: Callable[..., Expr]
    values: int | None
    softmax: bool
    seen: Callable[[Index, Index], Expr | None]

    @property
    def reread(self) -> set[int]:
        """Operands each element of which is read by many rows, or for many steps."""
        return {k for a, b, _ in self.products for k in (a, b)} | {self.values or 0}


@dataclass(frozen=True)
class Stream:
    spec: Callable[[Eqn], StreamSpec]


@dataclass(frozen=True)
class Expand:
    """Lowered by writing it with other primitives: ``body(*operands, **params)`` binds them."""

    body: Callable[..., Any]


@dataclass(frozen=True)
class Paired:
    """Makes or reads complex numbers, which ``passes/pairs.py`` replaces by pairs of floats."""


@dataclass(frozen=True)
class Control:
    """Runs sub-graphs: becomes steps of the Program (``compiler/assembly.py``), not a kernel."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Stands for a linear operand in a transpose rule: only its aval is known."""

    aval: Aval


@dataclass(eq=False)
class Primitive:
    """One operation and its rules. Calling it binds it in the current trace."""

    name: str
    abstract: Callable[..., Any]
    reference: Callable[..., Any]
    batch: Callable[..., Any]
    lower: Map | Fold | Contract | Scan | Stream | Host | Control | Expand | Paired
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

    def avals(self, *avals: Aval, **params: Any) -> tuple[Aval, ...]:
        """The aval of each result. Raises what ``abstract`` raises."""
        return (self.abstract(*avals, **params),)

    def results(self, *arrays: np.ndarray[Any, Any], **params: Any) -> tuple[Any, ...]:
        """Each result, by the reference rule."""
        return (self.reference(*arrays, **params),)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (lookup, (self.name,))


class Several(Primitive):
    """A primitive with several results; see the module's docstring for its rules."""

    def __call__(self, *args: Any, **params: Any) -> Value:
        raise TypeError(f"{self.name} has several results: use bind_all")

    def avals(self, *avals: Aval, **params: Any) -> tuple[Aval, ...]:
        return tuple(self.abstract(*avals, **params))

    def results(self, *arrays: np.ndarray[Any, Any], **params: Any) -> tuple[Any, ...]:
        return tuple(self.reference(*arrays, **params))


REGISTRY: dict[str, Primitive] = {}


def lookup(name: str) -> Primitive:
    """The primitive called ``name``; KeyError when there is none."""
    from . import prims  # noqa: F401  (registers all)

    return REGISTRY[name]
