"""Array objects behave as NumPy's: operators, indices, protocols, copies, and how they print."""

from __future__ import annotations

import copy
import math
import operator as op
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

Host = np.ndarray[Any, Any]
F = np.array([[1.5, -2.0, 3.0], [4.0, 0.5, -6.0]], np.float32)
G = np.array([[2.0, 3.0, -1.0], [0.5, 2.0, 1.0]], np.float32)
K, J = np.array([5, 6, -7, 12], np.int32), np.array([1, 3, 2, 0], np.int32)
B = np.array([True, False, True, True])

ARITHMETIC = [op.add, op.sub, op.mul, op.truediv, op.floordiv, op.mod]
COMPARISONS = [op.lt, op.le, op.eq, op.ne, op.gt, op.ge]
BITS = [op.and_, op.or_, op.xor]
IN_PLACE = [op.iadd, op.isub, op.imul, op.itruediv, op.ifloordiv, op.imod]


def agree(got: Any, wanted: Any, rtol: float = 1e-6) -> None:
    assert type(got) is tx.Array
    assert got.shape == np.shape(wanted)
    assert got.dtype.kind == np.asarray(wanted).dtype.kind
    np.testing.assert_allclose(np.asarray(got), wanted, rtol=rtol)


def each_side(f: Callable[[Any, Any], Any], a: Host, b: Host, number: Any) -> list[Any]:
    """Results with arrays, NumPy's arrays, its scalars, Python's numbers and lists on each side."""
    x, y = tnp.asarray(a), tnp.asarray(b)
    pairs = [(x, y), (x, b), (a, y), (x, number), (number, x), (x, b[0]), (x, b.tolist())]
    plain = [(a, b), (a, b), (a, b), (a, number), (number, a), (a, b[0]), (a, b)]
    return [(f(p, q), f(u, v)) for (p, q), (u, v) in zip(pairs, plain, strict=True)]


@pytest.mark.parametrize("f", [*ARITHMETIC, *COMPARISONS], ids=lambda f: f.__name__)
def test_operators_of_floats(on_numpy: None, f: Any) -> None:
    for got, wanted in each_side(f, F, G, 2.5):
        agree(got, wanted)


@pytest.mark.parametrize(
    "f", [op.add, op.sub, op.mul, *COMPARISONS, *BITS], ids=lambda f: f.__name__
)
def test_operators_of_integers(on_numpy: None, f: Any) -> None:
    for got, wanted in each_side(f, K, J, 3):
        agree(got, wanted)


def operators(x: Any, y: Any, i: Any, j: Any, b: Any) -> list[Any]:
    """All operators, each in both directions where there are two."""
    return [
        *(f(x, y) for f in (*ARITHMETIC, *COMPARISONS)),
        *(f(2.5, y) for f in ARITHMETIC),
        *(f(i, j) for f in (*BITS, op.lshift, op.rshift, op.floordiv, op.mod)[:-2]),
        *(f(3, j) for f in (*BITS, op.lshift, op.rshift)),
        *(f(b, ~b) for f in BITS),
        -x, +x, abs(x), ~i, ~b, x**2, 2.0**x, abs(x) ** y, x @ y.T, x.T @ y,
        *divmod(x, y), *divmod(7.0, y),
    ]  # fmt: skip


def test_all_operators_in_one_program(backend: str) -> None:
    wanted = operators(F, G, K, J, B)
    got = tx.jit(operators)(F, G, K, J, B)
    for a, b in zip(got, wanted, strict=True):
        agree(a, b, rtol=1e-5)


def test_matrix_products_with_numpy_on_the_left(on_numpy: None) -> None:
    x = tnp.asarray(F)
    agree(G.T @ x, G.T @ F)
    agree(G.T.tolist() @ x, G.T @ F)
    with pytest.raises(tx.ShapeError, match="rank 0"):
        x @ 2.0


def test_in_place_operators_bind_the_name_anew(backend: str) -> None:
    for f in IN_PLACE:
        x = before = tnp.asarray(F)
        x = f(x, G)
        agree(x, f(F.copy(), G))
        agree(before, F)
    x = tnp.asarray(K)
    x |= 1
    x <<= 2
    x >>= 1
    x ^= J
    x &= 6
    agree(x, ((((K | 1) << 2) >> 1) ^ J) & 6)
    y = tnp.asarray(F)
    y **= 2
    y @= np.eye(3, dtype=np.float32)
    agree(y, F**2)


