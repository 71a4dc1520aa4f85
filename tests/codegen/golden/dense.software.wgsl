// dense, kernel 0: dot_general + add + max
//   d: f32[64,48] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
//   e: f32[64,48] = broadcast_in_dim(c) {dims=(1), shape=(64,48)}
//   f: f32[64,48] = add(d, e)
//   g: f32[64,48] = max(f, 0.0:f32)
// schedule: 1x4 registers, k by 4, lhs by k, rhs by n
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[64,32]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[32,48]
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // f32[48]
@group(0) @binding(3) var<storage, read_write> max_out: array<vec4<f32>>;  // f32[64,48]

fn tx_isnan4(x: vec4<f32>) -> vec4<bool> { return (bitcast<vec4<i32>>(x) & vec4<i32>(0x7fffffff)) > vec4<i32>(0x7f800000); }

fn tx_max4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return select(select(b, a, a >= b), a, tx_isnan4(a)); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 64u + local);
  var acc0_0: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = ((item / 12) * 8);
  let ix2 = (item % 12);
  for (var k = 0; k < 8; k++) {
    let t3 = in0[(ix1 + k)];
    let ix4 = (ix2 + (k * 48));
    acc0_0 = fma(vec4<f32>(t3.x), in1[ix4], acc0_0);
    acc0_0 = fma(vec4<f32>(t3.y), in1[(ix4 + 12)], acc0_0);
    acc0_0 = fma(vec4<f32>(t3.z), in1[(ix4 + 24)], acc0_0);
    acc0_0 = fma(vec4<f32>(t3.w), in1[(ix4 + 36)], acc0_0);
  }
  max_out[item] = tx_max4((acc0_0 + in2[ix2]), vec4<f32>(0.0f));
}
