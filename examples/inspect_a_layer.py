"""Decorate, differentiate, look inside: a linear model fitted by gradient descent.

Run: ``python examples/inspect_a_layer.py``
"""

import numpy as np

import texelate as tx
import texelate.numpy as tnp


@tx.jit
def loss(params, x, y):
    prediction = tnp.tanh(x @ params["w"] + params["b"])
    return ((prediction - y) ** 2).mean()


random = np.random.default_rng(0)
x = random.standard_normal((256, 8), np.float32)
y = np.tanh(x @ np.linspace(-1, 1, 8, dtype=np.float32) + np.float32(0.5))
params = {"w": tnp.zeros(8), "b": tnp.zeros(())}


@tx.jit
def step(params):
    gradient = tx.grad(loss)(params, x, y)
    return tx.tree.map(lambda p, g: p - 0.5 * g, params, gradient)


for i in range(200):
    params = step(params)
    if i % 50 == 49:
        print(f"step {i + 1}: loss {float(loss(params, x, y)):.6f}")

lowered = step.lower(params)
print(lowered.cost)
for kernel in lowered.kernels:
    print(f"- {kernel.title}  [{kernel.schedule}]")
