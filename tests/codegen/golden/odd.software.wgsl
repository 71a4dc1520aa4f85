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
  let t17 = sin(select(vec4<f32>(0.5f), t16, t10));
  var new_sin_out: vec4<f32> = t17;
  var new_gt_out: vec4<bool> = (t17 > vec4<f32>(0.0f));
  sin_out[item] = new_sin_out;
  gt_out[item] = select(vec4<u32>(0u), vec4<u32>(1u), new_gt_out);
}
