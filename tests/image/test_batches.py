"""Image functions on batches: inside jit and vmap they give what each image gives alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from texelate import image

RNG = np.random.default_rng(8)
STACK = RNG.random((3, 2, 5, 6, 3)).astype(np.float32)
"""Three batches of two images."""

MAPPED: dict[str, Any] = {
    "resize": lambda x: image.resize(x, (7, 4)),
    "resize nearest": lambda x: image.resize(x, (3, 9), "nearest"),
    "resize bicubic": lambda x: image.resize(x, (3, 4), "bicubic", antialias=True),
    "crop": lambda x: image.crop_and_resize(
        x, [[0.1, 0.2, 0.9, 0.7], [0.5, 0.0, 1.2, 1.0]], [1, 0], (3, 4)
    ),
    "transform": lambda x: image.transform(
        x, [1.1, 0.1, -0.4, 0.2, 0.9, 0.3, 0.01, 0.02], "bilinear", "reflect"
    ),
    "rotate": lambda x: image.rotate(x, 0.4, method="bilinear"),
    "flips": lambda x: image.flip_up_down(image.flip_left_right(x)),
    "central_crop": lambda x: image.central_crop(x, (3, 2)),
    "hsv": lambda x: image.hsv_to_rgb(image.rgb_to_hsv(x)),
    "yuv": lambda x: image.rgb_to_yuv(x) + image.rgb_to_yiq(x),
    "gray": lambda x: image.grayscale_to_rgb(image.rgb_to_grayscale(x)),
    "adjust": lambda x: image.adjust_contrast(image.adjust_saturation(x, 0.7), 1.3),
    "hue": lambda x: image.adjust_gamma(image.adjust_hue(x, 0.1), 1.2),
    "threshold": lambda x: image.threshold(255.0 * x[0, ..., :1], 0.4),
}


@pytest.mark.parametrize("name", MAPPED)
def test_vmap(on_numpy: None, name: str) -> None:
    f = MAPPED[name]
    got = tx.jit(tx.vmap(f))(STACK)
    want = np.stack([np.asarray(f(x)) for x in STACK])
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def boxes(*lead: int) -> tuple[Any, Any]:
    corners = RNG.random((*lead, 20, 2)) * 3
    frames = np.concatenate([corners, corners + 0.3 + RNG.random((*lead, 20, 2))], -1)
    return frames.astype(np.float32), RNG.random((*lead, 20)).astype(np.float32)


def test_suppression_of_batches(backend: str) -> None:
    frames, scores = boxes(2, 3)
    options = (6, 0.2, 0.3)

    def both(frames: Any, scores: Any) -> Any:
        return (
            image.non_max_suppression_padded(frames, scores, *options),
            image.non_max_suppression_padded_with_scores(frames, scores, 6, 1.0, 0.3, 0.5),
        )

    hard, soft = tx.jit(both)(frames, scores)
    for i in np.ndindex(2, 3):
        places = image.non_max_suppression(frames[i], scores[i], *options)
        n = int(hard[1][i])
        assert places.tolist() == np.asarray(hard[0])[i][:n].tolist()
        assert (np.asarray(hard[0])[i][n:] == 0).all()
        kept, left = image.non_max_suppression_with_scores(frames[i], scores[i], 6, 1.0, 0.3, 0.5)
        m = int(soft[2][i])
        assert kept.tolist() == np.asarray(soft[0])[i][:m].tolist()
        np.testing.assert_allclose(left, np.asarray(soft[1])[i][:m], rtol=1e-5)
    mapped = tx.vmap(lambda f, s: image.non_max_suppression_padded(f, s, *options))(frames, scores)
    np.testing.assert_array_equal(mapped[0], hard[0])


def test_overlaps_of_batches(on_numpy: None) -> None:
    frames, _ = boxes(2)
    got = np.asarray(image.box_iou(frames, frames[:, :4]))
    for i in range(2):
        np.testing.assert_allclose(got[i], image.box_iou(frames[i], frames[i, :4]))
    slope = tx.grad(lambda b: tnp.sum(image.box_iou(b, frames[0, :3])))(frames[0])
    assert np.isfinite(slope).all()
    with pytest.raises(tx.ShapeError, match="padded"):
        image.non_max_suppression(frames, np.ones((2, 20)), 3)
