"""Convolutions, pools and rearrangements against jax.lax and loops in NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.nn.functional as F
import texelate.numpy as tnp

RNG = np.random.default_rng(3)
SPATIAL = (7, 6, 5)
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
LETTERS = {1: ("NWC", "WIO"), 2: ("NHWC", "HWIO"), 3: ("NDHWC", "DHWIO")}


def close(got: Any, want: Any, rtol: float = 1e-4) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=rtol, atol=1e-4)


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_convolutions_of_each_rank(on_numpy: None, rank: int, padding: str) -> None:
    image, out = LETTERS[rank]
    x, w = normal(2, *SPATIAL[:rank], 4), normal(*(3, 2, 3)[:rank], 2, 6)
    got = CONV[rank](x, w, strides=2, padding=padding, groups=2)
    want = jax.lax.conv_general_dilated(
        x, w, (2,) * rank, padding, dimension_numbers=(image, out, image), feature_group_count=2
    )
    close(got, want)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(
    ("padding", "strides", "dilation"),
    [("SAME", 2, 1), ("VALID", 2, 1), ("SAME", 3, 1), ("VALID", 4, 1), ("VALID", 1, 2)],
)
def test_transposed_convolutions(
    on_numpy: None, rank: int, padding: str, strides: int, dilation: int
) -> None:
    image, out = LETTERS[rank]
    x, w = normal(2, *SPATIAL[:rank], 3), normal(*(3, 2, 3)[:rank], 2, 3)
    got = TRANSPOSED[rank](x, w, strides=strides, padding=padding, dilation=dilation)
    want = jax.lax.conv_transpose(
        x, w, (strides,) * rank, padding, rhs_dilation=(dilation,) * rank,
        dimension_numbers=(image, out, image), transpose_kernel=True,
    )  # fmt: skip
    close(got, want)


def test_a_transposed_convolution_is_the_gradient_of_one(on_numpy: None) -> None:
    x, w, padding = normal(1, 9, 7, 2), normal(3, 2, 2, 4), ((1, 2), (0, 1))
    options = {"strides": (2, 3), "padding": padding}
    y, pull = tx.vjp(lambda x: F.conv2d(x, w, **options), x)
    back = F.conv_transpose2d(y, w, **options)
    want = np.asarray(pull(y)[0])[:, : back.shape[1], : back.shape[2]]
    close(np.asarray(back)[:, : want.shape[1], : want.shape[2]], want)


def jax_depthwise(x: Any, w: Any) -> Any:
    kernel = w.reshape(*w.shape[:2], 1, -1)
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=3
    )


def numpy_dilation(x: Any, w: Any, stride: int) -> Any:
    (n, h, width, c), (kh, kw, _) = x.shape, w.shape
    rows, columns = (h - kh) // stride + 1, (width - kw) // stride + 1
    out = np.empty((n, rows, columns, c), np.float32)
    for i, j in itertools.product(range(rows), range(columns)):
        part = x[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        out[:, i, j] = (part + w).max((1, 2))
    return out


def test_depthwise_separable_and_morphological(backend: str) -> None:
    x, w, point, flat = normal(2, 7, 6, 3), normal(3, 3, 3, 2), normal(1, 1, 6, 4), normal(2, 3, 3)

    def f(x: Any, w: Any, point: Any, flat: Any) -> Any:
        return (
            F.depthwise_conv2d(x, w, padding="SAME"),
            F.separable_conv2d(x, w, point, padding="SAME"),
            F.dilation2d(x, flat, strides=2),
            F.dilation2d(x, flat, padding="SAME"),
            tx.grad(lambda x: tnp.sum(tnp.sin(F.depthwise_conv2d(x, w, padding="SAME"))))(x),
        )

    depth, separable, dilated, same, grads = tx.jit(f)(x, w, point, flat)
    close(depth, jax_depthwise(x, w))
    close(separable, jax_depthwise(x, w) @ point[0, 0])
    close(dilated, numpy_dilation(x, flat, 2))
    padded = np.pad(x, ((0, 0), (0, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    close(same, numpy_dilation(padded, flat, 1))
    close(grads, jax.grad(lambda x: jnp.sum(jnp.sin(jax_depthwise(x, w))))(x), rtol=1e-3)


# --- pools ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_pools_of_each_rank(on_numpy: None, rank: int) -> None:
    x = normal(2, *SPATIAL[:rank], 3)
    window, step = (1, *(3,) * rank, 1), (1, *(2,) * rank, 1)

    def reference(x: Any, start: float, op: Any) -> Any:
        return jax.lax.reduce_window(x, start, op, window, step, "SAME")

    count = reference(np.ones_like(x), 0.0, jax.lax.add)
    close(F.max_pool(x, 3, 2, "SAME"), reference(x, -np.inf, jax.lax.max))
    close(F.min_pool(x, 3, 2, "SAME"), reference(x, np.inf, jax.lax.min))
    close(F.avg_pool(x, 3, 2, "SAME"), reference(x, 0.0, jax.lax.add) / count)
    largest = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}[rank]
    mean = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[rank]
    np.testing.assert_array_equal(largest(x, 3, 2, "SAME"), F.max_pool(x, 3, 2, "SAME"))
    np.testing.assert_array_equal(mean(x, 3, 2, "SAME"), F.avg_pool(x, 3, 2, "SAME"))
    axes = tuple(range(1, rank + 1))
    close(F.global_avg_pool(x), x.mean(axes))
    close(F.global_max_pool(x, keepdims=True), x.max(axes, keepdims=True))


def numpy_adaptive(x: Any, size: tuple[int, int], reduce: Any) -> Any:
    h, w = x.shape[1:3]
    out = np.empty((x.shape[0], *size, x.shape[3]), np.float32)
    for i, j in itertools.product(*map(range, size)):
        rows = slice(i * h // size[0], -(-(i + 1) * h // size[0]))
        columns = slice(j * w // size[1], -(-(j + 1) * w // size[1]))
        out[:, i, j] = reduce(x[:, rows, columns], axis=(1, 2))
    return out


def test_adaptive_pools_and_positions(backend: str) -> None:
    x = normal(2, 7, 6, 3)
    both = tx.jit(lambda x: (F.adaptive_avg_pool(x, (3, 4)), F.adaptive_max_pool(x, (3, 4))))(x)
    close(both[0], numpy_adaptive(x, (3, 4), np.mean))
    close(both[1], numpy_adaptive(x, (3, 4), np.max))
    for options in ({"strides": 2, "padding": "SAME"}, {"strides": 1}):
        largest, place = tx.jit(lambda x: F.max_pool_with_argmax(x, (2, 3), **options))(x)  # noqa: B023
        flat = x.reshape(2, -1)
        np.testing.assert_array_equal(
            np.take_along_axis(flat, np.asarray(place).reshape(2, -1), 1), largest.reshape(2, -1)
        )
        np.testing.assert_array_equal(largest, F.max_pool2d(x, (2, 3), **options))


# --- rearrangements ------------------------------------------------------------------------------


def test_space_depth_and_batch(on_numpy: None) -> None:
    x = normal(2, 4, 6, 8)
    spread = np.asarray(F.depth_to_space(x, 2))
    for h, w, c in itertools.product(range(8), range(12), range(2)):
        channel = (h % 2 * 2 + w % 2) * 2 + c
        np.testing.assert_array_equal(spread[:, h, w, c], x[:, h // 2, w // 2, channel])
        place = (c * 2 + h % 2) * 2 + w % 2
        got = F.pixel_shuffle(x, 2)[:, h, w, c] if h < 2 and w < 2 else None
        if got is not None:
            np.testing.assert_array_equal(got, x[:, 0, 0, place])
    np.testing.assert_array_equal(F.space_to_depth(spread, 2), x)
    np.testing.assert_array_equal(F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2), x)
    parts = F.space_to_batch(x, (2, 3), ((1, 1), (0, 0)))
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)))
    want = [padded[:, i::2, j::3] for i in range(2) for j in range(3)]
    np.testing.assert_array_equal(parts, np.concatenate(want))
    np.testing.assert_array_equal(F.batch_to_space(parts, (2, 3), ((1, 1), (0, 0))), x)


def test_patches_and_upsampling(on_numpy: None) -> None:
    x = normal(2, 6, 7, 3)
    got = F.extract_patches(x, (2, 3), strides=(2, 1), dilation=(1, 2))
    for i, j in itertools.product(range(3), range(3)):
        part = x[:, 2 * i : 2 * i + 2, j : j + 5 : 2]
        np.testing.assert_array_equal(got[:, i, j], part.reshape(2, -1))
    assert F.extract_patches(x, 3, padding="SAME").shape == (2, 6, 7, 27)
    np.testing.assert_array_equal(F.upsample(x, (2, 3)), x.repeat(2, 1).repeat(3, 2))
    tx.check_grads(lambda x: F.extract_patches(x, 2, padding="SAME") ** 2, (x,), order=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.conv1d(np.ones((2, 3, 4, 5)), np.ones((2, 4, 5))),
        lambda: F.conv3d(np.ones((1, 3, 3, 3, 2)), np.ones((2, 2, 2, 3, 1))),
        lambda: F.conv_transpose2d(np.ones((1, 3, 3, 2)), np.ones((2, 2, 4, 3))),
        lambda: F.depthwise_conv2d(np.ones((1, 3, 3, 2)), np.ones((2, 2, 3, 1))),
        lambda: F.dilation2d(np.ones((1, 3, 3, 2)), np.ones((2, 2, 3))),
        lambda: F.max_pool(np.ones((3, 3)), 2),
        lambda: F.max_pool1d(np.ones((1, 3, 3, 2)), 2),
        lambda: F.adaptive_avg_pool(np.ones((1, 3, 3, 2)), 0),
        lambda: F.depth_to_space(np.ones((1, 3, 3, 2)), 2),
        lambda: F.space_to_depth(np.ones((1, 3, 3, 2)), 2),
        lambda: F.space_to_batch(np.ones((1, 3, 3, 2)), (2, 2), ((0, 0), (0, 0))),
        lambda: F.batch_to_space(np.ones((3, 3, 3, 2)), (2,), ((0, 0),)),
        lambda: F.batch_to_space(np.ones((2, 3, 3, 2)), (2,), ((4, 3),)),
        lambda: F.extract_patches(np.ones((3, 3)), 2),
        lambda: F.upsample(np.ones((1, 3, 3, 2)), 0),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError)):
        call()
