"""The differentiable functions of ``image``, ``signal``, ``segments``, ``random``, ``special``."""

from __future__ import annotations

from typing import Any

import numpy as np

import texelate as tx
import texelate.numpy as tnp
from tests.gradients.functions import each, on, parts
from tests.gradients.points import Table, above, apart, ints, within

KEY = tx.random.key(5)
PICTURE = apart(1, 4, 5, 3, low=0.1, high=0.95)
COLOURS = np.float32([[[0.2, 0.55, 0.9], [0.8, 0.3, 0.15], [0.35, 0.85, 0.6]]])
"""Away from grey, and from hues where another channel leads."""
BOXES = np.float32([[0.1, 0.2, 1.1, 1.3], [0.5, 0.6, 2.0, 1.7]])
A = apart(3, 4)
IDS = ints(0, 1, 0)

NONE = {
    **dict.fromkeys(
        "non_max_suppression non_max_suppression_padded non_max_suppression_padded_with_scores "
        "non_max_suppression_with_scores otsu_level threshold".split(),
        "it chooses: places, levels, black or white",
    ),
    **dict.fromkeys("hamming_window hann_window".split(), "known numbers"),
    **dict.fromkeys(
        "bernoulli binomial bits categorical choice fold_in geometric key multinomial permutation "
        "poisson rademacher randint split".split(),
        "the result is an integer, a boolean, or drawn from what is given",
    ),
    **dict.fromkeys(
        "cauchy exponential gumbel laplace logistic maxwell normal orthogonal truncated_normal "
        "ball".split(),
        "nothing that it depends on is differentiable",
    ),
    **dict.fromkeys(
        "beta chisquare dirichlet f gamma generalized_normal log_gamma t".split(),
        "implicit in the shape: not the derivative of the same candidates, so differences do not "
        "tell; tests/random compares with SciPy's quantiles",
    ),
}
"""The public functions without check here, and why."""

HELPERS = {"as_float", "cast", "promoted", "public", "scatter_add", "shape_of", "value"}
"""Names that the modules import for themselves."""


def of(room: Any, name: str, *args: Any, after: tuple[Any, ...] = (), **keywords: Any) -> Any:
    """The function on float arguments, followed by operands that are not differentiated."""
    return on(lambda *xs: getattr(room, name)(*xs, *after, **keywords), *args)


PICTURES = tx.image
IMAGE: Table = {
    **each(
        "flip_left_right flip_up_down rgb_to_grayscale rgb_to_yiq rgb_to_yuv "
        "yiq_to_rgb yuv_to_rgb",
        PICTURE,
        room=PICTURES,
    ),
    "rgb_to_hsv": of(PICTURES, "rgb_to_hsv", COLOURS),
    "hsv_to_rgb": of(PICTURES, "hsv_to_rgb", COLOURS[:, :, [1, 0, 2]] * np.float32(0.75)),
    "grayscale_to_rgb": of(PICTURES, "grayscale_to_rgb", PICTURE[..., :1]),
    "adjust_brightness": of(PICTURES, "adjust_brightness", PICTURE, after=(0.2,)),
    "adjust_contrast": of(PICTURES, "adjust_contrast", PICTURE, after=(1.4,)),
    "adjust_gamma": of(PICTURES, "adjust_gamma", PICTURE, after=(1.6,)),
    "adjust_hue": of(PICTURES, "adjust_hue", COLOURS, after=(0.21,)),
    "adjust_saturation": of(PICTURES, "adjust_saturation", COLOURS, after=(0.7,)),
    "box_iou": of(PICTURES, "box_iou", BOXES, BOXES[::-1] + np.float32(0.17)),
    "central_crop": of(PICTURES, "central_crop", PICTURE, after=((2, 2),)),
    "crop_and_resize": of(
        PICTURES,
        "crop_and_resize",
        PICTURE,
        np.float32([[0.1, 0.15, 0.7, 0.8]]),
        after=([0], (2, 3)),
    ),
    **{
        f"resize:{m}": of(PICTURES, "resize", PICTURE, after=((3, 7), m))
        for m in ("bilinear", "nearest", "bicubic", "area")
    },
    "rotate": of(PICTURES, "rotate", PICTURE, after=(0.4,), method="bilinear"),
    "transform": of(
        PICTURES,
        "transform",
        PICTURE,
        after=([1.0, 0.02, 0.3, 0.01, 1.0, 0.4, 0.01, 0.02], "bilinear"),
    ),
}  # fmt: skip

S = tx.signal
SIGNAL: Table = {
    "frame": of(S, "frame", apart(2, 7), after=(3, 2)),
    "overlap_and_add": of(S, "overlap_and_add", apart(2, 3, 4), after=(2,)),
    "stft": on(parts(lambda x: S.stft(x, 4, 2)), apart(8)),
    "istft": on(lambda x: S.istft(S.stft(x, 4, 2) ** 2, 4, 2), apart(8)),
}

SEGMENTS: Table = {
    f"segment_{n}": of(tx.segments, f"segment_{n}", A, after=(IDS, 2))
    for n in "max mean min prod sqrt_n sum".split()
}

R = tx.random


def drawn(name: str, *args: Any) -> Any:
    return on(lambda *xs: getattr(R, name)(KEY, *xs), *args)


COVARIANCE = np.float32([[2.0, 0.4], [0.4, 1.0]])
RANDOM: Table = {
    **{n: drawn(n, above(3)) for n in "lognormal pareto rayleigh wald".split()},
    "uniform": on(lambda a, b: R.uniform(KEY, (3,), a, b), within(3), above(3)),
    "double_sided_maxwell": drawn("double_sided_maxwell", apart(3), above(3)),
    "weibull_min": drawn("weibull_min", above(3), above(3, seed=1)),
    "triangular": drawn("triangular", within(3) - 1, within(3), within(3) + 1),
    "multivariate_normal": on(
        lambda m, c: R.multivariate_normal(KEY, m, (c + tnp.matrix_transpose(c)) / 2, (3,)),
        apart(2),
        COVARIANCE,
    ),
}

SPECIAL: Table = {
    **each("digamma gammaln entr", above(3, 4), room=tx.special),
    **each("erf expit i0 logsumexp", A, room=tx.special),
    "gammaln:negative": of(tx.special, "gammaln", within(4) * np.float32(0.4) - np.float32(1.5)),
    "digamma:negative": of(tx.special, "digamma", within(4) * np.float32(0.2) - np.float32(1.5)),
    "erf_inv": of(tx.special, "erf_inv", within(3, 4)),
    "logit": of(tx.special, "logit", within(3, 4) / 2 + np.float32(0.5)),
    **each("betaln xlogy xlog1py", above(3, 4), above(3, 4, seed=1), room=tx.special),
}

ROOMS: dict[str, tuple[Any, Table]] = {
    "image": (PICTURES, IMAGE),
    "signal": (S, SIGNAL),
    "segments": (tx.segments, SEGMENTS),
    "random": (R, RANDOM),
    "special": (tx.special, SPECIAL),
}