def test_in_place_at_an_index(backend: str) -> None:
    x, wanted = tnp.asarray(F), F.copy()
    same, other = x, x + 0
    x[0, 1:] += 10
    x[:, 0] *= [2.0, 3.0]
    x[1] = x[0]
    wanted[0, 1:] += 10
    wanted[:, 0] *= [2, 3]
    wanted[1] = wanted[0]
    agree(x, wanted)
    assert same is x
    agree(other, F)


@pytest.mark.parametrize("other", [None, "a", object(), {}], ids=lambda x: type(x).__name__)
def test_what_is_no_operand(on_numpy: None, other: Any) -> None:
    x = tnp.asarray(F)
    for f in (op.add, op.sub, op.lt, op.matmul):
        with pytest.raises(TypeError):
            f(x, other)
        with pytest.raises(TypeError):
            f(other, x)
    assert (x == other) is False
    assert (x != other) is True


# --- reading and writing -------------------------------------------------------------------------

CUBE = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
INDICES: list[Any] = [
    1, -1, (2, -1, 3), np.s_[1:], np.s_[::-1], np.s_[::-2, 3:0:-1], np.s_[..., 0], np.s_[None, 1],
    np.s_[..., None, 2:], (), np.s_[5:], np.s_[-2:, :-1], np.int64(1), np.array(2),
    np.s_[None, ..., None],
    [2, 0], np.array([[0, 2], [1, 1]]), (np.array([0, 1]), np.array([1, -1])), (1, [0, 2], 1),
    ([0, 2], np.s_[:], [1, 3]), np.s_[::2, [3, 0]], (..., [4, 0]), (None, [0, 1], None),
    np.s_[::-1, [1, 0], ::-2], CUBE > 30, (CUBE > 30)[:, :, 0], np.s_[:, CUBE[0] > 7],
    np.array([True, False, True]), (np.array([True, False, True]), [0, 1]), True, False,
]  # fmt: skip


def test_all_indices(backend: str) -> None:
    """One fused program on each backend: nothing is looked at but masks."""
    x = tnp.asarray(CUBE)
    for got, index in zip([x[i] for i in INDICES], INDICES, strict=True):
        agree(got, CUBE[index])


def test_all_updates(backend: str) -> None:
    x, at = tnp.asarray(F), tnp.asarray([1, 0, 1])
    rows, new = np.array([1, 0, 1]), np.arange(9, dtype=np.float32).reshape(3, 3)
    folds = {
        "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "min": np.minimum,
        "max": np.maximum,
    }  # fmt: skip
    for name, ufunc in folds.items():
        wanted = F.copy()
        ufunc.at(wanted, rows, new)
        agree(getattr(x.at[at], name)(new), wanted)
    wanted = F.copy()
    wanted[rows] = new
    agree(x.at[at].set(new), wanted)
    agree(x.at[at].get(), F[rows])
    agree(x.at[:, ::2].divide(4.0), np.where([True, False, True], F / 4, F))
    agree(x.at[0].power(2), np.stack([F[0] ** 2, F[1]]))
    agree(x.at[at].apply(lambda v: -v), -F)
    agree(x.at[x > 1].set(0), np.where(F > 1, 0, F))
    agree(x, F)


def test_an_update_has_the_arrays_dtype(on_numpy: None) -> None:
    x = tnp.asarray(K)
    agree(x.at[0].set(2.9), np.array([2, *K[1:]], np.int32))
    x[1] = 7.5
    agree(x, np.array([5, 7, *K[2:]], np.int32))


# --- conversions and protocols -------------------------------------------------------------------


def test_conversions_of_one_element(on_numpy: None) -> None:
    x, i = tnp.asarray([[2.75]]), tnp.asarray(7)
    assert (float(x), int(x), bool(x), complex(x)) == (2.75, 2, True, 2.75)
    assert (op.index(i), list(range(9))[i], "ab" * i, math.floor(x)) == (7, 7, "ab" * 7, 2)
    assert (x.item(), type(i.item()), tnp.asarray(True).item()) == (2.75, int, True)
    assert math.isnan(tnp.asarray(np.nan))


