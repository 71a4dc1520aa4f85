// Trigonometric functions and their inverses. Polynomials: Cephes (S. Moshier, single precision).
//
// A multiple of π/2 is taken off first: in four parts (Cody and Waite) up to 10,000, where it
// occurs at most 2^13 times and the products with the first three parts are exact; beyond that
// by the bits of 1/2π that matter (Payne and Hanek, "Radian reduction for trigonometric
// functions", 1983), in integers.

fn high_product_(a: U, b: U) -> U {  // the upper half of a 64-bit product
  let low = U(0xffffu);
  let cross = (a >> U(16u)) * (b & low) + (((a & low) * (b & low)) >> U(16u));
  let other = (a & low) * (b >> U(16u)) + (cross & low);
  return (a >> U(16u)) * (b >> U(16u)) + (cross >> U(16u)) + (other >> U(16u));
}

fn shifted_(a: U, b: U, n: U) -> U {  // 32 bits of ab, from bit n < 32
  return (a << n) | ((b >> U(1u)) >> (U(31u) - n));
}

fn pick_(e: U, a: U, b: U, c: U, d: U, last: U) -> U {  // the word that holds bit e
  let low = select(select(a, b, e >= U(32u)), c, e >= U(64u));
  return select(select(low, d, e >= U(96u)), last, e >= U(128u));
}

fn far_rest_(x: T, quarters: ptr<function, I>) -> T {  // as rest_of_turn_, for x >= 1
  let bits = bitcast<U>(x);
  let m = (bits << U(8u)) | U(0x80000000u);
  let e = (bits >> U(23u)) - U(126u);
  let n = e & U(31u);
  let w1 = U(0x28be60dbu);  // 1/2π in words of 32 bits
  let w2 = U(0x9391054au);
  let w3 = U(0x7f09d5f4u);
  let w4 = U(0x7d4d3770u);
  let w5 = U(0x36d8a566u);
  let b = pick_(e, w1, w2, w3, w4, w5);
  let c = pick_(e, w2, w3, w4, w5, U(0x4f10e410u));
  let middle = shifted_(b, c, n);
  let carried = high_product_(m, shifted_(c, pick_(e, w3, w4, w5, U(0x4f10e410u), U(0u)), n));
  let low = m * middle + carried;
  let carry = select(U(0u), U(1u), low < carried);
  let first = shifted_(pick_(e, U(0u), w1, w2, w3, w4), b, n);
  let high = m * first + high_product_(m, middle) + carry;  // turns, in units of 2^-32
  *quarters = I((high + U(0x20000000u)) >> U(30u));
  let r = T(bitcast<I>((high << U(2u)) | (low >> U(30u))));
  return fma(r, T(3.6572951982e-10f), T(I((low << U(2u)) >> U(8u))) * 2.1799178113e-17f);
}

fn rest_of_turn_(x: T, quarters: ptr<function, I>) -> T {  // x >= 0 less quarter turns
  let k = nearest_(x * 0.63661977237f);
  let n = T(k);
  *quarters = k;
  let r = fma(n, T(-2.5633440e-12f), ((x - n * 1.5703125f) - n * 0.00048375129f) - n * 7.5495336e-8f);
  let far = x > T(1e4f);
  if (!any(far)) { return r; }
  var other: I;
  let s = far_rest_(x, &other);
  *quarters = select(k, other, far);
  return select(r, s, far);
}

fn near_sin_(r: T) -> T {  // for |r| <= π/4
  let z = r * r;
  return fma(r * z, horner(z, -0.16666654611, 0.0083321608736, -0.00019515295891), r);
}

fn near_cos_(r: T) -> T {  // for |r| <= π/4
  let z = r * r;
  return fma(z * z, horner(z, 0.04166664568298827, -0.001388731625493765, 2.443315711809948e-5),
             fma(T(-0.5f), z, T(1f)));
}

fn turned_(y: T, x: T, quarters: I) -> T {  // y with its sign changed for x < 0 and half turns
  return bitcast<T>(bitcast<U>(y) ^ ((bitcast<U>(x) ^ (U(quarters) << U(30u))) & U(0x80000000u)));
}

fn wave_(r: T, x: T, quarters: I) -> T {  // the sine of r and so many quarters, odd in x
  let size = select(near_sin_(r), near_cos_(r), (quarters & I(1)) != I(0));
  return select(nan_(), turned_(size, x, quarters), isfinite_(x));
}

fn sin_(x: T) -> T {
  var k: I;
  let r = rest_of_turn_(abs(x), &k);
  return wave_(r, x, k);
}

fn cos_(x: T) -> T {
  var k: I;
  let a = abs(x);
  let r = rest_of_turn_(a, &k);
  return wave_(r, a, k + I(1));
}

fn tan_(x: T) -> T {
  var k: I;
  let r = rest_of_turn_(abs(x), &k);
  let z = r * r;
  let t = fma(r * z, horner(z, 0.333331568548, 0.133387994085, 0.0534112807005, 0.0244301354525,
                               0.00311992232697, 0.00938540185543), r);
  let y = select(t, -1f / t, (k & I(1)) != I(0));
  return select(nan_(), turned_(y, x, I(0)), isfinite_(x));
}

fn asin_(x: T) -> T {
  let a = abs(x);
  let big = a > T(0.5f);
  let z = select(a * a, 0.5f * (1f - a), big);
  let s = select(a, sqrt(z), big);
  let r = fma(s * z, horner(z, 0.16666752422, 0.074953002686, 0.045470025998, 0.024181311049,
                               0.042163199048), s);
  let y = signed_(select(r, 1.57079632f - 2f * r, big), x);
  return select(select(y, nan_(), a > T(1f)), x, kept_(x));
}

fn acos_(x: T) -> T {
  let near_one = 2f * asin_(sqrt(max(T(0f), 0.5f * (1f - abs(x)))));
  let r = select(1.57079632f - asin_(x), select(near_one, 3.14159265f - near_one, x < T(0f)),
                 abs(x) > T(0.5f));
  return select(r, nan_(), (abs(x) > T(1f)) | isnan_(x));
}

fn atan_(x: T) -> T {
  let a = abs(x);
  let high = a > T(2.41421356f);
  let middle = a > T(0.41421356f);
  let u = select(select(a, (a - 1f) / (a + 1f), middle), -1f / a, high);
  let base = select(select(T(0f), T(0.78539816f), middle), T(1.57079632f), high);
  let z = u * u;
  let r = base + fma(u * z, horner(z, -0.333329491539, 0.199777106478, -0.138776856032,
                                      0.0805374449538), u);
  return select(signed_(r, x), x, kept_(x));
}

fn atan2_(y: T, x: T) -> T {
  let ax = abs(x);
  let ay = abs(y);
  let both_infinite = !isfinite_(x) & !isfinite_(y);
  let ratio = select(min(ax, ay) / max(ax, ay), T(1f), both_infinite);
  var r = atan_(select(ratio, T(0f), max(ax, ay) == T(0f)));
  r = select(r, 1.57079632f - r, ay > ax);
  r = select(r, 3.14159265f - r, minus_(x));
  return select(signed_(r, y), nan_(), isnan_(x) | isnan_(y));
}
