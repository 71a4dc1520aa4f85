"""Arrays of 8 and 16 bits as users meet them: exact, wrapping, packed without seams."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import texelate as tx
import texelate.numpy as tnp
from texelate.compiler.ir.dtypes import ALL, DType

NARROW = [d for d in ALL if d.is_narrow]
INTEGERS = [d for d in NARROW if d.kind != "f"]
every = pytest.mark.parametrize("dtype", NARROW, ids=str)


def every_value(dtype: DType) -> np.ndarray[Any, Any]:
    """All bit patterns."""
    bits = 8 * dtype.itemsize
    return np.arange(2**bits).astype(f"u{dtype.itemsize}").view(dtype.numpy)


def agree(got: Any, want: Any) -> None:
    """The same dtype, shape and values; 64-bit results of NumPy are 32-bit ones here."""
    want = np.asarray(want)
    short = {"int64": "int32", "uint64": "uint32", "float64": "float32"}
    assert got.dtype == np.dtype(short.get(want.dtype.name, want.dtype))
    np.testing.assert_array_equal(np.asarray(got), want.astype(got.dtype.numpy))


@every
def test_every_bit_pattern_comes_back(backend: str, dtype: DType) -> None:
    """Uploaded, moved by a kernel, read back: also NaN with their payload, when only moved."""
    x = every_value(dtype)
    moved = tnp.asarray(x)[::-1]
    assert moved.dtype is dtype
    back = np.asarray(moved[::-1])
    number = ~np.isnan(x) if dtype.kind == "f" else np.ones(x.shape, bool)
    np.testing.assert_array_equal(back[number], x[number])
    assert back[number].tobytes() == x[number].tobytes()
    assert np.isnan(back[~number]).all()


@every
def test_odd_lengths_and_word_edges(dtype: DType) -> None:
    def many(a: Any) -> list[Any]:
        joined = tnp.concatenate([a, a[:3], a])
        return [a + 1, joined, a[1::2], tnp.flip(a), tnp.pad(a, (1, 2)), tnp.sum(a), a[1:] * a[:-1]]

    for n in (*range(6), 8, 9):
        x = np.arange(1, n + 1).astype(dtype.numpy)
        total = x.sum(dtype=got_sum(dtype))
        joined = np.concatenate([x, x[:3], x])
        want = [x + 1, joined, x[1::2], x[::-1], np.pad(x, (1, 2)), total, x[1:] * x[:-1]]
        for a, b in zip(tx.jit(many)(x), want):
            agree(a, b)
        assert tnp.asarray(x).nbytes == x.nbytes


def got_sum(dtype: DType) -> Any:
    """The dtype of a sum: small integers count in 32 bits, as NumPy's in 64."""
    return dtype.numpy if dtype.kind == "f" else dtype.wide.numpy


def index(x: Any) -> Any:
    """Integers are indices as they are."""
    return "int32" if x.dtype == np.float16 else x.dtype


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "wrap": lambda xp, x: x * x + x,
    "divide": lambda xp, x: x // xp.asarray(3, dtype=x.dtype),
    "remainder": lambda xp, x: x % xp.asarray(7, dtype=x.dtype),
    "negative": lambda xp, x: -x,
    "power": lambda xp, x: x**3,
    "sort": lambda xp, x: xp.sort(x, axis=1),
    "argsort": lambda xp, x: xp.argsort(x, axis=1, stable=True).astype("int32"),
    "argmax": lambda xp, x: xp.argmax(x, axis=0).astype("int32"),
    "max": lambda xp, x: xp.max(x, axis=1),
    "min": lambda xp, x: xp.min(x),
    "sum": lambda xp, x: xp.sum(x, axis=0, dtype=x.dtype),
    "prod": lambda xp, x: xp.prod(x[:2, :3], axis=1, dtype=x.dtype),
    "cumsum": lambda xp, x: xp.cumsum(x, axis=1, dtype=x.dtype),
    "transpose": lambda xp, x: x.T,
    "slice": lambda xp, x: x[1:, 2:-1:2],
    "take": lambda xp, x: xp.take(x, np.array([4, 0, 2]), axis=1),
    "index by itself": lambda xp, x: x[(x % xp.asarray(5, dtype=x.dtype)).astype(index(x)), 0],
    "mask": lambda xp, x: x[x > 3],
    "where": lambda xp, x: xp.where(x > 3, x, xp.asarray(9, dtype=x.dtype)),
    "stack": lambda xp, x: xp.stack([x, x + xp.asarray(1, dtype=x.dtype)], axis=-1),
    "product": lambda xp, x: x @ x.T,
    "to float": lambda xp, x: x.astype("float32") / np.float32(255),
    "to int": lambda xp, x: x.astype("int32") * 1000,
    "compare": lambda xp, x: x >= x[:, :1],
    "any": lambda xp, x: xp.any(x > 100, axis=0),
    "clip": lambda xp, x: xp.clip(x, 2, 90),
    "repeat": lambda xp, x: xp.repeat(x, 3, axis=1),
    "roll": lambda xp, x: xp.roll(x, 3),
    "unique": lambda xp, x: xp.unique(x),
    "histogram": lambda xp, x: xp.histogram(x, 5)[0].astype("int32"),
    "counts": lambda xp, x: xp.bincount(x.astype(index(x))[0], minlength=200).astype("int32"),
    "frexp": lambda xp, x: xp.frexp(x.astype("float16"))[0],
}


@every
@pytest.mark.parametrize("name", OPERATIONS)
def test_as_numpy(name: str, dtype: DType) -> None:
    numbers = np.random.default_rng(5).integers(0, 127, (5, 7))
    x = numbers.astype(dtype.numpy) if dtype.kind != "f" else (numbers / 16).astype(np.float16)
    with np.errstate(all="ignore"):
        agree_closely(OPERATIONS[name](tnp, tnp.asarray(x)), OPERATIONS[name](np, x))