@pytest.mark.parametrize("convert", [bool, int, float, complex], ids=lambda f: f.__name__)
def test_conversions_of_several_elements(on_numpy: None, convert: Any) -> None:
    for x in (tnp.asarray(F), tnp.asarray(F[:0])):
        with pytest.raises(tx.ShapeError, match="one element"):
            convert(x)


def test_conversions_that_do_not_exist(on_numpy: None) -> None:
    x = tnp.asarray(F)
    for no_index in (x[0, 0], x[0], tnp.asarray([1]), tnp.asarray(True)):
        with pytest.raises(TypeError, match="index"):
            op.index(no_index)
    for convert in (int, float):
        with pytest.raises(tx.DtypeError, match=r"x\.real"):
            convert(tnp.asarray(1j))
    with pytest.raises(ValueError, match="NaN"):
        int(tnp.asarray(np.nan))
    with pytest.raises(OverflowError):
        int(tnp.asarray(np.inf))
    for call in (hash, lambda x: {x: 1}):
        with pytest.raises(TypeError, match="unhashable"):
            call(x)
    for call in (len, list, lambda x: 1 in iter(x)):
        with pytest.raises(tx.ArgumentError, match="rank-0"):
            call(x[0, 0])
    with pytest.raises(AttributeError):
        x.shape = (6,)
    with pytest.raises(AttributeError):
        x.name = "x"


def test_containers(on_numpy: None) -> None:
    x = tnp.asarray(F)
    assert len(x) == 2
    assert [row.tolist() for row in reversed(x)] == F[::-1].tolist()
    assert 4.0 in x
    assert 9.0 not in x
    agree(sum(x), F.sum(0))
    assert max(x[0]).item() == 3
    _, second = x
    agree(second, F[1])
    assert x.tolist() == F.tolist()
    assert x.tobytes() == F.tobytes()


def test_attributes(backend: str) -> None:
    x = tnp.asarray(CUBE)
    assert (x.shape, x.ndim, x.size, x.nbytes, x.itemsize) == ((3, 4, 5), 3, 60, 240, 4)
    assert (x.dtype, x.dtype.name, x.device) == (tx.float32, "float32", backend)
    agree(x.T, CUBE.T)
    agree(x.mT, CUBE.swapaxes(-1, -2))
    agree(tnp.asarray([1 + 2j]).imag, [2.0])


METHODS: dict[str, tuple[Any, ...]] = {
    "reshape": (4, -1), "transpose": (2, 0, 1), "swapaxes": (0, 2), "ravel": (), "flatten": (),
    "repeat": (2, 1), "take": ([0, 2], 1), "sum": (1,), "mean": (0,), "prod": (2,), "max": (1,),
    "min": (), "std": (), "var": (0,), "any": (), "all": (1,), "argmax": (1,), "argmin": (),
    "argsort": (1,), "cumsum": (0,), "cumprod": (2,), "clip": (3.0, 20.0), "round": (1,),
    "conj": (), "conjugate": (), "copy": (), "squeeze": (),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_methods_take_numpys_arguments(on_numpy: None, name: str) -> None:
    args = METHODS[name]
    agree(getattr(tnp.asarray(CUBE), name)(*args), getattr(CUBE, name)(*args), rtol=1e-4)


def test_numpy_reads_arrays(backend: str) -> None:
    x = tnp.asarray(F)
    assert np.asarray(x).dtype == np.float32
    assert np.asarray(x, np.float64).dtype == np.float64
    assert np.array(x, copy=True).flags.writeable
    with pytest.raises(ValueError, match="without a copy"):
        np.array(x, np.float64, copy=False)
    np.testing.assert_allclose(np.sin(x), np.sin(F))
    assert np.arange(9)[tnp.asarray([2, 3])].tolist() == [2, 3]


def test_numpys_functions_that_call_methods(on_numpy: None) -> None:
    x = tnp.asarray(F)
    for f in (np.sum, np.max, np.mean, np.std, np.cumsum, np.transpose, np.squeeze, np.argmax):
        agree(f(x), f(F))
    agree(np.reshape(x, (3, 2)), F.reshape(3, 2))
    agree(np.swapaxes(x, 0, 1), F.T)
    with pytest.raises(tx.ArgumentError, match="order 'F'"):
        x.reshape(3, 2, order="F")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(backend: str, protocol: int) -> None:
    for host in (F, K, B, F[:0], np.float32(3), np.array([1 + 2j], np.complex64)):
        x = tnp.asarray(host)
        back = pickle.loads(pickle.dumps({"x": x}, protocol))["x"]
        agree(back, host)
        assert back.dtype is x.dtype


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, tx.Array.copy], ids=["copy", "deepcopy", "method"]
)
def test_copies_do_not_alias(on_numpy: None, duplicate: Any) -> None:
    x = tnp.asarray(F)
    other = duplicate(x)
    x[0] = 9
    agree(other, F)
    other[1] = 8
    assert 8 not in x


