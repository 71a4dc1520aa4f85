"""One Kernel IR expression as WGSL text, given the text of its operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import kernel as K
from ..ir.dtypes import DType, bool_, float16, int32
from ..ir.kernel import LANES, Expr
from .helpers import function
from .packing import packer, unpacked, unpacked_vector, wrapped

_INFIX = {"add": "+", "sub": "-", "mul": "*", "eq": "==", "ne": "!=", "lt": "<", "le": "<=",
          "gt": ">", "ge": ">=", "and": "&", "or": "|"}  # fmt: skip
_BUILTIN = {"floor", "ceil", "round", "trunc", "sqrt", "abs"}
_RENAMED = {"rsqrt": "inverseSqrt", "popcount": "countOneBits", "fma": "fma"}
_HELPED = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin",
           "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "logistic", "erf",
           "erf_inv", "atan2", "pow"}  # fmt: skip
_BY_KIND = {  # helpers that depend on the operands' kind
    ("max", "f"): "max", ("min", "f"): "min", ("div", "i"): "idiv", ("div", "u"): "udiv",
    ("rem", "f"): "fmod", ("rem", "i"): "irem", ("rem", "u"): "urem", ("sign", "f"): "sign",
    ("is_nan", "f"): "isnan", ("is_finite", "f"): "isfinite",
}  # fmt: skip
# fmt: off
_BOOL = {"max": "({0} | {1})", "min": "({0} & {1})", "lt": "(!{0} & {1})", "gt": "({0} & !{1})",
         "le": "(!{0} | {1})", "ge": "({0} | !{1})", "xor": "({0} != {1})", "not": "!{0}"}
# fmt: on
_SHIFT = {"shift_left": "<<", "shift_right_logical": ">>", "shift_right_arithmetic": ">>"}


def type_name(dtype: DType, lanes: int) -> str:
    """The type that values of ``dtype`` are computed in."""
    scalar = dtype.wide.short
    return f"vec4<{scalar}>" if lanes > 1 else scalar


class ExpressionPrinter:
    """Prints expressions and collects the helpers they need."""

    def __init__(self) -> None:
        self.helpers: set[tuple[str, int]] = set()
        self.needs_inf = False

    def _help(self, name: str, lanes: int, args: Sequence[str]) -> str:
        self.helpers.add((name, lanes))
        return f"{function(name, lanes)}({', '.join(args)})"

    def constant(self, x: Expr) -> str:
        value = K.const_value(x)
        if x.dtype is bool_:
            return "true" if value else "false"
        if x.dtype.kind != "f":
            return f"{int(value)}u" if x.dtype.kind == "u" else _integer(int(value))
        if np.isnan(value):
            return self._help("nan", 1, ())
        if np.isinf(value):
            text = self._help("inf", 1, ())
            return text if value > 0 else f"(-{text})"
        return _float(value)

    def text(self, x: Expr, args: Sequence[str]) -> str:
        """``x`` in WGSL; ``args`` are its operands' texts (names or parenthesised)."""
        op, kind = x.op, (x.args[0].dtype.kind if x.args else "")
        if op == "const":
            return self.constant(x)
        if kind == "b" and op in _BOOL:
            return _BOOL[op].format(*args)
        if (op, kind) in _BY_KIND:
            return self._help(_BY_KIND[op, kind], x.lanes, args)
        if op == "ne" and kind == "f":  # drivers may take != as ordered: false on NaN
            return f"!({args[0]} == {args[1]})"
        if op == "sub" and kind == "f" and x.args[0] == x.args[1]:  # drivers may take it as 0
            return self._help("nothing", x.lanes, args[:1])
        if op in ("mul", "div") and kind == "f" and _nought(x) is not None:
            return self._of_zero(x, args)
        if op in _INFIX:
            return f"({args[0]} {_INFIX[op]} {args[1]})"
        if op in _HELPED:
            return self._help(op, x.lanes, args)
        return self._special(x, op, kind, args)

    def _of_zero(self, x: Expr, args: Sequence[str]) -> str:
        """A constant 0 times, or over, a value: drivers may take it as 0, without the sign."""
        k = _nought(x) or 0
        name = {"mul": "zerotimes", "div": "zeroover"}[x.op]
        text = self._help(name, x.lanes, (args[1 - k],))
        return f"(-{text})" if np.signbit(K.const_value(K.lane(x.args[k], 0))) else text

    def _special(self, x: Expr, op: str, kind: str, args: Sequence[str]) -> str:
        if op == "fma" and kind != "f":
            return f"({args[0]} * {args[1]} + {args[2]})"
        if op in _BUILTIN or op in ("max", "min", "sign"):
            return self._builtin(x, op, kind, args)
        if op in _RENAMED:
            return f"{_RENAMED[op]}({', '.join(args)})"
        if op == "div":
            return f"({args[0]} / {args[1]})"
        if op == "neg":
            return (
                f"({type_name(x.dtype, x.lanes)}(0u) - {args[0]})"
                if kind == "u"
                else f"(-{args[0]})"
            )
        if op in ("xor", "not"):
            return f"({args[0]} ^ {args[1]})" if op == "xor" else f"(~{args[0]})"
        if op == "select":
            return self._select(x, args)
        if op in _SHIFT:
            return self._shift(x, op, kind, args)
        return self._shape(x, op, args)

    def _select(self, x: Expr, args: Sequence[str]) -> str:
        """0 and -1 as integers: NIR makes -f32(condition) of the floats, and -0 of false."""
        values = [K.const_value(a) for a in x.args[1:] if a.op == "const"]
        if x.dtype.kind == "f" and sorted(values) == [-1, 0]:
            yes, no = (f"{type_name(int32, x.lanes)}({int(v)})" for v in values)
            return f"{type_name(x.dtype, x.lanes)}(select({no}, {yes}, {args[0]}))"
        return f"select({args[2]}, {args[1]}, {args[0]})"

    def _builtin(self, x: Expr, op: str, kind: str, args: Sequence[str]) -> str:
        if op == "sign" and kind == "u":
            return f"min({args[0]}, {type_name(x.dtype, x.lanes)}(1u))"
        return f"{op}({', '.join(args)})"

    def _shift(self, x: Expr, op: str, kind: str, args: Sequence[str]) -> str:
        """Amounts outside [0, 32) move every bit out; WGSL would take them modulo 32."""
        wide, value, by = type_name(x.dtype, x.lanes), args[0], args[1]
        unsigned = wide.replace("i32", "u32")
        amount = f"{unsigned}({by})"
        if op == "shift_right_logical":
            shifted = f"{wide}({unsigned}({value}) >> ({amount} & {unsigned}(31u)))"
        else:
            shifted = f"({value} {_SHIFT[op]} ({amount} & {unsigned}(31u)))"
        rest = (
            f"({value} >> {unsigned}(31u))"
            if op.endswith("arithmetic") and kind == "i"
            else f"{wide}(0)"
        )
        return f"select({shifted}, {rest}, {amount} > {unsigned}(31u))"

    def _shape(self, x: Expr, op: str, args: Sequence[str]) -> str:
        wide = type_name(x.dtype, x.lanes)
        if op in ("splat", "vector"):
            return f"{wide}({', '.join(args)})"
        if op == "lane":
            return f"{args[0]}.{'xyzw'[x.attr]}"
        if op == "broadcast":
            return f"subgroupBroadcast({args[0]}, {x.attr}u)"
        if op == "bitcast":
            return self._bitcast(x, args[0])
        if op == "convert":
            return self._convert(x, args[0])
        if op == "wrap":
            return wrapped(x.dtype, x.lanes, args[0])
        if op == "unpack":
            return unpacked_vector(x.dtype, args[0]) if x.lanes > 1 else unpacked(x.dtype, *args)
        raise ValueError(f"no WGSL for the operation {op!r}")

    def _convert(self, x: Expr, arg: str) -> str:
        source = x.args[0].dtype
        if x.dtype is bool_:
            return f"!({arg} == {type_name(source, x.lanes)}(0))"
        if source.kind == "f" and x.dtype.kind in "iu":
            return self._help("f2i" if x.dtype.kind == "i" else "f2u", x.lanes, (arg,))
        value = arg if source.kind == "f" else f"{type_name(x.dtype, x.lanes)}({arg})"
        return self._help("half", x.lanes, (value,)) if x.dtype is float16 else value

    def _bitcast(self, x: Expr, arg: str) -> str:
        """Bits of a half-precision float are those it is stored in, not those it is computed in."""
        if x.dtype is float16:
            return self._help("halfvalue", x.lanes, (f"{_bits_type(x)}({arg})",))
        if x.args[0].dtype is float16:
            bits = f"{type_name(x.dtype, x.lanes)}({self._help('halfbits', x.lanes, (arg,))})"
            return wrapped(x.dtype, x.lanes, bits)
        return f"bitcast<{type_name(x.dtype, x.lanes)}>({arg})"

    def stored(self, x: Expr, text: str, dtype: DType, packed: bool) -> str:
        """``x``, whose text is given, as an element (or whole vector) of a buffer of ``dtype``."""
        if dtype is bool_:
            wide = "vec4<u32>" if x.lanes > 1 else "u32"
            return f"select({wide}(0u), {wide}(1u), {text})"
        if packed:
            value = text if dtype.kind == "f" else f"vec4<u32>({text})"
            return self._help(packer(dtype), LANES, (value,))
        if dtype is float16:
            value = text if _is_half(x) else self._help("half", x.lanes, (text,))
            return f"vec4<f16>({value})" if x.lanes > 1 else f"f16({value})"
        return text

    def loaded(self, x: Expr, text: str) -> str:
        """The value of an element (or whole vector) of a buffer that is not packed."""
        if x.dtype is bool_:
            return f"({text} != {'vec4<u32>(0u)' if x.lanes > 1 else '0u'})"
        return f"{type_name(x.dtype, x.lanes)}({text})" if x.dtype is float16 else text


