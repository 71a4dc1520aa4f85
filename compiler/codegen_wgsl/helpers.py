"""WGSL functions for operations that WGSL lacks, or leaves undefined where NumPy defines them.

``T`` is the operand type, ``U``, ``I``, ``B`` the unsigned, signed and bool types of the same
width; each is instantiated for scalars (suffix ``1``) and vectors (``4``). Polynomials: asin and
atan from Cephes (S. Moshier, single precision), erf_inv from M. Giles, "Approximating the erfinv
function", 2011; erf and the small-argument series are Chebyshev fits and Taylor series with error
below 1e-7.
"""

from __future__ import annotations

import re

from ..ir.prims.functions import ERF_INV_CENTRAL, ERF_INV_TAIL
from . import packing

_SMALL_ERF = (
    1.1283791065216064, -0.3761262595653534, 0.11283597350120544, -0.02685432881116867,
    0.005189312156289816, -0.0008018855005502701, 7.882497448008507e-05,
)  # fmt: skip
_TAIL_ERF = (
    0.0007569686276838183, 1.125925898551941, 0.6390933394432068, 0.10331898182630539,
    -0.022621985524892807, 0.0034368676133453846, -0.0003175720339640975, 1.3309389942151029e-05,
)  # fmt: skip


def _horner(coefficients: tuple[float, ...], x: str) -> str:
    """Nested multiplication, highest power first in ``coefficients``."""
    text = f"T({coefficients[0]!r}f)"
    for c in coefficients[1:]:
        text = f"fma({text}, {x}, T({c!r}f))"
    return text


