"""The verifier: each rule has a graph that breaks it."""

import numpy as np
import pytest
from hypothesis import given

from tests.ir.helpers import graphs
from texelate.compiler.errors import VerifyError
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import float32, int32
from texelate.compiler.ir.graph import Eqn, Graph, Literal, Var
from texelate.compiler.ir.primitive import lookup
from texelate.compiler.ir.verify import verify

F2 = Aval((2,), float32)


def eqn(name: str, *inputs, out: Aval | Var = F2, **params) -> Eqn:
    outs = (out if isinstance(out, Var) else Var(out),)
    return Eqn(lookup(name), inputs, params, outs)


def assert_broken(graph: Graph, *said: str) -> None:
    with pytest.raises(VerifyError) as caught:
        verify(graph)
    message = str(caught.value)
    assert graph.name in message
    assert [s for s in said if s not in message] == []


@given(graphs())
def test_what_the_tracer_records_is_accepted(graph: Graph) -> None:
    verify(graph)


def test_a_use_before_the_definition() -> None:
    a = Var(F2)
    first = eqn("exp", a)
    second = eqn("log", first.out)
    verify(Graph((a,), (first, second), (second.out,)))
    assert_broken(Graph((a,), (second, first), (second.out,)), "used before", "b: f32[2] = log(c)")


def test_an_undefined_variable() -> None:
    stranger = Var(F2)
    e = eqn("exp", stranger)
    assert_broken(Graph((), (e,), (e.out,)), "used before", f"exp(%{stranger.id})")


def test_an_undefined_output() -> None:
    assert_broken(Graph((Var(F2),), (), (Var(F2),)), "never defined", "return")


def test_a_second_definition() -> None:
    a, b = Var(F2), Var(F2)
    twice = (eqn("exp", a, out=b), eqn("log", a, out=b))
    assert_broken(Graph((a,), twice, (b,)), "defined twice", "log(a)")
    assert_broken(Graph((a,), (eqn("exp", a, out=a),), (a,)), "defined twice")
    assert_broken(Graph((a, a), (), (a,)), "listed twice")


@pytest.mark.parametrize(
    ("declared", "given_aval"),
    [
        (Aval((3,), float32), "f32[3]"),
        (Aval((2,), int32), "i32[2]"),
        (Aval((2,), float32, weak=True), "f32[2]~"),
    ],
)
def test_a_wrong_result(declared: Aval, given_aval: str) -> None:
    a = Var(F2)
    e = eqn("exp", a, out=declared)
    assert_broken(Graph((a,), (e,), (e.out,)), f"declared {given_aval}", "exp gives f32[2]")


def test_operands_that_do_not_fit() -> None:
    a, b = Var(F2), Var(Aval((3,), float32))
    e = eqn("add", a, b)
    assert_broken(Graph((a, b), (e,), (e.out,)), "different shapes", "add(a, b)")


@pytest.mark.parametrize(
    ("name", "inputs", "params"),
    [
        ("convert", 1, {}),
        ("convert", 1, {"dtype": float32, "more": 1}),
        ("transpose", 1, {"perm": (0, 1)}),
        ("reduce", 1, {"monoid": "average", "axes": (0,)}),
        ("add", 1, {}),
        ("add", 3, {}),
        ("add", 2, {"axis": 0}),
        ("select", 2, {}),
        ("integer_pow", 1, {}),
        ("integer_pow", 1, {"y": 0.5}),
    ],
)
def test_parameters_and_operands_that_a_primitive_does_not_take(name, inputs, params) -> None:
    a = Var(F2)
    e = eqn(name, *[a] * inputs, **params)
    assert_broken(Graph((a,), (e,), (e.out,)), f"{name} does not accept", "b: f32[2]")


def test_parameters_are_hashable() -> None:
    a = Var(F2)
    e = eqn("reshape", a, shape=[2])
    assert_broken(Graph((a,), (e,), (e.out,)), "shape=[2] is not hashable")


def test_an_unregistered_primitive() -> None:
    a = Var(F2)
    e = eqn("exp", a)
    exp = lookup("exp")
    e.prim = type(exp).__new__(type(exp))
    e.prim.__dict__.update(exp.__dict__)
    assert_broken(Graph((a,), (e,), (e.out,)), "not a registered primitive")


def test_more_than_one_result() -> None:
    a = Var(F2)
    e = Eqn(lookup("exp"), (a,), {}, (Var(F2), Var(F2)))
    assert_broken(Graph((a,), (e,), (a,)), "one result, 2 are declared")


def test_literals_are_scalars_of_their_dtype() -> None:
    a, wide, wrong = Var(F2), Literal(1.0, float32), Literal(1.0, float32)
    wide.aval = F2
    wrong.value = np.int32(1)
    e = eqn("add", a, wide)
    assert_broken(Graph((a,), (e,), (e.out,)), "not a scalar")
    assert_broken(Graph((a,), (), (wrong,)), "not a scalar", "return")
