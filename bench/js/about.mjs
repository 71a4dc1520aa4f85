// node about.mjs bare|import|size MODULE FOLDER: nothing; its import; the bytes that it installs.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { at, load } from "./modules.mjs";

const [what, name] = process.argv.slice(2);

// Adds the sizes of a package and of what it depends on; npm lays them side by side or inside.
function closure(name, inside, seen) {
  const folder = [join(inside, "node_modules", name), at(name)].find((place) => statSync(place, { throwIfNoEntry: false }));
  if (!folder || seen.has(folder)) return;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  seen.set(folder, files.reduce((total, file) => total + statSync(join(file.path, file.name)).size, 0));
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json")));
  for (const needed of Object.keys(dependencies)) closure(needed, folder, seen);
}

if (what === "import") await load(name);
if (what === "size") {
  const seen = new Map();
  closure(name, "", seen);
  console.log([...seen.values()].reduce((a, b) => a + b, 0));
}
process.exit(0);
