"""The form of a group: equal for groups that are the same kernel on other values.

Six equal layers of a network are six times the same kernels. What is found out about one group
(whether it fits into a kernel, its schedule, its shader) holds for all of its form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ir.graph import Atom, Eqn, Literal, Var
from .group import Group

Form = tuple[Any, ...]


def form_of(group: Group, reads: Sequence[Var], eqns: Sequence[Eqn]) -> Form:
    """The equations over numbers instead of variables: first what is read, then what is made."""
    number = {v: i for i, v in enumerate((*reads, *(e.out for e in eqns)))}

    def of(atom: Atom) -> Any:
        return atom.identity() if isinstance(atom, Literal) else number[atom]

    return (
        tuple((v.aval.shape, v.aval.dtype.short) for v in number),
        tuple((e.prim.name, *map(of, e.inputs), *sorted(e.params.items())) for e in eqns),
        tuple(number[v] for v in group.outputs),
        tuple(number[f.out] for f in group.folds),
        None if group.root is None else number[group.root.out],
        tuple(tuple(number[v] for v in part.outputs) for part in group.parts),
    )
