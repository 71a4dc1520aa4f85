"""What ``texelate inspect`` accepts as a function and as arguments."""

from pathlib import Path

import numpy as np
import pytest

from texelate.cli.target import arguments, find, parse_avals
from texelate.compiler.errors import ArgumentError


def test_avals_give_arrays_of_their_shape_and_dtype() -> None:
    made = parse_avals("f32[128,64],i32[], u32[3] ,bool[0,2]")
    assert [a.shape for a in made] == [(128, 64), (), (3,), (0, 2)]
    assert [a.dtype for a in made] == [np.float32, np.int32, np.uint32, np.bool_]
    assert parse_avals("") == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("f64[2]", "unknown dtype 'f64'"),
        ("f32", "cannot read 'f32'"),
        ("f32[2", "cannot read"),
        ("f32[2] i32[]", "cannot read"),
        ("f32[-1]", "cannot read"),
        ("f32[2,x]", "cannot read"),
    ],
)
def test_avals_that_cannot_be_read(text: str, complaint: str) -> None:
    with pytest.raises(ArgumentError, match=complaint.replace("[", r"\[")):
        parse_avals(text)


def test_a_function_of_a_module_or_a_file(tmp_path: Path) -> None:
    assert find("math:sqrt")(9.0) == 3.0
    assert find("collections:OrderedDict.fromkeys")("a") == {"a": None}
    file = tmp_path / "mine.py"
    file.write_text("def twice(x):\n    return 2 * x\n")
    assert find(f"{file}:twice")(4) == 8


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("math", "not MODULE:FUNCTION"),
        (":sqrt", "not MODULE:FUNCTION"),
        ("math:", "not MODULE:FUNCTION"),
        ("no_such_module_here:f", "cannot import"),
        ("math:no_such", "has no 'no_such'"),
        ("math:pi", "is a float, not a function"),
        ("no_such_file.py:f", "there is no file"),
    ],
)
def test_targets_that_name_no_function(target: str, complaint: str) -> None:
    with pytest.raises(ArgumentError, match=complaint):
        find(target)


def test_a_function_may_bring_its_example_arguments() -> None:
    def brings(x: object) -> object:
        return x

    with pytest.raises(ArgumentError, match="brings needs arguments"):
        arguments(brings, None)
    brings.example_args = lambda: [1, 2]  # type: ignore[attr-defined]
    assert arguments(brings, None) == (1, 2)
    assert [a.shape for a in arguments(brings, "f32[7]")] == [(7,)]
