"""The differentiable functions of ``nn.functional``, and the others."""

from __future__ import annotations

from typing import Any

import numpy as np

import texelate as tx
import texelate.nn.functional as F
from tests.gradients.functions import on
from tests.gradients.points import Table, above, apart, ints, within

NONE = {
    "one_hot": "its operand is an integer",
    "affine_grid": "linear in its maps: part of grid_sample's check",
}
HELPERS = {"as_float", "public"}
"""Names that the module imports for itself."""

A, B = apart(3, 4), apart(3, 4, low=-1.65, high=1.9, seed=1)
LINE, IMAGE, CUBE = apart(2, 6, 2), apart(1, 4, 4, 2), apart(1, 3, 3, 3, 2)
KEY = tx.random.key(0)
KINK = A * 2.1 + 0.03
"""Reaches beyond the kinks of the clipped activations, and is not near them."""
PROBABILITIES = np.asarray(np.exp(B / 4) / np.exp(B / 4).sum(1, keepdims=True), np.float32)
SIGNS = np.asarray(np.where(A > 0, 1, 0), np.float32)


def of(name: str, *args: Any, after: tuple[Any, ...] = (), **keywords: Any) -> Any:
    """The layer on float arguments, followed by operands that are not differentiated."""
    return on(lambda *xs: getattr(F, name)(*xs, *after, **keywords), *args)


ACTIVATIONS: Table = {
    **{
        name: of(name, KINK)
        for name in "celu elu gelu glu hard_sigmoid hard_silu hard_swish hard_tanh l2_normalize "
        "leaky_relu log_sigmoid log_softmax logsumexp mish relu relu6 selu sigmoid silu softmax "
        "softplus softsign standardize swish thresholded_relu moments".split()
    },
    **{
        name: of(name, KINK)
        for name in "hard_shrink soft_shrink sparse_plus sparse_sigmoid squareplus tanh_shrink "
        "logmeanexp softmin".split()
    },
    "log1mexp": of("log1mexp", above(3, 4)),
    "rrelu": on(lambda x: F.rrelu(KEY, x), A),
    "gumbel_softmax": on(lambda x: F.gumbel_softmax(KEY, x), A),
    "gelu:exact": of("gelu", A, approximate=False),
    "softmax:axis": of("softmax", A, axis=0),
    "prelu": of("prelu", A, np.float32([0.1, 0.2, 0.3, 0.4])),
    **{
        name: on(lambda x, f=name: getattr(F, f)(KEY, x, 0.4), A)
        for name in "alpha_dropout dropout gaussian_dropout".split()
    },
    "batch_norm": of("batch_norm", A, apart(4), above(4), above(4, seed=1), apart(4, seed=1)),
    "batch_norm:batch": of("batch_norm", A),
    "group_norm": of("group_norm", IMAGE, after=(2,)),
    "instance_norm": of("instance_norm", IMAGE),
    "layer_norm": of("layer_norm", A, above(4), apart(4)),
    "rms_norm": of("rms_norm", A, above(4)),
    "local_response_norm": of("local_response_norm", IMAGE, radius=1),
    "moving_average": of("moving_average", A, B),
}

LOSSES: Table = {
    **{n: of(n, A, B) for n in "log_cosh mae mse cosine_distance".split()},
    "huber": of("huber", A * 2, B, delta=1.03),
    "mape": of("mape", above(3, 4), above(3, 4, seed=1) + 2.3),
    "msle": of("msle", above(3, 4), above(3, 4, seed=1)),
    "poisson_nll": of("poisson_nll", above(3, 4), above(3, 4, seed=1)),
    **{
        n: of(n, 0.5 * A + 0.03, after=(SIGNS,))
        for n in "hinge squared_hinge sigmoid_cross_entropy sigmoid_focal_loss".split()
    },
    "categorical_hinge": of("categorical_hinge", A, after=(np.eye(4, dtype=np.float32)[:3],)),
    "binary_cross_entropy": of("binary_cross_entropy", within(3, 4) / 2 + 0.5, after=(SIGNS,)),
    "cross_entropy": of("cross_entropy", PROBABILITIES, after=(PROBABILITIES[::-1].copy(),)),
    "softmax_cross_entropy": of("softmax_cross_entropy", A, after=(PROBABILITIES,)),
    "softmax_cross_entropy:labels": of("softmax_cross_entropy", A, after=(ints(0, 3, 1),)),
    "kl_divergence": of("kl_divergence", np.log(PROBABILITIES), PROBABILITIES[::-1].copy()),
}

RANKINGS: Table = {
    "smooth_l1": of("smooth_l1", A * 2, B, 1.03),
    "gaussian_nll": of("gaussian_nll", A, B, above(3, 4)),
    "hinge_embedding": of("hinge_embedding", 0.5 * A + 0.03, after=(2 * SIGNS - 1,)),
    "cosine_embedding": of("cosine_embedding", A, B, after=(np.float32([1, -1, -1]), -0.93)),
    "margin_ranking": of("margin_ranking", A, B, after=(2 * SIGNS - 1, 0.31)),
    "triplet_margin": of("triplet_margin", A, B, B[:, ::-1].copy(), 3.03),
    **{n: of(n, A, after=(SIGNS,)) for n in "soft_margin multilabel_soft_margin".split()},
    "multilabel_margin": of("multilabel_margin", A / 3, after=(SIGNS,)),
    "multi_margin": of("multi_margin", A / 3, after=(ints(0, 3, 1),), p=2),
    "nll": of("nll", np.log(PROBABILITIES), after=(ints(0, 3, 1),)),
    "ctc": on(lambda x: F.ctc(F.log_softmax(x), ints([1, 1]), [4], [2]), apart(1, 5, 3)),
    **{n: of(n, A, B) for n in "cosine_similarity pairwise_distance cdist".split()},
    "pdist": of("pdist", A),
    "bilinear": of("bilinear", A, B[:, :2], apart(2, 4, 2)),
    "embedding": of("embedding", A, after=(ints(0, 2, 2),)),
    "embedding_bag": of("embedding_bag", A, after=(ints([0, 2], [1, 1]),)),
    "channel_shuffle": of("channel_shuffle", A, after=(2,)),
}

