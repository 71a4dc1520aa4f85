"""The elementwise float functions whose errors are measured: what they are, and where.

A reference works in float64 (complex128), so that its own errors do not count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import special

import texelate.nn.functional as F
import texelate.numpy as tnp

Host = np.ndarray[Any, Any]
Reference = Callable[..., Host]
LARGEST = float(np.finfo(np.float32).max)


class Function(NamedTuple):
    """``ours`` against ``theirs`` for arguments of sizes ``low`` to ``high``, of either sign."""

    ours: Callable[..., Any]
    theirs: Reference
    low: float = 2.0**-126
    high: float = LARGEST
    signs: tuple[int, ...] = (1, -1)


def _sinc(x: Host) -> Host:
    """np.sinc, with the sine of the distance to the nearest whole number."""
    whole = np.rint(x)
    wave = np.sin(np.pi * (x - whole)) * np.where(whole % 2, -1, 1)
    return np.where(x == 0, 1, wave / np.where(x == 0, 1, np.pi * x))


def _log1p(z: Host) -> Host:
    """NumPy's loses the digits of small numbers."""
    size = np.log1p(z.real * (z.real + 2) + z.imag**2) / 2
    return np.asarray(size + 1j * np.arctan2(z.imag, 1 + z.real))


UNARY: dict[str, Function] = {
    "exp": Function(tnp.exp, np.exp),
    "exp2": Function(tnp.exp2, np.exp2),
    "expm1": Function(tnp.expm1, np.expm1),
    "log": Function(tnp.log, np.log),
    "log2": Function(tnp.log2, np.log2),
    "log10": Function(tnp.log10, np.log10),
    "log1p": Function(tnp.log1p, np.log1p),
    "sqrt": Function(tnp.sqrt, np.sqrt),
    "rsqrt": Function(tnp.rsqrt, lambda x: 1 / np.sqrt(x)),
    "reciprocal": Function(tnp.reciprocal, lambda x: 1 / x),
    "sin": Function(tnp.sin, np.sin),
    "cos": Function(tnp.cos, np.cos),
    "tan": Function(tnp.tan, np.tan),
    "asin": Function(tnp.asin, np.arcsin),
    "acos": Function(tnp.acos, np.arccos),
    "atan": Function(tnp.atan, np.arctan),
    "sinh": Function(tnp.sinh, np.sinh),
    "cosh": Function(tnp.cosh, np.cosh),
    "tanh": Function(tnp.tanh, np.tanh),
    "asinh": Function(tnp.asinh, np.arcsinh),
    "acosh": Function(tnp.acosh, np.arccosh),
    "atanh": Function(tnp.atanh, np.arctanh),
    "erf": Function(tnp.erf, special.erf),
    "erf_inv": Function(tnp.erf_inv, lambda x: np.copysign(special.erfinv(x), x)),
    "sigmoid": Function(F.sigmoid, lambda x: np.exp(-np.logaddexp(0, -x))),
    "radians": Function(tnp.radians, np.radians),
    "degrees": Function(tnp.degrees, np.degrees),
    "sinc": Function(tnp.sinc, _sinc, high=2.0**20),
}
"""Functions of one float."""

BINARY: dict[str, Function] = {
    "divide": Function(tnp.divide, np.divide),
    "power": Function(tnp.power, np.power, 1e-4, 1e4),
    "atan2": Function(tnp.atan2, np.arctan2),
    "hypot": Function(tnp.hypot, np.hypot),
    "fmod": Function(tnp.fmod, np.fmod),
    "remainder": Function(tnp.remainder, np.remainder),
    "floor_divide": Function(tnp.floor_divide, np.floor_divide),
    "logaddexp": Function(tnp.logaddexp, np.logaddexp, 1e-6, 1e6, (1,)),
    "logaddexp2": Function(tnp.logaddexp2, np.logaddexp2, 1e-6, 1e6, (1,)),
}
"""Functions of two floats."""


_SAME = "exp expm1 log log2 log10 sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh"
COMPLEX: dict[str, Function] = {
    **{
        name: Function(getattr(tnp, name), getattr(np, name.replace("a", "arc", name[0] == "a")))
        for name in _SAME.split()
    },
    "log1p": Function(tnp.log1p, _log1p),
    "reciprocal": Function(tnp.reciprocal, lambda z: 1 / z),
    "abs": Function(tnp.abs, np.abs),
    "sign": Function(tnp.sign, lambda z: z / np.abs(z)),
    "square": Function(tnp.square, np.square),
}
"""Functions of a complex number. Errors are those of the whole number, not of its parts."""
