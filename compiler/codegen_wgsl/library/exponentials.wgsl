// Exponentials, logarithms, powers, hyperbolic functions and the error function.
//
// WGSL promises little of its own exp, log and pow, and drivers differ: these are the same
// everywhere. exp: Cephes (S. Moshier, single precision). log, log1p, log2, log10, pow: FreeBSD's
// msun (e_logf.c, s_log1pf.c, e_log2f.c, e_log10f.c, e_powf.c; Sun Microsystems, 1993). erf_inv:
// M. Giles, "Approximating the erfinv function", 2011. erf: Chebyshev fits, error below 1e-7.

fn small_expm1_(r: T) -> T {  // for |r| <= log(2) / 2
  return fma(r * r, horner(r, 0.49999997, 0.16666543, 0.0416672, 0.008366596, 0.0013882505), r);
}

fn between_(x: T, low: T, high: T) -> T {  // clamp, min and max mind NaN, which costs
  let above = select(x, low, x < low);
  return select(above, high, above > high);
}

fn nearest_(x: T) -> I {  // the nearest integer of a small number: round and convert cost more
  return bitcast<I>(x + 12582912f) - 0x4b400000;
}

fn scaled_(x: T, n: I) -> T {  // x · 2^n in two steps, as 2^n alone may be no float; x near 1
  let half = n >> U(1u);
  return bitcast<T>(bitcast<I>(x) + (half << U(23u)))
       * bitcast<T>(((n - half) << U(23u)) + 0x3f800000);
}

fn rest_(x: T, n: I) -> T {  // x - n log(2); n times the first constant is exact
  let k = T(n);
  return fma(k, T(0.000212194440f), x - k * 0.693359375f);
}

fn usual_exp_(x: T) -> T {  // for x from -104 to 89
  let n = nearest_(x * 1.44269504f);
  return scaled_(1f + small_expm1_(rest_(x, n)), n);
}

fn exp_(x: T) -> T {
  let y = select(usual_exp_(x), T(0f), x < T(-104f));
  return select(x * 3.4e38f, y, x <= T(88.75f));  // beyond: infinity, or NaN
}

fn exp2_(x: T) -> T {
  let n = nearest_(x);
  let y = scaled_(1f + small_expm1_((x - T(n)) * 0.69314718f), n);
  return select(x * 3.4e38f, select(y, T(0f), x < T(-151f)), x <= T(128f));
}

fn quarter_expm1_(x: T) -> T {  // (exp(x) - 1) / 4, finite where sinh is; for x from -20 to 89.5
  let n = nearest_(x * 1.44269504f);
  let scale = bitcast<T>((n << U(23u)) + 0x3e800000);
  return fma(scale, small_expm1_(rest_(x, n)), scale - 0.25f);
}

fn expm1_(x: T) -> T {
  return select(4f * quarter_expm1_(between_(x, T(-20f), T(89f))), x, kept_(x));
}

fn sinh_(x: T) -> T {
  let a = abs(x);
  let q = quarter_expm1_(select(a, T(89.5f), a > T(89.5f)));
  return select(signed_(fma(T(0.5f), q / (q + 0.25f), 2f * q), x), x, kept_(x));
}

fn cosh_(x: T) -> T {
  let a = between_(abs(x), T(0f), T(89.5f));
  let n = nearest_(a * 1.44269504f);
  let q = scaled_(1f + small_expm1_(rest_(a, n)), n - 2);
  return select(fma(T(2f), q, 0.125f / q), x, isnan_(x));
}

fn tanh_(x: T) -> T {
  let a = 2f * abs(x);
  let q = quarter_expm1_(select(a, T(20f), a > T(20f)));
  return select(signed_(q / (q + 0.5f), x), x, kept_(x));
}

fn logistic_(x: T) -> T {
  let a = -abs(x);
  let e = select(usual_exp_(a), T(0f), a < T(-104f));
  return select(T(1f), e, minus_(x)) / (1f + e);
}