DTYPES = ["float32", "int32", "uint32", "bool", "complex64"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_dlpack_with_numpy(backend: str, dtype: str) -> None:
    host = (np.arange(6).reshape(2, 3) % 4).astype(dtype)
    x = tnp.asarray(host) if dtype == "bool" else tnp.asarray(host) + 0
    assert x.__dlpack_device__() == (1, 0)
    there = np.from_dlpack(x)
    np.testing.assert_array_equal(there, host)
    back = tnp.from_dlpack(host)
    agree(back, host)
    host[...] = 0
    assert back.any()  # a copy
    with pytest.raises(BufferError, match="copied"):
        x.__dlpack__(copy=False)


@pytest.mark.parametrize("dtype", ["float32", "int32", "bool", "complex64"])
def test_dlpack_with_torch(on_numpy: None, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    there = (torch.arange(6).reshape(2, 3) % 4).to(getattr(torch, dtype)).T
    x = tnp.from_dlpack(there)
    agree(x, there.numpy())
    assert torch.equal(torch.from_dlpack(x), there)


def test_dlpack_with_jax(backend: str) -> None:
    import jax.numpy as jnp

    there = jnp.asarray(F)
    x = tnp.from_dlpack(there)
    agree(x, F)
    assert jnp.array_equal(jnp.from_dlpack(x + 0), there)


# --- printing ------------------------------------------------------------------------------------


class Array(np.ndarray[Any, Any]):
    """NumPy prints a subclass by its name."""


PRINTED: list[Host] = [
    F, K, F[0, :0], F[:0], np.array(2.5, np.float32), np.array(-3, np.int32), CUBE / 7,
    np.arange(2000, dtype=np.float32), np.ones((40, 40), np.int32), np.ones((1, 1001), np.float32),
    np.array([1e-9, 1e9], np.float32), np.array([np.nan, np.inf, -np.inf, -0.0], np.float32),
    np.array([1 + 2j, -3.5j], np.complex64), np.arange(18, dtype=np.float32) / 7,
]  # fmt: skip


@pytest.mark.parametrize("host", PRINTED, ids=lambda h: f"{h.dtype}{h.shape}")
def test_prints_as_numpy(on_numpy: None, host: Host) -> None:
    x = tnp.asarray(host)
    assert repr(x) == repr(host.view(Array))
    assert str(x) == str(host)
    assert f"{x}" == str(host)
    with np.printoptions(precision=2, threshold=5, linewidth=30):
        assert repr(x) == repr(host.view(Array))


def test_prints_what_numpy_leaves_out(on_numpy: None) -> None:
    assert repr(tnp.asarray([True, False])) == "Array([ True, False], dtype=bool)"
    assert repr(tnp.asarray(3)) == "Array(3, dtype=int32, weak_type=True)"
    seen: list[str] = []
    tx.jit(lambda x: [seen.append(f"{x!r} {x}"), x][1])(F)  # no elements to print
    assert seen == ["<Traced f32[2,3]> <Traced f32[2,3]>"]


def test_formats(on_numpy: None) -> None:
    x = tnp.asarray([[2.71828, 3]])
    assert f"{x[0, 0]:.2f} {tnp.asarray(12):05d}" == "2.72 00012"
    with pytest.raises(tx.ShapeError, match="one element"):
        f"{x:.2f}"


def test_html(on_numpy: None) -> None:
    shown = (tnp.asarray(F) > 0)._repr_html_()
    assert shown.startswith("<b>bool[2,3]</b><pre>[[ True False  True]")
    assert "<script" not in shown
