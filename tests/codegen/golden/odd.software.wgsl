// odd, kernel 0: gather + pad + sin + gt
//   c: f32[5,3] = gather(a, b) {axis=1}
//   d: f32[6,5] = pad(c, 0.5:f32) {high=(1,1), interior=(0,0), low=(0,1)}
//   e: f32[5,6] = transpose(d) {perm=(1,0)}
//   f: f32[5,6] = sin(e)
//   g: bool[5,6] = gt(f, 0.0:f32)
// schedule: vec4 over rows, serial
@group(0) @binding(0) var<storage, read> in0: array<f32>;  // f32[5,7]
@group(0) @binding(1) var<storage, read> in1: array<i32>;  // i32[3]
@group(0) @binding(2) var<storage, read_write> sin_out: array<vec4<f32>>;  // f32[5,6]
@group(0) @binding(3) var<storage, read_write> gt_out: array<vec4<u32>>;  // bool[5,6]
var<private> inf_bits: u32 = 0x7f800000u;  // read at run time: WGSL has no literal for infinity

fn tx_nearest4(x: vec4<f32>) -> vec4<i32> {  // the nearest integer of a small number: round and convert cost more
  return bitcast<vec4<i32>>(x + 12582912f) - 0x4b400000;
}

fn tx_pick4(e: vec4<u32>, a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32>, last: vec4<u32>) -> vec4<u32> {  // the word that holds bit e
  let low = select(select(a, b, e >= vec4<u32>(32u)), c, e >= vec4<u32>(64u));
  return select(select(low, d, e >= vec4<u32>(96u)), last, e >= vec4<u32>(128u));
}

fn tx_shifted4(a: vec4<u32>, b: vec4<u32>, n: vec4<u32>) -> vec4<u32> {  // 32 bits of ab, from bit n < 32
  return (a << n) | ((b >> vec4<u32>(1u)) >> (vec4<u32>(31u) - n));
}

fn tx_high_product4(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {  // the upper half of a 64-bit product
  let low = vec4<u32>(0xffffu);
  let cross = (a >> vec4<u32>(16u)) * (b & low) + (((a & low) * (b & low)) >> vec4<u32>(16u));
  let other = (a & low) * (b >> vec4<u32>(16u)) + (cross & low);
  return (a >> vec4<u32>(16u)) * (b >> vec4<u32>(16u)) + (cross >> vec4<u32>(16u)) + (other >> vec4<u32>(16u));
}

fn tx_far_rest4(x: vec4<f32>, quarters: ptr<function, vec4<i32>>) -> vec4<f32> {  // as rest_of_turn_, for x >= 1
  let bits = bitcast<vec4<u32>>(x);
  let m = (bits << vec4<u32>(8u)) | vec4<u32>(0x80000000u);
  let e = (bits >> vec4<u32>(23u)) - vec4<u32>(126u);
  let n = e & vec4<u32>(31u);
  let w1 = vec4<u32>(0x28be60dbu);  // 1/2π in words of 32 bits
  let w2 = vec4<u32>(0x9391054au);
  let w3 = vec4<u32>(0x7f09d5f4u);
  let w4 = vec4<u32>(0x7d4d3770u);
  let w5 = vec4<u32>(0x36d8a566u);
  let b = tx_pick4(e, w1, w2, w3, w4, w5);
  let c = tx_pick4(e, w2, w3, w4, w5, vec4<u32>(0x4f10e410u));
  let middle = tx_shifted4(b, c, n);
  let carried = tx_high_product4(m, tx_shifted4(c, tx_pick4(e, w3, w4, w5, vec4<u32>(0x4f10e410u), vec4<u32>(0u)), n));
  let low = m * middle + carried;
  let carry = select(vec4<u32>(0u), vec4<u32>(1u), low < carried);
  let first = tx_shifted4(tx_pick4(e, vec4<u32>(0u), w1, w2, w3, w4), b, n);
  let high = m * first + tx_high_product4(m, middle) + carry;  // turns, in units of 2^-32
  *quarters = vec4<i32>((high + vec4<u32>(0x20000000u)) >> vec4<u32>(30u));
  let r = vec4<f32>(bitcast<vec4<i32>>((high << vec4<u32>(2u)) | (low >> vec4<u32>(30u))));
  return fma(r, vec4<f32>(3.6572951982e-10f), vec4<f32>(vec4<i32>((low << vec4<u32>(2u)) >> vec4<u32>(8u))) * 2.1799178113e-17f);
}

fn tx_rest_of_turn4(x: vec4<f32>, quarters: ptr<function, vec4<i32>>) -> vec4<f32> {  // x >= 0 less quarter turns
  let k = tx_nearest4(x * 0.63661977237f);
  let n = vec4<f32>(k);
  *quarters = k;
  let r = fma(n, vec4<f32>(-2.5633440e-12f), ((x - n * 1.5703125f) - n * 0.00048375129f) - n * 7.5495336e-8f);
  let far = x > vec4<f32>(1e4f);
  if (!any(far)) { return r; }
  var other: vec4<i32>;
  let s = tx_far_rest4(x, &other);
  *quarters = select(k, other, far);
  return select(r, s, far);
}

fn tx_near_sin4(r: vec4<f32>) -> vec4<f32> {  // for |r| <= π/4
  let z = r * r;
  return fma(r * z, fma(fma(vec4<f32>(-0.00019515295891f), z, vec4<f32>(0.0083321608736f)), z, vec4<f32>(-0.16666654611f)), r);
}

fn tx_near_cos4(r: vec4<f32>) -> vec4<f32> {  // for |r| <= π/4
  let z = r * r;
  return fma(z * z, fma(fma(vec4<f32>(2.443315711809948e-5f), z, vec4<f32>(-0.001388731625493765f)), z, vec4<f32>(0.04166664568298827f)),
             fma(vec4<f32>(-0.5f), z, vec4<f32>(1f)));
}

fn tx_nan4() -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(inf_bits | 1u)); }

