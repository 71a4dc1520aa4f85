"""Every primitive that takes 8 and 16 bits, on the adapter, against NumPy's own narrow dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lower.running import check, traced
from tests.prims.cases import NAMES, Case, cases
from texelate.compiler.errors import DtypeError, ShapeError
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import ALL, DType, as_dtype
from texelate.compiler.ir.primitive import REGISTRY, lookup

NARROW = [d for d in ALL if d.is_narrow]
INTEGERS = [d for d in NARROW if d.kind != "f"]
BY_BITS = {bits: {d.kind: d for d in NARROW if d.itemsize * 8 == bits} for bits in (8, 16)}
UNARY = "neg abs sign not popcount".split()
BINARY = """
    add sub mul div rem max min eq lt ge and or xor shift_left shift_right_logical
    shift_right_arithmetic
""".split()
TOLERANCE = 2e-2  # NumPy's sums of float16 round after every addition, ours once


def narrowed(case: Case, bits: int) -> Case | None:
    """``case`` with numbers of ``bits`` bits; None when its primitive does not take them."""

    def of(dtype: DType) -> DType:
        return BY_BITS[16 if dtype.kind == "f" else bits].get(dtype.kind, dtype)

    wide = [as_dtype(x.dtype) for x in case.operands]
    params = {k: of(v) if isinstance(v, DType) else v for k, v in case.params.items()}
    for chosen in ([of(d) for d in wide], [of(wide[0]), *wide[1:]] if wide else []):
        try:
            avals = [Aval(x.shape, d) for x, d in zip(case.operands, chosen)]
            case.prim.abstract(*avals, **params)
        except (DtypeError, ShapeError):
            continue
        scale = {d: 1 if d.kind in "fb" else 19 for d in chosen}
        arrays = [np.asarray(x * scale[d], d.numpy) for x, d in zip(case.operands, chosen)]
        return Case(case.prim, arrays, params)
    return None


@pytest.mark.parametrize("name", NAMES)
def test_primitive_agrees_with_numpy(name: str) -> None:
    @settings(max_examples=2)
    @given(cases(name), st.sampled_from([8, 16]))
    def agrees(case: Case, bits: int) -> None:
        narrow = narrowed(case, bits)
        if narrow is None:
            return
        halves = any(x.dtype == np.float16 for x in narrow.operands)
        for target in ("software", "packed") if halves else ("software",):
            check(narrow.graph(), narrow.operands, target, TOLERANCE)

    agrees()


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_integers_wrap_at_their_ends(dtype: DType) -> None:
    """Values of the whole range with those at its ends; shifts by any amount."""
    info = np.iinfo(dtype.numpy)
    ends = [info.min, info.min + 1, 0, 1, 2, 3, 7, 8, 15, 16, info.max - 1, info.max]
    values = np.unique(np.linspace(info.min, info.max, 256).astype(np.int64))
    a, b = (x.reshape(-1).astype(dtype.numpy) for x in np.meshgrid(values, ends))

    def all_of(x: Any, y: Any) -> list[Any]:
        unary = [lookup(name)(x) for name in UNARY if name != "abs" or dtype.kind == "i"]
        return [*unary, *(lookup(name)(x, y) for name in BINARY)]

    check(traced(all_of, *[Aval(a.shape, dtype)] * 2), [a, b], "software")


EXTREMES = [0.0, -0.0, 1.0, -1.5, 127.5, 128.0, -129.0, 255.9, 300.0, 65535.4, 65536.0, -1e6, 1e10]
FLOATS = np.array([*EXTREMES, np.inf, -np.inf, np.nan, 6e-8, 3e-8, 2.9e-8, 65519.0, 65520.0])


@pytest.mark.parametrize("source", [d for d in ALL if d.kind != "c"], ids=str)
def test_conversions(source: DType) -> None:
    """Floats to integers truncate and saturate, NaN is 0; integers wrap; float16 rounds to even."""
    values = FLOATS if source.kind == "f" else np.arange(-300, 66_000, 37)
    with np.errstate(over="ignore"):
        x = values.astype(source.numpy)
    convert = REGISTRY["convert"]
    graph = traced(
        lambda v: [convert(v, dtype=d) for d in ALL if d.kind != "c"], Aval(x.shape, source)
    )
    for target in ("software", "packed"):
        check(graph, [x], target, 0.0)
