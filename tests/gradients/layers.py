"""The differentiable functions of ``nn.functional``, and the others."""

from __future__ import annotations

from typing import Any

import numpy as np

import texelate as tx
import texelate.nn.functional as F
from tests.gradients.functions import on
from tests.gradients.points import Table, above, apart, ints, within

NONE = {"one_hot": "its operand is an integer"}
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

CONVOLUTIONS: Table = {
    **{
        f"{name}{rank}d": of(f"{name}{rank}d", x, apart(*(2,) * rank, x.shape[-1], 2), strides=2)
        for name in ("conv", "conv_transpose")
        for rank, x in ((1, LINE), (2, IMAGE), (3, CUBE))
    },
    "conv2d:same": of("conv2d", IMAGE, apart(2, 2, 2, 3), padding="SAME", dilation=2),
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

TABLE: Table = {**ACTIVATIONS, **LOSSES, **CONVOLUTIONS, **POOLS, **CELLS}
ROOM = (F, TABLE)