fn tx_turned4(y: vec4<f32>, x: vec4<f32>, quarters: vec4<i32>) -> vec4<f32> {  // y with its sign changed for x < 0 and half turns
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(y) ^ ((bitcast<vec4<u32>>(x) ^ (vec4<u32>(quarters) << vec4<u32>(30u))) & vec4<u32>(0x80000000u)));
}

fn tx_isfinite4(x: vec4<f32>) -> vec4<bool> { return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7f800000u)) != vec4<u32>(0x7f800000u); }

fn tx_wave4(r: vec4<f32>, x: vec4<f32>, quarters: vec4<i32>) -> vec4<f32> {  // the sine of r and so many quarters, odd in x
  let size = select(tx_near_sin4(r), tx_near_cos4(r), (quarters & vec4<i32>(1)) != vec4<i32>(0));
  return select(tx_nan4(), tx_turned4(size, x, quarters), tx_isfinite4(x));
}

fn tx_sin4(x: vec4<f32>) -> vec4<f32> {
  var k: vec4<i32>;
  let r = tx_rest_of_turn4(abs(x), &k);
  return tx_wave4(r, x, k);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 64u + local);
  if (item >= 8) { return; }
  let ix1 = (item * 2);
  let ix2 = (ix1 % 3);
  let ix3 = (ix2 * 2);
  let ix4 = (ix1 + 1);
  let ix5 = (ix4 % 3);
  let ix6 = (ix5 * 2);
  let ix7 = ((ix1 / 3) - 1);
  let ix8 = ((ix4 / 3) - 1);
  let t9 = vec4<i32>(ix7, ix7, ix8, ix8);
  let t10 = ((vec4<i32>(ix3, (ix3 + 1), ix6, (ix6 + 1)) < vec4<i32>(5)) & ((t9 >= vec4<i32>(0)) & (t9 < vec4<i32>(3))));
  let ix11 = (ix2 * 14);
  let ix12 = in1[ix7];
  let ix13 = in1[ix8];
  let t14 = min(max(vec4<i32>(ix12, ix12, ix13, ix13), vec4<i32>(0)), vec4<i32>(6));
  let ix15 = (ix5 * 14);
  let t16 = vec4<f32>(in0[(ix11 + t14.x)], in0[((ix11 + t14.y) + 7)], in0[(ix15 + t14.z)], in0[((ix15 + t14.w) + 7)]);
  let t17 = tx_sin4(select(vec4<f32>(0.5f), t16, t10));
  var new_sin_out: vec4<f32> = t17;
  var new_gt_out: vec4<bool> = (t17 > vec4<f32>(0.0f));
  sin_out[item] = new_sin_out;
  gt_out[item] = select(vec4<u32>(0u), vec4<u32>(1u), new_gt_out);
}
