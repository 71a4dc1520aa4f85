"""How much an equation computes."""

from __future__ import annotations

import math

from ..ir.graph import Eqn
from ..ir.primitive import Contract, Map, Scan, Stream, StreamSpec
from .group import fold_spec


def flops(eqn: Eqn) -> int:
    """Operations on numbers that ``eqn`` takes; a product and its sum are two."""
    rule = eqn.prim.lower
    if isinstance(rule, Contract):
        spec = rule.spec(eqn)
        return 2 * math.prod((*spec.batch, *spec.m, *spec.n, *spec.k))
    if isinstance(rule, Map):
        return 0 if rule.free else rule.cost * eqn.out.aval.size
    if isinstance(rule, Scan):
        return eqn.out.aval.size
    if isinstance(rule, Stream):
        return _stream_flops(rule.spec(eqn), eqn)
    return eqn.out.aval.size * math.prod(fold_spec(eqn).extents)


def _stream_flops(spec: StreamSpec, eqn: Eqn) -> int:
    """Of the products and the weighted sum (steps that a row does not see included)."""
    width = sum(w for _, _, w in spec.products)
    width += eqn.out.aval.shape[2] if spec.values is not None else 0
    return 2 * spec.batch * spec.rows * spec.steps * width
