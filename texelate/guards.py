"""What a traced function read directly from outside, and whether it still is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import CellType, CodeType
from typing import Any

import numpy as np

from .compiler.trace.stage import Staged

_VALUES = (bool, int, float, complex, str, bytes, type(None))
_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Guard:
    """A global or closure variable, and the simple value it had when the function was traced."""

    name: str
    place: Mapping[str, Any] | CellType
    expected: Any

    def now(self) -> Any:
        if not isinstance(self.place, CellType):
            return self.place.get(self.name, _MISSING)
        try:
            return self.place.cell_contents
        except ValueError:
            return _MISSING

    def holds(self) -> bool:
        now = self.now()
        return now is self.expected or (
            type(now) is type(self.expected) and isinstance(now, _VALUES) and now == self.expected
        )

    def change(self) -> str:
        """What happened to it, in words."""
        now = self.now()
        kind = "closure variable" if isinstance(self.place, CellType) else "global"
        return f"{kind} {self.name} was {_words(self.expected)}, now {_words(now)}"


def _words(x: Any) -> str:
    if x is _MISSING:
        return "undefined"
    if isinstance(x, _VALUES):
        return repr(x)
    return f"another array {x.aval}" if hasattr(x, "aval") else f"a {type(x).__name__}"


def guards_of(function: Callable[..., Any], array: type) -> tuple[Guard, ...]:
    """Guards on the scalars, strings, None and arrays that ``function`` itself names."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ()
    watched = (*_VALUES, array)
    scope: Mapping[str, Any] = function.__globals__
    names = {n: scope[n] for c in _codes(code) for n in c.co_names if n in scope}
    out = [Guard(n, scope, v) for n, v in names.items() if isinstance(v, watched)]
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        guard = Guard(name, cell, _MISSING)
        if isinstance(guard.now(), watched):
            out.append(Guard(name, cell, guard.now()))
    return tuple(out)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the functions written inside it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes(const)


def renew(staged: Staged, copy: Callable[[Any], Any]) -> Staged | None:
    """The staged function with NumPy arrays it captured as they are now.

    The same object when nothing changed; None when one has another shape or dtype (trace again).
    """
    changed: dict[int, Any] = {}
    for k, (original, made) in enumerate(staged.numpy_captures):
        known = made.node.read()  # type: ignore[attr-defined]
        if original.shape != known.shape:
            return None
        if not np.array_equal(original, known, equal_nan=original.dtype.kind == "f"):
            fresh = copy(original)
            if fresh.aval != made.aval:
                return None
            changed[k] = fresh
    if not changed:
        return staged
    swap = {id(staged.numpy_captures[k][1]): new for k, new in changed.items()}
    pairs = tuple((o, swap.get(id(m), m)) for o, m in staged.numpy_captures)
    captures = tuple(swap.get(id(c), c) for c in staged.captures)
    return replace(staged, captures=captures, numpy_captures=pairs)
