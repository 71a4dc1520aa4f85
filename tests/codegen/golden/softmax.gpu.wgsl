// f, kernel 0: reduce + sub + exp + div
//   b: f32[64] = reduce(a) {axes=(1), monoid="max"}
//   c: f32[64,32] = broadcast_in_dim(b) {dims=(0), shape=(64,32)}
//   d: f32[64,32] = sub(a, c)
//   e: f32[64,32] = exp(d)
//   f: f32[64] = reduce(e) {axes=(1), monoid="sum"}
//   g: f32[64,32] = broadcast_in_dim(f) {dims=(0), shape=(64,32)}
//   h: f32[64,32] = div(e, g)
// schedule: vec4 over inner, serial
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[64,32]
@group(0) @binding(1) var<storage, read_write> div_out: array<vec4<f32>>;  // f32[64,32]
var<private> inf_bits: u32 = 0x7f800000u;  // read at run time: WGSL has no literal for infinity

fn tx_nearest4(x: vec4<f32>) -> vec4<i32> {  // the nearest integer of a small number: round and convert cost more
  return bitcast<vec4<i32>>(x + 12582912f) - 0x4b400000;
}

fn tx_scaled4(x: vec4<f32>, n: vec4<i32>) -> vec4<f32> {  // x · 2^n in two steps, as 2^n alone may be no float; x near 1
  let half = n >> vec4<u32>(1u);
  return bitcast<vec4<f32>>(bitcast<vec4<i32>>(x) + (half << vec4<u32>(23u)))
       * bitcast<vec4<f32>>(((n - half) << vec4<u32>(23u)) + 0x3f800000);
}

fn tx_small_expm14(r: vec4<f32>) -> vec4<f32> {  // for |r| <= log(2) / 2
  return fma(r * r, fma(fma(fma(fma(vec4<f32>(0.0013882505f), r, vec4<f32>(0.008366596f)), r, vec4<f32>(0.0416672f)), r, vec4<f32>(0.16666543f)), r, vec4<f32>(0.49999997f)), r);
}

fn tx_rest4(x: vec4<f32>, n: vec4<i32>) -> vec4<f32> {  // x - n log(2); n times the first constant is exact
  let k = vec4<f32>(n);
  return fma(k, vec4<f32>(0.000212194440f), x - k * 0.693359375f);
}

fn tx_usual_exp4(x: vec4<f32>) -> vec4<f32> {  // for x from -104 to 89
  let n = tx_nearest4(x * 1.44269504f);
  return tx_scaled4(1f + tx_small_expm14(tx_rest4(x, n)), n);
}

fn tx_exp4(x: vec4<f32>) -> vec4<f32> {
  let y = select(tx_usual_exp4(x), vec4<f32>(0f), x < vec4<f32>(-104f));
  return select(x * 3.4e38f, y, x <= vec4<f32>(88.75f));  // beyond: infinity, or NaN
}

fn tx_inf1() -> f32 { return bitcast<f32>(u32(inf_bits)); }

fn tx_isnan1(x: f32) -> bool { return (bitcast<i32>(x) & i32(0x7fffffff)) > i32(0x7f800000); }

fn tx_max1(a: f32, b: f32) -> f32 { return select(select(b, a, a >= b), a, tx_isnan1(a)); }

fn tx_isnan4(x: vec4<f32>) -> vec4<bool> { return (bitcast<vec4<i32>>(x) & vec4<i32>(0x7fffffff)) > vec4<i32>(0x7f800000); }

fn tx_max4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return select(select(b, a, a >= b), a, tx_isnan4(a)); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 64u + local);
  var max0_0: vec4<f32> = vec4<f32>((-tx_inf1()));
  let ix1 = (item * 8);
  for (var j = 0; j < 8; j++) {
    let ix2 = (ix1 + j);
    let t3 = in0[ix2];
    max0_0 = tx_max4(max0_0, t3);
  }
  var max0_0_all: f32 = tx_max1(tx_max1(max0_0.x, max0_0.y), tx_max1(max0_0.z, max0_0.w));
  var sum1_0: vec4<f32> = vec4<f32>(0.0f);
  for (var j = 0; j < 8; j++) {
    let ix4 = (ix1 + j);
    let t5 = in0[ix4];
    let t6 = tx_exp4((t5 - vec4<f32>(max0_0_all)));
    sum1_0 = (sum1_0 + t6);
  }
  var sum1_0_all: f32 = ((sum1_0.x + sum1_0.y) + (sum1_0.z + sum1_0.w));
  for (var j = 0; j < 8; j++) {
    let ix7 = (ix1 + j);
    let t8 = in0[ix7];
    let t9 = tx_exp4((t8 - vec4<f32>(max0_0_all)));
    div_out[ix7] = (t9 / vec4<f32>(sum1_0_all));
  }
}
