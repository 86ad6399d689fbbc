// Draws diagrams from the text of pages, in a frame of its own: sandboxed, of no origin, without network. What it sends
// back is text, which the page shows as an image. So neither a diagram nor an error in Mermaid can act in the wiki.

import mermaid from "mermaid";

const LONGEST = 50_000;
const MOST_EDGES = 1_000;

const sans = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';

// The colours of app.css, of which Mermaid computes others: it reads no oklch().
const light = {
  darkMode: false, background: "#fcfcfd", mainBkg: "#eaeffa", primaryColor: "#eaeffa", primaryTextColor: "#1b2130",
  primaryBorderColor: "#7d8bb0", secondaryColor: "#e6f2ec", secondaryBorderColor: "#7fa394", tertiaryColor: "#f4f5f8",
  tertiaryBorderColor: "#c9cdd8", lineColor: "#5a6479", textColor: "#1b2130", titleColor: "#1b2130",
  clusterBkg: "#f4f5f8", clusterBorder: "#c9cdd8", edgeLabelBackground: "#fcfcfd", noteBkgColor: "#fbf3d8",
  noteTextColor: "#1b2130", noteBorderColor: "#c8b26a", errorBkgColor: "#fbe9e7", errorTextColor: "#8c1d18",
};
const dark = {
  darkMode: true, background: "#16171a", mainBkg: "#27304a", primaryColor: "#27304a", primaryTextColor: "#e3e5e9",
  primaryBorderColor: "#6d7fae", secondaryColor: "#22392f", secondaryBorderColor: "#5f8a76", tertiaryColor: "#1e2024",
  tertiaryBorderColor: "#45484f", lineColor: "#9aa3b5", textColor: "#e3e5e9", titleColor: "#e3e5e9",
  clusterBkg: "#1e2024", clusterBorder: "#45484f", edgeLabelBackground: "#16171a", noteBkgColor: "#423a1c",
  noteTextColor: "#f0ead2", noteBorderColor: "#8a7c42", errorBkgColor: "#46211e", errorTextColor: "#f3b8b1",
};

// What tells slices, branches and periods apart.
const palette = (colours, ink) => Object.fromEntries(colours.flatMap((colour, n) => [
  [`pie${n + 1}`, colour], [`cScale${n}`, colour], [`cScaleLabel${n}`, ink], [`cScaleInv${n}`, ink], [`git${n}`, colour],
]));
Object.assign(light, palette(["#9db7ee", "#9fd3b6", "#ecc783", "#e5a3a0", "#bdaeea", "#93d0d8", "#d3c2a5", "#c4cbd8"], "#1b2130"), {
  pieStrokeColor: "#fcfcfd", pieOuterStrokeWidth: "0px", pieOpacity: "1",
});
Object.assign(dark, palette(["#40599a", "#37704f", "#80602a", "#8a4744", "#625296", "#33717a", "#6a5c44", "#4d5564"], "#f0f1f4"), {
  pieStrokeColor: "#16171a", pieOuterStrokeWidth: "0px", pieOpacity: "1",
});

const settings = (themeVariables) => ({
  startOnLoad: false,
  securityLevel: "strict",
  suppressErrorRendering: true,
  maxTextSize: LONGEST,
  maxEdges: MOST_EDGES,
  deterministicIds: true,
  // Labels as text of the image: HTML inside of one is drawn by some programs only.
  htmlLabels: false,
  flowchart: { htmlLabels: false },
  sequence: { actorFontFamily: sans, noteFontFamily: sans, messageFontFamily: sans },
  gantt: { useWidth: 1000 },
  look: "classic",
  fontFamily: sans,
  theme: "base",
  themeVariables: { ...themeVariables, fontFamily: sans, fontSize: "15px" },
});

// An image has a size of its own; Mermaid's drawings fill what they are put into.
const sized = (text) => {
  // Labels may be HTML, which as XML would have to be well-formed.
  const svg = new DOMParser().parseFromString(text, "text/html").querySelector("svg");
  if (!svg) throw new Error("Nothing was drawn.");
  const box = (svg.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  const [width, height] = [box[2], box[3]].map((length) => Math.min(Math.max(Math.ceil(length), 1), 20_000));
  if (!Number.isFinite(width) || !Number.isFinite(height)) throw new Error("The drawing has no size.");
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.removeAttribute("style");
  // Names of states: without HTML, Mermaid starts them at the left of what is wider than they are.
  for (const label of svg.querySelectorAll(".statediagram-state > .label:not(:has(foreignObject))")) {
    label.setAttribute("transform", label.getAttribute("transform")?.replace(/^translate\([^,]+,/, "translate(0,") ?? "");
    label.setAttribute("text-anchor", "middle");
  }
  const words = (name) => svg.querySelector(`:scope > ${name}`)?.textContent.trim() ?? "";
  return { svg: new XMLSerializer().serializeToString(svg), width, height, title: words("title"), description: words("desc") };
};

const draw = async (source, palette) => {
  mermaid.initialize(settings(palette));
  // Pages that come from Otterwiki break lines in labels so.
  const { svg } = await mermaid.render("diagram", source.replaceAll("\\n", "<br/>"));
  return sized(svg);
};

// One after the other: Mermaid has one state for all.
let turn = Promise.resolve();
addEventListener("message", ({ source: sender, data }) => {
  if (sender !== parent || typeof data?.source !== "string") return;
  turn = turn.then(async () => {
    try {
      if (data.source.length > LONGEST) throw new Error(`It is longer than ${LONGEST} characters.`);
      const day = await draw(data.source, light);
      const night = await draw(data.source, dark);
      parent.postMessage({ id: data.id, ...day, dark: night.svg }, "*");
    } catch (error) {
      parent.postMessage({ id: data.id, error: String(error?.message ?? error).slice(0, 400) }, "*");
    }
  });
});
parent.postMessage({ ready: true }, "*");
