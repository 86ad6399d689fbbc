// Shows a page's diagrams: each is drawn in a sandboxed frame (diagram-frame.html), which answers with the text of an
// SVG. It is shown as an image, and an image can neither run script nor load anything.

const PATIENCE_MS = 20_000;
const LOADING_MS = 60_000;
// Drawings kept while a text is being edited.
const MOST_KEPT = 200;

let frame = null;
let next = 0;

const open = () => {
  const element = document.createElement("iframe");
  element.sandbox = "allow-scripts";
  element.className = "diagram-frame";
  element.setAttribute("aria-hidden", "true");
  element.tabIndex = -1;
  element.title = "Drawing of diagrams";
  const waiting = new Map();
  const opened = { element, waiting, ready: null };
  opened.ready = new Promise((ready, failed) => {
    const timer = setTimeout(() => failed(new Error("The program that draws could not be loaded.")), LOADING_MS);
    opened.listen = ({ source, data }) => {
      if (source !== element.contentWindow || typeof data !== "object" || data === null) return;
      if (data.ready === true) {
        clearTimeout(timer);
        ready();
      } else {
        waiting.get(data.id)?.(data);
      }
    };
  });
  addEventListener("message", opened.listen);
  element.src = new URL("diagram-frame.html", import.meta.url);
  document.body.append(element);
  return opened;
};

const close = () => {
  if (!frame) return;
  removeEventListener("message", frame.listen);
  frame.element.remove();
  frame = null;
};

const ask = async (source) => {
  frame ??= open();
  const { element, waiting, ready } = frame;
  try {
    await ready;
    const id = next++;
    return await new Promise((answered, failed) => {
      const timer = setTimeout(() => failed(new Error("Drawing it takes too long.")), PATIENCE_MS);
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        waiting.delete(id);
        answered(answer);
      });
      element.contentWindow.postMessage({ id, source }, "*");
    });
  } catch (error) {
    // Whatever hangs in there ends with the frame.
    close();
    throw error;
  }
};

const kept = new Map();
const image = (svg) => URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));

const drawing = async (source) => {
  if (kept.has(source)) return kept.get(source);
  const answer = await ask(source);
  if (typeof answer.svg !== "string" || typeof answer.dark !== "string") throw new Error(String(answer.error ?? "It was not drawn."));
  const made = {
    light: image(answer.svg),
    dark: image(answer.dark),
    width: Number(answer.width) || 1,
    height: Number(answer.height) || 1,
    words: [answer.title, answer.description].filter((text) => typeof text === "string" && text).join(". ").slice(0, 500),
  };
  kept.set(source, made);
  for (const [oldest, { light, dark }] of kept) {
    if (kept.size <= MOST_KEPT || document.querySelector(`.diagram img[src="${light}"]`)) break;
    kept.delete(oldest);
    URL.revokeObjectURL(light);
    URL.revokeObjectURL(dark);
  }
  return made;
};

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

// `flowchart`, `sequence`: the first word that says what is drawn.
const kind = (source) => {
  const text = source.replace(/^---\n[^]*?\n---\n/, "").replace(/^\s*%%.*$/gm, "");
  const word = /^\s*([A-Za-z0-9]+)/.exec(text)?.[1] ?? "";
  return word.replace(/(Diagram|Chart)?(-?v2|-?beta)?$/, "").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
};

const show = (block, source, made) => {
  const image = element("img", {
    src: made.light,
    alt: `Diagram (${kind(source)})${made.words ? `: ${made.words}` : ""}. Its source follows.`,
    width: made.width,
    height: made.height,
    decoding: "sync",
  });
  // On paper the light one is shown, whatever the screen shows.
  const dark = element("source", { srcset: made.dark, media: "screen and (prefers-color-scheme: dark)" });
  const view = element("div", { className: "diagram-view" }, element("picture", {}, dark, image));
  const figure = element("figure", { className: "diagram" }, view);
  block.replaceWith(figure);
  figure.append(element("details", {}, element("summary", { textContent: "Source of this diagram" }), block));
  // What scrolls sideways must be reachable by keyboard.
  if (view.scrollWidth > view.clientWidth) {
    view.tabIndex = 0;
    view.setAttribute("role", "group");
    view.setAttribute("aria-label", "Diagram");
  }
};

const excuse = (block, error) => {
  const said = error.message.split("\n").slice(0, 6).join("\n");
  const note = element("p", { textContent: "This diagram cannot be drawn. This is its source." });
  const figure = element("figure", { className: "diagram diagram-problem" });
  block.replaceWith(figure);
  figure.append(note, element("pre", { className: "diagram-error", textContent: said }), block);
};

/** Draws what `root` holds and is not drawn yet. */
export const draw = async (root) => {
  for (const pre of root.querySelectorAll("pre.mermaid")) {
    if (pre.closest(".diagram")) continue;
    const source = pre.textContent;
    let made = null;
    let problem = null;
    try {
      made = await drawing(source);
    } catch (error) {
      problem = error;
    }
    // Meanwhile the preview may show another text.
    if (!pre.isConnected) continue;
    // With its button for copying, if it has got one.
    const block = pre.closest(".code") ?? pre;
    if (problem) excuse(block, problem);
    else show(block, source, made);
  }
};

if (document.body.dataset.page !== undefined) draw(document);
