"""Resizing and warping against jax.image, and against loops over pixels that follow TensorFlow."""

from __future__ import annotations

import itertools
import math
from typing import Any

import jax
import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

RNG = np.random.default_rng(5)
IMAGES = RNG.standard_normal((2, 6, 7, 3)).astype(np.float32)
SIZES = [(9, 5), (3, 14), (6, 7), (1, 1)]


def close(got: Any, want: Any, rtol: float = 1e-4) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=rtol, atol=2e-5)


@pytest.mark.parametrize(("ours", "theirs"), [("bilinear", "linear"), ("bicubic", "cubic")])
@pytest.mark.parametrize("antialias", [False, True])
def test_half_pixel_centres_are_those_of_jax(
    on_numpy: None, ours: str, theirs: str, antialias: bool
) -> None:
    for size in SIZES:
        want = jax.image.resize(IMAGES, (2, *size, 3), theirs, antialias=antialias)
        close(tx.image.resize(IMAGES, size, ours, antialias=antialias), want)


def test_nearest_is_that_of_jax_and_keeps_the_dtype(on_numpy: None) -> None:
    for size in SIZES:
        want = jax.image.resize(IMAGES, (2, *size, 3), "nearest")
        np.testing.assert_array_equal(tx.image.resize(IMAGES, size, "nearest"), want)
    whole = np.arange(42, dtype=np.int32).reshape(6, 7, 1)
    assert np.asarray(tx.image.resize(whole, (3, 3), "nearest")).dtype == np.int32


def resize_by_loops(x: Any, size: Any, method: str, align: bool) -> Any:
    """TensorFlow.js's kernels with halfPixelCenters=false."""
    _, h, w, _ = x.shape
    scale = [
        (old - 1) / (new - 1) if align and new > 1 else old / new
        for old, new in zip((h, w), size, strict=True)
    ]
    out = np.empty((x.shape[0], *size, x.shape[3]), np.float32)
    for i, j in itertools.product(*map(range, size)):
        y, z = i * scale[0], j * scale[1]
        if method == "nearest":
            a, b = (math.floor(v + 0.5) if align else math.floor(v + 1e-9) for v in (y, z))
            out[:, i, j] = x[:, min(a, h - 1), min(b, w - 1)]
            continue
        top, left = math.floor(y), math.floor(z)
        bottom, right = min(math.ceil(y), h - 1), min(math.ceil(z), w - 1)
        above = x[:, top, left] + (x[:, top, right] - x[:, top, left]) * (z - left)
        below = x[:, bottom, left] + (x[:, bottom, right] - x[:, bottom, left]) * (z - left)
        out[:, i, j] = above + (below - above) * (y - top)
    return out


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_the_other_conventions(on_numpy: None, align: bool, method: str) -> None:
    for size in [(9, 5), (4, 14), (6, 7)]:
        got = tx.image.resize(IMAGES, size, method, align_corners=align, half_pixel_centers=False)
        close(got, resize_by_loops(IMAGES, size, method, align))


def test_areas_are_means(on_numpy: None) -> None:
    x = RNG.standard_normal((6, 9, 2)).astype(np.float32)
    close(tx.image.resize(x, (3, 3), "area"), x.reshape(3, 2, 3, 3, 2).mean((1, 3)))
    fine = x.repeat(4, 0).repeat(4, 1)
    want = fine.reshape(4, 6, 4, 9, 2).mean((1, 3))
    close(tx.image.resize(x, (4, 4), "area"), want)


def test_resizing_compiles_maps_and_differentiates(backend: str) -> None:
    def f(x: Any) -> Any:
        return tx.image.resize(x, (4, 9))

    def loss(x: Any) -> Any:
        return tnp.sum(tnp.sin(f(x)))

    value, grads = tx.jit(tx.vmap(f))(IMAGES), tx.jit(tx.grad(loss))(IMAGES)
    close(value, jax.image.resize(IMAGES, (2, 4, 9, 3), "linear", antialias=False))
    want = jax.grad(
        lambda x: jax.numpy.sin(jax.image.resize(x, (2, 4, 9, 3), "linear", antialias=False)).sum()
    )(IMAGES)
    close(grads, want, rtol=1e-3)


