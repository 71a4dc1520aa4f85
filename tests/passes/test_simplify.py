"""Simplification: each family of rules as before → expected, then random graphs and linear time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ir.helpers import assert_keeps_meaning, assert_pass, assert_same_bits, graphs
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.graph import Atom, Eqn
from texelate.compiler.ir.text import parse_graph, same
from texelate.compiler.passes.rewrite import Rewriter, Rule, rewrite
from texelate.compiler.passes.simplify import RULES, simplify

A = "f32[2,3]"


def body(lines: str, inputs: str = f"a: {A}, b: {A}", result: str = "z") -> str:
    return f"graph f({inputs}) {{ {lines} return {result} }}"


# --- one elementwise equation, on the float input a (with b, i: i32, u: u32, p: bool) ------------

KINDS = "a: f32[2], b: f32[2], i: i32[2], u: u32[2], p: bool[2]"
IDENTITIES = [
    ("a", "add(a, -0.0:f32)"), ("a", "add(-0.0:f32, a)"), ("a", "sub(a, 0.0:f32)"),
    ("a", "mul(a, 1.0:f32)"), ("a", "mul(1.0:f32, a)"), ("a", "div(a, 1.0:f32)"),
    ("a", "pow(a, 1.0:f32)"), ("a", "max(a, -inf:f32)"), ("a", "min(inf:f32, a)"),
    ("a", "max(a, a)"), ("a", "integer_pow(a) {y=1}"), ("a", "convert(a) {dtype=f32}"),
    ("a", "select(p, a, a)"), ("a", "select(true:bool, a, b)"), ("b", "select(false:bool, a, b)"),
    ("a", "bitcast(a) {dtype=f32}"),
    ("i", "add(i, 0:i32)"), ("i", "sub(i, 0:i32)"), ("i", "mul(i, 1:i32)"), ("i", "div(i, 1:i32)"),
    ("i", "max(i, -2147483648:i32)"), ("i", "and(i, -1:i32)"), ("i", "or(0:i32, i)"),
    ("i", "xor(i, 0:i32)"), ("i", "shift_left(i, 0:i32)"), ("i", "min(i, i)"),
    ("u", "and(u, 4294967295:u32)"), ("u", "max(u, 0:u32)"), ("u", "min(u, 4294967295:u32)"),
    ("p", "and(p, true:bool)"), ("p", "or(p, false:bool)"), ("p", "and(p, p)"),
]  # fmt: skip


@pytest.mark.parametrize(("kept", "equation"), IDENTITIES)
def test_identities(kept: str, equation: str) -> None:
    dtype = {"i": "i32", "u": "u32", "p": "bool"}.get(kept, "f32")
    assert_pass(simplify, body(f"z: {dtype}[2] = {equation}", KINDS), body("", KINDS, kept))


@pytest.mark.parametrize(
    "equation",
    [
        "add(a, 0.0:f32)",  # -0 + 0 is 0
        "sub(a, -0.0:f32)",
        "mul(a, 0.0:f32)",  # inf * 0 is nan
        "sub(a, a)",  # inf - inf is nan
        "sub(0.0:f32, a)",  # 0 - 0 is 0, not -0
        "max(a, inf:f32)",  # nan wins
        "div(a, 3.0:f32)",
        "div(a, 1e-45:f32)",  # its reciprocal is infinite
        "neg(a)",
        "select(p, a, b)",
    ],
)
def test_what_is_no_identity_for_floats_stays(equation: str) -> None:
    text = body(f"z: f32[2] = {equation}", KINDS)
    assert_pass(simplify, text, text)


@pytest.mark.parametrize(
    ("equation", "simpler"),
    [
        ("integer_pow(a) {y=2}", "mul(a, a)"),
        ("mul(a, -1.0:f32)", "neg(a)"),
        ("div(a, -1.0:f32)", "neg(a)"),
        ("sub(-0.0:f32, a)", "neg(a)"),
        ("div(a, 4.0:f32)", "mul(a, 0.25:f32)"),
        ("div(a, -0.5:f32)", "mul(a, -2.0:f32)"),
        ("add(2.0:f32, a)", "add(a, 2.0:f32)"),
    ],
)
def test_simpler_operations(equation: str, simpler: str) -> None:
    before, after = (body(f"z: f32[2] = {e}", KINDS) for e in (equation, simpler))
    assert_pass(simplify, before, after)


@pytest.mark.parametrize(
    ("dtype", "equation", "constant"),
    [
        ("i32", "mul(i, 0:i32)", "0:i32"),
        ("i32", "sub(i, i)", "0:i32"),
        ("u32", "xor(u, u)", "0:u32"),
        ("bool", "and(false:bool, p)", "false:bool"),
        ("bool", "or(p, true:bool)", "true:bool"),
        ("f32", "integer_pow(a) {y=0}", "1.0:f32"),
    ],
)
def test_constant_results_keep_their_shape(dtype: str, equation: str, constant: str) -> None:
    repeated = f"broadcast_in_dim({constant}) {{dims=(), shape=(2)}}"
    before, after = (body(f"z: {dtype}[2] = {e}", KINDS) for e in (equation, repeated))
    assert_pass(simplify, before, after)


@pytest.mark.parametrize(
    ("inner", "outer", "simpler"),
    [
        ("f32[2] = neg(b)", "f32[2] = add(a, y)", "sub(a, b)"),
        ("f32[2] = neg(b)", "f32[2] = add(y, a)", "sub(a, b)"),
        ("f32[2] = neg(b)", "f32[2] = sub(a, y)", "add(a, b)"),
        ("f32[2] = neg(b)", "f32[2] = mul(y, 3.0:f32)", "mul(b, -3.0:f32)"),
        ("f32[2] = neg(b)", "f32[2] = mul(y, y)", "mul(b, b)"),
        ("f32[2] = mul(b, 3.0:f32)", "f32[2] = neg(y)", "mul(b, -3.0:f32)"),
        ("f32[2] = neg(b)", "f32[2] = abs(y)", "abs(b)"),
        ("f32[2] = abs(b)", "f32[2] = abs(y)", "abs(b)"),
        ("bool[2] = eq(a, b)", "bool[2] = not(y)", "ne(a, b)"),
        ("bool[2] = not(p)", "f32[2] = select(y, a, b)", "select(p, b, a)"),
        ("f32[2] = select(p, b, 1.0:f32)", "f32[2] = select(p, y, a)", "select(p, b, a)"),
        ("f32[2] = select(p, 1.0:f32, b)", "f32[2] = select(p, a, y)", "select(p, a, b)"),
        ("i32[2] = convert(p) {dtype=i32}", "f32[2] = convert(y) {dtype=f32}",
         "convert(p) {dtype=f32}"),
        ("i32[2] = bitcast(a) {dtype=i32}", "u32[2] = bitcast(y) {dtype=u32}",
         "bitcast(a) {dtype=u32}"),
    ],
)  # fmt: skip
def test_pairs_become_one(inner: str, outer: str, simpler: str) -> None:
    after = f"z: {outer.split(' =')[0]} = {simpler}"
    assert_pass(simplify, body(f"y: {inner} z: {outer}", KINDS), body(after, KINDS))


@pytest.mark.parametrize(
    ("inner", "outer", "kept"),
    [
        ("f32[2] = neg(a)", "f32[2] = neg(y)", "a"),
        ("bool[2] = not(p)", "bool[2] = not(y)", "p"),
        ("u32[2] = convert(i) {dtype=u32}", "i32[2] = convert(y) {dtype=i32}", "i"),
        ("i32[2] = bitcast(a) {dtype=i32}", "f32[2] = bitcast(y) {dtype=f32}", "a"),
    ],
)
def test_pairs_cancel(inner: str, outer: str, kept: str) -> None:
    assert_pass(simplify, body(f"y: {inner} z: {outer}", KINDS), body("", KINDS, kept))


def test_conversions_that_lose_something_stay() -> None:
    text = body("y: i32[2] = convert(a) {dtype=i32} z: f32[2] = convert(y) {dtype=f32}", KINDS)
    assert_pass(simplify, text, text)


# --- movement ------------------------------------------------------------------------------------

PERM = "{perm=(1,0)}"
MOVES = [
    ("y: f32[6] = reshape(a) {shape=(6)} z: f32[3,2] = reshape(y) {shape=(3,2)}",
     "z: f32[3,2] = reshape(a) {shape=(3,2)}"),
    ("y: f32[1,2,3] = broadcast_in_dim(a) {dims=(1,2), shape=(1,2,3)}"
     "z: f32[6] = reshape(y) {shape=(6)}", "z: f32[6] = reshape(a) {shape=(6)}"),
    ("y: f32[2,1,3] = reshape(a) {shape=(2,1,3)}"
     "z: f32[2,5,3] = broadcast_in_dim(y) {dims=(0,1,2), shape=(2,5,3)}",
     "z: f32[2,5,3] = broadcast_in_dim(a) {dims=(0,2), shape=(2,5,3)}"),
    ("y: f32[2,1,3] = broadcast_in_dim(a) {dims=(0,2), shape=(2,1,3)}"
     "z: f32[4,2,5,3] = broadcast_in_dim(y) {dims=(1,2,3), shape=(4,2,5,3)}",
     "z: f32[4,2,5,3] = broadcast_in_dim(a) {dims=(1,3), shape=(4,2,5,3)}"),
    ("x: f32[1,2,3] = reshape(a) {shape=(1,2,3)}"
     "y: f32[3,1,2] = transpose(x) {perm=(2,0,1)} z: f32[2,3,1] = transpose(y) {perm=(2,0,1)}",
     "x: f32[1,2,3] = reshape(a) {shape=(1,2,3)} z: f32[2,3,1] = transpose(x) {perm=(1,2,0)}"),
    ("y: f32[2,3] = rev(a) {axes=(0,1)} z: f32[2,3] = rev(y) {axes=(0)}",
     "z: f32[2,3] = rev(a) {axes=(1)}"),
    ("y: f32[2,2] = slice(a) {limit=(2,3), start=(0,1), stride=(1,1)}"
     "z: f32[1,2] = slice(y) {limit=(2,2), start=(1,0), stride=(1,1)}",
     "z: f32[1,2] = slice(a) {limit=(2,3), start=(1,1), stride=(1,1)}"),
    ("y: f32[2,2] = slice(a) {limit=(2,3), start=(0,0), stride=(1,2)}"
     "z: f32[2,1] = slice(y) {limit=(2,2), start=(0,1), stride=(1,1)}",
     "z: f32[2,1] = slice(a) {limit=(2,3), start=(0,2), stride=(1,2)}"),
    ("y: f32[4,3] = concatenate(a, b) {axis=0}"
     "z: f32[1,3] = slice(y) {limit=(4,3), start=(3,0), stride=(1,1)}",
     "z: f32[1,3] = slice(b) {limit=(2,3), start=(1,0), stride=(1,1)}"),
    ("y: f32[4,3] = concatenate(a, b) {axis=0} z: f32[6,3] = concatenate(y, a) {axis=0}",
     "z: f32[6,3] = concatenate(a, b, a) {axis=0}"),
    ("y: f32[3,3] = pad(a, 0.0:f32) {high=(0,0), interior=(0,0), low=(1,0)}"
     "z: f32[3,4] = pad(y, 0.0:f32) {high=(0,1), interior=(0,0), low=(0,0)}",
     "z: f32[3,4] = pad(a, 0.0:f32) {high=(0,1), interior=(0,0), low=(1,0)}"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "expected"), MOVES)
def test_moves_compose(before: str, expected: str) -> None:
    assert_pass(simplify, body(before), body(expected))


@pytest.mark.parametrize(
    "equations",
    [
        "z: f32[2,3] = reshape(a) {shape=(2,3)}",
        "z: f32[2,3] = broadcast_in_dim(a) {dims=(0,1), shape=(2,3)}",
        "z: f32[2,3] = transpose(a) {perm=(0,1)}",
        f"y: f32[3,2] = transpose(a) {PERM} z: f32[2,3] = transpose(y) {PERM}",
        "y: f32[6] = reshape(a) {shape=(6)} z: f32[2,3] = reshape(y) {shape=(2,3)}",
        "y: f32[2,3] = rev(a) {axes=(1)} z: f32[2,3] = rev(y) {axes=(1)}",
        "z: f32[2,3] = rev(a) {axes=()}",
        "z: f32[2,3] = slice(a) {limit=(2,3), start=(0,0), stride=(1,1)}",
        "z: f32[2,3] = pad(a, 1.0:f32) {high=(0,0), interior=(0,0), low=(0,0)}",
        "z: f32[2,3] = concatenate(a) {axis=0}",
        "y: f32[0,3] = slice(b) {limit=(1,3), start=(1,0), stride=(1,1)}"
        "z: f32[2,3] = concatenate(a, y) {axis=0}",
        'z: f32[2,3] = reduce(a) {axes=(), monoid="sum"}',
    ],
)
def test_moves_that_do_nothing_go(equations: str) -> None:
    assert_pass(simplify, body(equations), body("", result="a"))


def test_empty_slices_of_strided_slices_stay() -> None:
    """Their composed start may lie beyond the end."""
    text = body(
        "y: f32[2,2] = slice(a) {limit=(2,3), start=(0,0), stride=(1,2)}"
        "z: f32[2,0] = slice(y) {limit=(2,2), start=(0,2), stride=(1,1)}"
    )
    assert_pass(simplify, text, text)


ONES = "w: f32[2,3] = broadcast_in_dim(1.0:f32) {dims=(), shape=(2,3)}"


@pytest.mark.parametrize(
    ("equation", "shape"),
    [
        ("f32[6] = reshape(w) {shape=(6)}", "(6)"),
        (f"f32[3,2] = transpose(w) {PERM}", "(3,2)"),
        ("f32[2,3] = rev(w) {axes=(0)}", "(2,3)"),
        ("f32[1,3] = slice(w) {limit=(1,3), start=(0,0), stride=(1,1)}", "(1,3)"),
        ("f32[3,3] = pad(w, 1.0:f32) {high=(0,0), interior=(0,0), low=(1,0)}", "(3,3)"),
        ("f32[4,3] = concatenate(w, w) {axis=0}", "(4,3)"),
        ("f32[4,2,3] = broadcast_in_dim(w) {dims=(1,2), shape=(4,2,3)}", "(4,2,3)"),
        ("f32[2,3] = sqrt(w)", "(2,3)"),
    ],
)
def test_moves_of_a_repeated_scalar(equation: str, shape: str) -> None:
    dtype = equation.split(" =")[0]
    repeated = f"z: {dtype} = broadcast_in_dim(1.0:f32) {{dims=(), shape={shape}}}"
    assert_pass(simplify, body(f"{ONES} z: {equation}"), body(repeated))


def test_constants_reach_elementwise_operations_as_scalars() -> None:
    assert_pass(
        simplify,
        """graph f(a: f32[2,3], s: f32[]) {
          two: f32[2,3] = broadcast_in_dim(2.0:f32) {dims=(), shape=(2,3)}
          one: f32[3] = broadcast_in_dim(1.0:f32) {dims=(), shape=(3)}
          ones: f32[2,3] = broadcast_in_dim(one) {dims=(1), shape=(2,3)}
          many: f32[2,3] = broadcast_in_dim(s) {dims=(), shape=(2,3)}
          three: f32[2,3] = add(two, ones)
          x: f32[2,3] = mul(three, a)
          y: f32[2,3] = sub(x, many)
          c: f32[2,3] = mul(many, two)
          return y, three, c
        }""",
        """graph f(a: f32[2,3], s: f32[]) {
          three: f32[2,3] = broadcast_in_dim(3.0:f32) {dims=(), shape=(2,3)}
          x: f32[2,3] = mul(a, 3.0:f32)
          y: f32[2,3] = sub(x, s)
          d: f32[] = mul(s, 2.0:f32)
          c: f32[2,3] = broadcast_in_dim(d) {dims=(), shape=(2,3)}
          return y, three, c
        }""",
    )


# --- reductions and contractions -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('y: f32[1,2,3] = reshape(a) {shape=(1,2,3)} z: f32[2,3] = reduce(y) '
         '{axes=(0), monoid="sum"}', ("", "a")),
        (f'{ONES} z: f32[3] = reduce(w) {{axes=(0), monoid="sum"}}',
         ("z: f32[3] = broadcast_in_dim(2.0:f32) {dims=(), shape=(3)}", "z")),
        (f'{ONES} z: f32[] = reduce(w) {{axes=(0,1), monoid="sum"}}', ("", "6.0:f32")),
        (f'{ONES} z: f32[] = reduce(w) {{axes=(0,1), monoid="max"}}', ("", "1.0:f32")),
        ('y: f32[3] = reduce(a) {axes=(0), monoid="max"} z: f32[] = reduce(y) '
         '{axes=(0), monoid="max"}', ('z: f32[] = reduce(a) {axes=(0,1), monoid="max"}', "z")),
    ],
)  # fmt: skip
def test_reductions(before: str, expected: tuple[str, str]) -> None:
    assert_pass(simplify, body(before), body(expected[0], result=expected[1]))


@pytest.mark.parametrize(
    "text",
    [
        # 0.1 added up is not 0.1 times its number; order matters in float sums.
        "y: f32[2,3] = broadcast_in_dim(0.1:f32) {dims=(), shape=(2,3)}"
        'z: f32[] = reduce(y) {axes=(0,1), monoid="sum"}',
        'y: f32[3] = reduce(a) {axes=(0), monoid="sum"}'
        'z: f32[] = reduce(y) {axes=(0), monoid="sum"}',
    ],
)
def test_inexact_sums_stay(text: str) -> None:
    assert_pass(simplify, body(text), body(text))


def test_integer_sums_of_a_constant_wrap() -> None:
    g = parse_graph("""graph f() {
      a: i32[3] = broadcast_in_dim(2147483647:i32) {dims=(), shape=(3)}
      b: i32[] = reduce(a) {axes=(0), monoid="sum"}
      return b
    }""")
    assert not simplify(g).eqns
    assert_same_bits(evaluate_numpy(simplify(g), []), evaluate_numpy(g, []))


def test_contractions_read_transposed_operands_in_place() -> None:
    assert_pass(
        simplify,
        """graph f(a: f32[5,4], b: f32[6,5]) {
          x: f32[4,5] = transpose(a) {perm=(1,0)}
          y: f32[5,6] = transpose(b) {perm=(1,0)}
          z: f32[4,6] = dot_general(x, y) {batch=((),()), contract=((1),(0))}
          return z
        }""",
        """graph f(a: f32[5,4], b: f32[6,5]) {
          z: f32[4,6] = dot_general(a, b) {batch=((),()), contract=((0),(1))}
          return z
        }""",
    )


def test_a_transposed_product_swaps_its_operands() -> None:
    assert_pass(
        simplify,
        """graph f(a: f32[7,4,5], b: f32[7,5,6]) {
          y: f32[7,4,6] = dot_general(a, b) {batch=((0),(0)), contract=((2),(1))}
          z: f32[7,6,4] = transpose(y) {perm=(0,2,1)}
          return z
        }""",
        """graph f(a: f32[7,4,5], b: f32[7,5,6]) {
          z: f32[7,6,4] = dot_general(b, a) {batch=((0),(0)), contract=((1),(2))}
          return z
        }""",
    )


@pytest.mark.parametrize(
    "text",
    [
        # Free axes that change order; a product that something else reads too.
        "graph f(a: f32[5,4,3], b: f32[5]) { x: f32[5,3,4] = transpose(a) {perm=(0,2,1)}"
        " z: f32[3,4] = dot_general(x, b) {batch=((),()), contract=((0),(0))} return z }",
        "graph f(a: f32[5,4], b: f32[4,6]) {"
        " y: f32[5,6] = dot_general(a, b) {batch=((),()), contract=((1),(0))}"
        " z: f32[6,5] = transpose(y) {perm=(1,0)} return y, z }",
    ],
)
def test_contractions_that_stay(text: str) -> None:
    assert_pass(simplify, text, text)


@given(st.permutations(range(3)), st.permutations(range(3)), st.booleans(), st.integers(0, 9))
def test_transposed_contractions_keep_their_value(left, right, batched, seed) -> None:
    """On small integers, whose sums are exact in any order."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(np.argsort(p)) for p in (left, right)]
    extents = (2, 3, 3) if batched else (3, 3, 3)
    a, b = (rng.integers(-4, 5, [extents[i] for i in s]).astype(np.float32) for s in shapes)
    batch, contract = ("((0),(0))", "((2),(1))") if batched else ("((),())", "((2,0),(1,2))")
    result = (2, 3, 3) if batched else (3, 3)
    swap = [*range(len(result) - 2), len(result) - 1, len(result) - 2]

    def text(xs) -> str:
        return ",".join(map(str, xs))

    g = parse_graph(f"""graph f(a: f32[{text(a.shape)}], b: f32[{text(b.shape)}]) {{
      x: f32[{text(extents)}] = transpose(a) {{perm=({text(left)})}}
      y: f32[{text(extents)}] = transpose(b) {{perm=({text(right)})}}
      d: f32[{text(result)}] = dot_general(x, y) {{batch={batch}, contract={contract}}}
      z: f32[{text([result[i] for i in swap])}] = transpose(d) {{perm=({text(swap)})}}
      return z
    }}""")
    assert_same_bits(evaluate_numpy(simplify(g), [a, b]), evaluate_numpy(g, [a, b]))