def agree_closely(got: Any, want: Any) -> None:
    """Exactly, but float16 within two units in the last place: NumPy rounds more often."""
    if want.dtype != np.float16:
        return agree(got, want)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(np.asarray(got), want, rtol=2e-3)
    return None


@settings(max_examples=25)
@given(st.sampled_from(INTEGERS), st.sampled_from(ALL), st.sampled_from(["add", "multiply"]))
def test_promotion_of_values(a: DType, b: DType, name: str) -> None:
    """As NumPy, where it stays within 32 bits; integers with float16 give float16, as JAX."""
    x, y = np.arange(-3, 9).astype(a.numpy), np.arange(2, 14).astype(b.numpy)
    got = getattr(tnp, name)(x, y)
    want = getattr(np, name)(x, y)
    if b is tnp.float16:
        want = want.astype(np.float16)
    with np.errstate(all="ignore"):
        agree_closely(got, want.astype(np.complex64) if want.dtype.kind == "c" else want)


def test_python_numbers_are_weak(on_numpy: None) -> None:
    x = tnp.ones(3, "uint8")
    assert (x + 1).dtype is tnp.uint8
    assert (x * 1.5).dtype is tnp.float32
    assert (tnp.ones(3, "float16") * 1.5).dtype is tnp.float16
    assert (x > 0.5).dtype is tnp.bool
    assert (x < 300).all()
    assert not (tnp.zeros(3, "int16") == 2**20).any()
    with pytest.raises(tx.ArgumentError, match="uint8 holds 0 to 255"):
        x + 256


@every
def test_dtype_inspection(on_numpy: None, dtype: DType) -> None:
    standard = tnp.__array_namespace_info__().dtypes()
    assert getattr(tnp, dtype.name) is dtype
    assert standard.get(dtype.name) is (None if dtype.name == "float16" else dtype)
    limits = tnp.finfo(dtype) if dtype.kind == "f" else tnp.iinfo(dtype)
    own: Any = np.finfo(dtype.numpy) if dtype.kind == "f" else np.iinfo(dtype.numpy)
    assert (limits.bits, limits.min, limits.max) == (own.bits, own.min, own.max)
    assert tnp.isdtype(dtype, "real floating" if dtype.kind == "f" else "integral")
    assert tnp.can_cast(dtype, dtype.wide)
    assert not tnp.can_cast(dtype.wide, dtype)


@every
def test_leaving_and_coming(backend: str, dtype: DType) -> None:
    """DLPack, pickles, copies, repr."""
    x = np.arange(5).astype(dtype.numpy)
    a = tnp.asarray(x) + 0
    agree(tnp.from_dlpack(x), x)
    np.testing.assert_array_equal(np.from_dlpack(a), x)
    agree(pickle.loads(pickle.dumps(a)), x)
    assert repr(a) == repr(x).replace("array", "Array")
    assert a.tolist() == x.tolist()
    assert a.itemsize == dtype.itemsize


@every
def test_jit_vmap_and_donation(backend: str, dtype: DType) -> None:
    x = np.arange(24).reshape(4, 6).astype(dtype.numpy)
    f = tx.jit(lambda a, b: {"sum": a + b, "rows": tx.vmap(tnp.sum)(a), "kept": b})
    out = f(tnp.asarray(x), tnp.asarray(x))
    agree(out["sum"], x + x)
    agree(out["rows"], x.sum(1, dtype=got_sum(dtype)))
    agree(out["kept"], x)
    agree(tx.jit(lambda a: a + a, donate_argnums=0)(tnp.asarray(x)), x + x)


@every
def test_loops_and_branches_carry_them(backend: str, dtype: DType) -> None:
    x = np.arange(15).reshape(5, 3).astype(dtype.numpy)

    def step(total: Any, row: Any) -> tuple[Any, Any]:
        return total + row, total * 3

    total, rows = tx.jit(lambda a: tx.scan(step, tnp.zeros(3, dtype), a))(tnp.asarray(x))
    agree(total, x.sum(0, dtype=dtype.numpy))
    agree(rows, (np.cumsum(x, 0, dtype=dtype.numpy) - x) * dtype.numpy.type(3))
    chosen = tx.jit(lambda a: tx.cond(a[0, 1] > 0, lambda v: v + v, lambda v: v, a))(tnp.asarray(x))
    agree(chosen, x + x)


@every
def test_updates(backend: str, dtype: DType) -> None:
    x = np.arange(9).astype(dtype.numpy)
    a = tnp.asarray(x)
    changed = x.copy()
    changed[[2, 5]] = 7
    agree(a.at[np.array([2, 5])].set(7), changed)
    np.add.at(changed, [2, 2, 8], dtype.numpy.type(100))
    agree(a.at[np.array([2, 5])].set(7).at[np.array([2, 2, 8])].add(100), changed)


def test_pixels() -> None:
    """An image as it comes: a quarter of the bytes of float32, converted where it is read."""
    image = np.random.default_rng(0).integers(0, 256, (13, 17, 3), dtype=np.uint8)
    f = tx.jit(lambda a: (a.astype("float32") / 255 - 0.5).mean((0, 1)))
    want = (image.astype(np.float32) / 255 - 0.5).mean((0, 1))
    np.testing.assert_allclose(f(image), want, rtol=1e-5)
    lowered = f.lower(tnp.asarray(image))
    assert len(lowered.kernels) == 1
    assert [i.dtype for i in lowered.program.inputs] == ["u8"]
    assert lowered.program.buffers[lowered.program.inputs[0].buffer].nbytes == 672
