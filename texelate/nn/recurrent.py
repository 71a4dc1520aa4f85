"""Cells of recurrent networks: one step of a sequence. ``tx.scan`` goes through all of it."""

from __future__ import annotations

from typing import Any

from .. import numpy as tnp
from ..compiler.errors import ShapeError
from ..operands import ArrayLike, as_float
from ..traceback import public
from .activations import sigmoid


def _gates(
    name: str, x: ArrayLike, h: ArrayLike, w: ArrayLike, u: ArrayLike, b: ArrayLike, count: int
) -> tuple[Any, Any]:
    """What the input and the state give to each gate, both in ``count`` equal parts."""
    state: Any = as_float(h)
    units = state.shape[-1] if state.ndim else 0
    parts = []
    for source, kernel in ((as_float(x), as_float(w)), (state, as_float(u))):
        if kernel.aval.ndim != 2 or kernel.aval.shape[1] != count * units:
            raise ShapeError(f"{name}: {kernel.aval} is not [in, {count} · {units}]")
        parts.append(source @ kernel)  # type: ignore[operator]
    return tnp.split(parts[0] + as_float(b), count, -1), tnp.split(parts[1], count, -1)


@public
def rnn_cell(x: ArrayLike, h: ArrayLike, w: ArrayLike, u: ArrayLike, b: ArrayLike = 0.0) -> Any:
    """The next state tanh(x w + h u + b) of a simple network (Elman, 1990).

    ``x`` is ``[..., in]``, ``h`` ``[..., units]``, ``w`` ``[in, units]``, ``u``
    ``[units, units]``. Raises ShapeError for others.

    >>> rnn_cell([[0.0]], [[0.0]], [[1.0]], [[1.0]])
    Array([[0.]], dtype=float32)
    """
    (given,), (kept,) = _gates("rnn_cell", x, h, w, u, b, 1)
    return tnp.tanh(given + kept)


@public
def lstm_cell(
    x: ArrayLike,
    state: tuple[ArrayLike, ArrayLike],
    w: ArrayLike,
    u: ArrayLike,
    b: ArrayLike = 0.0,
    forget_bias: float = 0.0,
) -> tuple[Any, Any]:
    """The next state (h, c) of long short-term memory (Hochreiter and Schmidhuber, 1997).

    ``w`` is ``[in, 4 · units]`` and ``u`` ``[units, 4 · units]``, with the gates in Keras' and
    PyTorch's order: input, forget, new, output. ``forget_bias`` is added to the forget gate.

    >>> h, c = lstm_cell([[1.0]], ([[0.0]], [[2.0]]), [[0.0] * 4], [[0.0] * 4])
    >>> c
    Array([[1.]], dtype=float32)
    """
    h, c = state
    given, kept = _gates("lstm_cell", x, h, w, u, b, 4)
    come, forget, new, out = (a + b for a, b in zip(given, kept))
    cell = sigmoid(forget + forget_bias) * as_float(c) + sigmoid(come) * tnp.tanh(new)
    return sigmoid(out) * tnp.tanh(cell), cell


@public
def gru_cell(
    x: ArrayLike,
    h: ArrayLike,
    w: ArrayLike,
    u: ArrayLike,
    b: ArrayLike = 0.0,
    recurrent_bias: ArrayLike = 0.0,
) -> Any:
    """The next state of a gated recurrent unit (Cho et al., arXiv:1406.1078).

    ``w`` is ``[in, 3 · units]`` and ``u`` ``[units, 3 · units]``, with the gates in Keras' order:
    update, reset, new. Reset is applied after the product with ``u``, as in PyTorch and cuDNN.

    >>> gru_cell([[1.0]], [[2.0]], [[0.0] * 3], [[0.0] * 3])
    Array([[1.]], dtype=float32)
    """
    given, kept = _gates("gru_cell", x, h, w, u, b, 3)
    extra = tnp.broadcast_to(as_float(recurrent_bias), (3 * kept[0].shape[-1],))
    kept = [k + e for k, e in zip(kept, tnp.split(extra, 3))]
    update, reset = (sigmoid(given[i] + kept[i]) for i in (0, 1))
    return update * as_float(h) + (1.0 - update) * tnp.tanh(given[2] + reset * kept[2])


__all__ = ["gru_cell", "lstm_cell", "rnn_cell"]
