"""Rules for equations that move elements: before → expected."""

import pytest

from tests.ir.helpers import assert_pass, equations
from texelate.compiler.passes.simplify import simplify

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
    assert_pass(simplify, equations(before), equations(expected))


@pytest.mark.parametrize(
    "lines",
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
def test_moves_that_do_nothing_go(lines: str) -> None:
    assert_pass(simplify, equations(lines), equations("", result="a"))


def test_empty_slices_of_strided_slices_stay() -> None:
    """Their composed start may lie beyond the end."""
    text = equations(
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
    assert_pass(simplify, equations(f"{ONES} z: {equation}"), equations(repeated))


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
