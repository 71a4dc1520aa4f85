"""Einstein's notation: ``einsum``, its operands contracted two at a time in the cheapest order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.core import Value
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims import matrices
from ..compiler.ir.prims.contraction import dot_general
from ..operands import promote_all, value
from ..traceback import public
from .elementwise import multiply
from .reductions import sum as sum_of
from .shapes import moveaxis, reshape, transpose

Labels = tuple[Any, ...]
"""A label for each axis: a letter or number; for those of an ellipsis, their place from the end."""

MOST_SEARCHED = 6
"""Up to so many operands every order is looked at (729 pairs of subsets); beyond, the best next."""


class Term(NamedTuple):
    """An operand, or a product of some."""

    value: Any
    labels: Labels


@public
def einsum(*operands: Any, optimize: Any = True) -> Any:
    """Sums of products in Einstein's notation: ``einsum("bij,bjk->bik", x, y)``.

    As in NumPy: ``...`` stands for axes that broadcast, a letter twice in an operand takes the
    diagonal, without ``->`` the result has the letters that occur once, sorted. Instead of letters
    there may be lists of ints: ``einsum(x, [0, 1], y, [1, 2], [0, 2])``. With ``optimize`` in the
    order of fewest multiplications, else from left to right. ArgumentError for subscripts that do
    not fit the operands, ShapeError for extents that differ.

    >>> import texelate.numpy as tnp
    >>> x = tnp.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> tnp.einsum("ii", x), tnp.einsum("...i,i", x, [1.0, 10.0])
    (Array(5., dtype=float32), Array([21., 43.], dtype=float32))
    """
    ins, out, xs = _parsed(operands)
    terms = [Term(value(x), _labels(n, value(x))) for n, x in zip(ins, xs, strict=True)]
    sizes = _sizes(terms)
    wanted = _wanted(ins, out, terms)
    if not set(wanted) <= set(sizes) or len(set(wanted)) < len(wanted):
        raise _unfit(f"the result {_shown(out or ())}", len(xs))
    terms = [_prepared(t, sizes) for t in _promoted(terms)]
    return _arranged(_contracted(terms, wanted, sizes, bool(optimize)), wanted)


# --- subscripts ----------------------------------------------------------------------------------


def _parsed(operands: Sequence[Any]) -> tuple[list[Labels], Labels | None, Sequence[Any]]:
    """The labels of each operand and of the result (None: to be found), and the operands."""
    if not operands:
        raise _unfit("nothing", 0)
    if not isinstance(operands[0], str):
        out = tuple(operands[-1]) if len(operands) % 2 else None
        pairs = operands[: len(operands) // 2 * 2]
        return [tuple(n) for n in pairs[1::2]], out, pairs[::2]
    text, *xs = operands
    left, arrow, right = text.replace(" ", "").partition("->")
    ins = [_letters(part, text, len(xs)) for part in left.split(",")]
    if len(ins) != len(xs):
        raise _unfit(repr(text), len(xs))
    return ins, _letters(right, text, len(xs)) if arrow else None, xs


def _letters(part: str, text: str, count: int) -> Labels:
    before, dots, after = part.partition("...")
    if not all(c.isalpha() for c in before + after):
        raise _unfit(repr(text), count)
    return (*before, *([...] if dots else []), *after)


def _unfit(what: str, count: int) -> ArgumentError:
    return ArgumentError(
        f"einsum: {what} does not describe {count} operands",
        fix='a letter for each axis, as in "ij,jk->ik"; ... for axes that broadcast',
    )


def _labels(names: Labels, x: Value) -> Labels:
    """``names`` with the axes of an ellipsis counted from its end. ShapeError for another rank."""
    rest = x.aval.ndim - len(names) + (... in names)
    if rest < 0 or (rest and ... not in names):
        raise ShapeError(f"einsum: {_shown(names)} does not fit an operand of shape {x.aval.shape}")
    return _opened(names, rest)


def _opened(names: Labels, rest: int) -> Labels:
    if ... not in names:
        return names
    at = names.index(...)
    return (*names[:at], *((..., k) for k in range(-rest, 0)), *names[at + 1 :])


def _shown(names: Labels) -> str:
    return repr("".join("..." if n is ... else str(n) for n in names))


def _wanted(ins: list[Labels], out: Labels | None, terms: list[Term]) -> Labels:
    """The labels of the result: those of the ellipsis first when it is not written."""
    rest = max((sum(isinstance(n, tuple) for n in t.labels) for t in terms), default=0)
    if out is not None:
        return _opened(out, rest)
    every = [n for names in ins for n in names if n is not ...]
    once = sorted(n for n in set(every) if every.count(n) == 1)
    return (*((..., k) for k in range(-rest, 0)), *once)


def _sizes(terms: list[Term]) -> dict[Any, int]:
    """The extent of each label. ShapeError where two differ and neither is 1."""
    sizes: dict[Any, int] = {}
    for term in terms:
        for label, n in zip(term.labels, term.value.aval.shape, strict=True):
            if n != 1 and sizes.get(label, 1) not in (1, n):
                shapes = " and ".join(str(t.value.aval.shape) for t in terms)
                raise ShapeError(f"einsum: axis {label!r} has different extents in {shapes}")
            sizes[label] = n if sizes.get(label, 1) == 1 else sizes[label]
    return sizes


# --- operands ------------------------------------------------------------------------------------


def _promoted(terms: list[Term]) -> list[Term]:
    """In their common dtype; booleans count as integers."""
    values = promote_all([t.value for t in terms], name="einsum")
    if values[0].aval.dtype.kind == "b":
        values = promote_all(values, int32)
    return [Term(value(v), t.labels) for v, t in zip(values, terms, strict=True)]


def _prepared(term: Term, sizes: dict[Any, int]) -> Term:
    """Without axes of extent 1 that broadcast, and each label once."""
    x, labels = term
    kept = [a for a, n in enumerate(labels) if x.aval.shape[a] == sizes[n]]
    x = reshape(x, [x.aval.shape[a] for a in kept])
    labels = tuple(labels[a] for a in kept)
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = matrices.diagonal(moveaxis(x, (first, second), (-2, -1)))
            labels = (*(n for a, n in enumerate(labels) if a not in (first, second)), label)
    return Term(x, labels)


# --- contraction ---------------------------------------------------------------------------------


def _contracted(terms: list[Term], wanted: Labels, sizes: dict[Any, int], optimize: bool) -> Term:
    """All terms as one, two at a time; a label is summed as soon as nothing else has it."""
    terms = [_summed(t, terms, wanted, k) for k, t in enumerate(terms)]
    while len(terms) > 1:
        i, j = _next(terms, wanted, sizes) if optimize and len(terms) > 2 else (0, 1)
        rest = [t for k, t in enumerate(terms) if k not in (i, j)]
        later = set(wanted).union(*(t.labels for t in rest))
        joined = _product(terms[i], terms[j], later)
        terms = [*rest, joined] if optimize else [joined, *rest]
    return terms[0]


def _summed(term: Term, terms: list[Term], wanted: Labels, k: int) -> Term:
    """Over the labels that only this operand has."""
    others = set(wanted).union(*(t.labels for i, t in enumerate(terms) if i != k))
    gone = tuple(a for a, n in enumerate(term.labels) if n not in others)
    if not gone:
        return term
    return Term(sum_of(term.value, gone), tuple(n for n in term.labels if n in others))


def _next(terms: list[Term], wanted: Labels, sizes: dict[Any, int]) -> tuple[int, int]:
    """The pair to contract first."""
    sets = [frozenset(t.labels) for t in terms]
    if len(terms) <= MOST_SEARCHED:
        return _best(sets, frozenset(wanted), sizes)
    pairs = combinations(range(len(terms)), 2)
    return min(pairs, key=lambda p: _volume(sets[p[0]] | sets[p[1]], sizes))


def _volume(labels: frozenset[Any], sizes: dict[Any, int]) -> int:
    return math.prod(sizes[n] for n in labels)


def _best(
    sets: list[frozenset[Any]], wanted: frozenset[Any], sizes: dict[Any, int]
) -> tuple[int, int]:
    """The first pair of the cheapest order, by the cost of every subset of the operands."""
    n = len(sets)
    every = (1 << n) - 1

    def outer(mask: int) -> frozenset[Any]:
        inside = frozenset[Any]().union(*(s for k, s in enumerate(sets) if mask >> k & 1))
        outside = wanted.union(*(s for k, s in enumerate(sets) if not mask >> k & 1))
        return inside & outside if mask & (mask - 1) else inside

    left = {mask: outer(mask) for mask in range(1, every + 1)}
    costs: dict[int, tuple[int, tuple[int, int]]] = {1 << k: (0, (k, k)) for k in range(n)}
    for mask in sorted(range(1, every + 1), key=int.bit_count):
        if mask in costs:
            continue
        found = []
        part = (mask - 1) & mask
        while part:
            rest = mask ^ part
            if part > rest:
                cost = costs[part][0] + costs[rest][0] + _volume(left[part] | left[rest], sizes)
                found.append((cost, _first(part, rest, costs)))
            part = (part - 1) & mask
        costs[mask] = min(found)
    i, j = sorted(costs[every][1])
    return i, j


def _first(a: int, b: int, costs: dict[int, tuple[int, tuple[int, int]]]) -> tuple[int, int]:
    """A pair that the cheapest way to both parts begins with."""
    for mask in (a, b):
        if mask & (mask - 1):
            return costs[mask][1]
    return a.bit_length() - 1, b.bit_length() - 1


def _product(left: Term, right: Term, later: set[Any]) -> Term:
    """Labels of both that are needed later are batch axes, others of both are summed."""
    (x, xn), (y, yn) = left, right
    batch = [n for n in xn if n in yn and n in later]
    shared = [n for n in xn if n in yn and n not in later]
    own, other = [n for n in xn if n not in yn], [n for n in yn if n not in xn]
    names = (*batch, *own, *other)
    if not shared:
        return Term(multiply(_aligned(left, names), _aligned(right, names)), names)
    out = dot_general(
        x,
        y,
        contract=(tuple(map(xn.index, shared)), tuple(map(yn.index, shared))),
        batch=(tuple(map(xn.index, batch)), tuple(map(yn.index, batch))),
    )
    return Term(out, names)


def _aligned(term: Term, names: Labels) -> Value:
    """With an axis for each of ``names``, of extent 1 where the term has none."""
    x, labels = term
    kept = [n for n in names if n in labels]
    shape = dict(zip(labels, x.aval.shape, strict=True))
    moved = transpose(x, [labels.index(n) for n in kept])
    return value(reshape(moved, [shape.get(n, 1) for n in names]))


def _arranged(term: Term, wanted: Labels) -> Any:
    return transpose(term.value, [term.labels.index(n) for n in wanted])


__all__ = ["einsum"]
