"""Reading and writing by index, against NumPy."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

import texelate as tx
import texelate.numpy as tnp

X = np.arange(60, dtype=np.float32).reshape(3, 4, 5) - 30
MASK = X > 3
ADVANCED: list[Any] = [
    np.array([2, 0, 2]),
    [[0, -1], [1, 2]],
    (slice(None), [3, 0]),
    ([0, 1], [3, -1]),
    ([0, 1], slice(None), [4, 2]),
    (0, slice(1, 3), [4, 2]),
    (slice(None), [0, 2], 1),
    (..., [0, 2], None),
    (np.array([[0], [2]]), np.array([1, 3]), slice(None, None, -2)),
    MASK,
    MASK[:, 0, 0],
    (slice(1, None), MASK[0, :, 1]),
    (MASK[:, :, 2], 0),
    True,
    False,
    (None, [1], None, 2),
    [],
]


def agree(got: Any, wanted: Any) -> None:
    np.testing.assert_array_equal(np.asarray(got), wanted)
    assert got.shape == np.shape(wanted)


@pytest.mark.parametrize("index", ADVANCED, ids=repr)
def test_reading(on_numpy: None, index: Any) -> None:
    agree(tnp.asarray(X)[index], X[index if not isinstance(index, list) else np.array(index, int)])


@pytest.mark.parametrize(
    "index", [*ADVANCED, 1, (slice(None, None, 2), 0), np.s_[..., ::-2]], ids=repr
)
@pytest.mark.parametrize("scalar", [True, False], ids=["scalar", "array"])
def test_writing(on_numpy: None, index: Any, scalar: bool) -> None:
    plain = np.array(index, int) if isinstance(index, list) else index
    x, wanted = tnp.asarray(X), X.copy()
    other = x + 0
    new = -1.0 if scalar else np.arange(X[plain].size, dtype=np.float32).reshape(X[plain].shape)
    x[index] = new
    wanted[plain] = new
    agree(x, wanted)
    agree(other, X)


@pytest.mark.parametrize("backend_name", ["numpy", "webgpu"])
@pytest.mark.parametrize(
    ("op", "ufunc"),
    [("add", np.add), ("multiply", np.multiply), ("min", np.minimum), ("max", np.maximum)],
)
def test_folding(backend_name: str, op: str, ufunc: Any) -> None:
    from tests.conftest import need_backend

    need_backend(backend_name)
    rows, columns = np.array([0, 2, 0]), np.array([1, -1, 1])
    new = np.linspace(-3, 3, 15, dtype=np.float32).reshape(3, 5)
    wanted = X.copy()
    ufunc.at(wanted, (rows, columns), new)
    with tx.backend(backend_name):
        at = tx.jit(lambda x, i, j, v: getattr(x.at[i, j], op)(v))
        np.testing.assert_allclose(at(X, rows, columns, new), wanted, rtol=1e-6)


def test_repeated_positions_keep_the_last(backend: str) -> None:
    got = tnp.zeros(4).at[tnp.asarray([1, 3, 1])].set(tnp.asarray([1.0, 2.0, 3.0]))
    agree(got, [0, 3, 0, 2])


def test_out_of_range_is_dropped_clipped_or_filled(backend: str) -> None:
    x, i = tnp.asarray(X), tnp.asarray([1, 7, -9])
    agree(tx.jit(lambda x, i: x.at[i].add(1.0))(x, i), X + (np.arange(3) == 1)[:, None, None])
    agree(tx.jit(lambda x, i: x[i])(x, i), X[[1, 2, 0]])
    filled = tx.jit(lambda x, i: x.at[i, i].get(mode="fill"))(x, i)
    agree(filled, np.stack([X[1, 1], 0 * X[0, 0], 0 * X[0, 0]]))


def test_masks_inside_jit(on_numpy: None) -> None:
    agree(tx.jit(lambda x: x.at[x > 3].set(0.0))(X), np.where(MASK, 0, X))
    with pytest.raises(tx.ConcretizationError, match="mask"):
        tx.jit(lambda x: x[x > 3])(X)
    with pytest.raises(tx.ArgumentError, match="immutable"):
        tx.jit(lambda x: x.__setitem__(0, 1.0))(X)


def test_gradients_of_reading_and_writing(on_numpy: None) -> None:
    i = np.array([2, 0, 2])
    tx.check_grads(
        lambda x: tnp.sum(tnp.asarray(x)[i, :, [0, 1, 2]] ** 2), (X[:, :2] / 9,), order=2
    )

    def written(x: Any, v: Any) -> Any:
        x = tnp.asarray(x)
        return tnp.sum(x.at[i].add(v) ** 2 + x.at[:, ::2].set(v[:, ::2]) ** 2)

    tx.check_grads(written, (X / 9, X[::-1] / 7), order=2)


def test_views_never_alias(on_numpy: None) -> None:
    x = tnp.asarray(X)
    views = [x[...], x.reshape(x.shape), x.astype(x.dtype), +x, tnp.asarray(x, copy=True), x.copy()]
    x[0] = 0.0
    for view in views:
        agree(view, X)


@settings(max_examples=60)
@given(data=st.data())
def test_random_indices(data: st.DataObject) -> None:
    with tx.backend("numpy"):
        shape = data.draw(hnp.array_shapes(max_dims=4, max_side=4))
        x = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
        index = data.draw(
            st.one_of(
                hnp.basic_indices(shape, allow_newaxis=True), hnp.integer_array_indices(shape)
            )
        )
        agree(tnp.asarray(x)[index], x[index])
        wanted = x.copy()
        wanted[index] = -1
        agree(tnp.asarray(x).at[index].set(-1), wanted)
