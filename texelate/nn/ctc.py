"""Connectionist temporal classification: sequences labelled without alignment."""

from __future__ import annotations

import math
from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims.calls import stop_gradient
from ..operands import ArrayLike, as_float, in_float32, value
from ..traceback import public
from .losses import reduced

_NEVER = -1e30
"""The logarithm of an impossible path: finite, so that its derivatives are 0 and not NaN."""


@public
@in_float32
def ctc(
    log_probabilities: ArrayLike,
    labels: ArrayLike,
    input_lengths: ArrayLike | None = None,
    label_lengths: ArrayLike | None = None,
    *,
    blank: int = 0,
    zero_infinity: bool = False,
    reduction: str = "mean",
) -> Any:
    """-log of the probability of ``labels``, summed over all alignments with the inputs.

    ``log_probabilities`` [N, T, C] (as from ``log_softmax``), integer ``labels`` [N, S] without
    blanks; the lengths [N] say how much of T and S counts (by default all). Where no alignment
    exists the loss is infinite, or 0 with ``zero_infinity``. The mean divides each loss by its
    label's length first, as PyTorch. Source: Graves et al., ICML 2006, in logarithms, by ``scan``.

    Raises ShapeError for arrays that do not fit, ArgumentError for labels that are no integers.

    >>> import math
    >>> even = [[[math.log(0.5)] * 2] * 2]  # of four paths three are "1": "01", "10", "11"
    >>> print(round(math.exp(-float(ctc(even, [[1]]))), 4))
    0.75
    """
    from ..control import scan

    logs, target, frames, sizes = _checked(log_probabilities, labels, input_lengths, label_lengths)
    states = _states(target, blank)
    may_skip = _may_skip(states, blank)
    steps = tnp.moveaxis(tnp.take_along_axis(logs, states[:, None, :], -1), 1, 0)
    first = tnp.where(tnp.arange(states.shape[1]) < 2, steps[0], _NEVER)

    def step(alpha: Any, at: Any) -> tuple[Any, None]:
        number, emitted = at
        moved = _log_sum(alpha, _behind(alpha, 1), tnp.where(may_skip, _behind(alpha, 2), _NEVER))
        return tnp.where(number < frames[:, None], moved + emitted, alpha), None

    alpha, _ = scan(step, first, (tnp.arange(1, steps.shape[0]), steps[1:]))
    losses = -_at_the_end(alpha, sizes)
    impossible = losses > -_NEVER / 2
    losses = tnp.where(impossible, 0.0 if zero_infinity else math.inf, losses)
    if reduction == "mean":
        losses = losses / tnp.maximum(sizes, 1)
    return reduced(losses, reduction)


def _checked(logs: ArrayLike, labels: ArrayLike, frames: Any, sizes: Any) -> tuple[Any, ...]:
    got, target = as_float(logs), value(labels)
    n, t = got.aval.shape[:2] if got.aval.ndim == 3 else (-1, 0)
    if target.aval.dtype.kind not in "iu":
        raise ArgumentError(f"ctc: labels must be integers, got {target.aval}")
    if target.aval.ndim != 2 or target.aval.shape[0] != n or not t:
        raise ShapeError(f"ctc takes [N, T, C] and [N, S], got {got.aval} and {target.aval}")
    lengths = [
        tnp.full((n,), most, int32) if given is None else tnp.astype(value(given), int32)
        for given, most in ((frames, t), (sizes, target.aval.shape[1]))
    ]
    if any(length.shape != (n,) for length in lengths):
        raise ShapeError(f"ctc: lengths must be [{n}], got {[str(v.aval) for v in lengths]}")
    return got, target, *lengths


def _states(labels: Any, blank: int) -> Any:
    """Labels with blanks between and around them: [N, 2 S + 1]."""
    blanks = tnp.full_like(labels, blank)
    pairs = tnp.stack([blanks, labels], axis=2).reshape(labels.shape[0], -1)
    return tnp.concatenate([pairs, tnp.full((labels.shape[0], 1), blank, labels.dtype)], axis=1)


def _may_skip(states: Any, blank: int) -> Any:
    """Whether the blank before a state may be left out: not between equal labels."""
    before = tnp.pad(states, ((0, 0), (2, 0)), constant_values=blank)[:, :-2]
    return (states != blank) & (states != before)


def _behind(alpha: Any, by: int) -> Any:
    return tnp.pad(alpha, ((0, 0), (by, 0)), constant_values=_NEVER)[:, : alpha.shape[1]]


def _log_sum(*terms: Any) -> Any:
    peak = tnp.maximum(terms[0], terms[1])
    for term in terms[2:]:
        peak = tnp.maximum(peak, term)
    peak = stop_gradient(peak)
    total = tnp.exp(terms[0] - peak)
    for term in terms[1:]:
        total = total + tnp.exp(term - peak)
    return peak + tnp.log(total)


def _at_the_end(alpha: Any, sizes: Any) -> Any:
    """Paths that end in the last label or in the blank behind it."""
    last = tnp.take_along_axis(alpha, 2 * sizes[:, None], 1)[:, 0]
    label = tnp.take_along_axis(alpha, tnp.maximum(2 * sizes - 1, 0)[:, None], 1)[:, 0]
    return _log_sum(last, tnp.where(sizes > 0, label, _NEVER))


__all__ = ["ctc"]
