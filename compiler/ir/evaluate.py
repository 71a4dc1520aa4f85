"""Evaluation by NumPy: every primitive's own reference rule, equation by equation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError, VerifyError
from .graph import Atom, Eqn, Graph, Literal, Var, vars_of

Array = np.ndarray[Any, Any]


def evaluate_numpy(graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """The outputs of ``graph`` for ``arrays``, one for each input, of its shape and dtype.

    Each result is C-contiguous and owns its memory, so it may be written to. Intermediates are
    freed after their last use. Raises ArgumentError, ShapeError or DtypeError for wrong inputs.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = parse_graph("graph f(a: f32[2]) { b: f32[2] = mul(a, 2.0:f32) return b }")
    >>> evaluate_numpy(g, [np.array([1, 2], np.float32)])
    [array([2., 4.], dtype=float32)]
    """
    env: dict[Var, Array] = dict(zip(graph.inputs, _checked(graph, arrays)))

    def get(atom: Atom) -> Array:
        return np.asarray(atom.value) if isinstance(atom, Literal) else env[atom]

    dies = _last_uses(graph)
    with np.errstate(all="ignore"):
        for eqn in graph.eqns:
            env.update(zip(eqn.outs, _apply(eqn, map(get, eqn.inputs)), strict=True))
            for var in dies.get(eqn, ()):
                del env[var]
    return _owned([get(a) for a in graph.outputs], arrays)


def _apply(eqn: Eqn, args: Iterable[Array]) -> list[Array]:
    made = eqn.prim.results(*args, **eqn.params)
    dtypes = [out.aval.dtype.numpy for out in eqn.outs]
    results = [np.asarray(x, dtype) for x, dtype in zip(made, dtypes, strict=True)]
    for result, out in zip(results, eqn.outs):
        if result.shape != out.aval.shape:
            raise VerifyError(
                f"the reference rule of {eqn.prim.name} gave shape {result.shape}, "
                f"its abstract rule {out.aval.shape}",
                why="the two rules of the primitive disagree",
            )
    return results


def _last_uses(graph: Graph) -> dict[Eqn, list[Var]]:
    """For each equation, the variables that nothing reads after it (its own result included)."""
    seen = set(vars_of(graph.outputs))
    dies: dict[Eqn, list[Var]] = {}
    for eqn in reversed(graph.eqns):
        for var in dict.fromkeys((*eqn.outs, *vars_of(eqn.inputs))):
            if var not in seen:
                seen.add(var)
                dies.setdefault(eqn, []).append(var)
    return dies


def _owned(results: list[Array], inputs: Sequence[Array]) -> list[Array]:
    """The results, copied where they are views, inputs, or the same array twice."""
    taken = {id(x) for x in inputs}
    for i, x in enumerate(results):
        if not (x.flags.owndata and x.flags.c_contiguous) or id(x) in taken:
            results[i] = np.array(x, order="C", copy=True)
        taken.add(id(x))
    return results


def _checked(graph: Graph, arrays: Sequence[Array]) -> Sequence[Array]:
    if len(arrays) != len(graph.inputs):
        raise ArgumentError(
            f"{graph.name} takes {len(graph.inputs)} arrays, {len(arrays)} were given"
        )
    for i, (x, var) in enumerate(zip(arrays, graph.inputs)):
        where = f"{graph.name}: input {i} is {var.aval}, but "
        if not isinstance(x, np.ndarray):
            raise ArgumentError(where + f"a {type(x).__name__} was given", fix="pass an ndarray")
        if x.dtype != var.aval.dtype.numpy:
            raise DtypeError(where + f"an array of {x.dtype} was given")
        if x.shape != var.aval.shape:
            raise ShapeError(where + f"an array of shape {x.shape} was given")
    return arrays
