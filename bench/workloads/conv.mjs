export const Conv = {
  tfjs: (tf, { stride, kernel, groups, channels }) => {
    const pad = kernel >> 1;
    if (groups === 1) return (x, w) => tf.conv2d(x, w, stride, pad);
    return (x, w) => tf.depthwiseConv2d(x, w.reshape([kernel, kernel, channels, 1]), stride, pad);
  },
  jaxjs: ({ lax }, { stride, kernel, groups }) => {
    const pads = Array(2).fill([kernel >> 1, kernel >> 1]);
    return (x, w) => lax.convGeneralDilated(x, w, [stride, stride], pads, { featureGroupCount: groups });
  },
};
