// conv, kernel 0: conv_general
//   c: f32[1,4,8,8,8] = conv_general(a, b) {lhs_dilation=(1,1), padding=((1,1),(1,1)), rhs_dilation=(1,1), strides=(1,1)}
// schedule: 4x8 registers, k by 4, lhs by k, rhs by n
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[1,4,8,8,4]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[1,3,3,4,8]
@group(0) @binding(2) var<storage, read_write> conv_general_out: array<vec4<f32>>;  // f32[1,4,8,8,8]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 64u + local);
  var acc0_0: vec4<f32> = vec4<f32>(0.0f);
  var acc0_1: vec4<f32> = vec4<f32>(0.0f);
  var acc1_0: vec4<f32> = vec4<f32>(0.0f);
  var acc1_1: vec4<f32> = vec4<f32>(0.0f);
  var acc2_0: vec4<f32> = vec4<f32>(0.0f);
  var acc2_1: vec4<f32> = vec4<f32>(0.0f);
  var acc3_0: vec4<f32> = vec4<f32>(0.0f);
  var acc3_1: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = ((item >> 1u) & 7);
  let ix2 = ((item & 1) * 4);
  let ix3 = (item * 4);
  for (var k0 = 0; k0 < 3; k0++) {
    let ix4 = ((ix1 + k0) - 1);
    let t5 = ((ix4 >= 0) & (ix4 < 8));
    let ix6 = (ix3 + (k0 * 8));
    let ix7 = (k0 * 24);
    for (var k1 = 0; k1 < 3; k1++) {
      let ix8 = (ix6 + k1);
      let ix9 = (ix2 + k1);
      let t10 = select(vec4<f32>(0.0f), in0[(ix8 - 9)], (t5 & ((ix9 - 1) >= 0)));
      let t11 = vec4<f32>(t10.x);
      let ix12 = (ix7 + (k1 * 8));
      let t13 = in1[ix12];
      acc0_0 = fma(t11, t13, acc0_0);
      let t14 = in1[(ix12 + 1)];
      acc0_1 = fma(t11, t14, acc0_1);
      let t15 = select(vec4<f32>(0.0f), in0[(ix8 - 8)], t5);
      let t16 = vec4<f32>(t15.x);
      acc1_0 = fma(t16, t13, acc1_0);
      acc1_1 = fma(t16, t14, acc1_1);
      let t17 = select(vec4<f32>(0.0f), in0[(ix8 - 7)], t5);
      let t18 = vec4<f32>(t17.x);
      acc2_0 = fma(t18, t13, acc2_0);
      acc2_1 = fma(t18, t14, acc2_1);
      let t19 = select(vec4<f32>(0.0f), in0[(ix8 - 6)], (t5 & ((ix9 + 2) < 8)));
      let t20 = vec4<f32>(t19.x);
      acc3_0 = fma(t20, t13, acc3_0);
      acc3_1 = fma(t20, t14, acc3_1);
      let t21 = vec4<f32>(t10.y);
      let t22 = in1[(ix12 + 2)];
      acc0_0 = fma(t21, t22, acc0_0);
      let t23 = in1[(ix12 + 3)];
      acc0_1 = fma(t21, t23, acc0_1);
      let t24 = vec4<f32>(t15.y);
      acc1_0 = fma(t24, t22, acc1_0);
      acc1_1 = fma(t24, t23, acc1_1);
      let t25 = vec4<f32>(t17.y);
      acc2_0 = fma(t25, t22, acc2_0);
      acc2_1 = fma(t25, t23, acc2_1);
      let t26 = vec4<f32>(t19.y);
      acc3_0 = fma(t26, t22, acc3_0);
      acc3_1 = fma(t26, t23, acc3_1);
      let t27 = vec4<f32>(t10.z);
      let t28 = in1[(ix12 + 4)];
      acc0_0 = fma(t27, t28, acc0_0);
      let t29 = in1[(ix12 + 5)];
      acc0_1 = fma(t27, t29, acc0_1);
      let t30 = vec4<f32>(t15.z);
      acc1_0 = fma(t30, t28, acc1_0);
      acc1_1 = fma(t30, t29, acc1_1);
      let t31 = vec4<f32>(t17.z);
      acc2_0 = fma(t31, t28, acc2_0);
      acc2_1 = fma(t31, t29, acc2_1);
      let t32 = vec4<f32>(t19.z);
      acc3_0 = fma(t32, t28, acc3_0);
      acc3_1 = fma(t32, t29, acc3_1);
      let t33 = vec4<f32>(t10.w);
      let t34 = in1[(ix12 + 6)];
      acc0_0 = fma(t33, t34, acc0_0);
      let t35 = in1[(ix12 + 7)];
      acc0_1 = fma(t33, t35, acc0_1);
      let t36 = vec4<f32>(t15.w);
      acc1_0 = fma(t36, t34, acc1_0);
      acc1_1 = fma(t36, t35, acc1_1);
      let t37 = vec4<f32>(t17.w);
      acc2_0 = fma(t37, t34, acc2_0);
      acc2_1 = fma(t37, t35, acc2_1);
      let t38 = vec4<f32>(t19.w);
      acc3_0 = fma(t38, t34, acc3_0);
      acc3_1 = fma(t38, t35, acc3_1);
    }
  }
  let ix39 = (item * 8);
  conv_general_out[ix39] = acc0_0;
  conv_general_out[(ix39 + 1)] = acc0_1;
  conv_general_out[(ix39 + 2)] = acc1_0;
  conv_general_out[(ix39 + 3)] = acc1_1;
  conv_general_out[(ix39 + 4)] = acc2_0;
  conv_general_out[(ix39 + 5)] = acc2_1;
  conv_general_out[(ix39 + 6)] = acc3_0;
  conv_general_out[(ix39 + 7)] = acc3_1;
}
