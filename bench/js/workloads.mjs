// Finds a workload's implementation: `export const Kind = { peer(library, params) { … } }` in the
// .mjs file beside the workload's .py. It returns the step: inputs, in their order, to outputs.

import { existsSync } from "node:fs";
import { Lack } from "./npy.mjs";

export async function implementation(peer, library, { file, kind, params }) {
  const url = new URL(`../workloads/${file}.mjs`, import.meta.url);
  const make = existsSync(url) && (await import(url))[kind]?.[peer];
  if (!make) throw new Lack(`no implementation of ${kind} for ${peer}`);
  return make(library, params);
}
