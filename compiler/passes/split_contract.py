"""Long contractions to few results: slices of k as a batch of shorter ones, then a sum.

The weight gradient of a convolution is one: nine taps, a few channels, but every pixel of the batch
in its sum. Partial results are added in a fixed order, so results do not change from run to run.
Where the slices do not come out even, the few steps that are left are a contraction of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ..ir.graph import Atom, Eqn, Var
from ..ir.index import product
from ..ir.primitive import Contract, lookup
from ..target import Target

SOFTWARE_BLOCKS, GPU_BLOCKS = 96, 4096  # 4x4 blocks of results that fill the machine
MIN_FLOPS = 1 << 20  # below, the second dispatch costs more than idle lanes
MIN_SLICE = 64  # steps of k that a slice keeps


class Cut(NamedTuple):
    """``slices`` of ``length`` elements, and ``rest`` elements after them."""

    slices: int
    length: int
    rest: int


Axes = tuple[int, int]
"""The contracted axis that is cut, in each operand."""


def split_contraction(eqn: Eqn, target: Target) -> list[Eqn]:
    """``eqn``, or what takes its place: two passes over slices of k."""
    if eqn.prim.name not in _FORMS or (axes := _FORMS[eqn.prim.name][0](eqn)) is None:
        return [eqn]
    extent = eqn.inputs[0].aval.shape[axes[0]]
    if (cut := _cut(eqn, extent, target)) is None:
        return [eqn]
    made, even = list[Eqn](), cut.slices * cut.length
    parts, axis = _FORMS[eqn.prim.name][1](made, eqn, _part(made, eqn, axes, 0, even), axes, cut)
    total = _emit(made, eqn, "reduce", (parts,), monoid="sum", axes=(axis,))
    if cut.rest:
        rest = _part(made, eqn, axes, even, extent)
        _emit(made, eqn, "add", (total, _emit(made, eqn, eqn.prim.name, rest, **eqn.params)))
    last = made.pop()
    return [*made, Eqn(last.prim, last.inputs, last.params, eqn.outs, eqn.source)]


def _cut(eqn: Eqn, extent: int, target: Target) -> Cut | None:
    """As many slices as yield enough blocks of results; an even cut where one is near."""
    assert isinstance(eqn.prim.lower, Contract)
    spec = eqn.prim.lower.spec(eqn)
    m, n, k, batch = (product(e) for e in (spec.m, spec.n, spec.k, spec.batch))
    blocks = math.ceil(m / 4) * math.ceil(n / 4) * batch
    wanted = SOFTWARE_BLOCKS if target.is_software else GPU_BLOCKS
    if not blocks or blocks >= wanted or 2 * m * n * k * batch < MIN_FLOPS:
        return None
    slices = min(math.ceil(wanted / blocks), k // MIN_SLICE, extent)
    near = (d for d in range(slices, min(2 * slices, extent) + 1) if extent % max(d, 1) == 0)
    slices = next(near, slices)
    return Cut(slices, *divmod(extent, slices)) if slices > 1 else None


def _emit(made: list[Eqn], origin: Eqn, name: str, inputs: tuple[Atom, ...], **params: Any) -> Var:
    prim = lookup(name)
    out = Var(prim.abstract(*(a.aval for a in inputs), **params))
    made.append(Eqn(prim, inputs, params, (out,), origin.source))
    return out


def _part(made: list[Eqn], eqn: Eqn, axes: Axes, start: int, stop: int) -> tuple[Atom, ...]:
    """Both operands between ``start`` and ``stop`` of the cut axis."""
    found: list[Atom] = []
    for x, axis in zip(eqn.inputs, axes, strict=True):
        shape = x.aval.shape
        if (start, stop) != (0, shape[axis]):
            low = tuple(start if a == axis else 0 for a in range(len(shape)))
            high = tuple(stop if a == axis else n for a, n in enumerate(shape))
            x = _emit(made, eqn, "slice", (x,), start=low, limit=high, stride=(1,) * len(shape))
        found.append(x)
    return tuple(found)


def _sliced(made: list[Eqn], eqn: Eqn, x: Atom, axis: int, cut: Cut) -> Var:
    """The axis becomes two: slices, and the elements of a slice."""
    shape = x.aval.shape
    apart = (*shape[:axis], cut.slices, cut.length, *shape[axis + 1 :])
    return _emit(made, eqn, "reshape", (x,), shape=apart)


def _dot_axes(eqn: Eqn) -> Axes | None:
    """The longest contracted axis."""
    shape = eqn.inputs[0].aval.shape
    pairs: list[Axes] = list(zip(*eqn.params["contract"], strict=True))
    return max(pairs, key=lambda pair: shape[pair[0]], default=None)


def _dot_slices(
    made: list[Eqn], eqn: Eqn, operands: tuple[Atom, ...], axes: Axes, cut: Cut
) -> tuple[Var, int]:
    """Slices join the batch axes."""
    sides = []
    for side, (x, axis) in enumerate(zip(operands, axes, strict=True)):
        contract = tuple(a + (a >= axis) for a in eqn.params["contract"][side])
        batch = (axis, *(a + (a > axis) for a in eqn.params["batch"][side]))
        sides.append((_sliced(made, eqn, x, axis, cut), contract, batch))
    (x, lc, lb), (y, rc, rb) = sides
    return _emit(made, eqn, "dot_general", (x, y), contract=(lc, rc), batch=(lb, rb)), 0


def _conv_axes(eqn: Eqn) -> Axes:
    """The channels."""
    last = len(eqn.inputs[0].aval.shape) - 1
    return last, last - 1


def _conv_slices(
    made: list[Eqn], eqn: Eqn, operands: tuple[Atom, ...], axes: Axes, cut: Cut
) -> tuple[Var, int]:
    """Slices join the groups, which lead."""
    joined: list[Var] = []
    for x, axis in zip(operands, axes, strict=True):
        y = _sliced(made, eqn, x, axis, cut)
        order = (0, axis, *(a for a in range(1, len(y.aval.shape)) if a != axis))
        y = _emit(made, eqn, "transpose", (y,), perm=order)
        together = (y.aval.shape[0] * cut.slices, *y.aval.shape[2:])
        joined.append(_emit(made, eqn, "reshape", (y,), shape=together))
    parts = _emit(made, eqn, "conv_general", tuple(joined), **eqn.params)
    groups, *rest = eqn.out.aval.shape
    return _emit(made, eqn, "reshape", (parts,), shape=(groups, cut.slices, *rest)), 1


_FORMS: dict[str, tuple[Callable[..., Any], Callable[..., tuple[Var, int]]]] = {
    "dot_general": (_dot_axes, _dot_slices),
    "conv_general": (_conv_axes, _conv_slices),
}
