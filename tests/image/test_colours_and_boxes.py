"""Colours against colorsys and their definitions; thresholds and boxes against plain loops."""

from __future__ import annotations

import colorsys
import math
from typing import Any

import numpy as np
import pytest

import texelate as tx
from texelate import image

RNG = np.random.default_rng(6)
COLOURS = np.concatenate(
    [RNG.random((4, 5, 3)), np.eye(3)[None, [0, 1, 2, 0, 1]], np.ones((1, 5, 3)) * 0.5,
     np.zeros((1, 5, 3))]
).astype(np.float32)  # fmt: skip


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-4, atol=1e-5)


def by_pixel(f: Any, x: Any) -> Any:
    return np.apply_along_axis(lambda p: f(*map(float, p)), -1, x)


def test_colour_spaces(backend: str) -> None:
    def f(x: Any) -> Any:
        hsv, yuv, yiq = image.rgb_to_hsv(x), image.rgb_to_yuv(x), image.rgb_to_yiq(x)
        back = image.hsv_to_rgb(hsv), image.yuv_to_rgb(yuv), image.yiq_to_rgb(yiq)
        return hsv, yuv, yiq, back, image.rgb_to_grayscale(x)

    hsv, yuv, yiq, back, grey = tx.jit(f)(COLOURS)
    close(hsv, by_pixel(colorsys.rgb_to_hsv, COLOURS))
    red, green, blue = np.moveaxis(COLOURS, -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    u, v = 0.436 / (1 - 0.114) * (blue - luma), 0.615 / (1 - 0.299) * (red - luma)
    close(yuv, np.stack([luma, u, v], -1))
    b, r, turn = 0.492111 * (blue - luma), 0.877283 * (red - luma), np.deg2rad(33)
    i, q = r * np.cos(turn) - b * np.sin(turn), r * np.sin(turn) + b * np.cos(turn)
    np.testing.assert_allclose(yiq, np.stack([luma, i, q], -1), atol=2e-3)
    for x in back:
        close(x, COLOURS)
    close(grey[..., 0], 0.2989 * red + 0.587 * green + 0.114 * blue)
    close(image.grayscale_to_rgb(grey), np.asarray(grey).repeat(3, -1))


def test_adjusting(on_numpy: None) -> None:
    hsv = by_pixel(colorsys.rgb_to_hsv, COLOURS)
    turned = np.stack([(hsv[..., 0] + 0.3) % 1, hsv[..., 1], hsv[..., 2]], -1)
    close(image.adjust_hue(COLOURS, 0.3), by_pixel(colorsys.hsv_to_rgb, turned))
    dull = np.stack([hsv[..., 0], hsv[..., 1] * 0.4, hsv[..., 2]], -1)
    close(image.adjust_saturation(COLOURS, 0.4), by_pixel(colorsys.hsv_to_rgb, dull))
    mean = COLOURS.mean((0, 1))
    close(image.adjust_contrast(COLOURS, 1.5), (COLOURS - mean) * 1.5 + mean)
    close(image.adjust_brightness(COLOURS, 0.1), COLOURS + 0.1)
    close(image.adjust_gamma(COLOURS, 2.2, 0.5), 0.5 * COLOURS.astype(float) ** 2.2)
    apart = np.array([[0.1, 0.4, 0.8], [0.9, 0.5, 0.2], [0.3, 0.9, 0.6]], np.float32)
    tx.check_grads(lambda x: image.adjust_hue(x, 0.37), (apart,), order=1)


def otsu_by_loops(pixels: Any) -> int:
    best, level = 0.0, 0
    for t in range(256):
        dark, light = pixels[pixels <= t], pixels[pixels > t]
        if dark.size and light.size:
            between = dark.size * light.size * (dark.mean() - light.mean()) ** 2
            if between > best * (1 + 1e-9):
                best, level = between, t
    return level


def test_thresholds(backend: str) -> None:
    x = np.concatenate([RNG.normal(60, 15, 300), RNG.normal(170, 20, 200)])
    x = np.clip(x, 0, 255).astype(np.int32).reshape(20, 25, 1)
    level = otsu_by_loops(x)
    assert int(tx.jit(image.otsu_level)(x)) == level
    np.testing.assert_array_equal(image.threshold(x), np.where(x > level, 255, 0))
    np.testing.assert_array_equal(image.threshold(x, 99, inverted=True), (x <= 99) * 255)
    grey = np.floor(COLOURS * 255 @ [0.2989, 0.587, 0.114])[..., None]
    np.testing.assert_array_equal(image.threshold(COLOURS * 255, 127.5), (grey > 127.5) * 255)


def iou(a: Any, b: Any) -> float:
    (y1, x1), (y2, x2) = np.minimum(a[:2], a[2:]), np.maximum(a[:2], a[2:])
    (v1, u1), (v2, u2) = np.minimum(b[:2], b[2:]), np.maximum(b[:2], b[2:])
    common = max(min(y2, v2) - max(y1, v1), 0) * max(min(x2, u2) - max(x1, u1), 0)
    either = (y2 - y1) * (x2 - x1) + (v2 - v1) * (u2 - u1) - common
    return common / either if (y2 - y1) * (x2 - x1) > 0 < (v2 - v1) * (u2 - u1) else 0.0


def suppress(boxes: Any, scores: Any, most: int, limit: float, least: float, sigma: float) -> Any:
    """TensorFlow's lazy form: a candidate's score is brought up to date when its turn comes."""
    queue = [[float(s), i, 0] for i, s in enumerate(scores) if s > least]
    kept: list[tuple[int, float]] = []
    while queue and len(kept) < most:
        queue.sort(key=lambda c: (-c[0], c[1]))
        score, i, seen = queue.pop(0)
        now, ignored = score, False
        for j, _ in reversed(kept[seen:]):
            overlap = iou(boxes[i], boxes[j])
            if overlap >= limit:
                ignored = True
                break
            now *= math.exp(-0.5 * overlap**2 / sigma) if sigma else 1.0
            if now <= least:
                break
        if ignored:
            continue
        if now == score:
            kept.append((i, score))
        elif now > least:
            queue.append([now, i, len(kept)])
    return kept


@pytest.mark.parametrize(
    ("limit", "least", "sigma"),
    [(0.5, -math.inf, 0.0), (0.2, 0.3, 0.0), (1.0, 0.2, 0.5), (0.6, 0.1, 0.3)],
)
def test_suppression(on_numpy: None, limit: float, least: float, sigma: float) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        corners = rng.random((30, 2)) * 4
        boxes = np.concatenate([corners, corners + rng.random((30, 2)) * 2 - 0.5], 1)
        boxes, scores = boxes.astype(np.float32), rng.random(30).astype(np.float32)
        want = suppress(boxes, scores, 12, limit, least, sigma)
        places, values = image.non_max_suppression_with_scores(
            boxes, scores, 12, limit, least, sigma
        )
        assert places.tolist() == [i for i, _ in want]
        close(values, [s for _, s in want])
        if not sigma:
            kept = image.non_max_suppression(boxes, scores, 12, limit, least)
            padded, count = image.non_max_suppression_padded(boxes, scores, 12, limit, least)
            assert kept.tolist() == places.tolist() == padded.tolist()[: int(count)]
            assert padded.shape == (12,)
        overlaps = np.asarray(image.box_iou(boxes, boxes[:3]))
        close(overlaps, [[iou(a, b) for b in boxes[:3]] for a in boxes])


def test_suppression_is_refused_in_jit(on_numpy: None) -> None:
    with pytest.raises(tx.ConcretizationError):
        tx.jit(lambda b: image.non_max_suppression(b, [1.0], 1))(np.ones((1, 4)))
    assert image.non_max_suppression(np.zeros((0, 4)), np.zeros(0), 3).shape == (0,)


@pytest.mark.parametrize(
    "call",
    [
        lambda: image.rgb_to_hsv(np.ones((2, 4))),
        lambda: image.rgb_to_yuv(1.0),
        lambda: image.grayscale_to_rgb(np.ones((2, 2))),
        lambda: image.adjust_contrast(np.ones((2, 2)), 2),
        lambda: image.adjust_gamma(np.ones(2), -1.0),
        lambda: image.box_iou(np.ones((2, 3)), np.ones((2, 4))),
        lambda: image.non_max_suppression(np.ones((2, 4)), np.ones(3), 2),
        lambda: image.non_max_suppression(np.ones((2, 4)), np.ones(2), -1),
        lambda: image.non_max_suppression(np.ones((2, 4)), np.ones(2), 2, iou_threshold=1.5),
    ],
)
def test_bad_input(on_numpy: None, call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError)):
        call()
