"""Nested containers: flatten, unflatten, paths, registration."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import texelate as tx
from texelate.compiler.trace import pytree

Pair = namedtuple("Pair", "a b")


@dataclass(frozen=True)
class Layer:
    w: Any
    size: int = field(default=3, metadata={"static": True})


class Box:
    def __init__(self, inside: Any) -> None:
        self.inside = inside


tx.tree.register(Box, lambda b: ([b.inside], "box"), lambda _, c: Box(c[0]))

trees = st.recursive(
    st.integers() | st.text(max_size=2) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Pair, inner, inner)
        | st.builds(Layer, inner)
    ),
    max_leaves=12,
)


@given(tree=trees)
def test_flatten_and_unflatten_are_inverse(tree: Any) -> None:
    leaves, structure = pytree.flatten(tree)
    assert pytree.unflatten(structure, leaves) == tree
    assert pytree.count(structure) == len(leaves) == len(pytree.paths(structure))
    assert hash(structure) == hash(pytree.flatten(tree)[1])


def test_dicts_are_sorted_and_ordered_dicts_are_not() -> None:
    assert tx.tree.leaves({"b": 1, "a": 2}) == [2, 1]
    assert tx.tree.leaves(OrderedDict(b=1, a=2)) == [1, 2]
    assert pytree.flatten({"b": 1, "a": 2})[1] == pytree.flatten({"a": 1, "b": 2})[1]
    assert pytree.flatten({"a": 1})[1] != pytree.flatten({"b": 1})[1]
    assert pytree.flatten(Layer(1, 3))[1] != pytree.flatten(Layer(1, 4))[1]


def test_paths_are_written_as_python_would() -> None:
    tree = ({"w": [1, Pair(2, 3)]}, Layer(4), Box(5))
    _, structure = pytree.flatten(tree)
    assert pytree.paths(structure, "args") == [
        "args[0]['w'][0]",
        "args[0]['w'][1].a",
        "args[0]['w'][1].b",
        "args[1].w",
        "args[2][0]",
    ]
    assert pytree.describe(structure) == "({'w': [*, Pair(*, *)]}, Layer(*), Box(*))"


def test_registered_classes() -> None:
    doubled = tx.tree.map(lambda x: x * 2, Box([1, 2]))
    assert doubled.inside == [2, 4]
    with pytest.raises(tx.ArgumentError, match="registered"):
        tx.tree.register(Box, lambda b: ([], None), lambda _, c: Box(None))


def test_prefixes() -> None:
    _, structure = pytree.flatten({"a": [1, 2], "b": 3})
    assert pytree.broadcast_prefix(0, structure, "axes") == [0, 0, 0]
    assert pytree.broadcast_prefix({"a": [0, None], "b": 1}, structure, "axes") == [0, None, 1]
    for wrong in ({"a": 0}, [0, 1], {"a": 0, "c": 1}, {"a": [0], "b": 1}, {"a": 0, "b": [1]}):
        with pytest.raises(tx.ArgumentError, match="does not fit"):
            pytree.broadcast_prefix(wrong, structure, "axes")
