// conv, kernel 0: conv_general
//   c: f32[1,4,8,8,8] = conv_general(a, b) {lhs_dilation=(1,1), padding=((1,1),(1,1)), rhs_dilation=(1,1), strides=(1,1)}
// schedule: 4x4 registers, k by 4, lhs by k, rhs by n, staged 8x8
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[1,4,8,8,4]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[1,3,3,4,8]
@group(0) @binding(2) var<storage, read_write> conv_general_out: array<vec4<f32>>;  // f32[1,4,8,8,8]
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
  let ix1 = (group * 32);
  let ix2 = (thread & 3);
  let ix3 = (ix2 % 3);
  let ix4 = (ix2 / 3);
  let ix5 = (thread >> 2u);
  let ix6 = (((ix1 + ix3) + (ix4 * 8)) + ix5);
  let ix7 = ((group & 1) * 4);
  let ix8 = (thread >> 5u);
  let ix9 = (ix5 & 7);
  let ix10 = ((ix3 + ix9) - 1);
  let t11 = ((ix10 >= 0) & (ix10 < 8));
  let t12 = select(vec4<f32>(0.0f), in0[(ix6 - 9)], (((((ix7 + ix4) + ix8) - 1) >= 0) & t11));
  var new_lhs_tile_0: vec4<f32> = t12;
  var new_lhs_tile_1: vec4<f32> = select(vec4<f32>(0.0f), in0[(ix6 + 7)], t11);
  let ix13 = (thread & 7);
  let ix14 = (thread >> 3u);
  let ix15 = (ix13 + (ix14 * 2));
  var new_rhs_tile_0: vec4<f32> = in1[ix15];
  var new_rhs_tile_1: vec4<f32> = in1[(ix15 + 16)];
  let ix16 = ((ix2 * 32) + (thread >> 4u));
  let ix17 = (ix5 & 3);
  let t18 = new_lhs_tile_0.x;
  lhs_tile[ix16][ix17] = t18;
  let t19 = new_lhs_tile_0.y;
  lhs_tile[(ix16 + 8)][ix17] = t19;
  let t20 = new_lhs_tile_0.z;
  lhs_tile[(ix16 + 16)][ix17] = t20;
  let t21 = new_lhs_tile_0.w;
  lhs_tile[(ix16 + 24)][ix17] = t21;
  let t22 = new_lhs_tile_1.x;
  lhs_tile[(ix16 + 4)][ix17] = t22;
  let t23 = new_lhs_tile_1.y;
  lhs_tile[(ix16 + 12)][ix17] = t23;
  let t24 = new_lhs_tile_1.z;
  lhs_tile[(ix16 + 20)][ix17] = t24;
  let t25 = new_lhs_tile_1.w;
  lhs_tile[(ix16 + 28)][ix17] = t25;
  rhs_tile[thread] = new_rhs_tile_0;
  rhs_tile[(thread + 64)] = new_rhs_tile_1;
  workgroupBarrier();
  let ix26 = (ix2 * 4);
  let ix27 = (ix7 + ix8);
  let ix28 = (ix1 + ix5);
  for (var k_tile = 0; k_tile < 3; k_tile++) {
    let ix29 = (k_tile * 16);
    let ix30 = (ix26 + ix29);
    let t31 = (vec4<i32>((ix30 + 16), (ix30 + 17), (ix30 + 18), (ix30 + 19)) < vec4<i32>(36));
    let ix32 = (k_tile * 4);
    let ix33 = ((ix2 + ix32) + 1);
    let ix34 = (ix33 % 3);
    let ix35 = (ix33 / 3);
    let ix36 = ((ix28 + ix34) + (ix35 * 8));
    let ix37 = (ix27 + ix35);
    let ix38 = ((ix9 + ix34) - 1);
    let t39 = ((ix38 >= 0) & (ix38 < 8));
    let t40 = select(vec4<f32>(0.0f), select(vec4<f32>(0.0f), in0[(ix36 - 1)], ((ix37 < 8) & t39)), t31);
    var new_lhs_tile_0: vec4<f32> = t40;
    let t41 = select(vec4<f32>(0.0f), select(vec4<f32>(0.0f), in0[(ix36 + 15)], (((ix37 + 2) < 8) & t39)), t31);
    var new_lhs_tile_1: vec4<f32> = t41;
    let ix42 = (ix15 + (k_tile * 32));
    let ix43 = (ix8 + ix32);
    let ix44 = (ix14 + ix29);
    let t45 = select(vec4<f32>(0.0f), select(vec4<f32>(0.0f), in1[(ix42 + 32)], ((((ix43 + 1) / 3) + 1) < 3)), ((ix44 + 16) < 36));
    var new_rhs_tile_0: vec4<f32> = t45;
    let t46 = select(vec4<f32>(0.0f), select(vec4<f32>(0.0f), in1[(ix42 + 48)], (((ix43 / 3) + 2) < 3)), ((ix44 + 24) < 36));
    var new_rhs_tile_1: vec4<f32> = t46;
    let ix47 = ((k_tile & 1) * 128);
    let ix48 = (ix14 + ix47);
    let ix49 = (ix13 + ix47);
    for (var kk = 0; kk < 16; kk++) {
      let ix50 = (kk * 8);
      let t51 = lhs_tile[(ix48 + ix50)];
      let t52 = rhs_tile[(ix49 + ix50)];
      acc0_0 = fma(vec4<f32>(t51.x), t52, acc0_0);
      acc1_0 = fma(vec4<f32>(t51.y), t52, acc1_0);
      acc2_0 = fma(vec4<f32>(t51.z), t52, acc2_0);
      acc3_0 = fma(vec4<f32>(t51.w), t52, acc3_0);
    }
    let ix53 = (((k_tile + 1) & 1) * 128);
    let ix54 = (ix16 + ix53);
    let t55 = new_lhs_tile_0.x;
    lhs_tile[ix54][ix17] = t55;
    let t56 = new_lhs_tile_0.y;
    lhs_tile[(ix54 + 8)][ix17] = t56;
    let t57 = new_lhs_tile_0.z;
    lhs_tile[(ix54 + 16)][ix17] = t57;
    let t58 = new_lhs_tile_0.w;
    lhs_tile[(ix54 + 24)][ix17] = t58;
    let t59 = new_lhs_tile_1.x;
    lhs_tile[(ix54 + 4)][ix17] = t59;
    let t60 = new_lhs_tile_1.y;
    lhs_tile[(ix54 + 12)][ix17] = t60;
    let t61 = new_lhs_tile_1.z;
    lhs_tile[(ix54 + 20)][ix17] = t61;
    let t62 = new_lhs_tile_1.w;
    lhs_tile[(ix54 + 28)][ix17] = t62;
    let ix63 = (thread + ix53);
    rhs_tile[ix63] = new_rhs_tile_0;
    rhs_tile[(ix63 + 64)] = new_rhs_tile_1;
    workgroupBarrier();
  }
  var new_conv_general_out_0_0: vec4<f32> = acc0_0;
  let t64 = ((ix13 * 4) < 8);
  if (t64) {
    let ix65 = (((group * 64) + ix13) + (ix14 * 8));
    conv_general_out[ix65] = new_conv_general_out_0_0;
  }
  var new_conv_general_out_1_0: vec4<f32> = acc1_0;
  if (t64) {
    let ix66 = (((group * 64) + ix13) + (ix14 * 8));
    conv_general_out[(ix66 + 2)] = new_conv_general_out_1_0;
  }
  var new_conv_general_out_2_0: vec4<f32> = acc2_0;
  if (t64) {
    let ix67 = (((group * 64) + ix13) + (ix14 * 8));
    conv_general_out[(ix67 + 4)] = new_conv_general_out_2_0;
  }
  var new_conv_general_out_3_0: vec4<f32> = acc3_0;
  if (t64) {
    let ix68 = (((group * 64) + ix13) + (ix14 * 8));
    conv_general_out[(ix68 + 6)] = new_conv_general_out_3_0;
  }
}
