"""Calls of jitted functions taken apart, and put together again."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .compiler.errors import ArgumentError
from .compiler.ir.graph import Graph, Literal, Var
from .compiler.trace import pytree
from .compiler.trace.signature import static_key


@dataclass(frozen=True, slots=True)
class Static:
    """A static argument: its position (None for keywords), value, and cache key."""

    name: str
    position: int | None
    value: Any
    key: Any


@dataclass(frozen=True)
class Call:
    """One call, taken apart: the dynamic leaves, their structure, the statics."""

    leaves: list[Any]
    tree: pytree.Tree
    statics: tuple[Static, ...]


class Statics:
    """Which arguments of a function are static, by position and by name."""

    def __init__(
        self, function: Callable[..., Any], nums: Sequence[int], names: Sequence[str]
    ) -> None:
        parameters = list(inspect.signature(function).parameters.values()) if nums or names else []
        labels = [p.name for p in parameters]
        count = len(parameters)
        self._check(function, parameters, names)
        self.nums = {i % count if i < 0 else i for i in nums}
        self.names = {*names, *(labels[i] for i in self.nums if i < count)}
        self.nums |= {i for i, name in enumerate(labels) if name in self.names}
        self._labels = dict(enumerate(labels))

    @staticmethod
    def _check(
        function: Any, parameters: Sequence[inspect.Parameter], names: Sequence[str]
    ) -> None:
        unknown = set(names) - {p.name for p in parameters}
        if unknown and not any(p.kind is p.VAR_KEYWORD for p in parameters):
            raise ArgumentError(
                f"static_argnames {sorted(unknown)} are no parameters of {function}"
            )

    def __bool__(self) -> bool:
        return bool(self.nums or self.names)

    def split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], tuple[Static, ...]]:
        """Dynamic positional and keyword arguments, and the statics."""
        statics = []
        for i in sorted(self.nums):
            if i < len(args):
                name = self._labels.get(i, f"args[{i}]")
                statics.append(Static(name, i, args[i], (i, static_key(args[i], name))))
        for name in sorted(self.names & kwargs.keys()):
            key = (None, static_key(kwargs[name], name))
            statics.append(Static(name, None, kwargs[name], key))
        rest = tuple(a for i, a in enumerate(args) if i not in self.nums)
        return rest, {k: v for k, v in kwargs.items() if k not in self.names}, tuple(statics)


def join(
    args: Sequence[Any], kwargs: dict[str, Any], statics: Sequence[Static]
) -> tuple[list[Any], dict[str, Any]]:
    """The call's arguments again, from dynamic ones and statics."""
    fixed = {s.position: s.value for s in statics if s.position is not None}
    named = {s.name: s.value for s in statics if s.position is None}
    rest = iter(args)
    total = len(args) + len(fixed)
    return [fixed[i] if i in fixed else next(rest) for i in range(total)], {**kwargs, **named}


def input_names(function: Callable[..., Any], call: Call) -> tuple[str, ...]:
    """What the leaves are called in the function's own words: ``params.w``."""
    code = getattr(function, "__code__", None)
    parameters = code.co_varnames[: code.co_argcount] if code is not None else ()
    _, _, (args, (_, keywords, children)) = call.tree
    positions = _dynamic(call, len(args[2]))
    bases = [parameters[i] if i < len(parameters) else f"args[{i}]" for i in positions]
    parts = [*zip(bases, args[2]), *zip(keywords, children)]
    paths = [path for base, child in parts for path in pytree.paths(child, base)]
    return tuple(re.sub(r"\['(\w+)'\]", r".\1", path) for path in paths)


def _dynamic(call: Call, count: int) -> list[int]:
    """The positions of the ``count`` dynamic positional arguments, static ones counted."""
    fixed = {s.position for s in call.statics}
    return [i for i in range(count + len(fixed)) if i not in fixed]


def leaves_at(call: Call, positions: Sequence[int]) -> list[int]:
    """The leaves of the arguments at ``positions`` (which count static arguments too)."""
    _, _, (args, _) = call.tree
    out: list[int] = []
    at = 0
    for position, child in zip(_dynamic(call, len(args[2])), args[2]):
        n = pytree.count(child)
        out += range(at, at + n) if position in positions else ()
        at += n
    return out


def route(graph: Graph) -> tuple[Graph, tuple[tuple[str, Any], ...]]:
    """The graph with only what must be computed, once each, and where every output then is.

    Outputs that are inputs or literals need no program: ("input", k), ("constant", literal);
    the others are ("output", k).
    """
    inputs = {v: k for k, v in enumerate(graph.inputs)}
    computed: dict[Var, int] = {}
    results: list[tuple[str, Any]] = []
    for atom in graph.outputs:
        if isinstance(atom, Literal):
            results.append(("constant", atom))
        elif atom in inputs:
            results.append(("input", inputs[atom]))
        else:
            results.append(("output", computed.setdefault(atom, len(computed))))
    return graph.replace(outputs=tuple(computed)), tuple(results)
