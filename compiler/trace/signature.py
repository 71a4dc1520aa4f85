"""What a compiled program depends on: the keys of jit's caches, and their differences in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ArgumentError
from ..ir.aval import Aval
from . import pytree

AvalKey = tuple[tuple[int, ...], str, bool]


def aval_key(aval: Aval) -> AvalKey:
    """An aval as plain data, which hashes fast."""
    return (aval.shape, aval.dtype.short, aval.weak)


def static_key(value: Any, name: str) -> Any:
    """A static argument as a key: equal type and equal value (floats by their bits).

    Raises ArgumentError when the value is not hashable.
    """
    if isinstance(value, float):
        return (type(value), value.hex())
    if isinstance(value, tuple):
        return (type(value), tuple(static_key(v, name) for v in value))
    try:
        hash(value)
    except TypeError:
        raise ArgumentError(
            f"static argument {name} is not hashable: {type(value).__name__}",
            why="a static value is a part of the key under which the compiled program is kept",
            fix="pass a tuple instead of a list, or make the argument not static",
        ) from None
    return (type(value), value)


@dataclass(frozen=True, slots=True)
class Signature:
    """One call's key in readable parts."""

    tree: Any
    avals: tuple[AvalKey, ...]
    statics: tuple[tuple[str, Any], ...]
    setting: tuple[Any, ...]

    def distance(self, other: Signature) -> int:
        """How much differs: to find the nearest known signature."""
        if self.tree != other.tree:
            return 1000
        differ = sum(a != b for a, b in zip(self.avals, other.avals))
        return differ + (self.statics != other.statics) + (self.setting != other.setting)

    def explain(self, known: Sequence[Signature]) -> str:
        """What differs from the nearest known signature."""
        if not known:
            return "first call"
        return "; ".join(self._differences(min(known, key=self.distance)))

    def _differences(self, near: Signature) -> Iterable[str]:
        if self.tree != near.tree:
            was, now = pytree.describe(near.tree), pytree.describe(self.tree)
            yield f"the arguments' structure was {was}, now {now}"
        else:
            for path, a, b in zip(argument_paths(self.tree), near.avals, self.avals):
                if a != b:
                    yield f"{path} was {_words(a)}, now {_words(b)}"
        before = dict(near.statics)
        for name, key in self.statics:
            if name not in before:
                yield f"static {name} is new"
            elif before[name] != key:
                yield f"static {name} was {_static(before[name])}, now {_static(key)}"
        if self.setting != near.setting:
            yield f"the setting was {near.setting}, now {self.setting}"


def argument_paths(tree: Any) -> list[str]:
    """The paths of jit's flattened ``(args, kwargs)``."""
    _, _, (args, kwargs) = tree
    names = [f"kwargs[{k!r}]" for k in kwargs[1]]
    inner = [p for n, c in zip(names, kwargs[2]) for p in pytree.paths(c, n)]
    return pytree.paths(args, "args") + inner


def _words(key: AvalKey) -> str:
    shape, short, weak = key
    return f"{short}[{','.join(map(str, shape))}]{'~' if weak else ''}"


def _static(key: Any) -> str:
    kind, value = key
    if kind is float:
        return repr(float.fromhex(value))
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_static, value)) + ")"
    return repr(value)
