"""Reading the text form of a Graph (see ``text.py``) with the grammar in ``grammar.lark``."""

from __future__ import annotations

import difflib
import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ParseError, VerifyError
from .aval import Aval
from .dtypes import BY_SHORT, DType, float32
from .graph import Atom, Eqn, Graph, Literal, Var
from .primitive import REGISTRY, Primitive, lookup
from .verify import check_eqn

if TYPE_CHECKING:
    from lark import Lark, Token


def parse_graph(text: str) -> Graph:
    """The Graph that ``text`` denotes, every declared type checked.

    Raises ParseError with line, column, the line itself and what was expected.
    """
    from lark.exceptions import UnexpectedInput

    try:
        return _Reader(text).graph(_parser().parse(text))
    except UnexpectedInput as e:
        raise _syntax_error(text, e) from e
    except RecursionError as e:
        raise ParseError("a parameter has too many nested parentheses") from e


@functools.cache
def _parser() -> Lark:
    from lark import Lark

    grammar = Path(__file__).with_name("grammar.lark").read_text()
    return Lark(grammar, start="graph", parser="lalr", maybe_placeholders=True)


class _Reader:
    """Builds a graph from the parse tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.vars: dict[str, Var] = {}

    def graph(self, tree: Any) -> Graph:
        name, inputs, *equations, outputs = tree.children
        declared = [i.children for i in _present(inputs)]
        variables = tuple(self.define(*self.declaration(d)) for d, _ in declared)
        eqns = tuple(map(self.equation, equations))
        said = tuple("" if s is None else json.loads(s) for _, s in declared)
        names = said if any(said) else ()
        return Graph(variables, eqns, self.atoms(outputs), _plain(name.children[0]), names)

    def declaration(self, tree: Any) -> tuple[Token, Aval]:
        name, dtype, shape, weak = tree.children
        extents = tuple(int(n) for n in _present(shape))
        return name, Aval(extents, BY_SHORT[str(dtype)], weak is not None)

    def define(self, name: Token, aval: Aval) -> Var:
        if name in self.vars:
            raise self.error(name, f"{str(name)!r} is defined twice")
        var = self.vars[str(name)] = Var(aval)
        return var

    def equation(self, tree: Any) -> Eqn:
        results, name, operands, params = tree.children
        declared = [self.declaration(d) for d in results.children]
        inputs, prim = self.atoms(operands), self.primitive(name)
        outs = tuple(self.define(*d) for d in declared)
        eqn = Eqn(prim, inputs, {} if params is None else self.params(params), outs)
        try:
            check_eqn(eqn)
        except VerifyError as e:
            raise self.error(declared[0][0], e.what, e.why) from e
        return eqn

    def primitive(self, name: Token) -> Primitive:
        try:
            return lookup(str(name))
        except KeyError as e:
            close = difflib.get_close_matches(str(name), REGISTRY, n=3)
            fix = f"did you mean {', '.join(close)}?" if close else ""
            raise self.error(name, f"there is no primitive {str(name)!r}", fix=fix) from e

    def atoms(self, tree: Any) -> tuple[Atom, ...]:
        return tuple(
            self.literal(a) if a.data == "literal" else self.variable(a.children[0])
            for a in _present(tree)
        )

    def variable(self, name: Token) -> Var:
        if name not in self.vars:
            raise self.error(name, f"{str(name)!r} is not defined here")
        return self.vars[str(name)]

    def literal(self, tree: Any) -> Literal:
        token, short, weak = tree.children
        dtype = BY_SHORT[str(short)]
        value = _literal_value(str(token), dtype)
        if value is None:
            raise self.error(token, f"{token} is not a value of {dtype}")
        return Literal(value, dtype, weak is not None)

    def params(self, tree: Any) -> dict[str, Any]:
        params: dict[str, Any] = {}
        for param in _present(tree):
            name, value = param.children
            if name in params:
                raise self.error(name, f"parameter {str(name)!r} is given twice")
            params[str(name)] = self.value(value)
        return params

    def value(self, tree: Any) -> Any:
        """A parameter's value."""
        if tree.data == "tuple":
            return tuple(map(self.value, _present(tree)))
        if tree.data == "graph":
            return _Reader(self.text).graph(tree)
        token = str(tree.children[0])
        if tree.data == "number":
            return int(token, 0) if token.lstrip("-").isdigit() else float(token)
        if tree.data == "dtype":
            return BY_SHORT[token]
        return json.loads(token) if tree.data != "none" else None

    def error(self, at: Token, what: str, why: str = "", fix: str = "") -> ParseError:
        return _located(self.text, at.line or 1, at.column or 1, what, why, fix)


def _present(tree: Any) -> list[Any]:
    return [child for child in tree.children if child is not None]


def _plain(token: Any) -> str:
    return str(json.loads(token)) if token.startswith('"') else str(token)


def _literal_value(text: str, dtype: DType) -> Any:
    """The scalar that ``text`` denotes in ``dtype``, or None when there is no such value."""
    if text in ("true", "false"):
        return text == "true" if dtype.kind == "b" else None
    if dtype.kind == "b":
        return None
    if text.startswith("0x"):
        return np.array(int(text, 16)).astype(f"u{dtype.itemsize}").view(dtype.numpy)[()]
    if dtype.kind == "c":
        parts = [_literal_value(t, float32) for t in text.strip("<>").split(",")]
        pair = len(parts) == 2 and None not in parts
        return np.array(parts, np.float32).view(np.complex64)[0] if pair else None
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            value = dtype.numpy.type(text)
        return value if np.isfinite(value) or "n" in text else None
    info = np.iinfo(dtype.numpy)
    return int(text) if text.lstrip("-").isdigit() and info.min <= int(text) <= info.max else None


# --- errors --------------------------------------------------------------------------------------

_TERMINALS = {
    "NAME": "a name", "NUMBER": "a number", "INT": "an extent", "DTYPE": "a dtype", "WEAK": "'~'",
    "STRING": "a string", "BOOL": "true or false", "NONE": "none", "COLON": "':'", "COMMA": "','",
    "EQUAL": "'='", "LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "LBRACE": "'{'",
    "RBRACE": "'}'", "GRAPH": "'graph'", "RETURN": "'return'", "$END": "the end",
}  # fmt: skip


def _syntax_error(text: str, e: Any) -> ParseError:
    expected = sorted(getattr(e, "accepts", None) or getattr(e, "expected", None) or e.allowed)
    token = getattr(e, "token", None)
    found = "the end" if token is not None and token.type == "$END" else None
    if found is None:
        found = repr(str(token) if token is not None else text[e.pos_in_stream])
    line, column = (e.line, e.column) if e.line > 0 else _end_of(text)
    wanted = " or ".join(_TERMINALS.get(t, t) for t in expected)
    return _located(text, line, column, f"expected {wanted}, found {found}")


def _end_of(text: str) -> tuple[int, int]:
    lines = text.rstrip().splitlines() or [""]
    return len(lines), len(lines[-1]) + 1


def _located(
    text: str, line: int, column: int, what: str, why: str = "", fix: str = ""
) -> ParseError:
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    what = f"line {line}, column {column}: {what}\n    {shown}\n    {' ' * (column - 1)}^"
    return ParseError(what, why=why, fix=fix)
