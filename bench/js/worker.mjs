// The worker's side of the line protocol (worker/protocol.py has the table), in Node.
//
// node worker.mjs ENGINE FOLDER: the engine is tfjs-webgpu, tfjs-wasm, tfjs-cpu, jaxjs or ort; FOLDER
// has the node_modules. Answers leave by standard output; what libraries print goes to standard error.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as npy from "./npy.mjs";

console.log = console.info = console.warn = console.debug = console.error;
const [family, variant] = process.argv[2].split("-");
const WARM_STEPS = 3;
const WARM_SECONDS = 0.3;
const IMAGES = ["x", "y"]; // four axes by these names are images, others filters
let engine, session;

const seconds = () => performance.now() / 1000;

async function timed(steps) {
  const start = seconds();
  await session.run(steps);
  await engine.wait(session.outs);
  return seconds() - start;
}

class Session {
  constructor(step, arrays, { carry, eager, outputs }) {
    Object.assign(this, { step, arrays, carry, eager, names: outputs, outs: [] });
  }

  async put() {
    this.args = await Promise.all(this.arrays.map((array) => engine.put(array)));
  }

  async reset() {
    for (let k = 0; k < this.carry; k++) {
      engine.free(this.args[k]);
      this.args[k] = await engine.put(this.arrays[k]);
    }
  }

  async run(steps) {
    for (let k = 0; k < steps; k++) {
      this.outs.slice(this.carry).forEach((out) => engine.free(out));
      this.outs = await this.step(this.args, this.carry);
      for (let i = 0; i < this.carry; i++) this.args[i] = this.outs[i];
      if (this.eager) await engine.wait(this.outs);
    }
  }

  end() {
    new Set([...this.args, ...this.outs]).forEach((value) => engine.free(value));
  }
}

const laid = (name, array, images, filters) =>
  array.shape.length < 4 || !engine.channelsFirst ? array : npy.transpose(array, IMAGES.includes(name) ? images : filters);

const handlers = {
  async hello() {
    engine = await (await import(`./${family}.mjs`)).open(variant);
    return { device: engine.device, versions: engine.versions };
  },

  async prepare({ workload, small, file, kind, params, inputs, carry, eager, outputs }) {
    session?.end();
    session = undefined;
    const names = JSON.parse(readFileSync(join(inputs, "order.json")));
    const arrays = names.map((name) => laid(name, npy.read(join(inputs, `${name}.npy`)), [0, 3, 1, 2], [3, 2, 0, 1]));
    engine.load?.({ workload, small, inputs });
    const start = seconds();
    const step = await engine.compile({ file, kind, params, inputs, eager, names });
    const fresh = new Session(step, arrays, { carry, eager, outputs });
    await fresh.put();
    session = fresh;
    await timed(1);
    const first_s = seconds() - start;
    const took = [];
    const warm = seconds();
    while (took.length < WARM_STEPS || seconds() - warm < WARM_SECONDS) took.push(await timed(1));
    return { first_s, step_s: Math.min(...took) };
  },

  async result({ steps, outputs }) {
    await session.reset();
    await session.run(steps);
    await engine.wait(session.outs);
    for (const [k, name] of session.names.entries()) {
      const plain = laid(name, await engine.get(session.outs[k]), [0, 2, 3, 1], [2, 3, 1, 0]);
      npy.write(join(outputs, `${name}.npy`), plain);
    }
    return { steps };
  },

  async batch({ steps }) {
    return { seconds: await timed(steps) };
  },

  async single({ steps }) {
    const taken = [];
    for (let k = 0; k < steps; k++) taken.push(await timed(1));
    return { seconds: taken };
  },

  async limits() {
    throw new npy.Lack("does not measure the adapter");
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, ...fields } = JSON.parse(line);
  if (what === "quit") process.exit(0);
  let answer;
  try {
    answer = await handlers[what](fields);
  } catch (error) {
    console.error(error);
    answer = error instanceof npy.Lack ? { lacks: error.message } : { error: `${error.name}: ${error.message}` };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
process.exit(0);