fn split_log_(x: T, k: ptr<function, T>) -> T {  // x = 2^k (1 + f) with 1 + f near 1; gives f
  let tiny = bitcast<U>(x) < U(0x00800000u);
  let bits = bitcast<U>(select(x, x * 33554432f, tiny)) + U(0x004afb0du);
  *k = T(I(bits >> U(23u)) - select(I(127), I(152), tiny));
  return bitcast<T>((bits & U(0x007fffffu)) + U(0x3f3504f3u)) - 1f;
}

fn log_series_(f: T) -> T {  // log(1 + f) - f + f²/2
  let s = f / (2f + f);
  let z = s * s;
  return s * fma(z, horner(z, 0.66666662693, 0.40000972152, 0.28498786688, 0.24279078841),
                 0.5f * f * f);
}

fn log_ends_(x: T, y: T) -> T {  // y, but right at 0, below, at infinity and NaN
  let r = select(y, -inf_(), x == T(0f));
  let odd = select(x, nan_(), x < T(0f));
  return select(r, odd, (x < T(0f)) | !isfinite_(x));
}

fn log_(x: T) -> T {
  var k: T;
  let f = split_log_(x, &k);
  let low = fma(k, T(9.0580006145e-6f), log_series_(f)) - 0.5f * f * f;
  return log_ends_(x, fma(k, T(0.69313812256f), low + f));
}

fn log_high_(f: T) -> T {  // the first 12 bits of log(1 + f); what is missing: log_low_
  return bitcast<T>(bitcast<U>(f - 0.5f * f * f) & U(0xfffff000u));
}

fn log_low_(f: T, high: T) -> T { return ((f - high) - 0.5f * f * f) + log_series_(f); }

fn log2_(x: T) -> T {
  var k: T;
  let f = split_log_(x, &k);
  let high = log_high_(f);
  let low = log_low_(f, high);
  let small = fma(low + high, T(-1.7605285393e-4f), low * 1.4428710938f);
  return log_ends_(x, fma(high, T(1.4428710938f), small) + k);
}

fn log10_(x: T) -> T {
  var k: T;
  let f = split_log_(x, &k);
  let high = log_high_(f);
  let low = log_low_(f, high);
  let small = fma(k, T(7.9034151668e-7f), (low + high) * -3.1689971365e-5f);
  let rest = fma(high, T(0.43432617188f), fma(low, T(0.43432617188f), small));
  return log_ends_(x, fma(k, T(0.30102920532f), rest));
}

fn log1p_(x: T) -> T {
  let u = 1f + x;
  var k: T;
  let shifted = split_log_(u, &k);
  let near = k == T(0f);
  let f = select(shifted, x, near);
  let lost = select(x - (u - 1f), 1f - (u - x), k >= T(2f)) / u;  // what u was rounded by
  let c = select(lost, T(0f), near | (k >= T(25f)));
  let low = (log_series_(f) + fma(k, T(9.0580006145e-6f), c)) - 0.5f * f * f;
  return select(log_ends_(u, fma(k, T(0.69313812256f), low + f)), x, kept_(x));
}

fn asinh_(x: T) -> T {
  let a = abs(x);
  let b = min(a, T(1e9f));
  let near = log1p_(b + b * b / (1f + sqrt(fma(b, b, T(1f)))));
  return select(signed_(select(near, log_(a) + 0.69314718f, a > T(1e8f)), x), x, kept_(x));
}

fn acosh_(x: T) -> T {
  let t = min(x - 1f, T(1e9f));
  let r = select(log1p_(t + sqrt(t * (t + 2f))), log_(x) + 0.69314718f, x > T(1e8f));
  return select(r, nan_(), (x < T(1f)) | isnan_(x));
}

fn atanh_(x: T) -> T {
  let a = abs(x);
  return select(signed_(0.5f * log1p_(2f * a / (1f - a)), x), x, kept_(x));
}

fn high_(x: T) -> T { return bitcast<T>(bitcast<U>(x) & U(0xfffff000u)); }  // the first 12 bits

