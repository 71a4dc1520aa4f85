// What WGSL lacks, or leaves undefined where NumPy defines it: NaN, infinities, division by zero.

fn inf_() -> T { return bitcast<T>(U(inf_bits)); }

fn nan_() -> T { return bitcast<T>(U(inf_bits | 1u)); }

fn isnan_(x: T) -> B { return (bitcast<I>(x) & I(0x7fffffff)) > I(0x7f800000); }

fn isfinite_(x: T) -> B { return (bitcast<U>(x) & U(0x7f800000u)) != U(0x7f800000u); }

fn minus_(x: T) -> B { return bitcast<I>(x) < I(0); }  // also -0

fn kept_(x: T) -> B {  // 0 and NaN: odd functions return them as they are
  return (bitcast<U>(x) & U(0x7fffffffu)) - U(1u) >= U(0x7f800000u);
}

fn signed_(size: T, x: T) -> T {  // size, with the sign of x
  return bitcast<T>((bitcast<U>(size) & U(0x7fffffffu)) | (bitcast<U>(x) & U(0x80000000u)));
}

fn nothing_(x: T) -> T { return select(nan_(), T(0f), isfinite_(x)); }  // x - x

fn zerotimes_(x: T) -> T { return select(nan_(), signed_(T(0f), x), isfinite_(x)); }

fn zeroover_(x: T) -> T { return select(signed_(T(0f), x), nan_(), kept_(x)); }

fn max_(a: T, b: T) -> T { return select(select(b, a, a >= b), a, isnan_(a)); }

fn min_(a: T, b: T) -> T { return select(select(b, a, a <= b), a, isnan_(a)); }

fn sign_(x: T) -> T { return select(sign(x), x, isnan_(x)); }

fn fmod_(x: f32, y: f32) -> f32 {  // exact: long division of the significands
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
}

fn idiv_(a: I, b: I) -> I { return select(a / b, I(0), b == I(0)); }

fn udiv_(a: U, b: U) -> U { return select(a / b, U(0u), b == U(0u)); }

fn irem_(a: I, b: I) -> I { return select(a % b, I(0), b == I(0)); }

fn urem_(a: U, b: U) -> U { return select(a % b, U(0u), b == U(0u)); }

fn f2i_(x: T) -> I {
  let clipped = I(clamp(select(x, T(0f), isnan_(x)), T(-2147483648f), T(2147483520f)));
  return select(clipped, I(2147483647), x >= T(2147483648f));
}

fn f2u_(x: T) -> U {
  let clipped = U(clamp(select(x, T(0f), isnan_(x)), T(0f), T(4294967040f)));
  return select(clipped, U(4294967295u), x >= T(4294967296f));
}