def test_flips_and_crops(on_numpy: None) -> None:
    np.testing.assert_array_equal(tx.image.flip_left_right(IMAGES), IMAGES[:, :, ::-1])
    np.testing.assert_array_equal(tx.image.flip_up_down(IMAGES[0]), IMAGES[0, ::-1])
    np.testing.assert_array_equal(tx.image.central_crop(IMAGES, (2, 3)), IMAGES[:, 2:4, 2:5])


# --- warping -------------------------------------------------------------------------------------

BOXES = np.array(
    [[0, 0, 1, 1], [0.21, 0.12, 0.77, 0.93], [0.91, 0.83, 0.13, 0.22], [-0.51, 0, 1.23, 1.52]],
    np.float32,
)
OWNERS = np.array([0, 1, 1, 0], np.int32)


def crop_by_loops(images: Any, size: Any, method: str, fill: float) -> Any:
    _, h, w, c = images.shape
    out = np.full((len(BOXES), *size, c), fill, np.float32)
    for m, (y1, x1, y2, x2) in enumerate(BOXES.astype(float)):
        image = images[OWNERS[m]]
        for i, j in itertools.product(*map(range, size)):
            y = y1 * (h - 1) + i * (y2 - y1) * (h - 1) / (size[0] - 1)
            x = 0.5 * (x1 + x2) * (w - 1)
            if size[1] > 1:
                x = x1 * (w - 1) + j * (x2 - x1) * (w - 1) / (size[1] - 1)
            if not (0 <= y <= h - 1 and 0 <= x <= w - 1):
                continue
            if method == "nearest":
                out[m, i, j] = image[math.floor(y + 0.5), math.floor(x + 0.5)]
                continue
            a, b = math.floor(y), math.floor(x)
            a2, b2 = math.ceil(y), math.ceil(x)
            above = image[a, b] * (1 - (x - b)) + image[a, b2] * (x - b)
            below = image[a2, b] * (1 - (x - b)) + image[a2, b2] * (x - b)
            out[m, i, j] = above * (1 - (y - a)) + below * (y - a)
    return out


@pytest.mark.parametrize("method", ["bilinear", "nearest"])
@pytest.mark.parametrize("size", [(3, 4), (5, 1)])
def test_crop_and_resize(on_numpy: None, method: str, size: tuple[int, int]) -> None:
    got = tx.image.crop_and_resize(IMAGES, BOXES, OWNERS, size, method, 0.25)
    close(got, crop_by_loops(IMAGES, size, method, 0.25))


def mapped(at: float, extent: int, mode: str) -> float:
    """MapCoordinate of TensorFlow's image_ops.h."""
    if mode == "reflect":
        if at < 0:
            if at < 2 * extent:
                at = 2 * extent * math.trunc(-at / (2 * extent)) + at
            at = at + 2 * extent if at < -extent else -at - 1
        else:
            at -= 2 * extent * math.trunc(at / (2 * extent))
            at = 2 * extent - at - 1 if at >= extent else at
    elif mode == "wrap":
        if at < 0:
            at += extent * (math.trunc(-at / (extent - 1)) + 1)
        else:
            at -= extent * math.trunc(at / (extent - 1))
    return at if mode == "constant" else min(max(at, 0.0), extent - 1.0)


def transform_by_loops(images: Any, params: Any, method: str, mode: str, fill: float) -> Any:
    n, h, w, c = images.shape

    def read(k: int, y: int, x: int) -> Any:
        return images[k, y, x] if 0 <= y < h and 0 <= x < w else np.full(c, fill)

    out = np.empty_like(images)
    for k, i, j in itertools.product(range(n), range(h), range(w)):
        p = np.asarray(params[k], float)
        scale = p[6] * j + p[7] * i + 1
        x = mapped((p[0] * j + p[1] * i + p[2]) / scale, w, mode)
        y = mapped((p[3] * j + p[4] * i + p[5]) / scale, h, mode)
        if method == "nearest":
            out[k, i, j] = read(k, math.floor(y + 0.5), math.floor(x + 0.5))
            continue
        a, b = math.floor(y), math.floor(x)
        above = (b + 1 - x) * read(k, a, b) + (x - b) * read(k, a, b + 1)
        below = (b + 1 - x) * read(k, a + 1, b) + (x - b) * read(k, a + 1, b + 1)
        out[k, i, j] = (a + 1 - y) * above + (y - a) * below
    return out


