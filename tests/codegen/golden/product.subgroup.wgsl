// product, kernel 0: dot_general
//   c: f32[200,128] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
// schedule: 8x4 registers, k by 4, lhs by k, rhs by n, lhs shared by 8 invocations
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[200,256]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[256,128]
@group(0) @binding(2) var<storage, read_write> dot_general_out: array<vec4<f32>>;  // f32[200,128]

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(subgroup_invocation_id) local: u32) {
  let group = i32(workgroup.x);
  let peer = i32(local);
  var acc0_0: vec4<f32> = vec4<f32>(0.0f);
  var acc1_0: vec4<f32> = vec4<f32>(0.0f);
  var acc2_0: vec4<f32> = vec4<f32>(0.0f);
  var acc3_0: vec4<f32> = vec4<f32>(0.0f);
  var acc4_0: vec4<f32> = vec4<f32>(0.0f);
  var acc5_0: vec4<f32> = vec4<f32>(0.0f);
  var acc6_0: vec4<f32> = vec4<f32>(0.0f);
  var acc7_0: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = (group >> 2u);
  let ix2 = ((ix1 * 512) + (peer * 64));
  let ix3 = ((group & 3) * 8);
  let ix4 = (ix3 + peer);
  for (var k = 0; k < 64; k++) {
    let t5 = in0[(ix2 + k)];
    let t6 = subgroupBroadcast(t5, 0u);
    let ix7 = (ix4 + (k * 128));
    let t8 = in1[ix7];
    acc0_0 = fma(vec4<f32>(t6.x), t8, acc0_0);
    let t9 = in1[(ix7 + 32)];
    acc0_0 = fma(vec4<f32>(t6.y), t9, acc0_0);
    let t10 = in1[(ix7 + 64)];
    acc0_0 = fma(vec4<f32>(t6.z), t10, acc0_0);
    let t11 = in1[(ix7 + 96)];
    acc0_0 = fma(vec4<f32>(t6.w), t11, acc0_0);
    let t12 = subgroupBroadcast(t5, 1u);
    acc1_0 = fma(vec4<f32>(t12.x), t8, acc1_0);
    acc1_0 = fma(vec4<f32>(t12.y), t9, acc1_0);
    acc1_0 = fma(vec4<f32>(t12.z), t10, acc1_0);
    acc1_0 = fma(vec4<f32>(t12.w), t11, acc1_0);
    let t13 = subgroupBroadcast(t5, 2u);
    acc2_0 = fma(vec4<f32>(t13.x), t8, acc2_0);
    acc2_0 = fma(vec4<f32>(t13.y), t9, acc2_0);
    acc2_0 = fma(vec4<f32>(t13.z), t10, acc2_0);
    acc2_0 = fma(vec4<f32>(t13.w), t11, acc2_0);
    let t14 = subgroupBroadcast(t5, 3u);
    acc3_0 = fma(vec4<f32>(t14.x), t8, acc3_0);
    acc3_0 = fma(vec4<f32>(t14.y), t9, acc3_0);
    acc3_0 = fma(vec4<f32>(t14.z), t10, acc3_0);
    acc3_0 = fma(vec4<f32>(t14.w), t11, acc3_0);
    let t15 = subgroupBroadcast(t5, 4u);
    acc4_0 = fma(vec4<f32>(t15.x), t8, acc4_0);
    acc4_0 = fma(vec4<f32>(t15.y), t9, acc4_0);
    acc4_0 = fma(vec4<f32>(t15.z), t10, acc4_0);
    acc4_0 = fma(vec4<f32>(t15.w), t11, acc4_0);
    let t16 = subgroupBroadcast(t5, 5u);
    acc5_0 = fma(vec4<f32>(t16.x), t8, acc5_0);
    acc5_0 = fma(vec4<f32>(t16.y), t9, acc5_0);
    acc5_0 = fma(vec4<f32>(t16.z), t10, acc5_0);
    acc5_0 = fma(vec4<f32>(t16.w), t11, acc5_0);
    let t17 = subgroupBroadcast(t5, 6u);
    acc6_0 = fma(vec4<f32>(t17.x), t8, acc6_0);
    acc6_0 = fma(vec4<f32>(t17.y), t9, acc6_0);
    acc6_0 = fma(vec4<f32>(t17.z), t10, acc6_0);
    acc6_0 = fma(vec4<f32>(t17.w), t11, acc6_0);
    let t18 = subgroupBroadcast(t5, 7u);
    acc7_0 = fma(vec4<f32>(t18.x), t8, acc7_0);
    acc7_0 = fma(vec4<f32>(t18.y), t9, acc7_0);
    acc7_0 = fma(vec4<f32>(t18.z), t10, acc7_0);
    acc7_0 = fma(vec4<f32>(t18.w), t11, acc7_0);
  }
  let ix19 = ((ix3 + (ix1 * 256)) + peer);
  dot_general_out[ix19] = acc0_0;
  dot_general_out[(ix19 + 32)] = acc1_0;
  dot_general_out[(ix19 + 64)] = acc2_0;
  dot_general_out[(ix19 + 96)] = acc3_0;
  dot_general_out[(ix19 + 128)] = acc4_0;
  dot_general_out[(ix19 + 160)] = acc5_0;
  dot_general_out[(ix19 + 192)] = acc6_0;
  dot_general_out[(ix19 + 224)] = acc7_0;
}
