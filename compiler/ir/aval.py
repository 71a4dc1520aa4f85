"""Abstract values: what is known of an array before it exists."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .dtypes import DType

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Aval:
    """Shape and dtype of a value; ``weak``: from a Python scalar, yields in promotion."""

    shape: Shape
    dtype: DType
    weak: bool = False

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes on the device: whole 32-bit words, of which a bool takes one each."""
        return -(-self.dtype.stored_bytes * self.size // 4) * 4

    def __str__(self) -> str:
        return f"{self.dtype.short}[{','.join(map(str, self.shape))}]{'~' if self.weak else ''}"

    def with_shape(self, shape: Shape) -> Aval:
        return Aval(shape, self.dtype, self.weak)

    def strong(self) -> Aval:
        return Aval(self.shape, self.dtype) if self.weak else self