PARAMS = np.array(
    [
        [1.113, 0.217, -1.331, -0.153, 0.913, 2.117, 0.013, 0.021],
        [-1.313, 0.107, 5.213, 0.307, 1.711, -9.317, 0, 0],
    ]
).astype(np.float32)


@pytest.mark.parametrize("mode", ["constant", "nearest", "reflect", "wrap"])
@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_transform(on_numpy: None, method: str, mode: str) -> None:
    got = tx.image.transform(IMAGES, PARAMS, method, mode, 0.5)
    close(got, transform_by_loops(IMAGES, PARAMS, method, mode, 0.5), rtol=1e-3)


def rotate_by_loops(images: Any, radians: float, fill: float, center: tuple[float, float]) -> Any:
    """TensorFlow.js's RotateWithOffset."""
    _, h, w, _ = images.shape
    out, sin, cos = np.full_like(images, fill), math.sin(radians), math.cos(radians)
    across, down = center[0] * w, center[1] * h
    for i, j in itertools.product(range(h), range(w)):
        x = math.floor((j - across) * cos - (i - down) * sin + across + 0.5)
        y = math.floor((j - across) * sin + (i - down) * cos + down + 0.5)
        if 0 <= x < w and 0 <= y < h:
            out[:, i, j] = images[:, y, x]
    return out


def test_rotate(on_numpy: None) -> None:
    for radians, center in ((0.7, (0.5, 0.5)), (-2.0, (0.3, 0.8))):
        got = tx.image.rotate(IMAGES, radians, 0.5, center)
        close(got, rotate_by_loops(IMAGES, radians, 0.5, center))


def test_warping_compiles_and_differentiates(backend: str) -> None:
    def f(x: Any) -> Any:
        crops = tx.image.crop_and_resize(x, BOXES, OWNERS, (3, 4))
        return crops, tx.image.transform(x, PARAMS, "bilinear")

    def of_boxes(boxes: Any) -> Any:
        """A ramp: no kinks between its pixels."""
        ramp = np.add.outer(np.arange(6), 2 * np.arange(7)).astype(np.float32)
        return tx.image.crop_and_resize(ramp[None, :, :, None], boxes, [0, 0, 0], (3, 4))

    crops = tx.jit(lambda x: tx.image.crop_and_resize(x, BOXES, OWNERS, (3, 4)))(IMAGES)
    close(crops, crop_by_loops(IMAGES, (3, 4), "bilinear", 0.0))
    images = tx.jit(lambda x, p: tx.image.transform(x, p, "bilinear", "reflect"))(IMAGES, PARAMS)
    close(images, transform_by_loops(IMAGES, PARAMS, "bilinear", "reflect", 0.0), rtol=1e-3)
    if backend == "numpy":
        tx.check_grads(f, (IMAGES,), order=1)
        tx.check_grads(of_boxes, (BOXES[:3] * 0.8 + 0.05,), order=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: tx.image.resize(IMAGES, (0, 3)),
        lambda: tx.image.resize(IMAGES, (3,)),
        lambda: tx.image.resize(IMAGES, (3, 3), "lanczos"),
        lambda: tx.image.resize(IMAGES[0, 0], (3, 3)),
        lambda: tx.image.resize(IMAGES[:, :0], (3, 3)),
        lambda: tx.image.central_crop(IMAGES, (7, 7)),
        lambda: tx.image.crop_and_resize(IMAGES, BOXES[:2], OWNERS, (3, 3)),
        lambda: tx.image.crop_and_resize(IMAGES, BOXES, OWNERS * 0.5, (3, 3)),
        lambda: tx.image.crop_and_resize(IMAGES, BOXES, OWNERS, (3, 3), "cubic"),
        lambda: tx.image.transform(IMAGES, PARAMS[:, :6]),
        lambda: tx.image.transform(IMAGES, PARAMS, fill_mode="mirror"),
        lambda: tx.image.rotate(IMAGES[0], 1.0),
        lambda: tx.image.rotate(IMAGES, 1.0, center=(1, 2, 3)),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError)):
        call()
