export const Matmul = {
  tfjs: (tf) => (a, b) => tf.matMul(a, b),
  jaxjs: ({ numpy }) => (a, b) => numpy.matmul(a, b),
};
