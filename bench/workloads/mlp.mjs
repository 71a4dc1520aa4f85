const byTfjs = (x, w1, b1, w2, b2) => x.matMul(w1).add(b1).relu().matMul(w2).add(b2);
const byJaxjs = ({ numpy, nn }) => (x, w1, b1, w2, b2) =>
  numpy.matmul(nn.relu(numpy.matmul(x, w1).add(b1)), w2).add(b2);

export const MlpForward = { tfjs: () => byTfjs, jaxjs: byJaxjs };

export const MlpStep = {
  tfjs: (tf, { lr, classes }) => (w1, b1, w2, b2, x, labels) => {
    const weights = [w1, b1, w2, b2];
    const loss = (...values) => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), byTfjs(x, ...values));
    const { value, grads } = tf.valueAndGrads(loss)(weights);
    return [...weights.map((weight, k) => weight.sub(grads[k].mul(lr))), value];
  },
  jaxjs: (jax, { lr, classes }) => (w1, b1, w2, b2, x, labels) => {
    const loss = (weights, given, wanted) => {
      const logs = jax.nn.logSoftmax(byJaxjs(jax)(given, ...weights));
      return logs.mul(jax.nn.oneHot(wanted, classes)).sum(-1).mean().neg();
    };
    const weights = [w1, b1, w2, b2];
    const [value, grads] = jax.valueAndGrad(loss)(weights.map((weight) => weight.ref), x, labels);
    return [...weights.map((weight, k) => weight.sub(grads[k].mul(lr))), value];
  },
};
