"""The dtypes of the Graph IR, and how Python's and NumPy's types map to them.

Promotion follows JAX's lattice restricted to 32 bits: bool < integers < floats < c64, the wider
one within a kind, and Python scalars are *weak*: they take the dtype of the array they meet unless
their kind is higher. The *narrow* dtypes (8 and 16 bits) are computed in the 32-bit one of their
kind.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DtypeError

Scalar = bool | int | float | complex


@dataclass(frozen=True, eq=False, slots=True)
class DType:
    """One element type. ``kind`` is NumPy's letter, ``short`` the name in text and WGSL."""

    name: str
    short: str
    kind: str
    itemsize: int
    numpy: np.dtype[Any]

    @property
    def wide(self) -> DType:
        """What values of it are computed in: the 32-bit dtype of its kind for narrow ones."""
        return {"f": float32, "i": int32, "u": uint32}[self.kind] if self.is_narrow else self

    @property
    def is_narrow(self) -> bool:
        """Whether it has 8 or 16 bits (a bool, which takes a word on the device, is not one)."""
        return self.itemsize < 4 and self.kind != "b"

    @property
    def stored_bytes(self) -> int:
        """Bytes of an element on the device."""
        return 4 if self.kind == "b" else self.itemsize

    def __repr__(self) -> str:
        return f"texelate.{self.name}"

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DType):
            return self is other
        try:
            return bool(np.dtype(other) == self.numpy)  # type: ignore[call-overload]
        except (TypeError, ValueError):
            return False

    def __hash__(self) -> int:
        return hash(self.numpy)

    def __reduce__(self) -> str:
        return {"bool": "bool_"}.get(self.name, self.name)


float16 = DType("float16", "f16", "f", 2, np.dtype(np.float16))
float32 = DType("float32", "f32", "f", 4, np.dtype(np.float32))
int8 = DType("int8", "i8", "i", 1, np.dtype(np.int8))
int16 = DType("int16", "i16", "i", 2, np.dtype(np.int16))
int32 = DType("int32", "i32", "i", 4, np.dtype(np.int32))
uint8 = DType("uint8", "u8", "u", 1, np.dtype(np.uint8))
uint16 = DType("uint16", "u16", "u", 2, np.dtype(np.uint16))
uint32 = DType("uint32", "u32", "u", 4, np.dtype(np.uint32))
complex64 = DType("complex64", "c64", "c", 8, np.dtype(np.complex64))
bool_ = DType("bool", "bool", "b", 1, np.dtype(np.bool_))

ALL = (bool_, int8, int16, int32, uint8, uint16, uint32, float16, float32, complex64)
BY_SHORT = {d.short: d for d in ALL}
_BYTES = ("i8", "u8")  # short names that NumPy counts in bytes: users' "i8" is int64, as there
_BY_NUMPY = {d.numpy: d for d in ALL}
_NARROWED = {
    np.dtype(np.float64): float32,
    np.dtype(np.int64): int32,
    np.dtype(np.uint64): uint32,
    np.dtype(np.complex128): complex64,
}
_PYTHON = {bool: bool_, int: int32, float: float32, complex: complex64}
_warned: set[np.dtype[Any]] = set()


def as_dtype(spec: Any) -> DType:
    """The DType that ``spec`` (a DType, NumPy dtype, name or Python type) asks for.

    64-bit requests give the 32-bit type and warn, once a dtype (as JAX does). Python's own
    ``float`` and ``int`` mean float32 and int32 without a warning. DtypeError for anything else.
    """
    if isinstance(spec, DType):
        return spec
    if isinstance(spec, type) and spec in _PYTHON:
        return _PYTHON[spec]
    if isinstance(spec, str) and spec in BY_SHORT and spec not in _BYTES:
        return BY_SHORT[spec]
    try:
        wanted = np.dtype(spec)
    except TypeError as e:
        raise DtypeError(f"{spec!r} is not a dtype", fix=f"use one of {_names()}") from e
    if wanted in _NARROWED:
        narrow = _NARROWED[wanted]
        if wanted not in _warned:
            _warned.add(wanted)
            warnings.warn(f"{wanted} is not available on GPUs; using {narrow.name}", stacklevel=3)
        return narrow
    if wanted not in _BY_NUMPY:
        raise DtypeError(f"dtype {wanted} is not supported", fix=f"convert to one of {_names()}")
    return _BY_NUMPY[wanted]


def _names() -> str:
    return ", ".join(d.name for d in ALL)


def of_scalar(value: Scalar) -> DType:
    """The (weak) dtype of a Python scalar."""
    exact = _PYTHON.get(type(value))
    if exact is not None:
        return exact
    return next((d for kind, d in _PYTHON.items() if isinstance(value, kind)), float32)


_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
_SIGNED = {1: int8, 2: int16, 4: int32}


def promote(a: DType, a_weak: bool, b: DType, b_weak: bool) -> tuple[DType, bool]:
    """The dtype (and weakness) of an operation on two operands."""
    if a is b:
        return a, a_weak and b_weak
    ra, rb = _RANK[a.kind], _RANK[b.kind]
    if ra != rb:
        return (a, a_weak) if ra > rb else (b, b_weak)
    if a_weak != b_weak:
        return (b, False) if a_weak else (a, False)
    return _common(a, b), a_weak and b_weak


def _common(a: DType, b: DType) -> DType:
    """The narrowest dtype that holds both integers or both floats; i32 where none does, as JAX."""
    small, large = sorted((a, b), key=lambda d: d.itemsize)
    if small.kind == large.kind or (large.kind == "i" and small.itemsize < large.itemsize):
        return large
    return _SIGNED[min(4, 2 * large.itemsize)]
