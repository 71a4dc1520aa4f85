"""Every function of texelate.numpy with arguments that make no sense: always a typed error."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

NO_ARRAYS = ("getitem", "identity", "fromfunction", "isscalar")
FUNCTIONS = sorted(
    name
    for name, f in vars(tnp).items()
    if inspect.isfunction(f) and not name.startswith("_") and name not in NO_ARRAYS
)
MAKERS = {"arange", "linspace", "eye", "tri", "zeros", "ones", "empty", "full"} | {
    "tril_indices",
    "triu_indices",
}
OF_SEQUENCES = ("concat", "concatenate", "stack", "hstack", "vstack", "column_stack", "dstack")
TYPED = (tx.TexelateError,)


class Strange:
    """No array, no number."""


def arguments(name: str, first: Any) -> list[Any]:
    """The fewest arguments that ``name`` takes, ``first`` in front and in the sequence."""
    needed = [
        p
        for p in inspect.signature(getattr(tnp, name)).parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.KEYWORD_ONLY)
    ]
    if name in (*OF_SEQUENCES, "lexsort"):
        return [[first]]
    if name == "select":
        return [[first], [first]]
    if name == "ravel_multi_index":
        return [[first], (2,)]
    if name == "einsum":
        return ["ij->ji", first]
    fill = {
        "shape": (2,),
        "sections": 1,
        "reps": 1,
        "repeats": 1,
        "shift": 1,
        "axis": 0,
        "axis1": 0,
    }
    fill |= {"axis2": 0, "source": 0, "destination": 0, "indices": [0], "fill": 1, "dtype": "int32"}
    fill |= {"width": 1, "axes": (0, 1), "num": 3}
    return [first, *(fill.get(p.name, first) for p in needed[1:])]


def test_the_list_is_not_empty() -> None:
    assert len(FUNCTIONS) > 120


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n not in MAKERS])
@pytest.mark.parametrize(
    "bad", [Strange(), "text", {"a": 1}, [["x"]], [[1, 2], [3]], None, np.array(["a"])],
    ids=["object", "str", "dict", "strings", "ragged", "None", "str array"],
)  # fmt: skip
def test_what_is_no_array(on_numpy: None, name: str, bad: Any) -> None:
    with pytest.raises(TYPED):
        getattr(tnp, name)(*arguments(name, bad))


REDUCTIONS = ["sum", "prod", "mean", "var", "std", "max", "min", "any", "all", "argmax", "argmin"]


@pytest.mark.parametrize("name", [*REDUCTIONS, "flip", "squeeze", "logsumexp", "roll"])
@pytest.mark.parametrize("axis", [2, -3, 1.5, "x", True])
def test_axes_that_do_not_exist(on_numpy: None, name: str, axis: Any) -> None:
    shift = [1] if name == "roll" else []
    with pytest.raises((tx.AxisError, tx.ArgumentError)):
        getattr(tnp, name)(np.ones((2, 3)), *shift, axis=axis)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: tnp.sum(np.ones((2, 2)), axis=(0, 0)), tx.AxisError, "named twice"),
        (lambda: tnp.add(np.ones(3), np.ones(4)), tx.ShapeError, "extents 3 and 4"),
        (lambda: tnp.where([True], np.ones(2), np.ones(3)), tx.ShapeError, "broadcast"),
        (lambda: tnp.matmul(np.ones((2, 3)), np.ones((2, 3))), tx.ShapeError, "3 and 2"),
        (lambda: tnp.matmul(1.0, np.ones(3)), tx.ShapeError, "rank 0"),
        (lambda: tnp.tensordot(np.ones(3), np.ones(4), 1), tx.ShapeError, "differ in extent"),
        (lambda: tnp.einsum("ij,jk", np.ones((2, 2))), tx.ArgumentError, "2 operands|1 operands"),
        (lambda: tnp.einsum("i?->i", np.ones((2, 2))), tx.ArgumentError, "a letter for each"),
        (lambda: tnp.einsum("i->i", np.ones((2, 2))), tx.ShapeError, "does not fit"),
        (lambda: tnp.reshape(np.ones(6), (4, -1)), tx.ShapeError, "6 elements"),
        (lambda: tnp.reshape(np.ones(6), (-1, -1)), tx.ShapeError, "at most one"),
        (lambda: tnp.reshape(np.ones(6), (2.0, 3)), tx.ArgumentError, "made of ints"),
        (lambda: tnp.transpose(np.ones((2, 3)), (0, 0)), tx.AxisError, "permutation"),
        (lambda: tnp.concatenate([]), tx.ArgumentError, "at least one"),
        (lambda: tnp.concatenate([np.ones(2), np.ones((2, 2))]), tx.ShapeError, "shapes"),
        (lambda: tnp.stack([np.ones(2), np.ones(3)]), tx.ShapeError, "different shapes"),
        (lambda: tnp.split(np.ones(5), 2), tx.ShapeError, "2 equal parts"),
        (lambda: tnp.squeeze(np.ones((2, 1)), 0), tx.ShapeError, "extent 1"),
        (lambda: tnp.broadcast_to(np.ones(3), (2,)), tx.ShapeError, "broadcast"),
        (lambda: tnp.pad(np.ones(3), 1, mode="mirror"), tx.ArgumentError, "not available"),
        (lambda: tnp.pad(np.ones((2, 2)), ((1, 1), (1, 1), (1, 1))), tx.ArgumentError, "width"),
        (lambda: tnp.zeros((2, -1)), tx.ShapeError, "negative extent"),
        (lambda: tnp.ones("ab"), tx.ArgumentError, "made of ints"),
        (lambda: tnp.arange(0, 5, 0), tx.ArgumentError, "never arrives"),
        (lambda: tnp.arange(0, float("inf")), tx.ArgumentError, "finite"),
        (lambda: tnp.arange(tnp.ones(())), tx.ArgumentError, "Python number"),
        (lambda: tnp.linspace(0, 1, -2), tx.ShapeError, "negative"),
        (lambda: tnp.eye(-1), tx.ShapeError, "negative"),
        (lambda: tnp.tril(np.ones(3)), tx.ArgumentError, "two axes"),
        (lambda: tnp.asarray([2**40]), tx.ArgumentError, "do not fit"),
        (lambda: tnp.asarray(2**40), tx.ArgumentError, "does not fit"),
        (lambda: tnp.asarray(np.ma.masked_array([1.0])), tx.ArgumentError, "masked"),
        (lambda: tnp.asarray([1.0], "longdouble"), tx.DtypeError, "float128"),
        (lambda: tnp.asarray([1.0], "nonsense"), tx.DtypeError, "nonsense"),
        (lambda: tnp.asarray(np.ones(2, "M8[s]")), tx.DtypeError, "datetime64"),
        (lambda: tnp.ones(2, "int8") + 128, tx.ArgumentError, "int8 holds -128 to 127"),
        (lambda: tnp.negative([True]), tx.DtypeError, "bool"),
        (lambda: tnp.subtract([True], [False]), tx.DtypeError, "booleans"),
        (lambda: tnp.invert([1.0]), tx.DtypeError, "float32"),
        (lambda: tnp.bitwise_and([1.0], 1), tx.DtypeError, "float32"),
        (lambda: tnp.left_shift([1.0], 1), tx.DtypeError, "float32"),
        (lambda: tnp.bitwise_count([1.0]), tx.DtypeError, "integers"),
        (lambda: tnp.take(np.ones(3), [0.5]), tx.ArgumentError, "integers"),
        (lambda: tnp.take(np.ones((0, 2)), [0], axis=0), tx.AxisError, "nothing to take"),
        (lambda: tnp.ones(3)[3], tx.AxisError, "out of range"),
        (lambda: tnp.ones(3)[[0, 5]], tx.AxisError, "out of range"),
        (lambda: tnp.ones(3)[0, 0], tx.AxisError, "2 indices"),
        (lambda: tnp.ones((2, 2))[..., ...], tx.AxisError, "more than one"),
        (lambda: tnp.ones(3)[::0], tx.ArgumentError, "step"),
        (lambda: tnp.ones(3)[1.0], tx.ArgumentError, "not an index"),
        (lambda: tnp.ones(3)["a"], tx.ArgumentError, "not an index"),
        (lambda: tnp.ones(3)[tnp.ones(2) > 0], tx.AxisError, "mask of shape"),
        (lambda: tnp.ones((3, 3))[[0, 1], [0, 1, 2]], tx.ShapeError, "broadcast"),
        (lambda: tnp.ones(3).at[0].set([1, 2]), tx.ShapeError, "broadcast"),
        (lambda: tnp.ones(3).at[0].get("near"), tx.ArgumentError, "near"),
        (lambda: tnp.isdtype(tnp.float32, "real"), tx.ArgumentError, "numeric"),
        (lambda: tnp.finfo(tnp.int32), tx.DtypeError, "not a float"),
        (lambda: tnp.searchsorted([1.0], 2.0, side="up"), tx.ArgumentError, "side"),
        (lambda: tnp.cumulative_sum(np.ones((2, 2))), tx.ArgumentError, "axis"),
        (lambda: tnp.quantile([], 0.5), tx.ShapeError, "extent 0"),
        (lambda: tnp.top_k([1.0], 2), tx.ArgumentError, "k=2"),
        (lambda: tnp.tile(np.ones(2), -1), tx.ShapeError, "negative"),
        (lambda: tnp.repeat(np.ones(2), 1.5), tx.ArgumentError, "made of ints"),
        (lambda: tx.tree.map(lambda a, b: a, {"a": 1}, [1]), tx.ArgumentError, "differ"),
        (lambda: tx.tree.unflatten("*", [1, 2]), tx.ArgumentError, "1 leaves was given 2"),
        (lambda: tx.tree.leaves({1: 1, "a": 2}), tx.ArgumentError, "sorted"),
    ],
)
def test_each_mistake_has_its_error(on_numpy: None, call: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        call()
    assert caught.value.where.file == __file__


def test_64_bit_requests_warn_once(on_numpy: None) -> None:
    from texelate.compiler.ir import dtypes

    dtypes._warned.clear()
    with pytest.warns(UserWarning, match="float64 is not available"):
        assert tnp.zeros(2, "float64").dtype == "float32"
    assert tnp.ones(2, "float64").dtype == "float32"
    assert tnp.asarray(np.ones(2)).dtype == "float32"
    assert tnp.asarray([1.0], float).dtype == "float32"


def test_containers_that_contain_themselves(on_numpy: None) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(tx.ArgumentError, match="contains itself"):
        tx.jit(lambda x: x)(loop)
