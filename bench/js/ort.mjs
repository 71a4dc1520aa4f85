// ONNX Runtime Web on WebGPU: a session over a model that ONNX's own package writes, with the weights
// in it. Inputs and outputs stay on the device.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { at, folder, version } from "./modules.mjs";
import { openGpu } from "./gpu.mjs";
import { Lack } from "./npy.mjs";

const SCRIPT = new URL("../worker/export.py", import.meta.url).pathname;
const PYTHON = join(dirname(folder), "onnxruntime", "bin", "python");

// Browsers take data in shared memory, as WebAssembly's is here; Dawn's binding for Node does not.
function copyShared() {
  const write = GPUQueue.prototype.writeBuffer;
  GPUQueue.prototype.writeBuffer = function (buffer, offset, data, ...rest) {
    const plain = data.buffer instanceof SharedArrayBuffer ? new Uint8Array(data) : data;
    return write.call(this, buffer, offset, plain, ...rest);
  };
}

export async function open() {
  const device = await openGpu();
  copyShared();
  const ort = await import(at("onnxruntime-web", "dist", "ort.webgpu.bundle.min.mjs"));
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  return new Engine(ort, device, { "onnxruntime-web": version("onnxruntime-web"), webgpu: version("webgpu") });
}

class Engine {
  channelsFirst = true;

  constructor(ort, device, versions) {
    Object.assign(this, { ort, device, versions });
  }

  // Writes the model; not part of the first call.
  load({ workload, small, inputs }) {
    try {
      execFileSync(PYTHON, [SCRIPT, workload, small ? "SMALL" : "FULL", inputs], { stdio: "pipe" });
    } catch (error) {
      throw new Lack(error.stderr?.toString().trim().split("\n").at(-1) || error.message);
    }
  }

  async compile({ inputs, names }) {
    const model = readFileSync(join(inputs, "model.onnx"));
    const session = await this.ort.InferenceSession.create(model, {
      executionProviders: ["webgpu"],
      preferredOutputLocation: "gpu-buffer",
    });
    const places = session.inputNames.map((name) => [name, names.indexOf(name)]);
    return async (args) => {
      const outs = await session.run(Object.fromEntries(places.map(([name, k]) => [name, args[k]])));
      return session.outputNames.map((name) => outs[name]);
    };
  }

  async put({ data, dtype, shape }) {
    const made = new this.ort.Tensor(dtype, data, shape);
    const queue = (await this.ort.env.webgpu.device)?.queue;
    if (!queue || !data.length) return made;
    const size = Math.ceil(data.byteLength / 16) * 16;
    const gpuBuffer = this.ort.env.webgpu.device.createBuffer({ size, usage: 0x8c }); // storage, copies
    queue.writeBuffer(gpuBuffer, 0, data);
    return this.ort.Tensor.fromGpuBuffer(gpuBuffer, { dataType: dtype, dims: shape, dispose: () => gpuBuffer.destroy() });
  }

  async get(value) {
    return { data: await value.getData(), shape: [...value.dims] };
  }

  async wait() {
    await (await this.ort.env.webgpu.device).queue.onSubmittedWorkDone();
  }

  free(value) {
    value.dispose();
  }
}
