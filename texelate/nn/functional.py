"""Functions of neural networks: pure, in float32, channels last.

>>> import texelate.nn.functional as F
>>> F.relu([-1.0, 2.0])
Array([0., 2.], dtype=float32)
"""

from __future__ import annotations

from typing import Any

from ..operands import ArrayLike, as_float
from ..traceback import public
from .activations import *  # noqa: F403
from .attention import *  # noqa: F403
from .classes import *  # noqa: F403
from .convolution import *  # noqa: F403
from .ctc import *  # noqa: F403
from .distances import *  # noqa: F403
from .embeddings import *  # noqa: F403
from .losses import *  # noqa: F403
from .noise import *  # noqa: F403
from .normalization import *  # noqa: F403
from .pooling import *  # noqa: F403
from .ranking import *  # noqa: F403
from .rearrangement import *  # noqa: F403
from .recurrent import *  # noqa: F403
from .sampling import *  # noqa: F403
from .unpooling import *  # noqa: F403


@public
def linear(x: ArrayLike, w: ArrayLike, b: ArrayLike | None = None) -> Any:
    """x @ w + b, with ``w`` of shape [in, out].

    >>> linear([[1.0, 2.0]], [[1.0], [1.0]], [0.5])
    Array([[3.5]], dtype=float32)
    """
    out = as_float(x) @ as_float(w)  # type: ignore[operator]
    return out if b is None else out + b