HELPERS: dict[str, str] = packing.HELPERS | {
    "inf": "fn inf_() -> T { return bitcast<T>(U(inf_bits)); }",
    "nan": "fn nan_() -> T { return bitcast<T>(U(inf_bits | 1u)); }",
    "isnan": "fn isnan_(x: T) -> B { return (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u); }",
    "isfinite": """fn isfinite_(x: T) -> B {
  return (bitcast<U>(x) & U(0x7f800000u)) != U(0x7f800000u);
}""",
    "max": "fn max_(a: T, b: T) -> T { return select(select(b, a, a >= b), a, isnan_(a)); }",
    "min": "fn min_(a: T, b: T) -> T { return select(select(b, a, a <= b), a, isnan_(a)); }",
    "sign": "fn sign_(x: T) -> T { return select(sign(x), x, isnan_(x)); }",
    "fmod": """fn fmod_(x: f32, y: f32) -> f32 {  // exact: long division of the significands
  let ax = bitcast<u32>(x) & 0x7fffffffu;
  let ay = bitcast<u32>(y) & 0x7fffffffu;
  if (ax >= 0x7f800000u || ay > 0x7f800000u || ay < 0x00800000u) { return nan_(); }
  if (ax < ay) { return x; }
  let my = (ay & 0x7fffffu) | 0x800000u;
  var m = ((ax & 0x7fffffu) | 0x800000u) % my;
  var n = (ax >> 23u) - (ay >> 23u);
  while (n > 0u) {  // few iterations: llvmpipe counts them, see lower/trips.py
    m = (m << min(n, 8u)) % my;
    n -= min(n, 8u);
    m = (m << min(n, 8u)) % my;
    n -= min(n, 8u);
    m = (m << min(n, 8u)) % my;
    n -= min(n, 8u);
    m = (m << min(n, 8u)) % my;
    n -= min(n, 8u);
  }
  let up = countLeadingZeros(m | 1u) - 8u;
  let ey = ay >> 23u;
  let normal = ((ey - up) << 23u) | ((m << up) & 0x7fffffu);
  let bits = select(m << (ey - 1u), normal, ey > up);
  return bitcast<f32>(select(bits, 0u, m == 0u) | (bitcast<u32>(x) & 0x80000000u));
}""",
    "idiv": "fn idiv_(a: I, b: I) -> I { return select(a / b, I(0), b == I(0)); }",
    "udiv": "fn udiv_(a: U, b: U) -> U { return select(a / b, U(0u), b == U(0u)); }",
    "irem": "fn irem_(a: I, b: I) -> I { return select(a % b, I(0), b == I(0)); }",
    "urem": "fn urem_(a: U, b: U) -> U { return select(a % b, U(0u), b == U(0u)); }",
    "pow": """fn pow_(x: T, y: T) -> T {
  let a = abs(x);
  var size = select(pow(a, y), T(1f), (a == T(1f)) | (y == T(0f)));
  size = select(size, inf_(), (a == T(0f)) & (y < T(0f)));
  let odd = (fract(y * 0.5f) != T(0f)) & (floor(y) == y) & isfinite_(y);
  let negative = (bitcast<U>(x) & U(0x80000000u)) != U(0u);
  var r = select(size, -size, negative & odd);
  r = select(r, nan_(), (x < T(0f)) & (floor(y) != y) & isfinite_(x));
  r = select(r, nan_(), isnan_(x) | isnan_(y));
  return select(r, T(1f), (y == T(0f)) | (x == T(1f)));
}""",
    "expm1": f"""fn expm1_(x: T) -> T {{
  let series = x * {_horner((1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1.0), "x")};
  return select(exp(x) - 1f, series, abs(x) < T(0.35f));
}}""",
    "log1p": f"""fn log1p_(x: T) -> T {{
  let s = x / (x + 2f);
  let series = 2f * s * {_horner((1 / 9, 1 / 7, 1 / 5, 1 / 3, 1.0), "(s * s)")};
  return select(log(1f + x), series, abs(x) < T(0.25f));
}}""",
    "sinh": f"""fn sinh_(x: T) -> T {{
  let series = x * {_horner((1 / 5040, 1 / 120, 1 / 6, 1.0), "(x * x)")};
  let h = exp(0.5f * abs(x));
  let large = sign(x) * (0.5f * h * h - 0.5f / (h * h));
  return select(large, series, abs(x) < T(0.7f));
}}""",
    "cosh": """fn cosh_(x: T) -> T {
  let h = exp(0.5f * abs(x));
  return 0.5f * h * h + 0.5f / (h * h);
}""",
    "tanh": f"""fn tanh_(x: T) -> T {{
  let s = x * x;
  let series = x * {_horner((62 / 2835, -17 / 315, 2 / 15, -1 / 3, 1.0), "s")};
  let e = exp(-2f * abs(x));
  return select(sign(x) * (1f - e) / (1f + e), series, s < T(0.0625f));
}}""",
    "asinh": """fn asinh_(x: T) -> T {
  let a = abs(x);
  let small = log1p_(a + a * a / (1f + sqrt(a * a + 1f)));
  return select(sign(x) * select(small, log(a) + 0.69314718f, a > T(1e8f)), x, a == T(0f));
}""",
    "acosh": """fn acosh_(x: T) -> T {
  let t = x - 1f;
  let r = select(log1p_(t + sqrt(2f * t + t * t)), log(x) + 0.69314718f, x > T(1e8f));
  return select(r, nan_(), x < T(1f));
}""",
    "atanh": """fn atanh_(x: T) -> T {
  let a = abs(x);
  let r = sign(x) * 0.5f * log1p_(2f * a / (1f - a));
  return select(select(select(r, nan_(), a > T(1f)), sign(x) * inf_(), a == T(1f)), x, a == T(0f));
}""",
    "asin": f"""fn asin_(x: T) -> T {{
  let a = abs(x);
  let big = a > T(0.5f);
  let z = select(a * a, 0.5f * (1f - a), big);
  let s = select(a, sqrt(z), big);
  let poly = {
        _horner(
            (4.2163199048e-2, 2.4181311049e-2, 4.5470025998e-2, 7.4953002686e-2, 1.6666752422e-1),
            "z",
        )
    }; let r = fma(poly * z, s, s); return select(sign(x) * select(r,
  1.57079632f - 2f * r, big), nan_(), a > T(1f));
}}""",
    "acos": """fn acos_(x: T) -> T {
  let near_one = 2f * asin_(sqrt(max(T(0f), 0.5f * (1f - abs(x)))));
  let r = select(1.57079632f - asin_(x), select(near_one, 3.14159265f - near_one, x < T(0f)),
                 abs(x) > T(0.5f));
  return select(r, nan_(), abs(x) > T(1f));
}""",
    "atan": f"""fn atan_(x: T) -> T {{
  let a = abs(x);
  let high = a > T(2.41421356f);
  let middle = a > T(0.41421356f);
  let u = select(select(a, (a - 1f) / (a + 1f), middle), -1f / a, high);
  let base = select(select(T(0f), T(0.78539816f), middle), T(1.57079632f), high);
  let z = u * u;
  let poly = {
        _horner((8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1), "z")
    }; let r = base + fma(poly * z, u, u); return select(select(r, -r, x < T(0f)), x, (a == T(0f))
  | isnan_(x));
}}""",
    "atan2": """fn atan2_(y: T, x: T) -> T {
  let ax = abs(x);
  let ay = abs(y);
  let both_infinite = !isfinite_(x) & !isfinite_(y);
  let ratio = select(min(ax, ay) / max(ax, ay), T(1f), both_infinite);
  var r = atan_(select(ratio, T(0f), max(ax, ay) == T(0f)));
  r = select(r, 1.57079632f - r, ay > ax);
  r = select(r, 3.14159265f - r, (bitcast<U>(x) & U(0x80000000u)) != U(0u));
  r = select(r, -r, (bitcast<U>(y) & U(0x80000000u)) != U(0u));
  return select(r, nan_(), isnan_(x) | isnan_(y));
}""",
    "logistic": "fn logistic_(x: T) -> T { return 1f / (1f + exp(-x)); }",
    "erf": f"""fn erf_(x: T) -> T {{
  let a = abs(x);
  let near = x * {_horner(_SMALL_ERF[::-1], "(x * x)")};
  let t = min(a, T(4f));
  let far = sign(x) * (1f - exp(-{_horner(_TAIL_ERF[::-1], "t")}));
  return select(select(far, near, a < T(1f)), x, isnan_(x));
}}""",
    "erf_inv": f"""fn erf_inv_(x: T) -> T {{
  let w = -log((1f - x) * (1f + x));
  let central = {_horner(ERF_INV_CENTRAL, "(w - 2.5f)")};
  let tail = {_horner(ERF_INV_TAIL, "(sqrt(max(w, T(5f))) - 3f)")};
  let r = x * select(tail, central, w < T(5f));
  return select(select(r, sign(x) * inf_(), abs(x) == T(1f)), nan_(), (abs(x) > T(1f)) | isnan_(x));
}}""",
    "f2i": """fn f2i_(x: T) -> I {
  let clipped = I(clamp(select(x, T(0f), isnan_(x)), T(-2147483648f), T(2147483520f)));
  return select(clipped, I(2147483647), x >= T(2147483648f));
}""",
    "f2u": """fn f2u_(x: T) -> U {
  let clipped = U(clamp(select(x, T(0f), isnan_(x)), T(0f), T(4294967040f)));
  return select(clipped, U(4294967295u), x >= T(4294967296f));
}""",
}

