"""``solve`` and ``triangular_solve`` of stacks of matrices (see ``hosted``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Value
from ..primitive import Linear
from . import matrices as m
from .arithmetic import add, neg
from .hosted import Array, check_system, each, matrix_primitive

# --- solve ---------------------------------------------------------------------------------------


def _right_side(p: Sequence[Any], t: Sequence[Any], out: Value, da: Any) -> Value:
    """A x = b: A ẋ = ḃ - Ȧ x."""
    terms = [] if t[1] is None else [t[1]]
    terms += [] if da is None else [neg(m.matmul(da, out))]
    return terms[0] if len(terms) == 1 else add(*terms)


def _solve_jvp(p: Sequence[Any], t: Sequence[Any], out: Value) -> Value:
    return solve(p[0], _right_side(p, t, out, t[0]))


def _solve_transpose(ct: Value, ops: Sequence[Any]) -> tuple[Any, Any]:
    assert isinstance(ops[1], Linear)
    return None, solve(m.turned(ops[0]), ct)


solve = matrix_primitive(
    "solve",
    lambda a, b: check_system("solve", a, b),
    lambda a, b: each(np.linalg.solve, b.shape[-2:], a, b),
    "elimination.solve",
    _solve_jvp,
    _solve_transpose,
)
"""``solve(a, b)``: x ``[..., n, k]`` with ``a @ x = b``."""


# --- triangular_solve ----------------------------------------------------------------------------


def _triangular_reference(a: Array, b: Array, *, lower: bool) -> Array:
    return each(np.linalg.solve, b.shape[-2:], (np.tril if lower else np.triu)(a), b)


def _triangular_jvp(p: Sequence[Any], t: Sequence[Any], out: Value, *, lower: bool) -> Value:
    da = None if t[0] is None else m.triangle(t[0], lower)
    return triangular_solve(p[0], _right_side(p, t, out, da), lower=lower)


def _triangular_transpose(ct: Value, ops: Sequence[Any], *, lower: bool) -> tuple[Any, Any]:
    assert isinstance(ops[1], Linear)
    return None, triangular_solve(m.turned(ops[0]), ct, lower=not lower)


triangular_solve = matrix_primitive(
    "triangular_solve",
    lambda a, b, *, lower: check_system("triangular_solve", a, b),
    _triangular_reference,
    "triangular.triangular_solve",
    _triangular_jvp,
    _triangular_transpose,
)
"""``triangular_solve(a, b; lower)``: x with ``a @ x = b``, reading one triangle of ``a``."""
