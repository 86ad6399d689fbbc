// Bundles the editor into one file of web/assets/, from the packages that package-lock.json pins.

import { build } from "esbuild";

await build({
  entryPoints: [new URL("src/main.js", import.meta.url).pathname],
  outfile: new URL("../assets/rich-editor.js", import.meta.url).pathname,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  legalComments: "eof",
  logLevel: "warning",
});
