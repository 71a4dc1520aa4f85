export const Lstm = {
  tfjs: (tf, { length, batch, units }) => (x, w, u, b) => {
    let [h, c] = [tf.zeros([batch, units]), tf.zeros([batch, units])];
    for (const given of tf.unstack(x)) {
      const [come, forget, fresh, out] = tf.split(given.matMul(w).add(h.matMul(u)).add(b), 4, 1);
      c = forget.sigmoid().mul(c).add(come.sigmoid().mul(fresh.tanh()));
      h = out.sigmoid().mul(c.tanh());
    }
    return h;
  },
  jaxjs: ({ numpy, nn }, { length, batch, units }) => (x, w, u, b) => {
    let [h, c] = [numpy.zeros([batch, units]), numpy.zeros([batch, units])];
    const given = numpy.matmul(x, w).add(b);
    for (let k = 0; k < length; k++) {
      const gates = given.ref.slice(k).add(numpy.matmul(h, u.ref));
      const [come, forget, fresh, out] = numpy.split(gates, 4, 1);
      c = nn.sigmoid(forget).mul(c).add(nn.sigmoid(come).mul(numpy.tanh(fresh)));
      h = nn.sigmoid(out).mul(numpy.tanh(c.ref));
    }
    [given, u, c].forEach((value) => value.dispose());
    return h;
  },
};
