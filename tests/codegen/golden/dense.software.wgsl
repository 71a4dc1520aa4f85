// dense, kernel 0: dot_general + add + max
//   d: f32[64,48] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
//   e: f32[64,48] = broadcast_in_dim(c) {dims=(1), shape=(64,48)}
//   f: f32[64,48] = add(d, e)
//   g: f32[64,48] = max(f, 0.0:f32)
// schedule: 4x8 registers, k by 4, lhs by k, rhs by n
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[64,32]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[32,48]
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // f32[48]
@group(0) @binding(3) var<storage, read_write> max_out: array<vec4<f32>>;  // f32[64,48]

fn tx_isnan4(x: vec4<f32>) -> vec4<bool> { return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u); }

fn tx_max4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return select(select(b, a, a >= b), a, tx_isnan4(a)); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 64u + local);
  if (item >= 96) { return; }
  var acc0_0: vec4<f32> = vec4<f32>(0.0f);
  var acc0_1: vec4<f32> = vec4<f32>(0.0f);
  var acc1_0: vec4<f32> = vec4<f32>(0.0f);
  var acc1_1: vec4<f32> = vec4<f32>(0.0f);
  var acc2_0: vec4<f32> = vec4<f32>(0.0f);
  var acc2_1: vec4<f32> = vec4<f32>(0.0f);
  var acc3_0: vec4<f32> = vec4<f32>(0.0f);
  var acc3_1: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = (item / 6);
  let ix2 = (ix1 * 32);
  let ix3 = ((item % 6) * 2);
  for (var k = 0; k < 8; k++) {
    let ix4 = (ix2 + k);
    let t5 = in0[ix4];
    let t6 = vec4<f32>(t5.x);
    let ix7 = (ix3 + (k * 48));
    let t8 = in1[ix7];
    acc0_0 = fma(t6, t8, acc0_0);
    let t9 = in1[(ix7 + 1)];
    acc0_1 = fma(t6, t9, acc0_1);
    let t10 = in0[(ix4 + 8)];
    let t11 = vec4<f32>(t10.x);
    acc1_0 = fma(t11, t8, acc1_0);
    acc1_1 = fma(t11, t9, acc1_1);
    let t12 = in0[(ix4 + 16)];
    let t13 = vec4<f32>(t12.x);
    acc2_0 = fma(t13, t8, acc2_0);
    acc2_1 = fma(t13, t9, acc2_1);
    let t14 = in0[(ix4 + 24)];
    let t15 = vec4<f32>(t14.x);
    acc3_0 = fma(t15, t8, acc3_0);
    acc3_1 = fma(t15, t9, acc3_1);
    let t16 = vec4<f32>(t5.y);
    let t17 = in1[(ix7 + 12)];
    acc0_0 = fma(t16, t17, acc0_0);
    let t18 = in1[(ix7 + 13)];
    acc0_1 = fma(t16, t18, acc0_1);
    let t19 = vec4<f32>(t10.y);
    acc1_0 = fma(t19, t17, acc1_0);
    acc1_1 = fma(t19, t18, acc1_1);
    let t20 = vec4<f32>(t12.y);
    acc2_0 = fma(t20, t17, acc2_0);
    acc2_1 = fma(t20, t18, acc2_1);
    let t21 = vec4<f32>(t14.y);
    acc3_0 = fma(t21, t17, acc3_0);
    acc3_1 = fma(t21, t18, acc3_1);
    let t22 = vec4<f32>(t5.z);
    let t23 = in1[(ix7 + 24)];
    acc0_0 = fma(t22, t23, acc0_0);
    let t24 = in1[(ix7 + 25)];
    acc0_1 = fma(t22, t24, acc0_1);
    let t25 = vec4<f32>(t10.z);
    acc1_0 = fma(t25, t23, acc1_0);
    acc1_1 = fma(t25, t24, acc1_1);
    let t26 = vec4<f32>(t12.z);
    acc2_0 = fma(t26, t23, acc2_0);
    acc2_1 = fma(t26, t24, acc2_1);
    let t27 = vec4<f32>(t14.z);
    acc3_0 = fma(t27, t23, acc3_0);
    acc3_1 = fma(t27, t24, acc3_1);
    let t28 = vec4<f32>(t5.w);
    let t29 = in1[(ix7 + 36)];
    acc0_0 = fma(t28, t29, acc0_0);
    let t30 = in1[(ix7 + 37)];
    acc0_1 = fma(t28, t30, acc0_1);
    let t31 = vec4<f32>(t10.w);
    acc1_0 = fma(t31, t29, acc1_0);
    acc1_1 = fma(t31, t30, acc1_1);
    let t32 = vec4<f32>(t12.w);
    acc2_0 = fma(t32, t29, acc2_0);
    acc2_1 = fma(t32, t30, acc2_1);
    let t33 = vec4<f32>(t14.w);
    acc3_0 = fma(t33, t29, acc3_0);
    acc3_1 = fma(t33, t30, acc3_1);
  }
  let ix34 = (ix3 + (ix1 * 48));
  let t35 = in2[ix3];
  max_out[ix34] = tx_max4((acc0_0 + t35), vec4<f32>(0.0f));
  let t36 = in2[(ix3 + 1)];
  max_out[(ix34 + 1)] = tx_max4((acc0_1 + t36), vec4<f32>(0.0f));
  max_out[(ix34 + 12)] = tx_max4((acc1_0 + t35), vec4<f32>(0.0f));
  max_out[(ix34 + 13)] = tx_max4((acc1_1 + t36), vec4<f32>(0.0f));
  max_out[(ix34 + 24)] = tx_max4((acc2_0 + t35), vec4<f32>(0.0f));
  max_out[(ix34 + 25)] = tx_max4((acc2_1 + t36), vec4<f32>(0.0f));
  max_out[(ix34 + 36)] = tx_max4((acc3_0 + t35), vec4<f32>(0.0f));
  max_out[(ix34 + 37)] = tx_max4((acc3_1 + t36), vec4<f32>(0.0f));
}
