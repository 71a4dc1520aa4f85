"""Index arithmetic: integer expressions of loop variables in a canonical linear form.

An ``Index`` is ``const + Σ coefficient · atom``; an atom is a loop variable, a floor division or
remainder of an Index by a positive constant, or a value known only at run time (``Dyn``). Every
constructor simplifies with the ranges of its parts, so two equal accesses get equal Indexes and
contiguity can be read off a coefficient. Semantics are Python's (floor division).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from .kernel import Expr


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop or grid variable in ``[0, extent)``; loops always step by one."""

    name: str
    extent: int

    @property
    def range(self) -> tuple[int, int]:
        return 0, max(self.extent - 1, 0)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Div:
    """``arg // divisor``"""

    arg: Index
    divisor: int

    @property
    def range(self) -> tuple[int, int]:
        return self.arg.lo // self.divisor, self.arg.hi // self.divisor

    def __str__(self) -> str:
        return f"({self.arg})//{self.divisor}"


@dataclass(frozen=True, slots=True)
class Mod:
    """``arg % divisor``"""

    arg: Index
    divisor: int

    @property
    def range(self) -> tuple[int, int]:
        return 0, self.divisor - 1

    def __str__(self) -> str:
        return f"({self.arg})%{self.divisor}"


@dataclass(frozen=True, slots=True)
class Dyn:
    """A scalar computed at run time (an i32 expression), promised to lie in ``[0, extent)``."""

    expr: Expr
    extent: int

    @property
    def range(self) -> tuple[int, int]:
        from .kernel import const_value

        value = const_value(self.expr)
        return (0, max(self.extent - 1, 0)) if value is None else (int(value), int(value))

    def __str__(self) -> str:
        return f"dyn({self.expr.op})"  # written out, a search of n steps has 2^n terms


@dataclass(frozen=True, slots=True)
class Bounded:
    """``arg``, promised to lie in ``[0, extent)`` wherever it matters (edges are guarded)."""

    arg: Index
    extent: int

    @property
    def range(self) -> tuple[int, int]:
        return 0, self.extent - 1

    def __str__(self) -> str:
        return f"({self.arg})"


IndexAtom = Loop | Div | Mod | Dyn | Bounded
IndexLike = Union["Index", int]


