"""How elements lie in buffers, and the WGSL that reads and writes them.

Most dtypes take a 32-bit word each (a bool is a word that is 0 or 1). Narrow ones are *packed*: two
or four elements a word, the first in the low bits, as NumPy's memory is on a little-endian machine.
A packed buffer is written a whole vector of four at a time, so that no two invocations write one
word. Where the device has half-precision floats, float16 is an element type of its own.
"""

from __future__ import annotations

from ..ir.dtypes import DType, bool_
from ..ir.kernel import Param


def storage_type(param: Param) -> str:
    """The element type of the array that ``param`` binds."""
    if param.packed:
        return "vec2<u32>" if param.vec and param.dtype.itemsize == 2 else "u32"
    scalar = "u32" if param.dtype is bool_ else param.dtype.short
    return f"vec4<{scalar}>" if param.vec else scalar


def unpacked(dtype: DType, word: str, part: str) -> str:
    """Element ``part`` (an i32) of a word."""
    if dtype.kind == "f":
        return f"unpack2x16float({word})[{part}]"
    bits, rest = 8 * dtype.itemsize, 32 - 8 * dtype.itemsize
    constant = part.isdigit()
    if dtype.kind == "u":
        by = f"{bits * int(part)}u" if constant else f"u32({part}) * {bits}u"
        return f"(({word} >> ({by})) & {(1 << bits) - 1}u)"
    by = f"{rest - bits * int(part)}u" if constant else f"{rest}u - u32({part}) * {bits}u"
    return f"((bitcast<i32>({word}) << ({by})) >> {rest}u)"


def unpacked_vector(dtype: DType, words: str) -> str:
    """Four elements: of one word, or of a ``vec2`` of words."""
    if dtype.kind == "f":
        return f"vec4<f32>(unpack2x16float({words}.x), unpack2x16float({words}.y))"
    four = f"vec4<u32>({words})" if dtype.itemsize == 1 else f"{words}.xxyy"
    bits, rest = 8 * dtype.itemsize, 32 - 8 * dtype.itemsize
    places = [bits * i % 32 for i in range(4)]
    if dtype.kind == "u":
        by = ", ".join(f"{p}u" for p in places)
        return f"(({four} >> vec4<u32>({by})) & vec4<u32>({(1 << bits) - 1}u))"
    by = ", ".join(f"{rest - p}u" for p in places)
    return f"((bitcast<vec4<i32>>({four}) << vec4<u32>({by})) >> vec4<u32>({rest}u))"


def packer(dtype: DType) -> str:
    """The helper that makes the word, or two, of four elements."""
    return "halves" if dtype.kind == "f" else "bytes" if dtype.itemsize == 1 else "shorts"


def wrapped(dtype: DType, lanes: int, value: str) -> str:
    """``value``, an i32 or u32, brought into the range of a narrow dtype by dropping high bits."""
    wide = "vec4<u32>({0}u)" if lanes > 1 else "{0}u"
    bits = 8 * dtype.itemsize
    if dtype.kind == "u":
        return f"({value} & {wide.format((1 << bits) - 1)})"
    by = wide.format(32 - bits)
    return f"(({value} << {by}) >> {by})"
