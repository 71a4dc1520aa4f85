"""Kernel IR as WGSL: what gets a name and where, and how launches and bindings are written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from texelate.compiler.codegen_wgsl.module import grid, print_wgsl
from texelate.compiler.ir import kernel as K
from texelate.compiler.ir.dtypes import bool_, float32, int32, uint32
from texelate.compiler.ir.index import Index, Loop
from texelate.compiler.ir.kernel import (
    LANE,
    Assign,
    Barrier,
    Declare,
    Expr,
    For,
    If,
    Kernel,
    Param,
    Shared,
    SharedStore,
    Stmt,
    Store,
)  # fmt: skip

ITEM = Index.of(K.item(1000))
J = Loop("j", 10)


def load(name: str, index: Index, dtype: Any = float32, lanes: int = 1) -> Expr:
    return Expr("load", (K.index_value(index),), dtype, lanes, name)


def kernel(*body: Stmt, dtype: Any = float32, **changes: Any) -> Kernel:
    params = (Param("src", dtype, 1000), Param("dst", dtype, 1000, writable=True))
    fields = {"params": params, "workgroup": 64, "groups": 16, "items": 1000} | changes
    return Kernel(name="k", body=tuple(body), **fields)


def lines(k: Kernel, max_groups: int = 65535) -> list[str]:
    """The body of ``main``, without indentation."""
    text = print_wgsl(k, max_groups)
    return [x.strip() for x in text[text.index("fn main") :].splitlines()[2:-1]]


def at(found: list[str], pattern: str) -> int:
    """The only line that has ``pattern``."""
    (number,) = [i for i, x in enumerate(found) if re.search(pattern, x)]
    return number


# --- names ---------------------------------------------------------------------------------------


def test_a_shared_expression_is_computed_once() -> None:
    e = K.call("sqrt", load("src", ITEM))
    found = lines(kernel(Store("dst", ITEM, K.call("mul", e, K.call("add", e, e)))))
    assert sum(x.count("sqrt(") for x in found) == 1


def test_what_a_loop_leaves_alone_is_computed_before_it() -> None:
    x = K.register("x", float32)
    heavy = K.call("sqrt", load("src", ITEM))
    inner = load("src", Index.of(J))
    loop = For(J, (Assign("x", K.call("fma", heavy, inner, x)),))
    found = lines(kernel(Declare("x", K.zero(float32)), loop, Store("dst", ITEM, x)))
    assert at(found, r"sqrt\(") < at(found, "^for ") < at(found, r"src\[j\]")


def test_a_register_that_changed_is_read_again() -> None:
    x = K.register("x", float32)
    e = K.call("sqrt", x)
    twice = K.call("mul", e, e)
    found = lines(
        kernel(
            Declare("x", load("src", ITEM)),
            Store("dst", ITEM, twice),
            Assign("x", K.one()),
            Store("dst", ITEM + 1, twice),
        )
    )
    assert sum("sqrt(x)" in line for line in found) == 2


def test_a_register_changed_by_a_condition_is_read_again_after_it() -> None:
    x = K.register("x", float32)
    e = K.call("mul", K.call("sqrt", x), K.call("exp", x))
    positive = K.call("gt", load("src", ITEM), K.zero(float32), dtype=bool_)
    found = lines(
        kernel(
            Declare("x", K.zero(float32)),
            Store("dst", ITEM, e),
            If(positive, (Assign("x", K.one()),)),
            Store("dst", ITEM + 1, e),
        )
    )
    assert sum("sqrt(x)" in line for line in found) == 2


def test_names_of_an_inner_block_end_with_it() -> None:
    e = K.call("sqrt", load("src", ITEM))
    e = K.call("mul", e, e)
    positive = K.call("gt", load("src", ITEM + 1), K.zero(float32), dtype=bool_)
    found = lines(kernel(If(positive, (Store("dst", ITEM, e),)), Store("dst", ITEM + 1, e)))
    assert sum("sqrt(" in line for line in found) == 2


# --- buffers -------------------------------------------------------------------------------------


def test_a_buffer_updated_in_place_is_bound_once_and_read_again_after_the_store() -> None:
    value = K.call("sqrt", load("src", ITEM))
    k = kernel(
        Store("dst", ITEM, value),
        Store("dst", ITEM, K.call("add", load("src", ITEM), K.one())),
        params=(Param("dst", float32, 1000, writable=True),),
        aliases=(("src", "dst"),),
    )
    text = print_wgsl(k)
    assert "src" not in text
    assert text.count("@binding") == 1
    assert lines(k)[-4:] == [
        "let t1 = dst[item];",
        "dst[item] = sqrt(t1);",
        "let t2 = dst[item];",
        "dst[item] = (t2 + 1.0f);",
    ]


def test_bools_are_words_in_buffers() -> None:
    flag = load("src", ITEM, bool_)
    text = print_wgsl(kernel(Store("dst", ITEM, K.call("not", flag)), dtype=bool_))
    assert "src: array<u32>" in text
    assert "dst[item] = select(u32(0u), u32(1u), !(src[item] != 0u));" in text


def test_bools_are_bools_in_workgroup_memory() -> None:
    me = Index.of(K.thread(64))
    k = kernel(
        SharedStore("flags", me, load("src", me, bool_)),
        Barrier(),
        Store("dst", me, Expr("shared", (K.index_value(me + 1),), bool_, 1, "flags")),
        dtype=bool_,
        items=None,
        shared=(Shared("flags", bool_, 64),),
    )
    text = print_wgsl(k)
    assert "var<workgroup> flags: array<bool, 64>;" in text
    assert "flags[thread] = (src[thread] != 0u);" in text


def test_elements_of_vector_buffers() -> None:
    """A buffer that is read as vectors somewhere is an array of vectors everywhere."""
    offset = ITEM * 4 + Index.of(LANE)
    params = (Param("src", float32, 4000, vec=True), Param("dst", float32, 4000, True, vec=True))
    wide = Store("dst", offset, load("src", ITEM, lanes=4))
    one = Store("dst", ITEM, load("src", ITEM + 1))
    text = print_wgsl(kernel(wide, one, params=params))
    assert "src: array<vec4<f32>>" in text
    assert "dst[item] = src[item];" in text
    assert "let ix1 = (item + 1);" in text
    assert "dst[(item >> 2u)][(item & 3)] = src[(ix1 >> 2u)][(ix1 & 3)];" in text


# --- launches ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "groups", "guard"),
    [(1024, 16, False), (1000, 16, True)],
)
def test_only_launches_that_overhang_are_guarded(items: int, groups: int, guard: bool) -> None:
    k = kernel(Store("dst", ITEM, K.one()), items=items, groups=groups)
    assert (f"if (item >= {items}) {{ return; }}" in print_wgsl(k)) is guard


def test_grids_fold_into_two_dimensions() -> None:
    k = kernel(Store("dst", ITEM, K.one()), items=1024)
    assert grid(k, 65535) == (16, 1, 1)
    assert grid(k, 6) == (6, 3, 1)
    text = print_wgsl(k, 6)
    assert "(workgroup.y * 6u + workgroup.x)" in text
    assert "if (item >= 1024) { return; }" in text


def test_groups_beyond_the_last_return() -> None:
    k = kernel(Store("dst", Index.of(K.group(16)), K.one()), items=None)
    assert "return" not in print_wgsl(k)
    assert "if (group >= 16) { return; }" in print_wgsl(k, 6)


def test_repeated_bodies_step_between() -> None:
    def text(repeat: int) -> str:
        x = K.register("x", float32)
        add = Assign("x", K.call("add", x, load("src", Index.of(J))))
        k = kernel(Declare("x", K.zero(float32)), For(J, (add,), repeat), Store("dst", ITEM, x))
        return print_wgsl(k)

    assert text(1).count("src[j]") == 1
    assert (text(5).count("src[j]"), text(5).count("j++"), "break" in text(5)) == (5, 5, False)
    assert (text(3).count("src[j]"), text(3).count("break")) == (3, 2)


# --- helpers and constants -----------------------------------------------------------------------


def test_only_needed_helpers_are_written_in_order_of_use() -> None:
    text = print_wgsl(kernel(Store("dst", ITEM, K.call("erf_inv", load("src", ITEM)))))
    found = re.findall(r"^fn (\w+)", text, re.MULTILINE)
    logarithm = ["tx_split_log1", "tx_log_series1", "tx_inf1", "tx_nan1", "tx_log1"]
    assert [n for n in found if n in logarithm] == logarithm
    assert found[-2:] == ["tx_erf_inv1", "main"]
    assert "tx_exp1" not in found


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (1.0, float32, "1.0f"), (-2.5, float32, "(-2.5f)"), (-0.0, float32, "(-0.0f)"),
        (1e30, float32, "1e+30f"), (1e-45, float32, "bitcast<f32>(0x1u)"),
        (float("inf"), float32, "tx_inf1()"), (float("nan"), float32, "tx_nan1()"),
        (-(2**31), int32, "i32(-2147483648)"), (2**32 - 1, uint32, "4294967295u"),
    ],
)  # fmt: skip
def test_constants(value: float, dtype: Any, text: str) -> None:
    assert lines(kernel(Store("dst", ITEM, K.const(value, dtype)), dtype=dtype))[-1] == (
        f"dst[item] = {text};"
    )


def test_what_drivers_would_make_wrong_zeros_of() -> None:
    """x - x of infinity is NaN, and 0 is not -0."""
    x = load("src", ITEM)
    difference = lines(kernel(Store("dst", ITEM, K.call("sub", x, x))))
    assert difference[-1] == "dst[item] = tx_nothing1(t1);"
    chosen = K.select(K.call("lt", x, K.one()), K.const(-1.0, float32), K.zero(float32))
    written = lines(kernel(Store("dst", ITEM, chosen)))[-1]
    assert written == "dst[item] = f32(select(i32(0), i32(-1), (src[item] < 1.0f)));"


def test_negative_indices_divide_downwards() -> None:
    """WGSL truncates: the numerator is made positive first."""
    offset = (ITEM - 500) // 8 + 63
    (store,) = (x for x in lines(kernel(Store("dst", offset, K.one()))) if "dst[" in x)
    place = re.fullmatch(r"dst\[(.*)\] = 1.0f;", store)
    assert place is not None
    c = place[1].replace("u)", ")")
    assert [eval(c, {"item": i}) for i in (0, 3, 499, 500, 507, 508)] == [0, 0, 62, 63, 63, 64]
