export const Gather = {
  tfjs: (tf) => (table, ids) => tf.gather(table, ids),
  jaxjs: ({ numpy }) => (table, ids) => numpy.take(table, ids, 0),
};

export const Sort = {
  tfjs: (tf, { n }) => (x) => tf.topk(x.neg(), n).values.neg(), // it has no sort
  jaxjs: ({ numpy }) => (x) => numpy.sort(x),
};
