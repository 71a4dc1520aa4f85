"""Dtypes against JAX's and NumPy's own promotion."""

import pickle
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from texelate.compiler.errors import DtypeError
from texelate.compiler.ir import dtypes
from texelate.compiler.ir.dtypes import ALL, as_dtype, bool_, float32, int32, of_scalar, promote

WEAK = [(int32, 1), (float32, 1.0)]
OPERANDS = [(d, False, jnp.ones((), d.numpy)) for d in ALL] + [(d, True, x) for d, x in WEAK]


@pytest.mark.parametrize("a", OPERANDS, ids=str)
@pytest.mark.parametrize("b", OPERANDS, ids=str)
def test_promotion_is_jax_without_64_bits(a, b) -> None:
    dtype, weak = jax.dtypes.result_type(a[2], b[2], return_weak_type_flag=True)
    assert promote(*a[:2], *b[:2]) == (as_dtype(np.dtype(dtype)), weak)


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_specs_of_a_dtype(dtype) -> None:
    specs = [dtype, dtype.numpy, dtype.numpy.type, dtype.name, dtype.numpy.str]
    specs += [dtype.short] if dtype.short not in ("i8", "u8") else []  # 64 bits, as NumPy says
    assert [as_dtype(s) for s in specs] == [dtype] * len(specs)
    assert dtype == dtype.numpy.type
    assert dtype == dtype.name
    assert hash(dtype) == hash(dtype.numpy)
    assert pickle.loads(pickle.dumps(dtype)) is dtype
    assert str(dtype) == dtype.numpy.name


def test_python_types_are_32_bit_without_a_warning() -> None:
    assert [as_dtype(t) for t in (bool, int, float)] == [bool_, int32, float32]
    assert [of_scalar(x) for x in (True, 3, 3.0)] == [bool_, int32, float32]


def test_64_bit_requests_warn_once_and_narrow() -> None:
    """In a fresh interpreter, since the warning comes once a process."""
    code = """if True:
        import warnings
        import numpy as np
        from texelate.compiler.ir.dtypes import as_dtype, float32, int32, uint32
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            assert as_dtype("float64") is as_dtype(np.float64) is float32
            assert as_dtype(np.int64) is int32
            assert as_dtype("u8") is uint32
        assert len(seen) == 3, seen
        assert "float64 is not available on GPUs; using float32" in str(seen[0].message)
    """
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("spec", ["longdouble", np.clongdouble, "nonsense", object(), "S3", dict])
def test_other_dtypes_are_errors_that_list_the_right_ones(spec) -> None:
    with pytest.raises(DtypeError, match=r"bool, int8, int16, int32, uint8"):
        as_dtype(spec)


def test_inequality_with_other_things() -> None:
    assert dtypes.float32 != dtypes.int32
    assert dtypes.float32 != "nonsense"
    assert dtypes.float32 != np.float64
