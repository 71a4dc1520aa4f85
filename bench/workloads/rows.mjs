const EPS = 1e-5;

export const Softmax = {
  tfjs: (tf) => (x) => tf.softmax(x),
  jaxjs: ({ nn }) => (x) => nn.softmax(x),
};

export const LayerNorm = {
  tfjs: (tf) => (x, weight, bias) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x.sub(mean).mul(variance.add(EPS).rsqrt()).mul(weight).add(bias);
  },
  jaxjs: ({ nn }) => (x, weight, bias) => nn.standardize(x, -1, { epsilon: EPS }).mul(weight).add(bias),
};
