import { byJaxjs, byTfjs } from "./attention.mjs";

const EPS = 1e-12;
const SLOPE = Math.sqrt(2 / Math.PI);

export const MiniLM = {
  tfjs: (tf, { layers, tokens, width, heads }) => {
    const norm = (x, w, b) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return x.sub(mean).mul(variance.add(EPS).rsqrt()).mul(w).add(b);
    };
    const gelu = (x) => x.mul(0.5).mul(x.add(x.mul(x).mul(x).mul(0.044715)).mul(SLOPE).tanh().add(1));
    const split = (x) => x.reshape([tokens, heads, width / heads]);
    return (ids, words, places, ...flat) => {
      const weights = flat.values();
      const next = () => weights.next().value;
      const linear = (x) => x.matMul(next()).add(next());
      let x = norm(tf.gather(words, ids).add(places), next(), next());
      for (let k = 0; k < layers; k++) {
        const [q, k, v] = [linear(x), linear(x), linear(x)];
        x = norm(x.add(linear(byTfjs(tf)(split(q), split(k), split(v)).reshape([tokens, width]))), next(), next());
        x = norm(x.add(linear(gelu(linear(x)))), next(), next());
      }
      return x;
    };
  },
  jaxjs: (jax, { layers, tokens, width, heads }) => {
    const { nn, numpy } = jax;
    const norm = (x, w, b) => nn.standardize(x, -1, { epsilon: EPS }).mul(w).add(b);
    const gelu = (x) => nn.gelu(x, { approximate: true });
    const split = (x) => x.reshape([tokens, heads, width / heads]);
    return (ids, words, places, ...flat) => {
      const weights = flat.values();
      const next = () => weights.next().value;
      const linear = (x) => numpy.matmul(x, next()).add(next());
      let x = norm(numpy.take(words, ids, 0).add(places), next(), next());
      for (let k = 0; k < layers; k++) {
        const [q, k, v] = [linear(x.ref), linear(x.ref), linear(x.ref)];
        const mixed = byJaxjs(jax)(split(q), split(k), split(v)).reshape([tokens, width]);
        x = norm(x.add(linear(mixed)), next(), next());
        x = norm(x.ref.add(linear(gelu(linear(x)))), next(), next());
      }
      return x;
    };
  },
};
