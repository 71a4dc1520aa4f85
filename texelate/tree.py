"""Nested containers of arrays (dict, list, tuple, namedtuple, dataclass, None) as a whole.

>>> import texelate as tx
>>> tx.tree.map(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
{'a': 11, 'b': [22]}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import backends, eager
from .array import Array
from .compiler.errors import ArgumentError
from .compiler.trace import pytree
from .compiler.trace.pytree import register as register
from .traceback import public

IsLeaf = Callable[[Any], bool] | None


@public
def flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], Any]:
    """``(leaves, structure)``; the structure is hashable and fits ``unflatten``."""
    return pytree.flatten(tree, is_leaf)


@public
def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """A container of ``structure`` with ``leaves``. ArgumentError when they are too few or many."""
    return pytree.unflatten(structure, list(leaves))


@public
def leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves in order: dicts by sorted key."""
    return pytree.flatten(tree, is_leaf)[0]


@public
def structure(tree: Any, is_leaf: IsLeaf = None) -> Any:
    """The hashable structure without its leaves."""
    return pytree.flatten(tree, is_leaf)[1]


@public
def map(f: Callable[..., Any], tree: Any, *others: Any, is_leaf: IsLeaf = None) -> Any:
    """``f`` applied to each leaf, and to the leaves of ``others`` at the same place.

    Raises ArgumentError when a structure differs from that of ``tree``.
    """
    first, shape = pytree.flatten(tree, is_leaf)
    columns = [first]
    for other in others:
        column, other_shape = pytree.flatten(other, is_leaf)
        if other_shape != shape:
            raise ArgumentError(
                f"tree.map: structures {pytree.describe(shape)} and {pytree.describe(other_shape)}"
                " differ"
            )
        columns.append(column)
    return pytree.unflatten(shape, [f(*row) for row in zip(*columns)])


@public
def block_until_ready(tree: Any) -> Any:
    """Returns ``tree`` when all arrays in it have been computed (they stay on the device)."""
    arrays = [x for x in pytree.flatten(tree)[0] if isinstance(x, Array)]
    eager.flush([a.node for a in arrays])
    for backend in {a.backend for a in arrays} - {"host"}:
        backends.get(backend).wait()
    return tree