fn size_of_pow_(a: T, y: T) -> T {  // a^y for a > 0: y log2(a) in two parts, then 2 to that
  let tiny = a < T(1.17549435e-38f);
  var bits = bitcast<U>(select(a, a * 16777216f, tiny));
  var n = I(bits >> U(23u)) - select(I(127), I(151), tiny);
  let part = bits & U(0x007fffffu);
  let middle = (part > U(0x001cc471u)) & (part < U(0x005db3d7u));
  let up = part >= U(0x005db3d7u);
  n += select(I(0), I(1), up);
  let m = bitcast<T>((part | U(0x3f800000u)) - select(U(0u), U(0x00800000u), up));
  let base = select(T(1f), T(1.5f), middle);
  let u = m - base;
  let v = 1f / (m + base);
  let s = u * v;
  let sh = high_(s);
  let th = high_(m + base);
  let sl = v * ((u - sh * th) - sh * (m - (th - base)));
  let s2 = s * s;
  let r = s2 * s2 * horner(s2, 0.60000002384, 0.42857143283, 0.33333334327, 0.27272811532,
                               0.23066075146, 0.20697501302) + sl * (sh + s);
  let qh = high_(3f + sh * sh + r);
  let ql = r - ((qh - 3f) - sh * sh);
  let w = sl * qh + ql * s;
  let ph = high_(sh * qh + w);
  let pl = w - (ph - sh * qh);
  let zh = 0.9619140625f * ph;
  let zl = -1.1736857402e-4f * ph + pl * 0.96179670095f + select(T(0f), T(1.56322085e-6f), middle);
  let offset = select(T(0f), T(0.584960938f), middle);
  let k = T(n);
  let lh = high_(((zh + zl) + offset) + k);
  let ll = zl - (((lh - k) - offset) - zh);
  let yh = high_(y);
  let el = (y - yh) * lh + y * ll;
  let eh = yh * lh;
  let e = eh + el;
  let whole = nearest_(between_(e, T(-160f), T(160f)));
  let t = (eh - T(whole)) + el;
  let size = scaled_(1f + small_expm1_(t * 0.69314718f), whole);
  return select(select(size, inf_(), e > T(129f)), T(0f), e < T(-152f));
}

fn pow_(x: T, y: T) -> T {
  let a = abs(x);
  var size = size_of_pow_(a, clamp(y, T(-1e10f), T(1e10f)));
  size = select(size, T(1f), (a == T(1f)) | (y == T(0f)));
  let grows = (y > T(0f)) == (a > T(1f));
  size = select(size, select(T(0f), inf_(), grows), (a == T(0f)) | !isfinite_(a));
  let odd = (fract(y * 0.5f) != T(0f)) & (floor(y) == y) & isfinite_(y);
  var r = select(size, -size, minus_(x) & odd);
  r = select(r, nan_(), (x < T(0f)) & (floor(y) != y) & isfinite_(x));
  r = select(r, nan_(), isnan_(x) | isnan_(y));
  return select(r, T(1f), (y == T(0f)) | (x == T(1f)));
}

fn erf_(x: T) -> T {
  let a = abs(x);
  let s = x * x;
  let near = x * horner(s, 1.1283791065216064, -0.3761262595653534, 0.11283597350120544,
                           -0.02685432881116867, 0.005189312156289816, -0.0008018855005502701,
                           7.882497448008507e-05);
  let t = min(a, T(4f));
  let power = horner(t, 0.0007569686276838183, 1.125925898551941, 0.6390933394432068,
                        0.10331898182630539, -0.022621985524892807, 0.0034368676133453846,
                        -0.0003175720339640975, 1.3309389942151029e-05);
  return select(select(signed_(1f - usual_exp_(-power), x), near, a < T(1f)), x, isnan_(x));
}

fn erf_inv_(x: T) -> T {
  let w = -log_((1f - x) * (1f + x));
  let c = w - 2.5f;
  let central = horner(c, 1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087,
                          -4.39150654e-06, -3.5233877e-06, 3.43273939e-07, 2.81022636e-08);
  let d = sqrt(max(w, T(5f))) - 3f;
  let tail = horner(d, 2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773,
                       -0.00367342844, 0.00134934322, 0.000100950558, -0.000200214257);
  let r = x * select(tail, central, w < T(5f));
  return select(select(r, signed_(inf_(), x), abs(x) == T(1f)), nan_(),
                (abs(x) > T(1f)) | isnan_(x));
}
