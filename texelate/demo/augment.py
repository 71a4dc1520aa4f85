"""Slightly different digits for every epoch: small random rotations, scalings and shifts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data.handwritten import Images

ROTATION = 0.15  # radians either way
SCALE = 0.1
SHIFT = 0.5  # pixels


def augment(images: Images, random: np.random.RandomState) -> Images:
    """Each image turned, scaled and shifted a little, sampled bilinearly, with paper around it.

    Simard et al. (2003), Best Practices for Convolutional Neural Networks Applied to Visual
    Document Analysis, https://doi.org/10.1109/ICDAR.2003.1227801.
    """
    n, height, width = images.shape
    angle = random.uniform(-ROTATION, ROTATION, n)
    scale = random.uniform(1 - SCALE, 1 + SCALE, n)
    shift = random.uniform(-SHIFT, SHIFT, (2, n, 1, 1))
    c = (scale * np.cos(angle)).reshape(n, 1, 1)
    s = (scale * np.sin(angle)).reshape(n, 1, 1)
    y, x = np.meshgrid(
        np.arange(height) - height / 2 + 0.5, np.arange(width) - width / 2 + 0.5, indexing="ij"
    )
    row = s * x + c * y + shift[0] + height / 2 - 0.5
    column = c * x - s * y + shift[1] + width / 2 - 0.5
    return _bilinear(images, row, column)


def _bilinear(images: Images, row: NDArray[np.float64], column: NDArray[np.float64]) -> Images:
    border = 2
    padded = np.pad(images, ((0, 0), (border, border), (border, border)))
    row = np.clip(row + border, 0, padded.shape[1] - 1.001)
    column = np.clip(column + border, 0, padded.shape[2] - 1.001)
    i, j = row.astype(int), column.astype(int)
    v, u = row - i, column - j
    image = np.arange(len(images)).reshape(-1, 1, 1)
    top = padded[image, i, j] * (1 - u) + padded[image, i, j + 1] * u
    bottom = padded[image, i + 1, j] * (1 - u) + padded[image, i + 1, j + 1] * u
    mixed: Images = (top * (1 - v) + bottom * v).astype(np.float32)
    return mixed
