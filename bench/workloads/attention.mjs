// Queries, keys, values and result: [tokens, heads, width].

export const byTfjs = (tf) => (q, k, v) => {
  const [qs, ks, vs] = [q, k, v].map((a) => a.transpose([1, 0, 2]));
  const scores = tf.matMul(qs, ks, false, true).mul(q.shape[2] ** -0.5);
  return tf.matMul(tf.softmax(scores), vs).transpose([1, 0, 2]);
};

export const byJaxjs = ({ nn }) => (q, k, v) => nn.dotProductAttention(q, k, v);

export const Attention = { tfjs: byTfjs, jaxjs: byJaxjs };
