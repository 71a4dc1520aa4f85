"""The text form: printing, parsing, and what bad text is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ir.helpers import graphs
from texelate.compiler.errors import ParseError
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import bool_, float32, int32, uint32
from texelate.compiler.ir.graph import Eqn, Graph, Literal, Var
from texelate.compiler.ir.primitive import lookup
from texelate.compiler.ir.text import Names, parse_graph, print_graph, print_literal, same

STEP = """\
graph step(a: f32[128,64] "x", b: f32[64] "params.w") {
  c: f32[128] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
  d: bool[128] = gt(c, 0.0:f32)
  e: f32[128] = select(d, c, -0.0:f32)
  f: f32[] = reduce(e) {axes=(0), monoid="sum"}
  g: i32[128] = convert(e) {dtype=i32, weak=false}
  return f, g, 1.0:f32~
}"""


def test_the_form_is_the_documented_one() -> None:
    assert print_graph(parse_graph(STEP)) == STEP
    assert str(parse_graph(STEP)) == STEP


@given(graphs())
def test_printing_and_parsing_are_inverse(graph: Graph) -> None:
    text = print_graph(graph)
    back = parse_graph(text)
    assert same(back, graph)
    assert print_graph(back) == text


@given(st.integers(0, 2**32 - 1), st.sampled_from([float32, int32, uint32]), st.booleans())
def test_literals_keep_every_bit(bits: int, dtype, weak: bool) -> None:
    value = np.uint32(bits).view(dtype.numpy)
    literal = Literal(value, dtype, weak)
    (back,) = parse_graph(f"graph f() {{ return {print_literal(literal)} }}").outputs
    assert isinstance(back, Literal)
    assert back.value.tobytes() == value.tobytes()
    assert back.aval == literal.aval


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (1, float32, "1.0:f32"),
        (-0.0, float32, "-0.0:f32"),
        (np.inf, float32, "inf:f32"),
        (-np.inf, float32, "-inf:f32"),
        (np.nan, float32, "nan:f32"),
        (1e-45, float32, "1e-45:f32"),
        (0.1, float32, "0.1:f32"),
        (-7, int32, "-7:i32"),
        (2**32 - 1, uint32, "4294967295:u32"),
        (True, bool_, "true:bool"),
    ],
)
def test_literals_read_well(value, dtype, text: str) -> None:
    assert print_literal(Literal(value, dtype)) == text


def test_python_scalars_are_weak() -> None:
    assert print_literal(Literal(2)) == "2:i32~"


def test_names_follow_definition_and_avoid_words_of_the_grammar() -> None:
    """After z come aa, ab …; ``inf`` and ``nan`` would be read as numbers."""
    variables = tuple(Var(Aval((), float32)) for _ in range(12_000))
    names = Names(Graph(variables, (), variables))
    given_names = [names[v] for v in variables]
    assert given_names[:2] + given_names[25:28] == ["a", "b", "z", "aa", "ab"]
    assert len(set(given_names)) == len(given_names)
    assert not {"inf", "nan"} & set(given_names)
    text = print_graph(Graph(variables, (), variables))
    assert print_graph(parse_graph(text)) == text


@pytest.mark.parametrize("name", ["<lambda>", "graph", 'a "b"\\', "Model.step", "x y", ""])
def test_any_graph_name(name: str) -> None:
    assert parse_graph(print_graph(Graph((), (), (), name))).name == name


def test_parameters_of_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup("exp"), "abstract", lambda x, **_: x)
    params = {
        "a": 3, "b": -1, "c": (1,), "d": ((), (2, (3,))), "e": 'say "x"', "f": float32, "g": bool_,
        "h": True, "i": 0.5, "j": -1e-30, "k": float("inf"), "l": None, "m": (1.0, "é\n"),
    }  # fmt: skip
    x, y = Var(Aval((2,), float32)), Var(Aval((2,), float32))
    graph = Graph((x,), (Eqn(lookup("exp"), (x,), params, (y,)),), (y,))
    back = parse_graph(print_graph(graph)).eqns[0].params
    assert back == params
    assert {k: type(v) for k, v in back.items()} == {k: type(v) for k, v in params.items()}


def test_comments_and_layout_do_not_matter() -> None:
    flat = "graph f(a:f32[2]){b:f32[2]=exp(a) return b}  # done"
    spaced = "\n# a comment\ngraph f (\n a : f32 [ 2 ] ) {\n b: f32[2] = exp( a )\n\nreturn b }\n"
    assert same(parse_graph(flat), parse_graph(spaced))


def test_sources_are_comments() -> None:
    graph = parse_graph("graph f(a: f32[2]) { b: f32[2] = exp(a) return b }")
    graph.eqns[0].source = "model.py:3 in loss"  # type: ignore[assignment]
    text = print_graph(graph, sources=True)
    assert "b: f32[2] = exp(a)  # model.py:3 in loss" in text
    assert same(parse_graph(text), graph)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{ return a, a }", "{ return a, b }"),
        ("{ c: f32[2] = add(a, b) return c }", "{ c: f32[2] = add(b, a) return c }"),
        ("{ c: f32[2] = add(a, b) return c }", "{ c: f32[2] = sub(a, b) return c }"),
        ("{ c: f32[2] = add(a, 0.0:f32) return c }", "{ c: f32[2] = add(a, -0.0:f32) return c }"),
        ("{ return 1.0:f32 }", "{ return 1.0:f32~ }"),
        ("{ c: f32[2] = integer_pow(a) {y=2} return c }",
         "{ c: f32[2] = integer_pow(a) {y=3} return c }"),
        ("{ c: f32[2] = exp(a) return c }", "{ c: f32[2] = exp(a) return a }"),
        ("{ c: f32[2] = exp(a) return c }", "{ return a }"),
    ],
)  # fmt: skip
def test_same_sees_every_difference(one: str, other: str) -> None:
    first, second = (parse_graph(f"graph f(a: f32[2], b: f32[2]) {t}") for t in (one, other))
    assert same(first, first)
    assert not same(first, second)
    assert not same(second, first)


BAD = [
    ("b: f32[2] = lgo(a) return b", 12, ["no primitive 'lgo'", "did you mean log"]),
    ("b: f32[3] = exp(a) return b", 0, ["declared f32[3]", "gives f32[2]"]),
    ("b: i32[2] = exp(a) return b", 0, ["declared i32[2]", "gives f32[2]"]),
    ("b: f32[2]~ = exp(a) return b", 0, ["declared f32[2]~", "gives f32[2]"]),
    ("b: f32[2] = exp(c) return b", 16, ["'c' is not defined"]),
    ("b: f32[2] = exp(b) return b", 16, ["'b' is not defined"]),
    ("a: f32[2] = exp(a) return a", 0, ["'a' is defined twice"]),
    ("b: f32[2] = add(a a) return b", 18, ["expected ',' or ')'", "found 'a'"]),
    ("b: f64[2] = exp(a) return b", 3, ["expected a dtype", "found 'f64'"]),
    ("b: f32[-2] = exp(a) return b", 7, ["expected an extent or ']'", "found '-2'"]),
    ("return 1.5:i32", 7, ["1.5 is not a value of int32"]),
    ("return 4294967296:u32", 7, ["not a value of uint32"]),
    ("return 1e39:f32", 7, ["1e39 is not a value of float32"]),
    ("return 1:bool", 7, ["1 is not a value of bool"]),
    ("return true:f32", 7, ["true is not a value of float32"]),
    ("b: f32[2] = convert(a) {dtpe=f32} return b", 0, ["convert does not accept", "dtpe"]),
    ("b: f32[2] = transpose(a) {perm=(1)} return b", 0, ["transpose does not accept"]),
    ("b: f32[2] = exp(a)", 19, ["found '}'", "'return'"]),
    ("b: f32[2] = exp(a) {k=$} return b", 22, ["found '$'", "a number"]),
    ("b: f32[2] = exp(a) {k=1, k=2} return b", 25, ["'k' is given twice"]),
    ('b: f32[2] = exp(a) {k="\\q"} return b', 22, ["a string", "found"]),
    ("return 0x123456789:f32", 17, ["expected ':'", "found '9'"]),
    (f"b: f32[{'9' * 5000}] = exp(a) return b", 25, ["expected ',' or ']'", "found '9"]),
]


@pytest.mark.parametrize(("body", "column", "said"), BAD)
def test_bad_text(body: str, column: int, said: list[str]) -> None:
    line = f"  {body} }}"
    with pytest.raises(ParseError) as caught:
        parse_graph(f"graph f(a: f32[2]) {{\n{line}\n")
    message = str(caught.value)
    assert f"line 2, column {column + 3}: " in message
    assert f"    {line}\n    {' ' * (column + 2)}^" in message
    assert [s for s in said if s not in message] == []


@pytest.mark.parametrize("text", ["", "graph", "graph f(", "graph f() {", "graph f() { return"])
def test_text_that_ends_early(text: str) -> None:
    with pytest.raises(ParseError, match=r"line 1, column \d+: expected .*, found the end"):
        parse_graph(text)


def test_deep_nesting_is_a_parse_error() -> None:
    deep = "(" * 5000 + ")" * 5000
    with pytest.raises(ParseError, match="nested"):
        parse_graph(f"graph f(a: f32[2]) {{ b: f32[2] = exp(a) {{k={deep}}} return b }}")


@given(st.text(alphabet="graph f(a:32[]){}=,~\"0.1e\n#'", max_size=60))
def test_any_text_parses_or_is_a_parse_error(text: str) -> None:
    try:
        graph = parse_graph(text)
    except ParseError:
        return
    assert same(parse_graph(print_graph(graph)), graph)
