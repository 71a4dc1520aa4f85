"""einops on arrays: after ``import texelate.einops``, its functions take ours.

``rearrange``, ``reduce``, ``repeat``, ``einsum``, ``pack`` and ``unpack`` work on arrays and,
inside ``jit``, ``grad`` and ``vmap``, on traced values. (``einops.array_api`` works without this
import, but has no ``einsum``.) einops finds backends among the subclasses of ``AbstractBackend``.

>>> import einops, texelate.einops
>>> import texelate.numpy as tnp
>>> einops.rearrange(tnp.ones((2, 3, 4)), "b h w -> (h w) b").shape
(12, 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from einops._backends import AbstractBackend

from . import numpy as tnp
from .compiler.ir.core import Value


class Backend(AbstractBackend):
    """What einops asks of a framework. See ``einops/_backends.py`` for each method's meaning."""

    framework_name = "texelate"

    def is_appropriate_type(self, tensor: Any) -> bool:
        return isinstance(tensor, Value)

    def from_numpy(self, x: np.ndarray[Any, Any]) -> Any:
        return tnp.asarray(x)

    def to_numpy(self, x: Any) -> np.ndarray[Any, Any]:
        return np.asarray(x)

    def arange(self, start: int, stop: int) -> Any:
        return tnp.arange(start, stop)

    def stack_on_zeroth_dimension(self, tensors: list[Any]) -> Any:
        return tnp.stack(tensors)

    def add_axis(self, x: Any, new_position: int) -> Any:
        return tnp.expand_dims(x, new_position)

    def tile(self, x: Any, repeats: Sequence[int]) -> Any:
        return tnp.tile(x, repeats)

    def concat(self, tensors: Sequence[Any], axis: int) -> Any:
        return tnp.concatenate(tensors, axis=axis)

    def is_float_type(self, x: Any) -> bool:
        return bool(x.dtype.kind in "fc")

    def einsum(self, pattern: str, *x: Any) -> Any:
        return tnp.einsum(pattern, *x)
