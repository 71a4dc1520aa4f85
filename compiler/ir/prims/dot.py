"""``dot_general(lhs, rhs; contract, batch)``: products summed over the ``contract`` axes.

Each parameter pairs axes of ``lhs`` with axes of ``rhs``. The result has the batch axes, then the
free axes of ``lhs``, then those of ``rhs``. Its gradients are dot_general again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ..aval import Aval
from ..core import Value
from ..graph import Eqn
from ..index import Index
from ..primitive import Contract, ContractSpec, Linear, Primitive
from . import common as c
from .shaping import inverse

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]
Pair = tuple[Ints, Ints]


def _free(ndim: int, *used: Sequence[int]) -> Ints:
    taken = {a for axes in used for a in axes}
    return tuple(a for a in range(ndim) if a not in taken)


def _dot_abstract(lhs: Aval, rhs: Aval, *, contract: Pair, batch: Pair) -> Aval:
    name = "dot_general"
    c.check_kind(name, lhs, "fiuc")
    c.check_same_dtype(name, (lhs, rhs))
    for side, aval in enumerate((lhs, rhs)):
        c.check_axes(name, (*contract[side], *batch[side]), aval)
    for what, (left, right) in (("contracted", contract), ("batch", batch)):
        sizes = [lhs.shape[a] for a in left], [rhs.shape[a] for a in right]
        if sizes[0] != sizes[1]:
            raise ShapeError(
                f"{name}: {lhs} and {rhs} do not fit",
                why=f"{what} axes {left} and {right} have sizes {sizes[0]} and {sizes[1]}",
            )
    shape = [lhs.shape[a] for a in batch[0]]
    shape += [lhs.shape[a] for a in _free(lhs.ndim, contract[0], batch[0])]
    shape += [rhs.shape[a] for a in _free(rhs.ndim, contract[1], batch[1])]
    return Aval(c.check_shape(name, shape, lhs, rhs), lhs.dtype, lhs.weak and rhs.weak)


def _dot_reference(lhs: Array, rhs: Array, *, contract: Pair, batch: Pair) -> Array:
    m = _free(lhs.ndim, contract[0], batch[0])
    n = _free(rhs.ndim, contract[1], batch[1])
    sizes = [[lhs.shape[a] for a in axes] for axes in (batch[0], m, contract[0])]
    b_shape, m_shape, k_shape = sizes
    n_shape = [rhs.shape[a] for a in n]
    b, k = math.prod(b_shape), math.prod(k_shape)
    left = lhs.transpose((*batch[0], *m, *contract[0])).reshape(b, math.prod(m_shape), k)
    right = rhs.transpose((*batch[1], *contract[1], *n)).reshape(b, k, math.prod(n_shape))
    with np.errstate(all="ignore"):
        product = np.asarray(np.matmul(left, right), lhs.dtype)
    return product.reshape((*b_shape, *m_shape, *n_shape))


def _dot_cotangent(ct: Value, other: Any, other_first: bool, contract: Pair, batch: Pair) -> Value:
    """The cotangent of operand 0 of a dot_general; ``ct`` has the axes batch, 0's free, 1's free.

    ``other_first`` says that ``other`` comes first in ``ct`` (the operand sought is the right one).
    Of the two operand orders the one that yields the operand's own axis order is taken.
    """
    mine, theirs = contract
    nb, ndim = len(batch[0]), len(batch[0]) + len(mine)
    their_free = _free(other.aval.ndim, theirs, batch[1])
    ndim += ct.aval.ndim - nb - len(their_free)
    my_free = _free(ndim, mine, batch[0])
    at = nb if other_first else nb + len(my_free)
    ct_contract = tuple(range(at, at + len(their_free)))
    by_theirs = [m for _, m in sorted(zip(theirs, mine, strict=True))]
    left = (*batch[0], *my_free, *by_theirs)  # dot(ct, other)
    right = (*batch[0], *by_theirs, *my_free)  # dot(other, ct)
    ct_batch = tuple(range(nb))
    if right == tuple(range(ndim)) and left != right:
        return dot_general(
            other, ct, contract=(their_free, ct_contract), batch=(batch[1], ct_batch)
        )
    out = dot_general(ct, other, contract=(ct_contract, their_free), batch=(ct_batch, batch[1]))
    return c.permuted(out, inverse(left))


def _dot_transpose(
    ct: Value, ops: Sequence[Any], *, contract: Pair, batch: Pair
) -> tuple[Any, Any]:
    lhs, rhs = ops
    if isinstance(lhs, Linear):
        return _dot_cotangent(ct, rhs, False, contract, batch), None
    return None, _dot_cotangent(ct, lhs, True, contract[::-1], batch[::-1])


def _dot_batch(
    args: Sequence[Any], batched: Sequence[bool], size: int, *, contract: Pair, batch: Pair
) -> Value:
    """Two batched operands share a batch axis; one gives the batch as one of its free axes."""
    lhs_b, rhs_b = batched
    inner_contract, inner_batch = (
        (c.after_batch(left) if lhs_b else left, c.after_batch(right) if rhs_b else right)
        for left, right in (contract, batch)
    )
    if lhs_b and rhs_b:
        inner_batch = (0, *inner_batch[0]), (0, *inner_batch[1])
        return dot_general(*args, contract=inner_contract, batch=inner_batch)
    out = dot_general(*args, contract=inner_contract, batch=inner_batch)
    at = len(batch[0])
    if rhs_b:
        at = args[0].aval.ndim - len(contract[0])
    return c.move_axis(out, at, 0)


def _place(ndim: int, *groups: tuple[Sequence[int], Sequence[Index]]) -> tuple[Index, ...]:
    """An operand's index from groups of (axes, their indices)."""
    at: dict[int, Index] = {}
    for axes, values in groups:
        at.update(zip(axes, values, strict=True))
    return tuple(at[a] for a in range(ndim))


def _dot_spec(eqn: Eqn) -> ContractSpec:
    (lc, rc), (lb, rb) = eqn.params["contract"], eqn.params["batch"]
    lhs, rhs = (a.aval for a in eqn.inputs)
    m_axes, n_axes = _free(lhs.ndim, lc, lb), _free(rhs.ndim, rc, rb)
    return ContractSpec(
        batch=tuple(lhs.shape[a] for a in lb),
        m=tuple(lhs.shape[a] for a in m_axes),
        n=tuple(rhs.shape[a] for a in n_axes),
        k=tuple(lhs.shape[a] for a in lc),
        lhs=lambda b, m, k: (None, _place(lhs.ndim, (lb, b), (m_axes, m), (lc, k))),
        rhs=lambda b, k, n: (None, _place(rhs.ndim, (rb, b), (n_axes, n), (rc, k))),
        out=lambda b, m, n: (*b, *m, *n),
    )


dot_general: Primitive = Primitive(
    "dot_general",
    _dot_abstract,
    _dot_reference,
    _dot_batch,
    Contract(_dot_spec),
    jvp=c.bilinear_jvp("dot_general"),
    transpose=_dot_transpose,
)
