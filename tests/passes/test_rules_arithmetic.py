"""Rules for elementwise equations: before → expected."""

import pytest

from tests.ir.helpers import assert_pass, equations
from texelate.compiler.passes.simplify import simplify

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
    assert_pass(
        simplify, equations(f"z: {dtype}[2] = {equation}", KINDS), equations("", KINDS, kept)
    )


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
    text = equations(f"z: f32[2] = {equation}", KINDS)
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
    before, after = (equations(f"z: f32[2] = {e}", KINDS) for e in (equation, simpler))
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
        ("f32", "mul(nan:f32, a)", "nan:f32"),
        ("f32", "sub(nan:f32, a)", "nan:f32"),
    ],
)
def test_constant_results_keep_their_shape(dtype: str, equation: str, constant: str) -> None:
    repeated = f"broadcast_in_dim({constant}) {{dims=(), shape=(2)}}"
    before, after = (equations(f"z: {dtype}[2] = {e}", KINDS) for e in (equation, repeated))
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
    assert_pass(simplify, equations(f"y: {inner} z: {outer}", KINDS), equations(after, KINDS))


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
    assert_pass(simplify, equations(f"y: {inner} z: {outer}", KINDS), equations("", KINDS, kept))


def test_conversions_that_lose_something_stay() -> None:
    text = equations("y: i32[2] = convert(a) {dtype=i32} z: f32[2] = convert(y) {dtype=f32}", KINDS)
    assert_pass(simplify, text, text)
