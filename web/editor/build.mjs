// Bundles the editor and the drawing of diagrams into a file each of web/assets/, from the packages that
// package-lock.json pins.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const here = (path) => new URL(path, import.meta.url).pathname;
const common = {
  bundle: true,
  minify: true,
  target: ["chrome111", "firefox115", "safari16.4"],
  legalComments: "eof",
  logLevel: "warning",
};

await build({ ...common, entryPoints: [here("src/main.js")], outfile: here("../assets/rich-editor.js"), format: "esm" });

// No module: a frame without origin may load one only from servers that allow everybody. Of five megabytes a third
// is kept in the program and sent.
const drawing = here("../assets/diagram-drawing.js");
await build({ ...common, entryPoints: [here("diagrams/frame.js")], outfile: drawing, format: "iife" });
writeFileSync(`${drawing}.gz`, gzipSync(readFileSync(drawing), { level: 9 }));
rmSync(drawing);
