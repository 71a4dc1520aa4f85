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
var<workgroup> lhs_tile: array<vec4<f32>, 128>;
var<workgroup> rhs_tile: array<vec4<f32>, 128>;

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
  let ix1 = (thread & 3);
  let ix2 = ((ix1 * 32) + (thread >> 4u));
  let ix3 = (thread >> 2u);
  let ix4 = (ix3 & 3);
  let ix5 = (group >> 1u);
  let ix6 = (((ix5 * 256) + ix1) + (ix3 * 8));
  let ix7 = (ix2 + 8);
  let ix8 = (ix2 + 16);
  let ix9 = (ix2 + 24);
  let ix10 = (ix2 + 4);
  let ix11 = (ix2 + 12);
  let ix12 = (ix2 + 20);
  let ix13 = (ix2 + 28);
  let ix14 = (group & 1);
  let ix15 = (thread & 7);
  let ix16 = ((ix14 * 8) + ix15);
  let ix17 = (thread >> 3u);
  let ix18 = (ix16 + (ix17 * 12));
  let ix19 = (thread + 64);
  for (var k_tile = 0; k_tile < 2; k_tile++) {
    let ix20 = (ix6 + (k_tile * 4));
    let t21 = in0[ix20];
    lhs_tile[ix2][ix4] = t21.x;
    lhs_tile[ix7][ix4] = t21.y;
    lhs_tile[ix8][ix4] = t21.z;
    lhs_tile[ix9][ix4] = t21.w;
    let t22 = in0[(ix20 + 128)];
    lhs_tile[ix10][ix4] = t22.x;
    lhs_tile[ix11][ix4] = t22.y;
    lhs_tile[ix12][ix4] = t22.z;
    lhs_tile[ix13][ix4] = t22.w;
    let ix23 = (ix18 + (k_tile * 192));
    rhs_tile[thread] = in1[ix23];
    rhs_tile[ix19] = in1[(ix23 + 96)];
    workgroupBarrier();
    for (var kk = 0; kk < 16; kk++) {
      let ix24 = (kk * 8);
      let t25 = lhs_tile[(ix17 + ix24)];
      let t26 = rhs_tile[(ix15 + ix24)];
      acc0_0 = fma(vec4<f32>(t25.x), t26, acc0_0);
      acc1_0 = fma(vec4<f32>(t25.y), t26, acc1_0);
      acc2_0 = fma(vec4<f32>(t25.z), t26, acc2_0);
      acc3_0 = fma(vec4<f32>(t25.w), t26, acc3_0);
    }
    workgroupBarrier();
  }
  let t27 = in2[ix16];
  var new_max_out_0_0: vec4<f32> = tx_max4((acc0_0 + t27), vec4<f32>(0.0f));
  let t28 = (((ix14 * 32) + (ix15 * 4)) < 48);
  if (t28) {
    let ix29 = (((ix5 * 384) + ix16) + (ix17 * 48));
    max_out[ix29] = new_max_out_0_0;
  }
  var new_max_out_1_0: vec4<f32> = tx_max4((acc1_0 + t27), vec4<f32>(0.0f));
  if (t28) {
    let ix30 = (((ix5 * 384) + ix16) + (ix17 * 48));
    max_out[(ix30 + 12)] = new_max_out_1_0;
  }
  var new_max_out_2_0: vec4<f32> = tx_max4((acc2_0 + t27), vec4<f32>(0.0f));
  if (t28) {
    let ix31 = (((ix5 * 384) + ix16) + (ix17 * 48));
    max_out[(ix31 + 24)] = new_max_out_2_0;
  }
  var new_max_out_3_0: vec4<f32> = tx_max4((acc3_0 + t27), vec4<f32>(0.0f));
  if (t28) {
    let ix32 = (((ix5 * 384) + ix16) + (ix17 * 48));
    max_out[(ix32 + 36)] = new_max_out_3_0;
  }
}