# --- all of it -----------------------------------------------------------------------------------


@settings(max_examples=200)
@given(graphs(), st.integers(0, 99))
def test_meaning_is_kept_and_nothing_is_left_to_do(graph, seed) -> None:
    assert_keeps_meaning(simplify, graph, seed)
    once = simplify(graph)
    assert same(simplify(once), once)


def test_every_rule_says_what_it_does() -> None:
    rules = {rule for family in RULES.values() for rule in family}
    assert all(rule.__doc__ for rule in rules)
    assert len({rule.__name__ for rule in rules}) == len(rules)


def test_the_user_line_survives() -> None:
    g = parse_graph(body("y: f32[2,3] = exp(a) z: f32[2,3] = add(-0.0:f32, y)"))
    g.eqns[0].source = here = object()  # type: ignore[assignment]
    assert simplify(g).eqns[0].source is here


def test_work_is_linear() -> None:
    """Counted in rules tried, not in seconds."""

    def tried(n: int) -> int:
        lines, last, count = [], "a", 0
        for i in range(n):
            op = ["neg({})", "add({}, -0.0:f32)", "mul({}, 2.0:f32)", "exp({})"][i % 4]
            lines.append(f"v{i}: f32[8] = {op.format(last)}")
            last = f"v{i}"

        def counted(rule: Rule) -> Rule:
            def run(eqn: Eqn, b: Rewriter) -> Atom | None:
                nonlocal count
                count += 1
                return rule(eqn, b)

            return run

        rules = {name: [counted(r) for r in family] for name, family in RULES.items()}
        rewrite(parse_graph(body(" ".join(lines), "a: f32[8]", last)), rules)
        return count

    assert 4000 < tried(1000) < 4.5 * tried(250)
