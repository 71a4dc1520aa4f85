// Reads and writes NumPy's .npy files: little-endian, C order, 32-bit numbers.

import { readFileSync, writeFileSync } from "node:fs";

const KINDS = { "<f4": ["float32", Float32Array], "<i4": ["int32", Int32Array] };

export function read(path) {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, start);
  const [, descr] = header.match(/'descr': '([^']+)'/);
  const [, inside] = header.match(/'shape': \(([^)]*)\)/);
  if (!(descr in KINDS) || header.includes("'fortran_order': True")) throw new Lack(`no ${descr} here`);
  const [dtype, Kind] = KINDS[descr];
  const data = new Kind(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
  return { data, dtype, shape: inside.split(",").filter((n) => n.trim()).map(Number) };
}

export function write(path, { data, shape }) {
  const descr = data instanceof Int32Array ? "<i4" : "<f4";
  const sizes = shape.join(", ") + (shape.length === 1 ? "," : "");
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const padded = head + " ".repeat((64 - ((head.length + 11) % 64)) % 64) + "\n";
  const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  writeFileSync(path, Buffer.concat([magic, Buffer.from(padded, "latin1"), body]));
}

// A copy of a four-dimensional array with its axes in another order.
export function transpose({ data, dtype, shape }, axes) {
  const strides = shape.map((_, k) => shape.slice(k + 1).reduce((a, b) => a * b, 1));
  const [n0, n1, n2, n3] = axes.map((axis) => shape[axis]);
  const [s0, s1, s2, s3] = axes.map((axis) => strides[axis]);
  const out = new data.constructor(data.length);
  let at = 0;
  for (let a = 0; a < n0; a++)
    for (let b = 0; b < n1; b++)
      for (let c = 0; c < n2; c++)
        for (let d = 0; d < n3; d++) out[at++] = data[a * s0 + b * s1 + c * s2 + d * s3];
  return { data: out, dtype, shape: [n0, n1, n2, n3] };
}

// The peer has no such thing: no failure of what it has.
export class Lack extends Error {}