class Index:
    """A canonical linear form; immutable. Built from ``Index.of`` and Python's operators."""

    __slots__ = ("terms", "const", "lo", "hi", "_hash", "_atoms")

    def __init__(self, terms: Mapping[IndexAtom, int], const: int = 0) -> None:
        kept = {a: c for a, c in terms.items() if c}
        lo = hi = const
        for atom, c in kept.items():
            a, b = atom.range
            if c < 0:
                a, b = b, a
            lo, hi = lo + a * c, hi + b * c
        self._set(kept, const, lo, hi)

    def _set(self, terms: dict[IndexAtom, int], const: int, lo: int, hi: int) -> None:
        self.terms, self.const, self.lo, self.hi = terms, const, lo, hi
        self._hash: int | None = None
        self._atoms: frozenset[IndexAtom] | None = None

    @staticmethod
    def _known(terms: dict[IndexAtom, int], const: int, lo: int, hi: int) -> Index:
        """An Index whose range is known already (compiling spends its time here)."""
        new = object.__new__(Index)
        new._set(terms, const, lo, hi)
        return new

    @staticmethod
    def of(x: IndexAtom | IndexLike) -> Index:
        if isinstance(x, Index):
            return x
        if isinstance(x, int):
            return Index._known({}, x, x, x)
        lo, hi = x.range
        return Index._known({}, lo, lo, lo) if lo == hi else Index._known({x: 1}, 0, lo, hi)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((frozenset(self.terms.items()), self.const))
        return self._hash

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int):
            return not self.terms and self.const == other
        return isinstance(other, Index) and (
            self is other or (self.const == other.const and self.terms == other.terms)
        )

    def __str__(self) -> str:
        parts = [f"{a}" if c == 1 else f"{c}*{a}" for a, c in self.terms.items()]
        return " + ".join(parts + ([str(self.const)] if self.const or not parts else []))

    __repr__ = __str__

    @property
    def constant(self) -> int | None:
        """The value, when it does not depend on anything."""
        return None if self.terms else self.const

    def __add__(self, other: IndexLike) -> Index:
        if isinstance(other, int):
            return Index._known(self.terms, self.const + other, self.lo + other, self.hi + other)
        const = self.const + other.const
        if self.terms.keys().isdisjoint(other.terms):
            total = Index._known(
                {**self.terms, **other.terms}, const, self.lo + other.lo, self.hi + other.hi
            )
        else:
            terms = dict(self.terms)
            for atom, c in other.terms.items():
                terms[atom] = terms.get(atom, 0) + c
            total = Index(terms, const)
        return _recombine(total)

    __radd__ = __add__

    def __neg__(self) -> Index:
        return self * -1

    def __sub__(self, other: IndexLike) -> Index:
        return self + Index.of(other) * -1

    def __rsub__(self, other: int) -> Index:
        return self * -1 + other

    def __mul__(self, k: int) -> Index:
        if k == 0:
            return Index._known({}, 0, 0, 0)
        lo, hi = (self.lo * k, self.hi * k) if k > 0 else (self.hi * k, self.lo * k)
        return Index._known({a: c * k for a, c in self.terms.items()}, self.const * k, lo, hi)

    __rmul__ = __mul__

    def __floordiv__(self, d: int) -> Index:
        return _floordiv(self, d)

    def __mod__(self, d: int) -> Index:
        return _mod(self, d)

    def coefficient(self, atom: IndexAtom) -> int:
        return self.terms.get(atom, 0)

    @property
    def depends_on(self) -> frozenset[IndexAtom]:
        """Every atom that occurs in it, also inside divisions and run-time values."""
        if self._atoms is None:
            self._atoms = (
                frozenset().union(*map(_within, self.terms)) if self.terms else frozenset()
            )
        return self._atoms

    def depends(self, atom: IndexAtom) -> bool:
        """Whether ``atom`` occurs anywhere, also inside divisions and run-time values."""
        if atom in self.depends_on:
            return True
        return isinstance(atom, Loop) and any(
            a.expr.depends(atom) for a in self.depends_on if isinstance(a, Dyn)
        )

    def linear_in(self, atom: IndexAtom) -> bool:
        """Whether ``atom`` occurs at most as a plain term."""
        plain = (a for a in self.terms if not isinstance(a, Loop))
        return not any(Index._known({a: 1}, 0, 0, 0).depends(atom) for a in plain)

    def substitute(self, values: Mapping[IndexAtom, IndexLike]) -> Index:
        """With atoms replaced, simplified again."""
        out = Index({}, self.const)
        for a, c in self.terms.items():
            out = out + _substitute_atom(a, values) * c
        return out

    def evaluate(self, values: Mapping[str, int]) -> int:
        """Its value for given loop variables (for tests)."""
        total = self.const
        for a, c in self.terms.items():
            if isinstance(a, Loop):
                total += c * values[a.name]
            elif isinstance(a, Div):
                total += c * (a.arg.evaluate(values) // a.divisor)
            elif isinstance(a, Mod):
                total += c * (a.arg.evaluate(values) % a.divisor)
            elif isinstance(a, Bounded):
                total += c * a.arg.evaluate(values)
            else:
                raise ValueError("a run-time value has no static value")
        return total

    def divisible_by(self, d: int) -> bool:
        """Whether every value is certainly a multiple of ``d``."""
        return self.const % d == 0 and all(_multiple(a, c, d) for a, c in self.terms.items())


def _within(a: IndexAtom) -> frozenset[IndexAtom]:
    if isinstance(a, (Div, Mod, Bounded)):
        return a.arg.depends_on | {a}
    if isinstance(a, Dyn):
        return a.expr.atoms | {a}
    return frozenset([a])


def _substitute_atom(a: IndexAtom, values: Mapping[IndexAtom, IndexLike]) -> Index:
    if a in values:
        return Index.of(values[a])
    if isinstance(a, Div):
        return a.arg.substitute(values) // a.divisor
    if isinstance(a, Mod):
        return a.arg.substitute(values) % a.divisor
    if isinstance(a, Bounded):
        return bounded(a.arg.substitute(values), a.extent)
    if isinstance(a, Dyn):
        return Index.of(Dyn(a.expr.substitute(values), a.extent))
    return Index.of(a)


def _multiple(a: IndexAtom, c: int, d: int) -> bool:
    """Whether ``c · a`` is certainly a multiple of ``d``."""
    if c % d == 0:
        return True
    rest = d // math.gcd(c, d)
    return isinstance(a, Mod) and a.divisor % rest == 0 and a.arg.divisible_by(rest)


def _split(x: Index, d: int) -> tuple[Index, Index]:
    """``x = quotient · d + rest``, moving all that divides into the quotient."""
    quotient: dict[IndexAtom, int] = {}
    rest: dict[IndexAtom, int] = {}
    for a, c in x.terms.items():
        if c % d == 0:
            quotient[a] = c // d
        else:
            rest[a] = c
    return Index(quotient, x.const // d), Index(rest, x.const % d)


def _carryless(rest: Index, d: int) -> tuple[Index, Index, int] | None:
    """``rest = high · g + low``, ``g`` dividing ``d``, ``0 <= low < g``: low cannot carry."""
    for g in sorted({math.gcd(d, c) for c in rest.terms.values()} - {1}, reverse=True):
        low = Index({a: c for a, c in rest.terms.items() if c % g}, rest.const % g)
        if low.lo >= 0 and low.hi < g:
            high = Index({a: c // g for a, c in rest.terms.items() if c % g == 0}, rest.const // g)
            return high, low, g
    return None


@functools.lru_cache(maxsize=1 << 14)
def _floordiv(x: Index, d: int) -> Index:
    if d <= 0:
        raise ValueError(f"division of an index by {d}")
    if d == 1:
        return x
    if x.lo // d == x.hi // d:
        return Index({}, x.lo // d)
    quotient, rest = _split(x, d)
    if rest.lo // d == rest.hi // d:
        return quotient + rest.lo // d
    if parts := _carryless(rest, d):
        return quotient + _floordiv(parts[0], d // parts[2])
    if rest.const == 0 and len(rest.terms) == 1:
        ((a, c),) = rest.terms.items()
        if c == 1 and isinstance(a, Div):
            return quotient + _floordiv(a.arg, a.divisor * d)
    return quotient + Index.of(Div(rest, d))


@functools.lru_cache(maxsize=1 << 14)
def _mod(x: Index, d: int) -> Index:
    if d <= 0:
        raise ValueError(f"remainder of an index by {d}")
    if d == 1:
        return Index({})
    _, rest = _split(x, d)
    if rest.lo // d == rest.hi // d:
        return rest - (rest.lo // d) * d
    if parts := _carryless(rest, d):
        high, low, g = parts
        return _mod(high, d // g) * g + low
    if rest.const == 0 and len(rest.terms) == 1:
        ((a, c),) = rest.terms.items()
        if c == 1 and isinstance(a, Mod) and a.divisor % d == 0:
            return _mod(a.arg, d)
    return Index.of(Mod(rest, d))


def _recombine(x: Index) -> Index:
    """``(y // d) · d · k + (y % d) · k`` is ``y · k``."""
    if len(x.terms) < 2:
        return x
    for a, c in x.terms.items():
        if isinstance(a, Mod) and (found := _partner(x, a, c)):
            div, whole = found
            terms = {k: v for k, v in x.terms.items() if k is not a and k != div}
            return Index(terms, x.const) + whole * c
    return x


def _partner(x: Index, a: Mod, c: int) -> tuple[IndexAtom, Index] | None:
    """The term ``(y // d) · d · c`` of ``x`` that goes with ``a = y % d``, and ``y``."""
    quotient = a.arg // a.divisor
    if not quotient.const and len(quotient.terms) == 1:
        ((div, one),) = quotient.terms.items()
        if one == 1 and x.terms.get(div) == c * a.divisor:
            return div, a.arg
    for div, k in x.terms.items():  # y may itself be a remainder, which y % d no longer shows
        if not isinstance(div, Div) or div.divisor != a.divisor or k != c * a.divisor:
            continue
        if div.arg % a.divisor == Index.of(a):
            return div, div.arg
    return None


def bounded(x: Index, extent: int) -> Index:
    """``x`` with the promise that it is in ``[0, extent)``."""
    return x if x.lo >= 0 and x.hi < extent else Index.of(Bounded(x, extent))


def flatten(index: Sequence[IndexLike], shape: Sequence[int]) -> Index:
    """The row-major offset of ``index`` in ``shape``."""
    offset, stride = Index.of(0), 1
    for i, n in zip(reversed(index), reversed(shape), strict=True):
        offset = offset + (i * stride if stride != 1 else i)
        stride *= n
    return offset


def unflatten(offset: IndexLike, shape: Sequence[int]) -> tuple[Index, ...]:
    """The multi-index of a row-major ``offset`` in ``shape``."""
    offset = Index.of(offset)
    out: list[Index] = []
    for axis, n in reversed(list(enumerate(shape))):
        out.append(offset % max(n, 1) if axis else offset)  # an extent of 0 is never visited
        offset = offset // n if n else offset
    return tuple(reversed(out))


def product(extents: Iterable[int]) -> int:
    return math.prod(extents)
