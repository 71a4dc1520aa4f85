"""Every primitive on the adapter, compiled for both families of targets, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from tests.lower.running import TARGETS, check, traced
from tests.prims.cases import NAMES, Case, cases
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import bool_, float32, int32, uint32
from texelate.compiler.ir.primitive import REGISTRY, lookup

SPECIAL = np.array(
    [0, -0.0, 1, -1, 0.5, -0.5, 2.5, -2.5, 1e-8, -1e-3, 3.3, -3.7, 20, -20, 88, -88, 100, -100,
     np.inf, -np.inf, np.nan, 1e30, -1e30, 2e-38, 0.99, -0.99, 0.3, -0.3, 5, 0.2, 0.7, -1.5],
    np.float32,
)  # fmt: skip
INTEGERS = np.array(
    [0, 1, -1, 2, -2, 7, -7, 31, 32, 33, -33, 2**31 - 1, -(2**31), 5, 100, 3], np.int32
)
UNARY = """
    neg exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan asin acos atan sinh cosh tanh
    asinh acosh atanh logistic erf erf_inv abs sign floor ceil round trunc is_nan is_finite
""".split()
BINARY = """add sub mul div rem max min pow atan2 eq ne lt le gt ge""".split()
INTEGER = """
    add sub mul div rem max min eq lt ge and or xor shift_left shift_right_logical
    shift_right_arithmetic
""".split()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_primitive_agrees_with_numpy(name: str, target: str) -> None:
    @settings(max_examples=5)
    @given(cases(name))
    def agrees(case: Case) -> None:
        check(case.graph(), case.operands, target, 1e-4)

    agrees()


@pytest.mark.parametrize("name", UNARY)
def test_unary_at_special_values(name: str) -> None:
    """Infinities, NaN, both zeros, domain errors, arguments of sines that are hard to reduce."""
    check(traced(lookup(name), Aval(SPECIAL.shape, float32)), [SPECIAL], "software")


@pytest.mark.parametrize("name", BINARY)
def test_binary_at_special_values(name: str) -> None:
    a, b = np.repeat(SPECIAL, SPECIAL.size), np.tile(SPECIAL, SPECIAL.size)
    check(traced(lookup(name), *[Aval(a.shape, float32)] * 2), [a, b], "software")


@pytest.mark.parametrize("dtype", [int32, uint32])
@pytest.mark.parametrize("name", INTEGER)
def test_integers_at_their_ends(name: str, dtype: Any) -> None:
    """Division by zero gives 0, shifts by 32 or more clear every bit, products wrap."""
    a, b = np.repeat(INTEGERS, INTEGERS.size), np.tile(INTEGERS, INTEGERS.size)
    arrays = [x.view(dtype.numpy) for x in (a, b)]
    check(traced(lookup(name), *[Aval(a.shape, dtype)] * 2), arrays, "software")


@pytest.mark.parametrize("to", [float32, int32, uint32, bool_])
@pytest.mark.parametrize("x", [SPECIAL, INTEGERS, INTEGERS.view(np.uint32), INTEGERS > 1])
def test_conversions(x: Any, to: Any) -> None:
    """Float to integer saturates and NaN becomes 0."""
    from texelate.compiler.ir.dtypes import as_dtype

    convert = REGISTRY["convert"]
    check(traced(lambda v: convert(v, dtype=to), Aval(x.shape, as_dtype(x.dtype))), [x], "software")