SQUARE = np.float32([0.3, 0.6, 1.4, 1.7, 2.2, 2.6, 0.7, 1.3, 2.5, 1.6, 0.4, 2.3]) / 2 - 0.75
"""Places in an image of 4 x 4, between its pixels."""
SAMPLES: Table = {
    "grid_sample": of("grid_sample", IMAGE, SQUARE.reshape(1, 2, 3, 2)),
    "grid_sample:cubic": of(
        "grid_sample", IMAGE, SQUARE.reshape(1, 2, 3, 2), mode="bicubic", padding_mode="border"
    ),
    "interpolate": of("interpolate", LINE, after=(9,), method="cubic"),
    "fold": of("fold", apart(1, 3, 4), after=((4,), 2)),
    "lp_pool": of("lp_pool", IMAGE, after=(3, 2)),
    "max_unpool": on(lambda x: F.max_unpool(x, ints([[[1], [2]]])[0], (4,)), apart(1, 2, 1)),
    "fractional_max_pool": on(lambda x: F.fractional_max_pool(KEY, x, 2, 3), IMAGE),
}

CONVOLUTIONS: Table = {
    **{
        f"{name}{rank}d": of(f"{name}{rank}d", x, apart(*(2,) * rank, x.shape[-1], 2), strides=2)
        for name in ("conv", "conv_transpose")
        for rank, x in ((1, LINE), (2, IMAGE), (3, CUBE))
    },
    "conv2d:same": of("conv2d", IMAGE, apart(2, 2, 2, 3), padding="SAME", dilation=2),
    "conv_transpose1d:groups": of(
        "conv_transpose1d", LINE, apart(3, 2, 2), strides=2, groups=2, output_padding=1
    ),
    "conv2d:groups": of("conv2d", IMAGE, apart(2, 2, 1, 4), groups=2),
    "depthwise_conv2d": of("depthwise_conv2d", IMAGE, apart(2, 2, 2, 2)),
    "separable_conv2d": of("separable_conv2d", IMAGE, apart(2, 2, 2, 1), apart(1, 1, 2, 3)),
    "dilation2d": of("dilation2d", IMAGE, apart(2, 2, 2, low=-0.07, high=0.07)),
}

POOLS: Table = {
    **{
        f"{kind}_pool{rank}d": of(f"{kind}_pool{rank}d", x, after=(2,), padding="SAME")
        for kind in ("avg", "max")
        for rank, x in ((1, LINE), (2, IMAGE), (3, CUBE))
    },
    **{n: of(n, IMAGE, after=(2,)) for n in "avg_pool max_pool min_pool".split()},
    "avg_pool:ceil": of("avg_pool", LINE, after=(4,), padding=1, ceil_mode=True),
    "max_pool:overlap": of("max_pool", IMAGE, after=(3, 1)),
    "max_pool_with_argmax": on(lambda x: F.max_pool_with_argmax(x, 2)[0], IMAGE),
    **{n: of(n, IMAGE, after=(3,)) for n in "adaptive_avg_pool adaptive_max_pool".split()},
    **{n: of(n, IMAGE) for n in "global_avg_pool global_max_pool upsample".split()},
    "extract_patches": of("extract_patches", IMAGE, after=(2,)),
    **{n: of(n, IMAGE, after=(2,)) for n in "pixel_unshuffle space_to_depth".split()},
    **{n: of(n, apart(1, 2, 2, 4), after=(2,)) for n in "pixel_shuffle depth_to_space".split()},
    "batch_to_space": of("batch_to_space", apart(4, 2, 2, 1), after=((2, 2), ((0, 0), (0, 1)))),
    "space_to_batch": of("space_to_batch", IMAGE, after=((2, 2), ((0, 0), (1, 1)))),
}

H, W = apart(2, 3), apart(4, 9, low=-0.7, high=0.7)
QKV = tuple(apart(1, 3, 2, 4, seed=s) for s in (1, 2, 3))
CELLS: Table = {
    "linear": of("linear", A, apart(4, 2), apart(2)),
    "rnn_cell": of("rnn_cell", A[:2], H, W[:, :3], W[:3, 3:6], apart(3)),
    "gru_cell": of("gru_cell", A[:2], H, W, apart(3, 9, low=-0.7, high=0.7)),
    "lstm_cell": of("lstm_cell", A[:2], (H, H[::-1].copy()), apart(4, 12) / 2, apart(3, 12) / 2),
    "dot_product_attention": of("dot_product_attention", *QKV),
    "dot_product_attention:causal": of("dot_product_attention", *QKV, causal=True),
}

TABLE: Table = {**ACTIVATIONS, **LOSSES, **CONVOLUTIONS, **POOLS, **CELLS, **RANKINGS, **SAMPLES}
ROOM = (F, TABLE)
