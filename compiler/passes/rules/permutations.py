"""Rules for what sorts leave behind."""

from __future__ import annotations

from ...ir.graph import Atom, Eqn
from ...ir.prims.sorting import COUNTED
from ..rewrite import Rewriter, Rule


def put_along_permutation(eqn: Eqn, b: Rewriter) -> Atom | None:
    """The gradient of a long sort takes along the inverse permutation: another sort, no search."""
    updates, indices = eqn.inputs
    sort, axis = b.producer(indices, "sort_indices"), eqn.params["axis"]
    n = indices.aval.shape[axis]
    if sort is None or sort.params["axis"] != axis or eqn.params["size"] != n or n <= COUNTED:
        return None
    inverse = b.emit("sort_indices", indices, axis=axis, descending=False)
    return b.emit("take_along", updates, inverse, axis=axis, mode="clip")


RULES: dict[str, list[Rule]] = {"put_along": [put_along_permutation]}
