// The rich editor: puts a toolbar above the form's textarea, and CodeMirror in its place unless
// the person prefers plain text. The textarea stays what is sent and what drafts are made of.

import { plainSurface } from "./plain.js";
import { preview } from "./preview.js";
import { richSurface } from "./rich.js";
import { toolbar } from "./toolbar.js";
import { uploads } from "./uploads.js";

const form = document.getElementById("editor");
const text = document.getElementById("content");
const CHOICE = "editor";

const remembered = () => {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return null;
  }
};
const remember = (choice) => {
  try {
    localStorage.setItem(CHOICE, choice);
  } catch {
    // The choice then holds for this page only.
  }
};

// Phones edit a plain text field better: selection, correction and dictation are the system's own.
const prefersPlain = () => (remembered() ?? (matchMedia("(pointer: coarse)").matches ? "plain" : "rich")) === "plain";

const pane = document.createElement("div");
pane.className = "writing-pane";
text.before(pane);
pane.append(text);

let surface = prefersPlain() ? plainSurface(text) : richSurface(text);

const editor = {
  form,
  pane,
  get surface() {
    return surface;
  },
  // Runs a tool from lines.js or tables.js on the text; whether it did something.
  run(tool) {
    const { value, from, to } = surface.state();
    const edit = tool(value, from, to);
    if (edit) surface.apply(edit);
    surface.focus();
    return edit !== null;
  },
  isPlain: () => surface.plain,
  choose(plain) {
    if (plain === surface.plain) return;
    const { from, to } = surface.state();
    surface.close();
    surface = plain ? plainSurface(text) : richSurface(text);
    surface.select(from, to);
    surface.focus();
    remember(plain ? "plain" : "rich");
  },
};

editor.uploads = uploads(editor);
editor.preview = preview(editor);
toolbar(editor);
