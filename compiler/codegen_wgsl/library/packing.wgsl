// Narrow numbers in words: half-precision floats, and integers of 8 and 16 bits.

fn half_(x: T) -> T {  // the nearest half-precision number, ties to even
  let b = bitcast<U>(x);
  let a = b & U(0x7fffffffu);
  let normal = (a + U(0xfffu) + ((a >> U(13u)) & U(1u))) & U(0xffffe000u);
  let large = select(normal, U(0x7f800000u), normal >= U(0x47800000u));
  let steps = bitcast<U>(bitcast<T>(a) + 0.5f) - U(0x3f000000u);  // of 2^-24: subnormal
  let size = select(large, bitcast<U>(T(steps) * 5.9604645e-8f), a < U(0x38800000u));
  return bitcast<T>(select(size, a, a > U(0x7f800000u)) | (b & U(0x80000000u)));
}

fn halfbits_(x: T) -> U {  // of the nearest half-precision number, ties to even
  let b = bitcast<U>(x);
  let a = b & U(0x7fffffffu);
  let normal = ((a + U(0xfffu) + ((a >> U(13u)) & U(1u))) >> U(13u)) - U(0x1c000u);
  let steps = bitcast<U>(bitcast<T>(a) + 0.5f) - U(0x3f000000u);  // of 2^-24: subnormal
  let size = min(select(normal, steps, a < U(0x38800000u)), U(0x7c00u));
  return select(size, U(0x7e00u), a > U(0x7f800000u)) | ((b >> U(16u)) & U(0x8000u));
}

fn halfvalue_(bits: u32) -> f32 { return unpack2x16float(bits).x; }

fn bytes_(x: vec4<u32>) -> u32 {
  let b = x & vec4<u32>(255u);
  return b.x | (b.y << 8u) | (b.z << 16u) | (b.w << 24u);
}

fn shorts_(x: vec4<u32>) -> vec2<u32> {
  let b = x & vec4<u32>(65535u);
  return b.xz | (b.yw << vec2<u32>(16u));
}

fn halves_(x: vec4<f32>) -> vec2<u32> { return shorts_(halfbits_(x)); }
