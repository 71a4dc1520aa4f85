export const Chain = {
  tfjs: (tf, { a, b }) => (x) => x.mul(a).add(b).tanh().mul(x.sigmoid()),
  jaxjs: ({ numpy, nn }, { a, b }) => (x) => numpy.tanh(x.ref.mul(a).add(b)).mul(nn.sigmoid(x)),
};

export const Sum = {
  tfjs: () => (x) => x.sum(),
  jaxjs: () => (x) => x.sum(),
};
