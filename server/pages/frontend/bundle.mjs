// Bundles each entry, with what it takes from npm, into the folder named on the command line.
import { build } from "esbuild";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ENTRIES = ["editor.js"];
const folder = process.argv[2];

await build({
  entryPoints: ENTRIES,
  outdir: folder,
  bundle: true,
  format: "esm",
  legalComments: "none",
  logLevel: "warning",
  minify: true,
  target: ["chrome109", "firefox115", "safari16"],
});

const { packages } = JSON.parse(readFileSync("package-lock.json"));
const notices = Object.entries(packages)
  .filter(([path, { dev, devOptional }]) => path && !dev && !devOptional && existsSync(path))
  .map(([path, { version, license }]) => {
    const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
    const terms = file ? readFileSync(join(path, file), "utf8").trim() : license;
    return `${path.replace(/^.*node_modules\//, "")} ${version}\n\n${terms}\n`;
  });
writeFileSync(join(folder, "licenses.txt"), notices.join(`\n${"-".repeat(72)}\n\n`));
