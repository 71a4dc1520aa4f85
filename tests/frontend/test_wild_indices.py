"""Indices that a program computes may be anything: nothing outside an array is read or written.

NumPy does the same on indices that were clipped, wrapped, or left out beforehand. Shapes are fixed,
so each function is one program however wild the numbers are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend

Host = np.ndarray[Any, Any]
N, M = 3, 5
X = np.arange(1, 1 + N * M, dtype=np.float32).reshape(N, M)
NEW = np.linspace(-2, 3, 6 * M, dtype=np.float32).reshape(6, M)
I32, U32 = (np.iinfo(t) for t in (np.int32, np.uint32))
EDGES = [I32.min, I32.min + 1, I32.min + N, -N - 1, -N, -1, 0, N - 1, N, M, I32.max - 1, I32.max]


def wild(dtype: Any) -> st.SearchStrategy[Host]:
    """Six indices: some in range, others as far out as can be."""
    info = np.iinfo(dtype)
    far = [e for e in (*EDGES, 2**31, U32.max) if info.min <= e <= info.max]
    one = st.one_of(st.integers(0, M), st.sampled_from(far), st.integers(info.min, info.max))
    return st.lists(one, min_size=6, max_size=6).map(lambda v: np.asarray(v, dtype))


def places(i: Host, extent: int, mode: str) -> tuple[Host, Host]:
    """Positions in range by ``mode``, and which of them count."""
    wide = i.astype(np.int64)
    if mode == "wrap":
        return wide % extent, np.ones(i.shape, bool)
    wide = np.where(wide < 0, wide + extent, wide)
    known = (wide >= 0) & (wide < extent)
    return np.clip(wide, 0, extent - 1), known if mode in ("fill", "drop") else known | True


@cache
def compiled(backend: str, function: Callable[..., Any], mode: str) -> Any:
    return tx.jit(lambda *args: function(*args, mode), backend=backend)


def read(x: Any, i: Any, j: Any, mode: str) -> Any:
    along = tnp.stack([i[:N], j[:N]], axis=1) if x.ndim else None
    return (
        x.at[i].get(mode, 7),
        x.at[i, j].get(mode, -7),
        x.at[1:, j].get(mode),
        tnp.take(x, j, axis=1, mode=mode, fill_value=9),
        tnp.take_along_axis(x, along, axis=1, mode=mode, fill_value=5),
    )


def read_in_numpy(i: Host, j: Host, mode: str) -> tuple[Host, ...]:
    (a, row), (b, column) = places(i, N, mode), places(j, M, mode)
    along, known = places(np.stack([i[:N], j[:N]], axis=1), M, mode)
    return (
        np.where(row[:, None], X[a], 7),
        np.where(row & column, X[a, b], -7),
        np.where(column, X[1:, b], 0),
        np.where(column, X[:, b], 9),
        np.where(known, np.take_along_axis(X, along, 1), 5),
    )


def written(x: Any, i: Any, j: Any, mode: str) -> Any:
    rows, points = x.at[i], x.at[i, j]
    return (
        rows.set(NEW, mode),
        rows.add(NEW, mode),
        rows.multiply(NEW, mode),
        points.min(NEW[:, 0], mode),
        points.max(NEW[:, 0], mode),
        points.subtract(NEW[:, 1], mode),
        points.divide(4.0, mode),
        points.set(NEW[:, 2], mode),
        points.apply(tnp.square, mode),
    )


def written_in_numpy(i: Host, j: Host, mode: str) -> tuple[Host, ...]:
    (a, row), (b, column) = places(i, N, mode), places(j, M, mode)
    both = row & column

    def points(ufunc: Any, new: Host | None = None) -> Host:
        out = X.copy()
        ufunc.at(out, (a[both], b[both]), *(() if new is None else (new[both],)))
        return out

    def rows(ufunc: Any) -> Host:
        out = X.copy()
        ufunc.at(out, a[row], NEW[row])
        return out

    several, single, squared = X.copy(), X.copy(), X.copy()
    several[a[row]] = NEW[row]
    single[a[both], b[both]] = NEW[:, 2][both]
    squared[a[both], b[both]] **= 2
    return (
        several, rows(np.add), rows(np.multiply), points(np.minimum, NEW[:, 0]),
        points(np.maximum, NEW[:, 0]), points(np.subtract, NEW[:, 1]),
        points(np.divide, np.full(6, 4, np.float32)), single, squared,
    )  # fmt: skip


def agree(got: Any, wanted: Any) -> None:
    for k, (a, b) in enumerate(zip(got, wanted, strict=True)):
        np.testing.assert_allclose(np.asarray(a), b, rtol=1e-5, atol=1e-6, err_msg=f"result {k}")


@pytest.mark.parametrize("backend", ["numpy", "webgpu"])
@pytest.mark.parametrize("mode", ["clip", "fill", "wrap"])
@pytest.mark.parametrize("dtype", [np.int32, np.uint32], ids=["i32", "u32"])
def test_reading(backend: str, mode: str, dtype: Any) -> None:
    need_backend(backend)
    run = compiled(backend, read, mode)

    @settings(max_examples=15)
    @given(i=wild(dtype), j=wild(dtype))
    def check(i: Host, j: Host) -> None:
        agree(run(X, i, j), read_in_numpy(i, j, mode))

    check()


@pytest.mark.parametrize("backend", ["numpy", "webgpu"])
@pytest.mark.parametrize("mode", ["clip", "drop", "wrap"])
@pytest.mark.parametrize("dtype", [np.int32, np.uint32], ids=["i32", "u32"])
def test_writing(backend: str, mode: str, dtype: Any) -> None:
    need_backend(backend)
    run = compiled(backend, written, mode)

    @settings(max_examples=15)
    @given(i=wild(dtype), j=wild(dtype))
    def check(i: Host, j: Host) -> None:
        agree(run(X, i, j), written_in_numpy(i, j, mode))

    check()


def others(x: Any, i: Any, j: Any, mode: str) -> Any:
    """Functions whose integers are places, each with the one meaning that its docstring gives."""
    rows = tnp.stack([i[:N], j[:N]], axis=1)
    return (
        tx.segments.segment_sum(NEW, i, N),
        tx.segments.segment_max(NEW, j, N),
        tnp.bincount(j, minlength=M, length=M),
        tx.nn.functional.one_hot(i, N),
        tnp.put_along_axis(x, rows, -1.0, axis=1),
        tx.vmap(lambda r, k: r.at[k].add(1.0))(x, rows),
        tx.vmap(lambda r, k: r[k])(x, rows),
        tx.nn.functional.embedding(x, i),
        *(tnp.choose(i, list(NEW[:, 0]), mode=m) for m in ("clip", "wrap")),
        *(tnp.ravel_multi_index((i, j), (N, M), mode=m) for m in ("clip", "wrap")),
        *tnp.unravel_index(j, (N, M)),
    )


@pytest.mark.parametrize("backend", ["numpy", "webgpu"])
def test_other_functions(backend: str) -> None:
    need_backend(backend)
    run = compiled(backend, others, "clip")

    @settings(max_examples=15)
    @given(i=wild(np.int32), j=wild(np.int32))
    def check(i: Host, j: Host) -> None:
        own = [(i >= 0) & (i < N), (j >= 0) & (j < N), (j >= 0) & (j < M)]
        total = np.zeros((N, M), np.float32)
        np.add.at(total, i[own[0]], NEW[own[0]])
        largest = np.full((N, M), -np.inf, np.float32)
        np.maximum.at(largest, j[own[1]], NEW[own[1]])
        along, known = places(np.stack([i[:N], j[:N]], axis=1), M, "drop")
        put, more = X.copy(), X.copy()
        at = np.broadcast_to(np.arange(N)[:, None], known.shape)[known], along[known]
        put[at] = -1
        np.add.at(more, at, 1)
        counts = np.bincount(j[own[2]], minlength=M)
        near = np.take_along_axis(X, along, 1)
        found = [np.choose(i, NEW[:, 0], mode=m) for m in ("clip", "wrap")]
        found += [np.ravel_multi_index((i, j), (N, M), mode=m) for m in ("clip", "wrap")]
        found += np.unravel_index(places(j, N * M, "clip")[0], (N, M))
        known_rows = X[places(i, N, "clip")[0]]
        agree(
            run(X, i, j),
            (
                total,
                largest,
                counts,
                i[:, None] == np.arange(N),
                put,
                more,
                near,
                known_rows,
                *found,
            ),
        )

    check()


def sliced(x: Any, i: Any) -> Any:
    from texelate.compiler.ir.prims.dynamic import dynamic_slice, dynamic_update_slice

    starts = i[0], i[1]
    return (
        dynamic_slice(x, *starts, sizes=(2, 3)),
        dynamic_update_slice(x, tnp.full((2, 3), -1.0), *starts),
    )


@pytest.mark.parametrize("backend", ["numpy", "webgpu"])
def test_slices_at_computed_places(backend: str) -> None:
    """A start is clamped so that the whole slice lies inside, as in XLA."""
    need_backend(backend)
    run = tx.jit(sliced, backend=backend)

    @settings(max_examples=20)
    @given(i=wild(np.int32))
    def check(i: Host) -> None:
        a, b = (int(np.clip(int(k), 0, room)) for k, room in zip(i, (N - 2, M - 3)))
        inside = np.s_[a : a + 2, b : b + 3]
        put = X.copy()
        put[inside] = -1
        agree(run(X, i), (X[inside], put))

    check()


def test_long_scatters(backend: str) -> None:
    """Those that are sorted first (``passes/scatters.py``)."""
    rng = np.random.default_rng(0)
    i = rng.integers(-70, 140, 5000).astype(np.int32)
    i[:4] = I32.min, I32.max, -65, 64
    x, new = np.zeros((64, 64), np.float32), rng.integers(0, 9, (5000, 64)).astype(np.float32)
    a, known = places(i, 64, "drop")
    wanted = x.copy()
    np.add.at(wanted, a[known], new[known])
    got = tx.jit(lambda x, i, new: x.at[i].add(new))(x, i, new)
    np.testing.assert_array_equal(np.asarray(got), wanted)


def test_what_modes_there_are(on_numpy: None) -> None:
    x = tnp.asarray(X)
    for call in (
        lambda: x.at[0].get("raise"),
        lambda: tnp.take(x, 0, axis=0, mode="raise"),
        lambda: tnp.take_along_axis(x, [[0]], axis=1, mode="near"),
        lambda: x.at[tnp.asarray([0])].set(0.0, mode="wild"),
    ):
        with pytest.raises(tx.ArgumentError, match="clip, fill, drop, wrap"):
            call()
    for known in (9, [0, 9], np.s_[:, -6]):
        with pytest.raises(tx.AxisError, match="out of range"):
            x[known]
        with pytest.raises(tx.AxisError, match="out of range"):
            x.at[known].set(0.0)


def test_a_mode_is_for_known_positions_too(backend: str) -> None:
    x, far = tnp.asarray(X), 10**12
    assert x.at[far].get("clip").tolist() == X[-1].tolist()
    assert x.at[-far, 1:3].get("fill", 8).tolist() == [8, 8]
    assert x.at[4, [0, 5]].get("wrap").tolist() == X[1, [0, 0]].tolist()
    assert x.at[[1, 9]].set(0.0, "drop").tolist() == np.where(np.arange(N) == 1, 0, X.T).T.tolist()
    assert x.at[3].add(1.0, "drop").tolist() == X.tolist()
    assert x.at[:, 7].apply(lambda v: -v, "drop").tolist() == X.tolist()


def test_integers_are_not_divided(on_numpy: None) -> None:
    with pytest.raises(tx.DtypeError, match="astype"):
        tnp.asarray([1, 2]).at[0].divide(2)
