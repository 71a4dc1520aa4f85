// WebGPU in Node by Dawn (npm "webgpu"): on Vulkan, Metal or D3D12, else on OpenGL ES.
//
// Dawn refuses Mesa 22's lavapipe on Vulkan for a feature that it lacks; through OpenGL ES the same
// llvmpipe serves, as a "compatibility" adapter.

import { require } from "./modules.mjs";

const WAYS = [
  [[], {}],
  [["backend=opengles"], { featureLevel: "compatibility" }],
];

export async function openGpu() {
  const { create, globals } = require("webgpu");
  Object.assign(globalThis, globals);
  for (const [flags, options] of WAYS) {
    if (flags.length && !process.env.DISPLAY) process.env.EGL_PLATFORM ??= "surfaceless";
    const gpu = create(flags);
    const ask = (more) => gpu.requestAdapter({ ...more, ...options });
    const adapter = await ask({});
    if (!adapter) continue;
    const wrapped = { requestAdapter: ask, getPreferredCanvasFormat: () => "rgba8unorm" };
    Object.defineProperty(globalThis, "navigator", { value: { gpu: wrapped, userAgent: "node" }, configurable: true });
    return { kind: "gpu", adapter: adapter.info.device, backend: flags[0] ? "OpenGL ES" : "Dawn", driver: adapter.info.description };
  }
  throw new Error("no WebGPU adapter in Node");
}
