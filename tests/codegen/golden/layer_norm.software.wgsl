// f, kernel 0: reduce + mul + sub + rsqrt
//   c: f32[64] = reduce(a) {axes=(1), monoid="sum"}
//   d: f32[64] = mul(c, 0.03125:f32)
//   e: f32[64,32] = broadcast_in_dim(d) {dims=(0), shape=(64,32)}
//   f: f32[64,32] = sub(a, e)
//   g: f32[64,32] = mul(f, f)
//   h: f32[64] = reduce(g) {axes=(1), monoid="sum"}
//   i: f32[64] = mul(h, 0.03125:f32)
//   j: f32[64] = rsqrt(i)
//   k: f32[64,32] = broadcast_in_dim(j) {dims=(0), shape=(64,32)}
//   l: f32[64,32] = mul(f, k)
//   m: f32[64,32] = broadcast_in_dim(b) {dims=(1), shape=(64,32)}
//   n: f32[64,32] = mul(l, m)
// schedule: vec4 over inner, serial
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[64,32]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[32]
@group(0) @binding(2) var<storage, read_write> mul_out: array<vec4<f32>>;  // f32[64,32]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 64u + local);
  var sum0_0: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = (item * 8);
  for (var j = 0; j < 8; j++) {
    let ix2 = (ix1 + j);
    let t3 = in0[ix2];
    sum0_0 = (sum0_0 + t3);
  }
  var sum0_0_all: f32 = ((sum0_0.x + sum0_0.y) + (sum0_0.z + sum0_0.w));
  var sum1_0: vec4<f32> = vec4<f32>(0.0f);
  let t4 = (sum0_0_all * 0.03125f);
  for (var j = 0; j < 8; j++) {
    let ix5 = (ix1 + j);
    let t6 = in0[ix5];
    let t7 = (t6 - vec4<f32>(t4));
    sum1_0 = (sum1_0 + (t7 * t7));
  }
  var sum1_0_all: f32 = ((sum1_0.x + sum1_0.y) + (sum1_0.z + sum1_0.w));
  let t8 = inverseSqrt((sum1_0_all * 0.03125f));
  for (var j = 0; j < 8; j++) {
    let ix9 = (ix1 + j);
    let t10 = in0[ix9];
    let t11 = (t10 - vec4<f32>(t4));
    mul_out[ix9] = ((t11 * vec4<f32>(t8)) * in1[j]);
  }
}
