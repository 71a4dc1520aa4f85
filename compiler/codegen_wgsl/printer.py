"""Kernel IR statements as WGSL: which expressions get a name, and where they are computed.

A shared expression is computed once, in the outermost block where its loop variables are known:
what a loop does not change is hoisted in front of it. Expressions that read registers, workgroup
memory or buffers written here are dropped from the table as soon as those change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..ir import kernel as K
from ..ir.dtypes import int32, uint32
from ..ir.index import Bounded, Div, Dyn, Index, IndexAtom, Loop, Mod
from ..ir.kernel import (
    LANE,
    LANES,
    Assign,
    Barrier,
    Declare,
    Expr,
    For,
    If,
    Kernel,
    Param,
    SharedStore,
    Stmt,
    Store,
)  # fmt: skip
from .expressions import ExpressionPrinter, type_name
from .windows import read, written

_TRIVIAL = ("const", "loop", "register")
_LONG = 72


class StatementPrinter:
    """Prints the body of one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.expressions = ExpressionPrinter()
        self.params = {p.name: p for p in kernel.params}
        self.shared = {s.name: s for s in kernel.shared}
        self.bound = dict(
            kernel.aliases
        )  # reads of a buffer updated in place go to the written one
        self.lines: list[str] = []
        self.indent = 1
        self._names: list[dict[Expr, str]] = [{}]
        self._expanded: dict[Expr, Expr] = {}
        self._deps: dict[Expr, frozenset[str]] = {}
        self._uses: Counter[Expr] = Counter()
        self._level = {"item": 0, "group": 0, "thread": 1, "peer": 1}
        self._serial = 0

    def body(self) -> str:
        self._number_loops(self.kernel.body, 2)
        seen: set[Expr] = set()
        for root in self.roots(self.kernel.body):
            self._count(root, seen)
        self.block(self.kernel.body)
        return "\n".join(self.lines)

    def _number_loops(self, stmts: Iterable[Stmt], level: int) -> None:
        for s in stmts:
            if isinstance(s, For):
                self._level[s.loop.name] = level
                self._number_loops(s.body, level + 1)
            elif isinstance(s, If):
                self._number_loops(s.body, level)

    def _count(self, x: Expr, seen: set[Expr]) -> None:
        self._uses[x] += 1
        if x not in seen:
            seen.add(x)
            for a in x.args:
                self._count(a, seen)

    def roots(self, stmts: Iterable[Stmt]) -> Iterator[Expr]:
        """Every expression of the statements, expanded, nested ones and store places included."""
        for s in stmts:
            if isinstance(s, Declare):
                yield self.expand(s.init)
            elif isinstance(s, Assign):
                yield self.expand(s.value)
            elif isinstance(s, (Store, SharedStore)):
                for place, value in self._writes(s):
                    yield from place
                    yield self.expand(value)
            elif isinstance(s, If):
                yield self.expand(s.condition)
                yield from self.roots(s.body)
            elif isinstance(s, For):
                yield from self.roots(s.body)

    # --- expansion: indices become integer arithmetic, loads become element accesses -------------

    def expand(self, x: Expr) -> Expr:
        if x not in self._expanded:
            self._expanded[x] = self._expand(x)
        return self._expanded[x]

    def _expand(self, x: Expr) -> Expr:
        if x.op == "index":
            return self.index(x.attr)
        if x.op == "load":
            return self._expand_load(x)
        if not x.args:
            return x
        return Expr(x.op, tuple(map(self.expand, x.args)), x.dtype, x.lanes, x.attr)

    def _expand_load(self, x: Expr) -> Expr:
        name = self.bound.get(x.attr, x.attr)
        if self.params[name].packed:
            return self._expand_packed(x, self.params[name])
        if x.lanes == LANES or not self.params[name].vec:
            return Expr("load", (self.expand(x.args[0]),), x.dtype, x.lanes, name)
        whole, part = self._split(_index_of(x.args[0]))
        return Expr("element", (whole, part), x.dtype, 1, name)

    def _split(self, offset: Index, size: int = LANES) -> tuple[Expr, Expr]:
        """A scalar position in a buffer of groups of ``size``."""
        part = self.index(offset % size)
        if part.op == "const":  # a masked-out register may lie beyond the promised bounds
            part = K.const(K.const_value(part) % size, int32)
        return self.index(offset // size), part

    def _expand_packed(self, x: Expr, p: Param) -> Expr:
        """The elements of a word; of two words, when four elements of 16 bits are read."""
        if x.lanes == LANES:
            words = Expr("load", (self.expand(x.args[0]),), uint32, 1, p.name)
            return Expr("unpack", (words,), x.dtype, LANES)
        offset, in_word = _index_of(x.args[0]), 4 // x.dtype.itemsize
        place, part = self._split(offset, in_word)
        if p.vec and in_word == 2:
            word = Expr("element", self._split(offset // in_word, 2), uint32, 1, p.name)
        else:
            word = Expr("load", (place,), uint32, 1, p.name)
        return Expr("unpack", (word, part), x.dtype)

    def index(self, index: Index) -> Expr:
        """Sums with the outermost loops' terms first, so that prefixes can be hoisted."""
        terms = sorted(index.terms.items(), key=lambda t: (self._depth(t[0]), str(t[0])))
        total: Expr | None = None
        for atom, c in terms:
            term = self._atom(atom)
            term = term if c == 1 else K.call("mul", term, K.const(c, int32))
            total = term if total is None else K.call("add", total, term)
        if total is None:
            return K.const(index.const, int32)
        if index.const < 0:
            return K.call("sub", total, K.const(-index.const, int32))
        return K.call("add", total, K.const(index.const, int32)) if index.const else total

    def _depth(self, atom: IndexAtom) -> int:
        if isinstance(atom, (Div, Mod, Bounded)):
            return max(map(self._depth, atom.arg.terms), default=0)
        if isinstance(atom, Dyn):
            return 99
        return self._level.get(atom.name, 99)

    def _atom(self, atom: IndexAtom) -> Expr:
        if isinstance(atom, Loop):
            return Expr("loop", (), int32, 1, atom.name)
        if isinstance(atom, Dyn):
            return self.expand(atom.expr)
        if isinstance(atom, Bounded):
            return self.index(atom.arg)
        shift = -(-max(0, -atom.arg.lo) // atom.divisor)  # WGSL truncates: make it non-negative
        arg = self.index(atom.arg + shift * atom.divisor)
        op = "quotient" if isinstance(atom, Div) else "remainder"
        out = Expr(op, (arg, K.const(atom.divisor, int32)), int32)
        if op == "quotient" and shift:
            out = K.call("sub", out, K.const(shift, int32))
        return out

    # --- what an expression depends on -----------------------------------------------------------

    def deps(self, x: Expr) -> frozenset[str]:
        """Names of loops, registers, workgroup arrays and written buffers that ``x`` reads."""
        if x not in self._deps:
            own = frozenset(a for a in [self._own_dep(x)] if a)
            self._deps[x] = own.union(*map(self.deps, x.args))
        return self._deps[x]

    def _own_dep(self, x: Expr) -> str:
        if x.op in ("loop", "register", "shared"):
            return str(x.attr)
        if x.op in ("load", "element") and self.params[x.attr].writable:
            return str(x.attr)
        return ""

    def _invalidate(self, changed: Iterable[str]) -> None:
        gone = frozenset(changed)
        for scope in self._names:
            for x in [x for x in scope if self.deps(x) & gone]:
                del scope[x]

    # --- expressions -----------------------------------------------------------------------------

    def name_of(self, x: Expr) -> str | None:
        return next((s[x] for s in reversed(self._names) if x in s), None)

    def show(self, x: Expr) -> str:
        """The text of an expanded expression: its name if it has, or deserves, one."""
        known = self.name_of(x)
        if known is not None:
            return known
        text = self._text(x)
        if x.op in _TRIVIAL or (self._uses[x] < 2 and len(text) <= _LONG):
            return text
        if x.op == "splat" and (x.args[0].op in _TRIVIAL or text.startswith("vec4<bool>")):
            return text
        return self._let(x, text)

    def _let(self, x: Expr, text: str) -> str:
        self._serial += 1
        name = f"{'ix' if x.dtype is int32 and x.lanes == 1 else 't'}{self._serial}"
        self.line(f"let {name} = {text};")
        self._names[-1][x] = name
        return name

    def _text(self, x: Expr) -> str:
        if x.op in ("loop", "register"):
            return str(x.attr)
        if x.op == "select" and x.args[0].op == "splat":  # a scalar condition may choose a vector
            parts = [self.show(a) for a in (x.args[2], x.args[1], x.args[0].args[0])]
            return f"select({', '.join(parts)})"
        args = [self.show(a) for a in x.args]
        if x.op == "load":
            return self.expressions.loaded(x, read(self.params[x.attr], args[0]))
        if x.op == "element":
            return self.expressions.loaded(x, f"{read(self.params[x.attr], args[0])}[{args[1]}]")
        if x.op == "shared":
            return f"{x.attr}[{args[0]}]"
        if x.op in ("quotient", "remainder"):
            return _divide(x.op, args[0], int(K.const_value(x.args[1])))
        if x.op == "lane" and not args[0].isidentifier():
            args = [self._let(x.args[0], args[0])]
        return self.expressions.text(x, args)

    # --- statements ------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        self.lines.append("  " * self.indent + text)

    def block(self, stmts: Sequence[Stmt]) -> None:
        for stmt in stmts:
            getattr(self, f"_{type(stmt).__name__.lower()}")(stmt)

    def _scoped(self, stmts: Sequence[Stmt], header: str) -> None:
        self.line(header)
        self.indent += 1
        self._names.append({})
        self.block(stmts)
        self._names.pop()
        self.indent -= 1
        self.line("}")

    def _declare(self, s: Declare) -> None:
        value = self.show(self.expand(s.init))
        self.line(f"var {s.name}: {type_name(s.init.dtype, s.init.lanes)} = {value};")
        self._invalidate([s.name])

    def _assign(self, s: Assign) -> None:
        self.line(f"{s.name} = {self.show(self.expand(s.value))};")
        self._invalidate([s.name])

    def _for(self, s: For) -> None:
        changed = set(_changed(s.body)) | {s.loop.name}
        self._invalidate(changed)
        seen: set[Expr] = set()
        for root in self.roots(s.body):
            self._hoist(root, changed, seen)
        name, extent = s.loop.name, s.loop.extent
        header = f"for (var {name} = 0; {name} < {extent}; {name}++) {{"
        if s.repeat == 1:
            self._scoped(s.body, header)
        else:
            self._repeated(s, header)
        self._invalidate(changed)

    def _repeated(self, s: For, header: str) -> None:
        """The body several times an iteration, each in its own block; the loop steps between."""
        self.line(header)
        self.indent += 1
        first = len(self.lines)
        self._scoped(s.body, "{")
        copy = self.lines[first:]
        self.line(f"{s.loop.name}++;")
        if s.loop.extent % s.repeat:
            self.line(f"if ({s.loop.name} >= {s.loop.extent}) {{ break; }}")
        step = self.lines[first + len(copy) :]
        self.lines[first:] = copy + (step + copy) * (s.repeat - 1)
        self.indent -= 1
        self.line("}")

    def _hoist(self, x: Expr, changed: set[str], seen: set[Expr]) -> None:
        """Names the largest parts of ``x`` that the coming loop leaves alone."""
        if x in seen or x.op in _TRIVIAL or self.name_of(x) is not None:
            return
        seen.add(x)
        if x.op == "splat" or self.deps(x) & changed:
            for a in x.args:
                self._hoist(a, changed, seen)
        else:
            self._let(x, self._text(x))

    def _if(self, s: If) -> None:
        self._scoped(s.body, f"if ({self.show(self.expand(s.condition))}) {{")
        self._invalidate(_changed(s.body))

    def _store(self, s: Store) -> None:
        p = self.params[s.buffer]
        for place, value in self._writes(s):
            where = [self.show(e) for e in place]
            value = self.expand(value)
            text = self.expressions.stored(value, self.show(value), p.dtype, p.packed)
            self.line(written(p, where, text))
        self._invalidate([s.buffer])

    def _writes(self, s: Store | SharedStore) -> list[tuple[list[Expr], Expr]]:
        """The assignments of a store: place (index, or vector index and component) and value."""
        vec = (self.params[s.buffer] if isinstance(s, Store) else self.shared[s.array]).vec
        if s.value.lanes > 1 and vec and (isinstance(s, SharedStore) or _is_whole(s.offset)):
            base = s.offset - Index.of(LANE) if isinstance(s, Store) else s.offset
            return [([self.index(base // LANES)], s.value)]
        if isinstance(s, Store) and self.params[s.buffer].packed:
            raise ValueError(f"{s.buffer} is packed: it is written a whole vector at a time")
        if s.value.lanes > 1:
            parts = [(s.offset.substitute({LANE: q}), K.lane(s.value, q)) for q in range(LANES)]
        else:
            parts = [(s.offset, s.value)]
        return [(list(self._split(o)) if vec else [self.index(o)], x) for o, x in parts]

    def _sharedstore(self, s: SharedStore) -> None:
        for place, value in self._writes(s):
            where = "".join(f"[{self.show(e)}]" for e in place)
            self.line(f"{s.array}{where} = {self.show(self.expand(value))};")
        self._invalidate([s.array])

    def _barrier(self, _: Barrier) -> None:
        self.line("workgroupBarrier();")
        self._invalidate([s.name for s in self.kernel.shared])


def _index_of(x: Expr) -> Index:
    return x.attr if x.op == "index" else Index.of(int(K.const_value(x)))


def _divide(op: str, x: str, d: int) -> str:
    """Operands are non-negative, so powers of two are shifts and masks."""
    if d & (d - 1) == 0:
        return f"({x} >> {d.bit_length() - 1}u)" if op == "quotient" else f"({x} & {d - 1})"
    return f"({x} {'/' if op == 'quotient' else '%'} {d})"


def _is_whole(offset: Index) -> bool:
    return offset.depends(LANE) and K.is_vector_access(offset)


def _changed(stmts: Iterable[Stmt]) -> Iterator[str]:
    """Names of everything the statements change: registers, loops, arrays, buffers."""
    for s in stmts:
        if isinstance(s, (Declare, Assign)):
            yield s.name
        elif isinstance(s, Store):
            yield s.buffer
        elif isinstance(s, SharedStore):
            yield s.array
        elif isinstance(s, If):
            yield from _changed(s.body)
        elif isinstance(s, For):
            yield s.loop.name
            yield from _changed(s.body)
