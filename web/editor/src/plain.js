// The textarea as a surface that tools work on.

import { newline, pasteAddress } from "./lines.js";
import { nextCell, previousCell, tableAt } from "./tables.js";

// Typed by the browser's own command, so that its undo knows of it.
const insert = (text, { from, to, insert: words, anchor, head }) => {
  text.focus();
  text.setSelectionRange(from, to);
  const done = words === "" ? document.execCommand("delete") : document.execCommand("insertText", false, words);
  if (!done && from + words.length !== to + words.length) text.setRangeText(words, from, to, "end");
  text.setSelectionRange(Math.min(anchor, head), Math.max(anchor, head));
  text.dispatchEvent(new Event("input"));
};

export const plainSurface = (text) => {
  const ending = new AbortController();
  const surface = {
    plain: true,
    dom: text,
    state: () => ({ value: text.value, from: text.selectionStart, to: text.selectionEnd }),
    apply: (edit) => insert(text, edit),
    select: (from, to) => text.setSelectionRange(from, to),
    focus: () => text.focus(),
    undo: () => document.execCommand("undo"),
    redo: () => document.execCommand("redo"),
    find: null,
    onChange: (listener) => text.addEventListener("input", listener, { signal: ending.signal }),
    scroller: () => text,
    close: () => ending.abort(),
  };
  const tryTool = (event, tool) => {
    const { value, from, to } = surface.state();
    const edit = tool(value, from, to);
    if (!edit) return;
    event.preventDefault();
    surface.apply(edit);
  };
  text.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && !event.shiftKey) tryTool(event, newline);
    if (event.key === "Tab" && tableAt(text.value, text.selectionStart)) {
      tryTool(event, event.shiftKey ? previousCell : nextCell);
    }
  }, { signal: ending.signal });
  text.addEventListener("paste", (event) => {
    const words = event.clipboardData?.getData("text/plain");
    if (words) tryTool(event, pasteAddress(words));
  }, { signal: ending.signal });
  return surface;
};
