"""NumPy's side of what several workloads share."""

from __future__ import annotations

from typing import Any

import numpy as np


def conv_reference(x: Any, w: Any, stride: int, pad: int, groups: int = 1) -> Any:
    """Convolution of NHWC with HWIO: windows as rows, one matrix product for each group.

    Each channel alone (``groups`` equal to the channels) is a sum over shifted images.

    >>> conv_reference(np.ones((1, 4, 4, 2)), np.ones((3, 3, 2, 5)), 1, 1)[0, 1, 1]
    array([18., 18., 18., 18., 18.])
    """
    filters = w.shape[3]
    if groups == x.shape[3] == filters:
        return _depthwise(_padded(x, pad), w[:, :, 0], stride)
    assert groups == 1
    windows = _windows(x, w, stride, pad)
    rows = windows.reshape(-1, w[..., 0].size)
    return (rows @ w.reshape(-1, filters)).reshape(*windows.shape[:3], filters)


def conv_gradients(x: Any, w: Any, dy: Any, stride: int, pad: int) -> tuple[Any, Any]:
    """What a change ``dy`` of the convolution's result means for ``x`` and for ``w``."""
    windows = _windows(x, w, stride, pad)
    dw = windows.reshape(-1, w[..., 0].size).T @ dy.reshape(-1, dy.shape[3])
    dx = np.zeros_like(_padded(x, pad))
    high, wide = (stride * n for n in dy.shape[1:3])
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            dx[:, i : i + high : stride, j : j + wide : stride] += dy @ w[i, j].T
    return dx[:, pad : dx.shape[1] - pad, pad : dx.shape[2] - pad], dw.reshape(w.shape)


def _windows(x: Any, w: Any, stride: int, pad: int) -> Any:
    """``[batch, rows, columns, kernel rows, kernel columns, channels]`` of the padded image."""
    view = np.lib.stride_tricks.sliding_window_view
    windows = view(_padded(x, pad), w.shape[:2], axis=(1, 2))
    return windows[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)


def _padded(x: Any, pad: int) -> Any:
    return np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def _depthwise(x: Any, w: Any, stride: int) -> Any:
    high, wide, _ = w.shape
    rows, columns = x.shape[1] - high + 1, x.shape[2] - wide + 1
    return sum(
        x[:, i : i + rows : stride, j : j + columns : stride] * w[i, j]
        for i in range(high)
        for j in range(wide)
    )


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), in x's precision."""
    return 1 / (1 + np.exp(-x))


def softmax(x: Any) -> Any:
    """Of the last axis.

    >>> softmax(np.zeros(4))
    array([0.25, 0.25, 0.25, 0.25])
    """
    exps = np.exp(x - x.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


def layer_norm(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    """Zero mean and unit variance along the last axis, times weight plus bias."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + x.dtype.type(eps)) * weight + bias
