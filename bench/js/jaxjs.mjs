// jax-js on WebGPU, jitted. NCHW, the only layout of its convolutions. Its functions own their
// arguments: a value that is used again is passed as `value.ref`.

import { load, version } from "./modules.mjs";
import { openGpu } from "./gpu.mjs";
import { implementation } from "./workloads.mjs";

// jax-js uses iterators' helpers, which Node has from version 22 on.
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
iterators.map ??= function* (change) {
  for (const item of this) yield change(item);
};
iterators.filter ??= function* (keep) {
  for (const item of this) if (keep(item)) yield item;
};

export async function open() {
  const device = await openGpu();
  const jax = await load("@jax-js/jax");
  if (!(await jax.init("webgpu")).includes("webgpu")) throw new Error("no webgpu backend");
  jax.defaultDevice("webgpu");
  return new Engine(jax, device, { "@jax-js/jax": version("@jax-js/jax"), webgpu: version("webgpu") });
}

class Engine {
  channelsFirst = true;

  constructor(jax, device, versions) {
    Object.assign(this, { jax, device, versions });
  }

  async put({ data, dtype, shape }) {
    const made = this.jax.numpy.array(data, { shape, dtype });
    await this.jax.blockUntilReady(made);
    return made;
  }

  async get(value) {
    return { data: await value.ref.data(), shape: value.shape };
  }

  async wait(outs) {
    await this.jax.blockUntilReady(outs);
    await this.jax.getWebGPUDevice().queue.onSubmittedWorkDone();
  }

  free(value) {
    if (value.refCount > 0) value.dispose();
  }

  async compile(workload) {
    const step = await implementation("jaxjs", this.jax, workload);
    const run = workload.eager ? step : this.jax.jit(step);
    return async (args, carry) => {
      const outs = [run(...args.map((arg, k) => (k < carry ? arg : arg.ref)))].flat();
      // It would compute only what is asked for: freed unread, a step would not run at all.
      await Promise.all(outs.map((out) => out.ref.gpuBuffer()));
      return outs;
    };
  }
}
