"""The rest of jax.nn's and torch.nn.functional's names: against JAX, SciPy, and loops in NumPy."""

from __future__ import annotations

import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage
import scipy.spatial.distance

import texelate as tx
import texelate.nn.functional as F
import texelate.numpy as tnp

RNG = np.random.default_rng(6)


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


def close(got: Any, want: Any, rtol: float = 1e-4) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=rtol, atol=1e-5)


X, Y = 2 * normal(4, 6), 2 * normal(4, 6)
LABELS = np.array([0, 5, 2, 2], np.int32)
SIGNS = np.where(normal(4, 6) > 0, 1, -1).astype(np.float32)

OF_JAX: dict[str, tuple[Any, Any]] = {
    "squareplus": (F.squareplus, jax.nn.squareplus),
    "sparse_plus": (F.sparse_plus, jax.nn.sparse_plus),
    "sparse_sigmoid": (F.sparse_sigmoid, jax.nn.sparse_sigmoid),
    "log1mexp": (lambda x: F.log1mexp(abs(x)), lambda x: jax.nn.log1mexp(abs(x))),
    "logmeanexp": (lambda x: F.logmeanexp(x, 1), lambda x: jax.nn.logmeanexp(x, 1)),
    "softmin": (F.softmin, lambda x: jax.nn.softmax(-x)),
    "tanh_shrink": (F.tanh_shrink, lambda x: x - jnp.tanh(x)),
    "hard_shrink": (F.hard_shrink, lambda x: jnp.where(abs(x) > 0.5, x, 0)),
    "soft_shrink": (F.soft_shrink, lambda x: jnp.sign(x) * jnp.maximum(abs(x) - 0.5, 0)),
}


@pytest.mark.parametrize("name", OF_JAX)
def test_activations_with_gradients(on_numpy: None, name: str) -> None:
    ours, theirs = OF_JAX[name]
    close(ours(X), theirs(X))
    got = tx.grad(lambda x: tnp.sum(tnp.sin(ours(x))))(X)
    close(got, jax.grad(lambda x: jnp.sum(jnp.sin(theirs(x))))(X))


def distance(a: Any, b: Any) -> Any:
    return np.linalg.norm(a - b + 1e-6, axis=-1)


def cosine(a: Any, b: Any) -> Any:
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def multi(x: Any, p: int) -> Any:
    right = x[np.arange(4), LABELS][:, None]
    over = np.maximum(1 - right + x, 0) ** p
    return (over.sum(1) - over[np.arange(4), LABELS]) / 6


