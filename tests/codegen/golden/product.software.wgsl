// product, kernel 0: dot_general
//   c: f32[200,128] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
// schedule: 6x8 registers, k by 4, lhs by k, rhs by n
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[200,256]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[256,128]
@group(0) @binding(2) var<storage, read_write> dot_general_out: array<vec4<f32>>;  // f32[200,128]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 64u + local);
  if (item >= 544) { return; }
  var acc0_0: vec4<f32> = vec4<f32>(0.0f);
  var acc0_1: vec4<f32> = vec4<f32>(0.0f);
  var acc1_0: vec4<f32> = vec4<f32>(0.0f);
  var acc1_1: vec4<f32> = vec4<f32>(0.0f);
  var acc2_0: vec4<f32> = vec4<f32>(0.0f);
  var acc2_1: vec4<f32> = vec4<f32>(0.0f);
  var acc3_0: vec4<f32> = vec4<f32>(0.0f);
  var acc3_1: vec4<f32> = vec4<f32>(0.0f);
  var acc4_0: vec4<f32> = vec4<f32>(0.0f);
  var acc4_1: vec4<f32> = vec4<f32>(0.0f);
  var acc5_0: vec4<f32> = vec4<f32>(0.0f);
  var acc5_1: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = (item >> 4u);
  let ix2 = (ix1 * 384);
  let ix3 = ((item & 15) * 2);
  for (var k = 0; k < 64; k++) {
    let ix4 = (ix2 + k);
    let t5 = in0[ix4];
    let t6 = vec4<f32>(t5.x);
    let ix7 = (ix3 + (k * 128));
    let t8 = in1[ix7];
    acc0_0 = fma(t6, t8, acc0_0);
    let t9 = vec4<f32>(t5.y);
    let t10 = in1[(ix7 + 32)];
    acc0_0 = fma(t9, t10, acc0_0);
    let t11 = vec4<f32>(t5.z);
    let t12 = in1[(ix7 + 64)];
    acc0_0 = fma(t11, t12, acc0_0);
    let t13 = vec4<f32>(t5.w);
    let t14 = in1[(ix7 + 96)];
    acc0_0 = fma(t13, t14, acc0_0);
    let t15 = in1[(ix7 + 1)];
    acc0_1 = fma(t6, t15, acc0_1);
    let t16 = in1[(ix7 + 33)];
    acc0_1 = fma(t9, t16, acc0_1);
    let t17 = in1[(ix7 + 65)];
    acc0_1 = fma(t11, t17, acc0_1);
    let t18 = in1[(ix7 + 97)];
    acc0_1 = fma(t13, t18, acc0_1);
    let t19 = in0[(ix4 + 64)];
    let t20 = vec4<f32>(t19.x);
    acc1_0 = fma(t20, t8, acc1_0);
    let t21 = vec4<f32>(t19.y);
    acc1_0 = fma(t21, t10, acc1_0);
    let t22 = vec4<f32>(t19.z);
    acc1_0 = fma(t22, t12, acc1_0);
    let t23 = vec4<f32>(t19.w);
    acc1_0 = fma(t23, t14, acc1_0);
    acc1_1 = fma(t20, t15, acc1_1);
    acc1_1 = fma(t21, t16, acc1_1);
    acc1_1 = fma(t22, t17, acc1_1);
    acc1_1 = fma(t23, t18, acc1_1);
    let t24 = in0[(ix4 + 128)];
    let t25 = vec4<f32>(t24.x);
    acc2_0 = fma(t25, t8, acc2_0);
    let t26 = vec4<f32>(t24.y);
    acc2_0 = fma(t26, t10, acc2_0);
    let t27 = vec4<f32>(t24.z);
    acc2_0 = fma(t27, t12, acc2_0);
    let t28 = vec4<f32>(t24.w);
    acc2_0 = fma(t28, t14, acc2_0);
    acc2_1 = fma(t25, t15, acc2_1);
    acc2_1 = fma(t26, t16, acc2_1);
    acc2_1 = fma(t27, t17, acc2_1);
    acc2_1 = fma(t28, t18, acc2_1);
    let t29 = in0[(ix4 + 192)];
    let t30 = vec4<f32>(t29.x);
    acc3_0 = fma(t30, t8, acc3_0);
    let t31 = vec4<f32>(t29.y);
    acc3_0 = fma(t31, t10, acc3_0);
    let t32 = vec4<f32>(t29.z);
    acc3_0 = fma(t32, t12, acc3_0);
    let t33 = vec4<f32>(t29.w);
    acc3_0 = fma(t33, t14, acc3_0);
    acc3_1 = fma(t30, t15, acc3_1);
    acc3_1 = fma(t31, t16, acc3_1);
    acc3_1 = fma(t32, t17, acc3_1);
    acc3_1 = fma(t33, t18, acc3_1);
    let t34 = in0[(ix4 + 256)];
    let t35 = vec4<f32>(t34.x);
    acc4_0 = fma(t35, t8, acc4_0);
    let t36 = vec4<f32>(t34.y);
    acc4_0 = fma(t36, t10, acc4_0);
    let t37 = vec4<f32>(t34.z);
    acc4_0 = fma(t37, t12, acc4_0);
    let t38 = vec4<f32>(t34.w);
    acc4_0 = fma(t38, t14, acc4_0);
    acc4_1 = fma(t35, t15, acc4_1);
    acc4_1 = fma(t36, t16, acc4_1);
    acc4_1 = fma(t37, t17, acc4_1);
    acc4_1 = fma(t38, t18, acc4_1);
    let t39 = in0[(ix4 + 320)];
    let t40 = vec4<f32>(t39.x);
    acc5_0 = fma(t40, t8, acc5_0);
    let t41 = vec4<f32>(t39.y);
    acc5_0 = fma(t41, t10, acc5_0);
    let t42 = vec4<f32>(t39.z);
    acc5_0 = fma(t42, t12, acc5_0);
    let t43 = vec4<f32>(t39.w);
    acc5_0 = fma(t43, t14, acc5_0);
    acc5_1 = fma(t40, t15, acc5_1);
    acc5_1 = fma(t41, t16, acc5_1);
    acc5_1 = fma(t42, t17, acc5_1);
    acc5_1 = fma(t43, t18, acc5_1);
  }
  let ix44 = (ix3 + (ix1 * 192));
  dot_general_out[ix44] = acc0_0;
  dot_general_out[(ix44 + 1)] = acc0_1;
  dot_general_out[(ix44 + 32)] = acc1_0;
  dot_general_out[(ix44 + 33)] = acc1_1;
  let ix45 = (ix1 * 6);
  let ix46 = (ix45 + 2);
  if ((ix46 < 200)) {
    let ix47 = ((ix46 * 32) + ix3);
    dot_general_out[ix47] = acc2_0;
    dot_general_out[(ix47 + 1)] = acc2_1;
  }
  let ix48 = (ix45 + 3);
  if ((ix48 < 200)) {
    let ix49 = ((ix48 * 32) + ix3);
    dot_general_out[ix49] = acc3_0;
    dot_general_out[(ix49 + 1)] = acc3_1;
  }
  let ix50 = (ix45 + 4);
  if ((ix50 < 200)) {
    let ix51 = ((ix50 * 32) + ix3);
    dot_general_out[ix51] = acc4_0;
    dot_general_out[(ix51 + 1)] = acc4_1;
  }
  let ix52 = (ix45 + 5);
  if ((ix52 < 200)) {
    let ix53 = ((ix52 * 32) + ix3);
    dot_general_out[ix53] = acc5_0;
    dot_general_out[(ix53 + 1)] = acc5_1;
  }
}
