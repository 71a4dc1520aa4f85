"""Functions of shapes, creation, indexing and reductions against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import texelate as tx
import texelate.numpy as tnp

A = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
V = np.arange(5, dtype=np.int32)

CASES: dict[str, Any] = {
    "reshape": lambda m: m.reshape(A, (4, -1)),
    "reshape to itself": lambda m: m.reshape(A, (2, 3, 4)),
    "ravel": lambda m: m.ravel(A),
    "transpose": lambda m: m.transpose(A, (1, -1, 0)),
    "transpose all": lambda m: m.transpose(A),
    "swapaxes": lambda m: m.swapaxes(A, 0, -1),
    "moveaxis": lambda m: m.moveaxis(A, (0, 1), (-1, 0)),
    "expand_dims": lambda m: m.expand_dims(A, (0, -1)),
    "squeeze": lambda m: m.squeeze(m.reshape(A, (1, 2, 1, 12)), 0),
    "flip": lambda m: m.flip(A, (0, -1)),
    "concatenate": lambda m: m.concatenate([A, A[:, :1], A], axis=1),
    "concatenate flat": lambda m: m.concatenate([A, V], axis=None),
    "stack": lambda m: m.stack([A, A + 1], axis=-1),
    "vstack": lambda m: m.vstack([V, V + 1]),
    "hstack": lambda m: m.hstack([A, A]),
    "split": lambda m: m.split(A, 2, axis=-1)[1],
    "split at": lambda m: m.split(V, [1, 3])[1],
    "tile": lambda m: m.tile(A, (2, 1, 1, 2)),
    "tile fewer": lambda m: m.tile(A, 2),
    "repeat": lambda m: m.repeat(A, 3, axis=1),
    "repeat flat": lambda m: m.repeat(V, 2),
    "roll": lambda m: m.roll(A, 5, axis=-1),
    "roll flat": lambda m: m.roll(A, -7),
    "pad": lambda m: m.pad(A, ((1, 2), (0, 0), (3, 0)), constant_values=7),
    "pad all": lambda m: m.pad(V, 2),
    "broadcast_to": lambda m: m.broadcast_to(V, (2, 5)),
    "tril": lambda m: m.tril(A, -1),
    "triu": lambda m: m.triu(A, 1),
    "take": lambda m: m.take(A, np.array([[2, 0], [1, -1]]), axis=1),
    "take flat": lambda m: m.take(A, np.array([5, 23])),
    "matmul": lambda m: m.matmul(A, A.transpose(0, 2, 1)),
    "matmul vector": lambda m: m.matmul(A, A[0, 0]),
    "vector matmul": lambda m: m.matmul(A[0, :, 0], A),
    "matmul broadcast": lambda m: m.matmul(A[:, None], A.transpose(0, 2, 1)),
    "dot": lambda m: m.dot(A, A[0].T),
    "dot scalars": lambda m: m.dot(A, 2.0),
    "tensordot": lambda m: m.tensordot(A, A, ((0, 2), (0, 2))),
    "vdot": lambda m: m.vdot(A, A),
    "inner": lambda m: m.inner(A, A[0]),
    "outer": lambda m: m.outer(V, V),
    "einsum": lambda m: m.einsum("bij,bkj->bik", A, A),
    "einsum implicit": lambda m: m.einsum("ij,jk", A[0], A[0].T),
    "einsum sum": lambda m: m.einsum("abc->b", A),
    "einsum three": lambda m: m.einsum("i,j,ij->j", A[:, 0, 1], A[0, :, 2], A[:, :, 0]),
    "trace": lambda m: m.trace(A[0, :, :3]),
    "eye": lambda m: m.eye(3, 5, 1),
    "tri": lambda m: m.tri(3, 4, -1),
    "arange": lambda m: m.arange(2, 11, 3),
    "arange down": lambda m: m.arange(5, 0, -2),
    "arange float": lambda m: m.arange(0.5, 3.0, 0.25),
    "arange empty": lambda m: m.arange(3, 3),
    "linspace": lambda m: m.linspace(-1, 2, 7),
    "linspace open": lambda m: m.linspace(0, 1, 4, endpoint=False),
    "full": lambda m: m.full((2, 2), 7),
    "full_like": lambda m: m.full_like(V, 3),
    "var": lambda m: m.var(A, axis=(0, 2), ddof=1),
    "std": lambda m: m.std(A, keepdims=True),
    "count_nonzero": lambda m: m.count_nonzero(A, axis=0),
}  # fmt: skip


def check(got: Any, want: Any) -> None:
    want = np.asarray(want)
    narrow = {"f": np.float32, "i": np.int32, "u": np.uint32, "b": np.bool_}[want.dtype.kind]
    assert got.shape == want.shape
    assert np.asarray(got).dtype == narrow
    np.testing.assert_allclose(np.asarray(got), want, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_like_numpy(on_numpy: None, name: str) -> None:
    check(CASES[name](tnp), CASES[name](np))


def test_all_of_it_in_one_program(backend: str) -> None:
    def every(x: Any) -> dict[str, Any]:
        return {name: case(tnp) for name, case in CASES.items()}

    got = tx.jit(every)(0.0)
    for name, case in CASES.items():
        check(got[name], case(np))


INDICES: list[Any] = [
    0, -1, slice(None), slice(1, None), slice(None, None, -1), slice(5, 0, -2), slice(10, 20),
    (0, 1, 2), (slice(None), 1), (..., 0), (None, 0, ..., None), (slice(0, 0), 1),
    (1, slice(None, None, 2), slice(3, None, -3)), ..., None, (np.int64(1), -2),
    np.array([1, 0, 1]), (slice(None), [2, 0]), (..., np.array([[0, -1], [3, 1]])),
    (0, np.array([1])),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing(on_numpy: None, index: Any) -> None:
    check(tnp.asarray(A)[index], A[index])
    check(tx.jit(lambda x: x[index])(A), A[index])


def test_indices_computed_by_the_program(backend: str) -> None:
    f = tx.jit(lambda x, i: (x[i], tnp.take(x, i + 1, axis=-1)))
    row, column = f(A, 1)
    check(row, A[1])
    check(column, A[..., 2])
    check(f(A, -1)[0], A[-1])


@given(data=st.data())
@settings(max_examples=60)
def test_slices(on_numpy: None, data: Any) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=5, min_side=0))
    x = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    check(tnp.asarray(x)[index], x[index])


@pytest.mark.parametrize(
    "name", ["sum", "prod", "mean", "max", "min", "any", "all", "argmax", "argmin"]
)
@given(data=st.data())
@settings(max_examples=12)
def test_reductions(on_numpy: None, name: str, data: Any) -> None:
    kind = data.draw(st.sampled_from([np.float32, np.int32, np.uint32, np.bool_]))
    low, high = (0, 3) if kind is np.uint32 else (-3, 3)
    elements = st.booleans() if kind is np.bool_ else st.integers(low, high).map(float)
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    x = data.draw(
        hnp.arrays(kind, shape, elements=elements if kind != np.int32 else st.integers(-3, 3))
    )
    axes = st.integers(-len(shape), len(shape) - 1)
    axis = data.draw(st.none() | axes)
    keepdims = data.draw(st.booleans())
    want = getattr(np, name)(x, axis=axis, keepdims=keepdims)
    check(getattr(tnp, name)(x, axis=axis, keepdims=keepdims), want)


def test_reductions_with_nan_and_of_nothing(backend: str) -> None:
    x = np.array([[1, np.nan, 3], [4, 5, np.inf]], np.float32)
    for name in ("max", "min", "argmax", "argmin", "sum"):
        check(getattr(tnp, name)(x, axis=1), getattr(np, name)(x, axis=1))
    empty = tnp.zeros((0, 3))
    check(empty.sum(0), np.zeros(3))
    check(empty.prod(), np.float32(1))
    assert bool(empty.all())
    assert not bool(empty.any())
    assert np.isnan(np.asarray(empty.mean(0))).all()
    for f in (tnp.max, tnp.min, tnp.argmax):
        with pytest.raises(tx.ShapeError):
            f(empty, axis=0)


def test_zero_size_arrays(backend: str) -> None:
    x = tnp.zeros((0, 4))
    check(tx.jit(lambda x: tnp.exp(x) @ tnp.ones((4, 2)) + 1)(x), np.zeros((0, 2)))
    check(tnp.ones((3, 0)) @ tnp.ones((0, 2)), np.zeros((3, 2)))
    check(tnp.concatenate([x, tnp.ones((2, 4))]), np.ones((2, 4)))
    check(x.T, np.zeros((4, 0)))
    assert x.tolist() == []
