// Validates WGSL modules with Tint, without a GPU: each module alone, then as a compute pipeline.
// stdin: a JSON list of modules. The last line of stdout: a JSON list with the messages of each.
import { create, globals } from "webgpu";
import { text } from "node:stream/consumers";

Object.assign(globalThis, globals, { gpu: create(["backend=null"]) }); // global: it must outlive us
const adapter = await gpu.requestAdapter();
const requiredFeatures = ["subgroups"].filter((name) => adapter.features.has(name));
const device = await adapter.requestDevice({ requiredFeatures });

async function validate(code) {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  if (messages.length === 0) {
    device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
  }
  const refused = await device.popErrorScope();
  const found = messages.map((m) => `${m.type} ${m.lineNum}:${m.linePos} ${m.message}`);
  return refused && found.length === 0 ? [refused.message] : found;
}

const results = [];
for (const code of JSON.parse(await text(process.stdin))) {
  results.push(await validate(code));
}
process.stdout.write("\n" + JSON.stringify(results) + "\n", () => process.exit(0));
