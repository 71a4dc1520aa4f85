// conv, kernel 0: conv_general
//   c: f32[1,4,8,8,8] = conv_general(a, b) {lhs_dilation=(1,1), padding=((1,1),(1,1)), rhs_dilation=(1,1), strides=(1,1)}
// schedule: 1x4 registers, k by 4, lhs by k, rhs by n
@group(0) @binding(0) var<storage, read> in0: array<vec4<f32>>;  // f32[1,4,8,8,4]
@group(0) @binding(1) var<storage, read> in1: array<vec4<f32>>;  // f32[1,3,3,4,8]
@group(0) @binding(2) var<storage, read_write> conv_general_out: array<vec4<f32>>;  // f32[1,4,8,8,8]

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let item = i32(workgroup.x * 256u + local);
  var acc0_0: vec4<f32> = vec4<f32>(0.0f);
  let ix1 = ((item >> 4u) & 7);
  let ix2 = (item >> 1u);
  let ix3 = (ix2 & 7);
  let ix4 = (item & 1);
  for (var k0 = 0; k0 < 3; k0++) {
    let ix5 = ((ix1 + k0) - 1);
    let t6 = ((ix5 >= 0) & (ix5 < 8));
    let ix7 = (ix2 + (k0 * 8));
    let ix8 = (ix4 + (k0 * 24));
    for (var k1 = 0; k1 < 3; k1++) {
      let ix9 = ((ix3 + k1) - 1);
      let t10 = select(vec4<f32>(0.0f), in0[((ix7 + k1) - 9)], (t6 & ((ix9 >= 0) & (ix9 < 8))));
      let ix11 = (ix8 + (k1 * 8));
      acc0_0 = fma(vec4<f32>(t10.x), in1[ix11], acc0_0);
      acc0_0 = fma(vec4<f32>(t10.y), in1[(ix11 + 2)], acc0_0);
      acc0_0 = fma(vec4<f32>(t10.z), in1[(ix11 + 4)], acc0_0);
      acc0_0 = fma(vec4<f32>(t10.w), in1[(ix11 + 6)], acc0_0);
    }
  }
  conv_general_out[item] = acc0_0;
}
