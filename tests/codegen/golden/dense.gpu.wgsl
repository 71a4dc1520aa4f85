// dense, kernel 0: dot_general + add + max
//   d: f32[64,48] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
//   e: f32[64,48] = broadcast_in_dim(c) {dims=(1), shape=(64,48)}
//   f: f32[64,48] = add(d, e)
//   g: f32[64,48] = max(f, 0.0:f32)
// schedule: 4x4 registers, k by 4, lhs by k, rhs by n, staged 8x8
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[64,32]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[32,48]
@group(0) @binding(2) var<storage, read> in2: array<vec4<f32>>;  // f32[48]
@group(0) @binding(3) var<storage, read_write> max_out: array<vec4<f32>>;  // f32[64,48]
var<workgroup> lhs_tile: array<vec4<f32>, 256>;
var<workgroup> rhs_tile: array<vec4<f32>, 256>;

fn tx_isnan4(x: vec4<f32>) -> vec4<bool> { return (bitcast<vec4<i32>>(x) & vec4<i32>(0x7fffffff)) > vec4<i32>(0x7f800000); }

fn tx_max4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return select(select(b, a, a >= b), a, tx_isnan4(a)); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let group = i32(workgroup.x);
  let thread = i32(local);
  var acc0_0: vec4<f32> = vec4<f32>(0.0f);
  var acc1_0: vec4<f32> = vec4<f32>(0.0f);
  var acc2_0: vec4<f32> = vec4<f32>(0.0f);
  var acc3_0: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = (group >> 1u);
  let ix2 = (thread & 3);
  let ix3 = (thread >> 2u);
  let ix4 = (((ix1 * 256) + ix2) + (ix3 * 8));
  var new_lhs_tile_0: vec4<f32> = in0[ix4];
  var new_lhs_tile_1: vec4<f32> = in0[(ix4 + 128)];
  let ix5 = (group & 1);
  let ix6 = (thread & 7);
  let ix7 = ((ix5 * 8) + ix6);
  let ix8 = (thread >> 3u);
  let ix9 = (ix7 + (ix8 * 12));
  var new_rhs_tile_0: vec4<f32> = in1[ix9];
  var new_rhs_tile_1: vec4<f32> = in1[(ix9 + 96)];
  let ix10 = ((ix2 * 32) + (thread >> 4u));
  let ix11 = (ix3 & 3);
  let t12 = new_lhs_tile_0.x;
  lhs_tile[ix10][ix11] = t12;
  let t13 = new_lhs_tile_0.y;
  lhs_tile[(ix10 + 8)][ix11] = t13;
  let t14 = new_lhs_tile_0.z;
  lhs_tile[(ix10 + 16)][ix11] = t14;
  let t15 = new_lhs_tile_0.w;
  lhs_tile[(ix10 + 24)][ix11] = t15;
  let t16 = new_lhs_tile_1.x;
  lhs_tile[(ix10 + 4)][ix11] = t16;
  let t17 = new_lhs_tile_1.y;
  lhs_tile[(ix10 + 12)][ix11] = t17;
  let t18 = new_lhs_tile_1.z;
  lhs_tile[(ix10 + 20)][ix11] = t18;
  let t19 = new_lhs_tile_1.w;
  lhs_tile[(ix10 + 28)][ix11] = t19;
  rhs_tile[thread] = new_rhs_tile_0;
  rhs_tile[(thread + 64)] = new_rhs_tile_1;
  workgroupBarrier();
  for (var k_tile = 0; k_tile < 2; k_tile++) {
    let ix20 = (ix4 + (k_tile * 4));
    var new_lhs_tile_0: vec4<f32> = in0[(ix20 + 4)];
    var new_lhs_tile_1: vec4<f32> = in0[(ix20 + 132)];
    let ix21 = (ix9 + (k_tile * 192));
    var new_rhs_tile_0: vec4<f32> = in1[(ix21 + 192)];
    var new_rhs_tile_1: vec4<f32> = in1[(ix21 + 288)];
    let ix22 = (k_tile * 128);
    let ix23 = (ix8 + ix22);
    let ix24 = (ix6 + ix22);
    for (var kk = 0; kk < 16; kk++) {
      let ix25 = (kk * 8);
      let t26 = lhs_tile[(ix23 + ix25)];
      let t27 = rhs_tile[(ix24 + ix25)];
      acc0_0 = fma(vec4<f32>(t26.x), t27, acc0_0);
      acc1_0 = fma(vec4<f32>(t26.y), t27, acc1_0);
      acc2_0 = fma(vec4<f32>(t26.z), t27, acc2_0);
      acc3_0 = fma(vec4<f32>(t26.w), t27, acc3_0);
    }
    let ix28 = (((k_tile + 1) & 1) * 128);
    let ix29 = (ix10 + ix28);
    let t30 = new_lhs_tile_0.x;
    lhs_tile[ix29][ix11] = t30;
    let t31 = new_lhs_tile_0.y;
    lhs_tile[(ix29 + 8)][ix11] = t31;
    let t32 = new_lhs_tile_0.z;
    lhs_tile[(ix29 + 16)][ix11] = t32;
    let t33 = new_lhs_tile_0.w;
    lhs_tile[(ix29 + 24)][ix11] = t33;
    let t34 = new_lhs_tile_1.x;
    lhs_tile[(ix29 + 4)][ix11] = t34;
    let t35 = new_lhs_tile_1.y;
    lhs_tile[(ix29 + 12)][ix11] = t35;
    let t36 = new_lhs_tile_1.z;
    lhs_tile[(ix29 + 20)][ix11] = t36;
    let t37 = new_lhs_tile_1.w;
    lhs_tile[(ix29 + 28)][ix11] = t37;
    let ix38 = (thread + ix28);
    rhs_tile[ix38] = new_rhs_tile_0;
    rhs_tile[(ix38 + 64)] = new_rhs_tile_1;
    workgroupBarrier();
  }
  let t39 = in2[ix7];
  var new_max_out_0_0: vec4<f32> = tx_max4((acc0_0 + t39), vec4<f32>(0.0f));
  let t40 = (((ix5 * 32) + (ix6 * 4)) < 48);
  if (t40) {
    let ix41 = (((ix1 * 384) + ix7) + (ix8 * 48));
    max_out[ix41] = new_max_out_0_0;
  }
  var new_max_out_1_0: vec4<f32> = tx_max4((acc1_0 + t39), vec4<f32>(0.0f));
  if (t40) {
    let ix42 = (((ix1 * 384) + ix7) + (ix8 * 48));
    max_out[(ix42 + 12)] = new_max_out_1_0;
  }
  var new_max_out_2_0: vec4<f32> = tx_max4((acc2_0 + t39), vec4<f32>(0.0f));
  if (t40) {
    let ix43 = (((ix1 * 384) + ix7) + (ix8 * 48));
    max_out[(ix43 + 24)] = new_max_out_2_0;
  }
  var new_max_out_3_0: vec4<f32> = tx_max4((acc3_0 + t39), vec4<f32>(0.0f));
  if (t40) {
    let ix44 = (((ix1 * 384) + ix7) + (ix8 * 48));
    max_out[(ix44 + 36)] = new_max_out_3_0;
  }
}
