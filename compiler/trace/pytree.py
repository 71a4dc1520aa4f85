"""Nested containers of arrays: flattened to a list of leaves and a hashable structure, and back.

Containers are dict (by sorted key), list, tuple, namedtuple, dataclass, None (no leaves), and the
classes given to ``register``. Everything else is a leaf.

>>> leaves, tree = flatten({"w": [1, 2], "b": None})
>>> leaves, unflatten(tree, ["x", "y"])
([1, 2], {'b': None, 'w': ['x', 'y']})
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..errors import ArgumentError
from ..ir.aval import Aval
from ..ir.dtypes import DType

LEAF: str = "*"
Tree = Any
"""LEAF, or ``(type, meta, children)``: plain tuples, so that hashing and comparing are fast."""

Split = Callable[[Any], tuple[Sequence[Any], Any]]
Join = Callable[[Any, Sequence[Any]], Any]
_REGISTRY: dict[type, tuple[Split, Join] | None] = {Aval: None, DType: None}
"""The rules of each container class; None for classes that were met as leaves."""


def register(cls: type, split: Split, join: Join) -> None:
    """Makes ``cls`` a container: ``split(x) -> (children, meta)``, ``join(meta, children) -> x``.

    ``meta`` must be hashable; it is a part of jit's cache key. Raises ArgumentError when ``cls`` is
    a container already.
    """
    if _REGISTRY.get(cls) is not None:
        raise ArgumentError(f"{cls.__name__} is registered as a container already")
    _REGISTRY[cls] = (split, join)


def _split_dict(x: dict[Any, Any]) -> tuple[list[Any], tuple[Any, ...]]:
    try:
        keys = tuple(sorted(x))
    except TypeError:
        raise ArgumentError(
            f"a dict of arrays has keys that cannot be sorted: {list(x)!r}",
            fix="use keys of one type, such as str",
        ) from None
    return [x[k] for k in keys], keys


def _join_dict(cls: type) -> Join:
    return lambda keys, children: cls(zip(keys, children))


register(list, lambda x: (x, None), lambda _, c: list(c))
register(tuple, lambda x: (x, None), lambda _, c: tuple(c))
register(dict, _split_dict, _join_dict(dict))
register(OrderedDict, lambda x: (list(x.values()), tuple(x)), _join_dict(OrderedDict))
register(type(None), lambda x: ((), None), lambda *_: None)


def _first_sight(cls: type) -> tuple[Split, Join] | None:
    """Namedtuples and dataclasses are containers without being registered."""
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return lambda x: (x, None), lambda _, c: cls(*c)
    return _dataclass_rules(cls) if dataclasses.is_dataclass(cls) else None


def _dataclass_rules(cls: Any) -> tuple[Split, Join]:
    """Fields are children; those with ``metadata={"static": True}`` are not, and hashable."""
    fields = dataclasses.fields(cls)
    inner = tuple(f.name for f in fields if not f.metadata.get("static"))
    static = tuple(f.name for f in fields if f.metadata.get("static"))

    def split(x: Any) -> tuple[list[Any], Any]:
        return [getattr(x, n) for n in inner], tuple(getattr(x, n) for n in static)

    def join(meta: Any, children: Sequence[Any]) -> Any:
        made = object.__new__(cls)  # not __init__: children may be placeholders it would refuse
        for name, value in (*zip(inner, children), *zip(static, meta)):
            object.__setattr__(made, name, value)
        return made

    return split, join


def flatten(x: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], Tree]:
    """``(leaves, tree)``. Raises ArgumentError for containers inside themselves."""
    leaves: list[Any] = []
    try:
        return leaves, _flatten(x, leaves, is_leaf)
    except RecursionError:
        raise ArgumentError("a container is nested too deeply, or contains itself") from None


def _flatten(x: Any, leaves: list[Any], is_leaf: Callable[[Any], bool] | None) -> Tree:
    cls = type(x)
    rules = _REGISTRY[cls] if cls in _REGISTRY else _REGISTRY.setdefault(cls, _first_sight(cls))
    if rules is None or (is_leaf is not None and is_leaf(x)):
        leaves.append(x)
        return LEAF
    children, meta = rules[0](x)
    return (cls, meta, tuple([_flatten(c, leaves, is_leaf) for c in children]))


def unflatten(tree: Tree, leaves: Sequence[Any]) -> Any:
    """The container of structure ``tree`` with ``leaves``. ArgumentError for too few or many."""
    rest = iter(leaves)
    try:
        made = _unflatten(tree, rest)
    except StopIteration:
        made = rest
    if made is rest or next(rest, tree) is not tree:
        raise ArgumentError(f"a tree with {count(tree)} leaves was given {len(leaves)}")
    return made


def _unflatten(tree: Tree, leaves: Iterator[Any]) -> Any:
    if tree is LEAF:
        return next(leaves)
    cls, meta, children = tree
    rules = _REGISTRY[cls]
    assert rules is not None
    return rules[1](meta, [next(leaves) if c is LEAF else _unflatten(c, leaves) for c in children])


def count(tree: Tree) -> int:
    """How many leaves a structure has."""
    return 1 if tree is LEAF else sum(map(count, tree[2]))


def paths(tree: Tree, prefix: str = "") -> list[str]:
    """Where each leaf is, as Python would write it: ``args[0]['w']``."""
    if tree is LEAF:
        return [prefix]
    out: list[str] = []
    for name, child in zip(_child_names(tree), tree[2]):
        out += paths(child, prefix + name)
    return out


def _child_names(tree: Tree) -> list[str]:
    cls, meta, children = tree
    if issubclass(cls, dict):
        return [f"[{k!r}]" for k in meta]
    if hasattr(cls, "_fields"):
        return [f".{n}" for n in cls._fields]
    if dataclasses.is_dataclass(cls):
        return [f".{f.name}" for f in dataclasses.fields(cls) if not f.metadata.get("static")]
    return [f"[{i}]" for i in range(len(children))]


def describe(tree: Tree) -> str:
    """A structure in words, for messages: ``{'b': *, 'w': [*, *]}``."""
    if tree is LEAF:
        return "*"
    cls: type = tree[0]
    meta, children = tree[1:]
    inner = [describe(c) for c in children]
    if cls is dict:
        return "{" + ", ".join(f"{k!r}: {c}" for k, c in zip(meta, inner)) + "}"
    if cls in (list, tuple):
        opening, closing = "[]" if cls is list else "()"
        return (
            opening + ", ".join(inner) + ("," if cls is tuple and len(inner) == 1 else "") + closing
        )
    name: str = "None" if cls is type(None) else f"{cls.__name__}({', '.join(inner)})"
    return name


def broadcast_prefix(prefix: Any, tree: Tree, what: str) -> list[Any]:
    """``prefix`` for each leaf of ``tree``; its leaves stand for whole subtrees, as in ``in_axes``.

    None is a leaf here. Raises ArgumentError when ``prefix`` does not fit over ``tree``.
    """
    if tree is LEAF or prefix is None or type(prefix) not in (tuple, list, dict):
        if tree is LEAF and type(prefix) in (tuple, list, dict):
            raise _misfit(prefix, tree, what)
        return [prefix] * count(tree)
    cls, meta, children = tree
    if type(prefix) is not cls or len(prefix) != len(children):
        raise _misfit(prefix, tree, what)
    if cls is dict and tuple(sorted(prefix)) != meta:
        raise _misfit(prefix, tree, what)
    parts = [prefix[k] for k in meta] if cls is dict else prefix
    return [v for p, c in zip(parts, children) for v in broadcast_prefix(p, c, what)]


def _misfit(prefix: Any, tree: Tree, what: str) -> ArgumentError:
    return ArgumentError(
        f"{what} {prefix!r} does not fit the structure {describe(tree)}",
        fix="give one value for all, or a container of the same structure (or a prefix of it)",
    )
