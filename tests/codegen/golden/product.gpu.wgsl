// product, kernel 0: dot_general
//   c: f32[200,4,64] = reshape(a) {shape=(200,4,64)}
//   d: f32[4,64,128] = reshape(b) {shape=(4,64,128)}
//   e: f32[4,200,128] = dot_general(c, d) {batch=((1),(0)), contract=((2),(1))}
// schedule: 4x4 registers, k by 4, lhs by k, rhs by n, staged 8x8
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[200,256]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[256,128]
@group(0) @binding(2) var<storage, read_write> dot_general_out: array<vec4<f32>>;  // f32[4,200,128]
var<workgroup> lhs_tile: array<vec4<f32>, 256>;
var<workgroup> rhs_tile: array<vec4<f32>, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let group = i32(workgroup.x);
  let thread = i32(local);
  var acc0_0: vec4<f32> = vec4<f32>(0.0f);
  var acc1_0: vec4<f32> = vec4<f32>(0.0f);
  var acc2_0: vec4<f32> = vec4<f32>(0.0f);
  var acc3_0: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = ((group >> 2u) % 7);
  let ix2 = (group / 28);
  let ix3 = (thread & 3);
  let ix4 = (thread >> 2u);
  let ix5 = ((((ix1 * 2048) + (ix2 * 16)) + ix3) + (ix4 * 64));
  var new_lhs_tile_0: vec4<f32> = in0[ix5];
  var new_lhs_tile_1: vec4<f32> = in0[(ix5 + 1024)];
  let ix6 = ((group & 3) * 8);
  let ix7 = (thread & 7);
  let ix8 = (thread >> 3u);
  let ix9 = (((ix6 + (ix2 * 2048)) + ix7) + (ix8 * 32));
  var new_rhs_tile_0: vec4<f32> = in1[ix9];
  var new_rhs_tile_1: vec4<f32> = in1[(ix9 + 256)];
  let ix10 = ((ix3 * 32) + (thread >> 4u));
  let ix11 = (ix4 & 3);
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
  for (var k_tile = 0; k_tile < 4; k_tile++) {
    let ix20 = (ix5 + (k_tile * 4));
    var new_lhs_tile_0: vec4<f32> = in0[(ix20 + 4)];
    var new_lhs_tile_1: vec4<f32> = in0[(ix20 + 1028)];
    let ix21 = (ix9 + (k_tile * 512));
    var new_rhs_tile_0: vec4<f32> = in1[(ix21 + 512)];
    var new_rhs_tile_1: vec4<f32> = in1[(ix21 + 768)];
    let ix22 = ((k_tile & 1) * 128);
    let ix23 = (ix8 + ix22);
    let ix24 = (ix7 + ix22);
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
  let ix39 = ((ix1 * 32) + (ix8 * 4));
  if ((ix39 < 200)) {
    let ix40 = (ix6 + (ix2 * 6400));
    dot_general_out[((ix40 + (ix39 * 32)) + ix7)] = acc0_0;
  }
  let ix41 = (ix39 + 1);
  if ((ix41 < 200)) {
    let ix42 = (ix6 + (ix2 * 6400));
    dot_general_out[((ix42 + (ix41 * 32)) + ix7)] = acc1_0;
  }
  let ix43 = (ix39 + 2);
  if ((ix43 < 200)) {
    let ix44 = (ix6 + (ix2 * 6400));
    dot_general_out[((ix44 + (ix43 * 32)) + ix7)] = acc2_0;
  }
  let ix45 = (ix39 + 3);
  if ((ix45 < 200)) {
    let ix46 = (ix6 + (ix2 * 6400));
    dot_general_out[((ix46 + (ix45 * 32)) + ix7)] = acc3_0;
  }
}

// product, kernel 1: reduce
//   f: f32[200,128] = reduce(e) {axes=(0), monoid="sum"}
// schedule: vec4 over rows, serial
@group(0) @binding(0) var<storage, read> dot_general_out: array<vec4<f32>>;  // f32[4,200,128]
@group(0) @binding(1) var<storage, read_write> reduce_out: array<vec4<f32>>;  // f32[200,128]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 64u + local);
  var sum0_0: vec4<f32> = vec4<f32>(0.0f);
  for (var j = 0; j < 4; j++) {
    sum0_0 = (sum0_0 + dot_general_out[(item + (j * 6400))]);
  }
  reduce_out[item] = sum0_0;
}