Z = normal(4, 6)
LOGS = np.log(np.exp(X) / np.exp(X).sum(1, keepdims=True))
CLASSES = np.float32([0.5, 1, 2, 1, 1, 3])
CHOSEN = -LOGS[np.arange(4), LABELS]
LOSSES: dict[str, tuple[Any, Any]] = {
    "smooth_l1": (
        lambda r: F.smooth_l1(X, Y, 0.5, reduction=r),
        np.where(abs(X - Y) < 0.5, (X - Y) ** 2, abs(X - Y) - 0.25),
    ),
    "gaussian": (
        lambda r: F.gaussian_nll(X, Y, abs(Z), full=True, reduction=r),
        0.5 * (np.log(2 * np.pi * abs(Z)) + (X - Y) ** 2 / abs(Z)),
    ),
    "hinge": (
        lambda r: F.hinge_embedding(X, SIGNS, reduction=r),
        np.where(SIGNS > 0, X, np.maximum(1 - X, 0)),
    ),
    "ranking": (
        lambda r: F.margin_ranking(X, Y, SIGNS, 0.3, reduction=r),
        np.maximum(0.3 - SIGNS * (X - Y), 0),
    ),
    "soft margin": (
        lambda r: F.soft_margin(X, SIGNS, reduction=r), np.log1p(np.exp(-X * SIGNS)),
    ),
    "cosine": (
        lambda r: F.cosine_embedding(X, Y, SIGNS[:, 0], 0.1, reduction=r),
        np.where(SIGNS[:, 0] > 0, 1 - cosine(X, Y), np.maximum(cosine(X, Y) - 0.1, 0)),
    ),
    "triplet": (
        lambda r: F.triplet_margin(X, Y, Z, reduction=r),
        np.maximum(distance(X, Y) - distance(X, Z) + 1, 0),
    ),
    "triplet swapped": (
        lambda r: F.triplet_margin(X, Y, Z, swap=True, reduction=r),
        np.maximum(distance(X, Y) - np.minimum(distance(X, Z), distance(Y, Z)) + 1, 0),
    ),
    "multi": (lambda r: F.multi_margin(X, LABELS, reduction=r), multi(X, 1)),
    "multi squared": (lambda r: F.multi_margin(X, LABELS, 2, reduction=r), multi(X, 2)),
    "multilabel": (
        lambda r: F.multilabel_margin(X, SIGNS > 0, reduction=r),
        np.array([
            sum(max(0, 1 - x[i] + x[j]) for i in range(6) for j in range(6) if s[i] > 0 > s[j]) / 6
            for x, s in zip(X, SIGNS)
        ]),
    ),
    "multilabel soft": (
        lambda r: F.multilabel_soft_margin(X, SIGNS > 0, reduction=r),
        np.log1p(np.exp(-X * SIGNS)).mean(1),
    ),
    "nll": (lambda r: F.nll(LOGS, LABELS, reduction=r), CHOSEN),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_losses(on_numpy: None, name: str) -> None:
    loss, want = LOSSES[name]
    for reduction, f in (("none", np.asarray), ("sum", np.sum), ("mean", np.mean)):
        close(loss(reduction), f(want))


def test_nll_divides_by_the_weights_that_count(on_numpy: None) -> None:
    scale = CLASSES[LABELS] * (LABELS != 5)
    got = F.nll(LOGS, LABELS, class_weights=CLASSES, ignore_index=5)
    close(got, (CHOSEN * scale).sum() / scale.sum())


def test_distances(on_numpy: None) -> None:
    for p, metric in (
        (1, "cityblock"),
        (2, "euclidean"),
        (3.5, "minkowski"),
        (math.inf, "chebyshev"),
    ):
        extra = {"p": p} if metric == "minkowski" else {}
        close(F.cdist(X, Y[:3], p), scipy.spatial.distance.cdist(X, Y[:3], metric, **extra))
        close(F.pdist(X, p), scipy.spatial.distance.pdist(X, metric, **extra))
        close(F.pairwise_distance(X, Y, p), np.linalg.norm(X - Y + 1e-6, p, -1))
    close(F.cosine_similarity(X, Y), cosine(X, Y))
    assert np.isfinite(tx.grad(lambda x: tnp.sum(F.cdist(x, x)))(X)).all()


def paths(labels: tuple[int, ...], frames: int, classes: int) -> Any:
    for path in itertools.product(range(classes), repeat=frames):
        merged = [c for c, _ in itertools.groupby(path)]
        if tuple(c for c in merged if c != 0) == labels:
            yield path


def test_ctc_sums_over_all_alignments(backend: str) -> None:
    logs = np.asarray(jax.nn.log_softmax(normal(4, 5, 3)))
    labels = np.array([[1, 2], [2, 2], [1, 0], [0, 0]], np.int32)
    frames, sizes = np.array([5, 4, 3, 2]), np.array([2, 2, 1, 0])
    want = []
    for n in range(4):
        target = tuple(labels[n, : sizes[n]].tolist())
        chances = [
            math.exp(sum(logs[n, t, c] for t, c in enumerate(path)))
            for path in paths(target, frames[n], 3)
        ]
        want.append(-math.log(sum(chances)))
    loss = tx.jit(lambda x: F.ctc(x, labels, frames, sizes, reduction="none"))
    close(loss(logs), want)
    close(F.ctc(logs, labels, frames, sizes), np.mean(np.array(want) / np.maximum(sizes, 1)))


def test_ctc_without_alignment(on_numpy: None) -> None:
    logs = np.asarray(jax.nn.log_softmax(normal(1, 2, 3)))
    assert np.isinf(F.ctc(logs, [[1, 1]]))
    safe = tx.grad(lambda x: F.ctc(x, [[1, 1]], zero_infinity=True))(logs)
    assert (np.asarray(safe) == 0).all()


def windows(n: int, size: int, stride: int, pad: int, gap: int, ceil: bool) -> Any:
    """For each window the places it sees, as PyTorch counts windows."""
    span = (size - 1) * gap + 1
    count = (n + 2 * pad - span) / stride
    count = (math.ceil(count) if ceil else math.floor(count)) + 1
    if ceil and (count - 1) * stride >= n + pad:
        count -= 1
    return [[i * stride - pad + k * gap for k in range(size)] for i in range(count)]


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(("n", "size", "stride", "pad", "gap"), [
    (7, 2, 2, 0, 1), (7, 3, 2, 1, 1), (8, 3, 3, 1, 1), (9, 2, 3, 1, 2), (5, 2, 2, 1, 1),
])  # fmt: skip
def test_pools(
    on_numpy: None, n: int, size: int, stride: int, pad: int, gap: int, ceil: bool
) -> None:
    x = normal(2, n, 3)
    seen = windows(n, size, stride, pad, gap, ceil)
    inside = [[p for p in places if 0 <= p < n] for places in seen]
    options: Any = {"ceil_mode": ceil, "padding": pad, "dilation": gap}
    close(F.max_pool1d(x, size, stride, **options), np.stack([x[:, p].max(1) for p in inside], 1))
    close(F.avg_pool1d(x, size, stride, **options), np.stack([x[:, p].mean(1) for p in inside], 1))
    counts = [sum(-pad <= p < n + pad for p in places) for places in seen]
    want = np.stack([x[:, p].sum(1) / c for p, c in zip(inside, counts)], 1)
    close(F.avg_pool1d(x, size, stride, count_include_pad=True, **options), want)
    if pad == 0 and gap == 1:
        want = np.stack([(abs(x[:, p]) ** 3).sum(1) ** (1 / 3) for p in inside], 1)
        close(F.lp_pool(x, 3, size, stride, ceil_mode=ceil), want)


def test_unpooling(on_numpy: None) -> None:
    x = normal(2, 4, 6, 3)
    largest, places = F.max_pool_with_argmax(x, 2)
    back = np.asarray(F.max_unpool(largest, places, (4, 6)))
    assert (np.sort(back[back != 0]) == np.sort(np.asarray(largest).ravel())).all()
    assert ((back == 0) | (back == x)).all()
    small = np.asarray(F.fractional_max_pool(tx.random.key(1), x, 2, (3, 4)))
    assert small.shape == (2, 3, 4, 3)
    assert np.isin(small, x).all()
    assert (small[:, -1, -1] == x[:, -2:, -2:].max((1, 2))).all()


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_grouped_transposed_convolutions_are_gradients(on_numpy: None, rank: int) -> None:
    """With an output padding of 1 the convolution's positions leave a row over."""
    letters = {1: ("NWC", "WIO"), 2: ("NHWC", "HWIO"), 3: ("NDHWC", "DHWIO")}[rank]
    w = normal(*(3, 2, 3)[:rank], 2, 9)
    extents = tuple(n + 1 if k == 3 else n for n, k in zip((8, 6, 4), (3, 2, 3)))[:rank]

    def forward(x: Any) -> Any:
        return jax.lax.conv_general_dilated(
            x, w, (2,) * rank, "VALID", dimension_numbers=(*letters, letters[0]),
            feature_group_count=3,
        )  # fmt: skip

    whole = np.zeros((2, *extents, 6), np.float32)
    y, pull = jax.vjp(forward, whole)
    name = f"conv_transpose{rank}d"
    got = getattr(F, name)(y + 1, w, strides=2, padding=0, groups=3)
    want = np.asarray(pull(y + 1)[0])[tuple(slice(n) for n in got.shape)]
    close(got, want)
    more = getattr(F, name)(y + 1, w, strides=2, padding=0, groups=3, output_padding=1)
    assert more.shape[1:-1] == tuple(n + 1 for n in got.shape[1:-1])
    close(np.asarray(more)[tuple(slice(n) for n in got.shape)], got)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("rank", [2, 3])
def test_grid_sample_against_scipy(on_numpy: None, rank: int, align: bool) -> None:
    x = normal(2, *(5, 6, 4)[:rank], 3)
    grid = (1.4 * normal(2, 7, *(3, 2)[: rank - 1], rank)).astype(np.float32)
    extents = np.array(x.shape[1:-1][::-1])
    places = (grid + 1) / 2 * (extents - 1) if align else ((grid + 1) * extents - 1) / 2
    at = np.moveaxis(places[..., ::-1], -1, 1)
    modes = {"zeros": "grid-constant", "border": "nearest"}
    modes["reflection"] = "mirror" if align else "reflect"
    for order, mode in ((0, "nearest"), (1, "bilinear")):
        for padding, theirs in modes.items():
            got = np.asarray(F.grid_sample(x, grid, mode, padding, align))
            for n, c in itertools.product(range(2), range(3)):
                want = scipy.ndimage.map_coordinates(x[n, ..., c], at[n], order=order, mode=theirs)
                np.testing.assert_allclose(got[n, ..., c], want, atol=2e-4, err_msg=padding)


def test_grids_and_cubics(on_numpy: None) -> None:
    x = normal(1, 5, 6, 2)
    for align in (False, True):
        unit = F.affine_grid(np.eye(2, 3, dtype=np.float32)[None], (5, 6), align)
        for mode in ("bilinear", "nearest", "bicubic"):
            close(F.grid_sample(x, unit, mode, "border", align), x)
    turned = F.affine_grid(np.float32([[[0, 1, 0], [1, 0, 0]]]), (6, 5))
    close(F.grid_sample(x, turned), np.swapaxes(x, 1, 2))
    ramp = np.arange(8, dtype=np.float32)[None, :, None, None] * np.ones((1, 1, 4, 1), np.float32)
    third = np.float32([[[[0, 0]]]])
    close(F.grid_sample(ramp, third, "bicubic"), 3.5)


def test_interpolate(on_numpy: None) -> None:
    x = normal(2, 5, 4, 3, 2)
    for method in ("nearest", "linear", "cubic"):
        got = F.interpolate(x, (7, 4, 6), method=method)
        close(got, jax.image.resize(x, (2, 7, 4, 6, 2), method, antialias=False), 1e-3)
    assert F.interpolate(x, scale=1.5, method="linear").shape == (2, 7, 6, 4, 2)
    close(
        F.interpolate(x[:, :4, 0, 0, :], 2, method="area"),
        x[:, :4, 0, 0].reshape(2, 2, 2, 2).mean(2),
    )


def test_fold_is_the_transpose_of_patches(on_numpy: None) -> None:
    x, options = normal(2, 6, 5, 2), {"strides": (2, 1), "padding": 1, "dilation": (1, 2)}
    patches = F.extract_patches(x, (3, 2), **options)
    y = normal(*patches.shape)
    folded = F.fold(y, (6, 5), (3, 2), **options)
    np.testing.assert_allclose((np.asarray(patches) * y).sum(), (x * folded).sum(), rtol=1e-4)


def test_embeddings(on_numpy: None) -> None:
    table, ids = normal(7, 3), np.array([1, 1, 6, 0, 2], np.int32)
    close(F.embedding(table, ids), table[ids])
    bags = [ids[:2], ids[2:2], ids[2:]]
    for mode in ("sum", "mean", "max"):
        want = [getattr(table[b], mode)(0) if b.size else np.zeros(3) for b in bags]
        close(F.embedding_bag(table, ids, [0, 2, 2], mode), want)
        close(F.embedding_bag(table, ids[None], mode=mode), getattr(table[ids], mode)(0)[None])
    weights = normal(5)
    want = [(table[ids] * weights[:, None]).sum(0)]
    close(F.embedding_bag(table, ids, [0], "sum", weights), want)
    w = normal(4, 3, 2)
    close(F.bilinear(table, Y[:1, :2], w, 1.0), np.einsum("ni,oij,j->no", table, w, Y[0, :2]) + 1)
    close(F.channel_shuffle(X, 3), X.reshape(4, 3, 2).swapaxes(1, 2).reshape(4, 6))


def test_gumbel_softmax(on_numpy: None) -> None:
    key = tx.random.key(4)
    soft = F.gumbel_softmax(key, X, 0.5)
    hard = F.gumbel_softmax(key, X, 0.5, hard=True)
    close(tnp.sum(soft, -1), np.ones(4))
    close(hard, np.eye(6)[np.asarray(soft).argmax(1)])
    got, want = (
        tx.grad(lambda x, h=h: tnp.sum(F.gumbel_softmax(key, x, 0.5, h) * Y))(X)
        for h in (True, False)
    )
    close(got, want)
    close(F.rrelu(None, X), np.where(X > 0, X, X * 11 / 48))
    slopes = np.asarray(F.rrelu(key, -np.ones(50, np.float32)))
    assert (slopes >= -1 / 3).all()
    assert (slopes <= -1 / 8).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.grid_sample(X[None, ..., None], X[None], "bilinear"),
        lambda: F.grid_sample(X[None, ..., None], X[None, ..., None, :2], "cubic"),
        lambda: F.affine_grid(np.eye(3), (2, 2)),
        lambda: F.interpolate(X[None], method="linear"),
        lambda: F.interpolate(X[None], 3, method="spline"),
        lambda: F.fold(X[None], (9,), 2),
        lambda: F.embedding_bag(X, [0, 1], [0], "mean", [1.0, 1.0]),
        lambda: F.embedding_bag(X, [0, 1]),
        lambda: F.ctc(X[None], [[0.5]]),
        lambda: F.ctc(X, [[1]]),
        lambda: F.nll(LOGS, LABELS[:2]),
        lambda: F.multi_margin(X, LABELS, 3),
        lambda: F.max_unpool(X[None], LABELS, (3,)),
        lambda: F.channel_shuffle(X, 4),
        lambda: F.cdist(X, X[:, :2]),
        lambda: F.pdist(X, -1),
        lambda: F.conv_transpose1d(X[None], normal(2, 3, 6), groups=4),
        lambda: F.conv_transpose1d(X[None], normal(2, 3, 6), output_padding=1),
        lambda: F.lp_pool(X[None], 0, 2),
        lambda: F.fractional_max_pool(tx.random.key(0), X[None], 3, 4),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError)):
        call()