def _nought(x: Expr) -> int | None:
    """Which operand of a product, or dividend, is the constant 0."""
    operands = x.args if x.op == "mul" else x.args[:1]
    return next((k for k, a in enumerate(operands) if K.is_zero(a)), None)


_EXACT = frozenset("load element unpack const convert".split())
_CHOICES = frozenset("select max min neg abs splat vector lane".split())


def _is_half(x: Expr) -> bool:
    """Whether ``x`` is a half-precision number already: it was stored, or rounded."""
    if x.op in _CHOICES:
        return all(map(_is_half, (a for a in x.args if a.dtype is not bool_)))
    return x.dtype is float16 and x.op in _EXACT


def _bits_type(x: Expr) -> str:
    return "vec4<u32>" if x.lanes > 1 else "u32"


def _integer(value: int) -> str:
    return f"i32({value})" if value < 0 else f"{value}"


def _float(value: Any) -> str:
    """The shortest text with the same bits; subnormals by their bits, as drivers may flush them.

    Browsers refuse a text that is above the largest float before it is rounded.
    """
    x = np.float32(value)
    if x != 0 and abs(x) < np.finfo(np.float32).tiny:
        return f"bitcast<f32>({int(x.view(np.uint32)):#x}u)"
    text = np.format_float_scientific(x, trim="-") if _is_extreme(x) else repr(float(str(x)))
    text = repr(float(x)) if abs(float(text)) > float(np.finfo(np.float32).max) else text
    text = text if any(c in text for c in ".e") else text + ".0"
    return f"({text}f)" if np.signbit(x) else f"{text}f"


def _is_extreme(x: np.float32) -> bool:
    return x != 0 and not 1e-4 <= abs(float(x)) < 1e7
