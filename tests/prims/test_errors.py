"""Bad operands and parameters: a typed error that names the operation and the shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from texelate.compiler.errors import (
    ArgumentError,
    AxisError,
    DtypeError,
    LimitError,
    ShapeError,
    TexelateError,
)
from texelate.compiler.ir import prims  # noqa: F401  (registers all)
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import bool_, float32, int32, uint32
from texelate.compiler.ir.primitive import lookup
from texelate.compiler.ir.text import parse_graph

ONES = {"strides": (1,), "padding": ((0, 0),), "lhs_dilation": (1,), "rhs_dilation": (1,)}
WINDOW: dict[str, Any] = {"window": (2,), "strides": (1,), "padding": ((0, 0),), "dilation": (1,)}

BAD: list[tuple[str, str, dict[str, Any], type[TexelateError]]] = [
    ("add", "f32[2] f32[3]", {}, ShapeError),
    ("add", "f32[2] i32[2]", {}, DtypeError),
    ("add", "bool[2] bool[2]", {}, DtypeError),
    ("add", "f32[2]", {}, ArgumentError),
    ("exp", "i32[2]", {}, DtypeError),
    ("select", "f32[2] f32[2] f32[2]", {}, DtypeError),
    ("select", "bool[2] f32[2] i32[2]", {}, DtypeError),
    ("select", "bool[2] f32[3] f32[3]", {}, ShapeError),
    ("bitcast", "bool[2]", {"dtype": int32}, DtypeError),
    ("broadcast_in_dim", "f32[2]", {"shape": (3,), "dims": (0,)}, ShapeError),
    ("broadcast_in_dim", "f32[2,3]", {"shape": (3, 2), "dims": (1, 0)}, AxisError),
    ("broadcast_in_dim", "f32[2]", {"shape": (2,), "dims": ()}, AxisError),
    ("broadcast_in_dim", "f32[2]", {"shape": (2,), "dims": (1,)}, AxisError),
    ("broadcast_in_dim", "f32[1]", {"shape": (-1,), "dims": (0,)}, ShapeError),
    ("broadcast_in_dim", "f32[]", {"shape": (2**20, 2**20), "dims": ()}, LimitError),
    ("reshape", "f32[2,3]", {"shape": (5,)}, ShapeError),
    ("reshape", "f32[2,3]", {"shape": (-2, -3)}, ShapeError),
    ("reshape", "f32[2,3]", {"shape": (2.0, 3)}, ShapeError),
    ("transpose", "f32[2,3]", {"perm": (0, 0)}, AxisError),
    ("transpose", "f32[2,3]", {"perm": (0,)}, AxisError),
    ("rev", "f32[2,3]", {"axes": (2,)}, AxisError),
    ("rev", "f32[2,3]", {"axes": (1, 1)}, AxisError),
    ("slice", "f32[4]", {"start": (2,), "limit": (5,), "stride": (1,)}, ShapeError),
    ("slice", "f32[4]", {"start": (-1,), "limit": (2,), "stride": (1,)}, ShapeError),
    ("slice", "f32[4]", {"start": (0,), "limit": (2,), "stride": (0,)}, ShapeError),
    ("slice", "f32[4]", {"start": (0, 0), "limit": (2,), "stride": (1,)}, ShapeError),
    ("pad", "f32[4] f32[]", {"low": (-3,), "high": (-2,), "interior": (0,)}, ShapeError),
    ("pad", "f32[4] f32[]", {"low": (0,), "high": (0,), "interior": (-1,)}, ShapeError),
    ("pad", "f32[4] f32[1]", {"low": (0,), "high": (0,), "interior": (0,)}, ShapeError),
    ("pad", "f32[4] i32[]", {"low": (0,), "high": (0,), "interior": (0,)}, DtypeError),
    ("pad", "f32[4] f32[]", {"low": (2**31,), "high": (0,), "interior": (0,)}, LimitError),
    ("concatenate", "f32[2,3] f32[2,4]", {"axis": 0}, ShapeError),
    ("concatenate", "f32[2,3] i32[2,3]", {"axis": 0}, DtypeError),
    ("concatenate", "f32[2,3] f32[2]", {"axis": 0}, ShapeError),
    ("concatenate", "f32[2]", {"axis": 1}, AxisError),
    ("concatenate", "", {"axis": 0}, ShapeError),
    ("iota", "", {"shape": (2,), "dtype": bool_, "axis": 0}, DtypeError),
    ("iota", "", {"shape": (2,), "dtype": int32, "axis": 1}, AxisError),
    ("gather", "f32[0] i32[2]", {"axis": 0}, ShapeError),
    ("gather", "f32[3] f32[2]", {"axis": 0}, DtypeError),
    ("gather", "f32[3] i32[2]", {"axis": 1}, AxisError),
    ("scatter_reduce", "f32[3] i32[2]", {"monoid": "sum", "axis": 0, "size": 4}, ShapeError),
    ("scatter_reduce", "f32[2] i32[2]", {"monoid": "sum", "axis": 0, "size": 0}, ShapeError),
    ("scatter_reduce", "f32[2] i32[2]", {"monoid": "sum", "axis": 0, "size": -1}, ShapeError),
    ("scatter_reduce", "f32[2] i32[2]", {"monoid": "any", "axis": 0, "size": 2}, ArgumentError),
    ("gather", "f32[2] i32[2]", {"axis": 0, "mode": "wrap"}, ArgumentError),
    ("take_along", "f32[2,3] i32[3,3]", {"axis": 1}, ShapeError),
    ("take_along", "f32[0] i32[2]", {"axis": 0}, ShapeError),
    ("put_along", "f32[2] i32[3]", {"axis": 0, "size": 4}, ShapeError),
    ("put_along", "bool[2] i32[2]", {"axis": 0, "size": 4}, DtypeError),
    ("cumulative", "f32[2]", {"monoid": "any", "axis": 0, "reverse": False}, ArgumentError),
    ("cumulative", "f32[2]", {"monoid": "sum", "axis": 1, "reverse": False}, AxisError),
    ("cumulative", "bool[2]", {"monoid": "sum", "axis": 0, "reverse": False}, DtypeError),
    ("dynamic_slice", "f32[3] i32[]", {"sizes": (4,)}, ShapeError),
    ("dynamic_slice", "f32[3] i32[]", {"sizes": (1, 1)}, ShapeError),
    ("dynamic_slice", "f32[3] u32[]", {"sizes": (1,)}, DtypeError),
    ("dynamic_update_slice", "f32[3] f32[4] i32[]", {}, ShapeError),
    ("dynamic_update_slice", "f32[3] i32[1] i32[]", {}, DtypeError),
    ("sort_indices", "f32[]", {"axis": 0, "descending": False}, AxisError),
    ("rank", "f32[2]", {"axis": 0}, DtypeError),
    ("merge_order", "u32[6]", {"run": 2}, ShapeError),
    ("lower_bound", "f32[2,3] f32[3,2]", {"side": "left"}, ShapeError),
    ("lower_bound", "f32[3] f32[2]", {"side": "both"}, ArgumentError),
    ("reduce", "f32[2,0]", {"monoid": "max", "axes": (1,)}, ShapeError),
    ("reduce", "f32[2]", {"monoid": "sum", "axes": (1,)}, AxisError),
    ("reduce", "f32[2,2]", {"monoid": "sum", "axes": (1, 0)}, AxisError),
    ("reduce", "f32[2]", {"monoid": "any", "axes": (0,)}, DtypeError),
    ("reduce", "bool[2]", {"monoid": "sum", "axes": (0,)}, DtypeError),
    ("reduce", "f32[2]", {"monoid": "mean", "axes": (0,)}, ArgumentError),
    ("argmax", "f32[2,0]", {"axis": 1}, ShapeError),
    ("argmin", "f32[2]", {"axis": 1}, AxisError),
    ("dot_general", "f32[2,3] f32[4,5]", {"contract": ((1,), (0,)), "batch": ((), ())}, ShapeError),
    ("dot_general", "f32[2] i32[2]", {"contract": ((0,), (0,)), "batch": ((), ())}, DtypeError),
    ("dot_general", "f32[2] f32[2]", {"contract": ((0,), ()), "batch": ((), ())}, ShapeError),
    ("dot_general", "f32[2] f32[2]", {"contract": ((0,), (0,)), "batch": ((0,), (0,))}, AxisError),
    ("conv_general", "f32[1,2,5,3] f32[1,3,4,2]", ONES, ShapeError),
    ("conv_general", "f32[1,2,5,3] f32[2,3,3,2]", ONES, ShapeError),
    ("conv_general", "f32[2,5] f32[2,5]", ONES, ShapeError),
    ("conv_general", "f32[1,2,5,3] f32[1,0,3,2]", ONES, ShapeError),
    ("conv_general", "f32[1,2,5,3] f32[1,3,3,2]", {**ONES, "strides": (0,)}, ShapeError),
    ("conv_general", "f32[1,2,5,3] f32[1,3,3,2]", {**ONES, "padding": ()}, ShapeError),
    ("conv_general", "f32[1,2,5,3] f32[1,3,3,2]", {**ONES, "padding": ((-9, 0),)}, ShapeError),
    ("reduce_window", "f32[5]", {"monoid": "prod", **WINDOW}, ArgumentError),
    ("reduce_window", "f32[5,5]", {"monoid": "sum", **WINDOW}, ShapeError),
    ("reduce_window", "f32[5]", {"monoid": "sum", **WINDOW, "window": (0,)}, ShapeError),
    ("reduce_window", "f32[5]", {"monoid": "sum", **WINDOW, "padding": ((-9, 0),)}, ShapeError),
    ("window_take", "f32[5] i32[5]", WINDOW, ShapeError),
    ("window_take", "f32[5] f32[4]", WINDOW, ShapeError),
    ("window_put", "f32[5] i32[5]", {**WINDOW, "shape": (5,)}, ShapeError),
    ("random_bits", "f32[2]", {"shape": (3,)}, DtypeError),
    ("random_bits", "u32[3]", {"shape": (3,)}, ShapeError),
    ("random_bits", "u32[2]", {"shape": (2**32,)}, LimitError),
]


def avals(text: str) -> list[Aval]:
    inputs = ", ".join(f"x{k}: {word}" for k, word in enumerate(text.split()))
    return list(parse_graph(f"graph f({inputs}) {{ return 0:i32 }}").in_avals)


@pytest.mark.parametrize(("name", "operands", "params", "error"), BAD, ids=lambda v: str(v)[:40])
def test_refused(name: str, operands: str, params: dict[str, Any], error: type) -> None:
    with pytest.raises(error) as caught:
        lookup(name).abstract(*avals(operands), **params)
    assert type(caught.value) is error
    first = str(caught.value).splitlines()[0]
    assert name in first, "the operation is named"
    shapes = [str(a) for a in avals(operands)] + [str(params.get("shape"))]
    assert any(s in first for s in shapes) or not operands or error is ArgumentError


SMALL = st.integers(-3, 4)


@settings(max_examples=300)
@given(
    st.sampled_from(["slice", "pad", "reduce_window", "broadcast_in_dim", "transpose", "reduce"]),
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
    st.lists(st.lists(SMALL, max_size=3).map(tuple), min_size=4, max_size=4),
)
def test_random_parameters_are_refused_or_mean_something(
    name: str, shape: tuple[int, ...], numbers: list[tuple[int, ...]]
) -> None:
    """Never an untyped error, and never a result of another shape than announced."""
    a, b, c, d = numbers
    params: dict[str, Any] = {
        "slice": {"start": a, "limit": b, "stride": c},
        "pad": {"low": a, "high": b, "interior": c},
        "reduce_window": {
            "monoid": "max", "window": a, "strides": b, "dilation": c,
            "padding": tuple((n, n) for n in d),
        },
        "broadcast_in_dim": {"shape": a, "dims": b},
        "transpose": {"perm": a},
        "reduce": {"monoid": "max", "axes": a},
    }[name]  # fmt: skip
    operands = [np.ones(shape, np.float32)] + [np.ones((), np.float32)] * (name == "pad")
    try:
        aval = lookup(name).abstract(*(Aval(x.shape, float32) for x in operands), **params)
    except TexelateError:
        return
    assert lookup(name).reference(*operands, **params).shape == aval.shape


def test_weak_types_survive_movement() -> None:
    weak = Aval((2,), float32, weak=True)
    assert lookup("reshape").abstract(weak, shape=(2, 1)).weak
    assert lookup("neg").abstract(weak).weak
    assert not lookup("add").abstract(weak, Aval((2,), float32)).weak
    assert lookup("random_bits").abstract(Aval((2,), uint32), shape=(3,)).dtype is uint32
