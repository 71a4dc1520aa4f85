const byTfjs = (tf) => (x, w1, b1, w2, b2, w3, b3) => {
  x = tf.conv2d(x, w1, 1, 1).add(b1).relu();
  x = tf.conv2d(x, w2, 2, 1).add(b2).relu();
  return x.mean([1, 2]).matMul(w3).add(b3);
};

const byJaxjs = ({ lax, nn, numpy }) => (x, w1, b1, w2, b2, w3, b3) => {
  const pads = [[1, 1], [1, 1]];
  const column = (b) => b.reshape([-1, 1, 1]);
  x = nn.relu(lax.convGeneralDilated(x, w1, [1, 1], pads).add(column(b1)));
  x = nn.relu(lax.convGeneralDilated(x, w2, [2, 2], pads).add(column(b2)));
  return numpy.matmul(x.mean([2, 3]), w3).add(b3);
};

export const CnnForward = { tfjs: byTfjs, jaxjs: byJaxjs };

export const CnnStep = {
  tfjs: (tf, { lr, classes }) => (...values) => {
    const [x, labels] = values.slice(6);
    const weights = values.slice(0, 6);
    const loss = (...ws) => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), byTfjs(tf)(x, ...ws));
    const { value, grads } = tf.valueAndGrads(loss)(weights);
    return [...weights.map((weight, k) => weight.sub(grads[k].mul(lr))), value];
  },
  jaxjs: (jax, { lr, classes }) => (...values) => {
    const loss = (weights, x, labels) => {
      const logs = jax.nn.logSoftmax(byJaxjs(jax)(x, ...weights));
      return logs.mul(jax.nn.oneHot(labels, classes)).sum(-1).mean().neg();
    };
    const weights = values.slice(0, 6);
    const [value, grads] = jax.valueAndGrad(loss)(weights.map((weight) => weight.ref), ...values.slice(6));
    return [...weights.map((weight, k) => weight.sub(grads[k].mul(lr))), value];
  },
};
