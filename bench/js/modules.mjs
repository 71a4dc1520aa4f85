// The peers' packages, from the environment that the last argument names.

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const folder = process.argv.at(-1);
export const require = createRequire(join(folder, "package.json"));
export const load = (name) => import(pathToFileURL(require.resolve(name)));
export const at = (...parts) => join(folder, "node_modules", ...parts);
export const version = (name) => require(at(name, "package.json")).version;
