function network(blocks, conv, relu6, add, head) {
  return (x, ...flat) => {
    const weights = flat.values();
    const next = () => [weights.next().value, weights.next().value];
    x = relu6(conv(x, ...next(), 2, 1));
    for (const [channels, within, out, stride] of blocks) {
      const joined = stride === 1 && channels === out;
      const kept = joined ? x.ref ?? x : undefined;
      let y = within > channels ? relu6(conv(x, ...next(), 1, 1)) : x;
      y = relu6(conv(y, ...next(), stride, within));
      y = conv(y, ...next(), 1, 1);
      x = joined ? add(kept, y) : y;
    }
    x = relu6(conv(x, ...next(), 1, 1));
    return head(x, ...next());
  };
}

export const MobileNet = {
  tfjs: (tf, { blocks }) => {
    const conv = (x, w, b, stride, groups) => {
      const [high, wide, , out] = w.shape;
      const pad = high >> 1;
      if (groups === 1) return tf.conv2d(x, w, stride, pad).add(b);
      return tf.depthwiseConv2d(x, w.reshape([high, wide, out, 1]), stride, pad).add(b);
    };
    const head = (x, w, b) => x.mean([1, 2]).matMul(w).add(b);
    return network(blocks, conv, (x) => x.clipByValue(0, 6), (x, y) => x.add(y), head);
  },
  jaxjs: ({ lax, nn, numpy }, { blocks }) => {
    const conv = (x, w, b, stride, groups) => {
      const pads = Array(2).fill([w.shape[2] >> 1, w.shape[2] >> 1]);
      const options = { featureGroupCount: groups };
      return lax.convGeneralDilated(x, w, [stride, stride], pads, options).add(b.reshape([-1, 1, 1]));
    };
    const head = (x, w, b) => numpy.matmul(x.mean([2, 3]), w).add(b);
    return network(blocks, conv, nn.relu6, (x, y) => x.add(y), head);
  },
};
