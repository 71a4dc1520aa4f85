// TensorFlow.js, eager as it is, on WebGPU, WebAssembly (SIMD, threads) or plain JavaScript. NHWC.

import { at, require, version } from "./modules.mjs";
import { openGpu } from "./gpu.mjs";
import { implementation } from "./workloads.mjs";

export async function open(variant) {
  const device =
    variant === "webgpu" ? await openGpu() : { kind: "cpu", adapter: "cpu", backend: variant, driver: process.version };
  const tf = require("@tensorflow/tfjs");
  const versions = { "@tensorflow/tfjs": version("@tensorflow/tfjs") };
  if (variant !== "cpu") {
    const backend = require(`@tensorflow/tfjs-backend-${variant}`);
    if (variant === "wasm") backend.setWasmPaths(at("@tensorflow", "tfjs-backend-wasm", "dist") + "/");
  }
  if (variant === "webgpu") {
    versions.webgpu = version("webgpu");
    tf.env().set("WEBGPU_CPU_FORWARD", false); // else small tensors are computed on the CPU
  }
  if (!(await tf.setBackend(variant))) throw new Error(`no ${variant} backend`);
  await tf.ready();
  return new Engine(tf, device, versions);
}

class Engine {
  channelsFirst = false;

  constructor(tf, device, versions) {
    Object.assign(this, { tf, device, versions });
  }

  put({ data, dtype, shape }) {
    return this.tf.tensor(data, shape, dtype);
  }

  async get(value) {
    return { data: await value.data(), shape: value.shape };
  }

  async wait() {
    const backend = this.tf.backend();
    if (!backend.queue) return;
    if (backend.commandEncoder) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    await backend.queue.onSubmittedWorkDone();
  }

  free(value) {
    value.dispose();
  }

  async compile(workload) {
    const step = await implementation("tfjs", this.tf, workload);
    return (args, carry) => {
      const outs = this.tf.tidy(() => [step(...args)].flat());
      args.slice(0, carry).forEach((old) => old.dispose());
      return outs;
    };
  }
}