# Where a vector has to be taken apart.
BY_LANE = {
    "fmod": """fn fmod_(x: T, y: T) -> T {
  return T(tx_fmod1(x.x, y.x), tx_fmod1(x.y, y.y), tx_fmod1(x.z, y.z), tx_fmod1(x.w, y.w));
}"""
}

_TYPES = {
    1: {"T": "f32", "U": "u32", "I": "i32", "B": "bool"},
    4: {"T": "vec4<f32>", "U": "vec4<u32>", "I": "vec4<i32>", "B": "vec4<bool>"},
}
_CALL = re.compile(r"\b([a-z][a-z0-9]*(?:_inv)?)_\(")


def function(name: str, lanes: int) -> str:
    """The name of a helper's instance."""
    return f"tx_{name}{lanes}"


def sources(wanted: set[tuple[str, int]]) -> list[str]:
    """The helper functions ``wanted`` (name, lanes) and all they call, callees first."""
    order: dict[tuple[str, int], str] = {}

    def visit(name: str, lanes: int) -> None:
        if (name, lanes) in order:
            return
        text = HELPERS[name]
        if lanes > 1 and name in BY_LANE:
            visit(name, 1)
            text = BY_LANE[name]
        for callee in dict.fromkeys(_CALL.findall(text)):
            if callee != name:
                visit(callee, lanes)
        order[name, lanes] = _instance(text, lanes)

    for name, lanes in sorted(wanted):
        visit(name, lanes)
    return list(order.values())


def _instance(text: str, lanes: int) -> str:
    text = _CALL.sub(lambda m: function(m[1], lanes) + "(", text)
    return re.sub(r"\b([TUIB])\b", lambda m: _TYPES[lanes][m[1]], text)
