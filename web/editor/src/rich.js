// CodeMirror as a surface that tools work on. It lives in a shadow root: there its style sheets
// are constructed ones, which a policy without inline styles allows.

import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore, redo, undo } from "@codemirror/commands";
import { defineLanguageFacet, HighlightStyle, indentUnit, Language, syntaxHighlighting } from "@codemirror/language";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, dropCursor, EditorView, highlightSpecialChars, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { GFM, parser } from "@lezer/markdown";

import { completePages } from "./complete.js";
import { newline, pasteAddress } from "./lines.js";
import { nextCell, previousCell } from "./tables.js";

// Above this many characters the textarea follows with a delay.
const AT_ONCE = 300_000;
const DELAY_MS = 400;

// Without the languages of code blocks and HTML, which would double the size of this script.
const markdown = new Language(defineLanguageFacet(), parser.configure(GFM), [], "markdown").extension;

const looks = EditorView.theme({
  "&": { height: "100%", fontSize: "1rem", color: "var(--ink)", backgroundColor: "var(--raised)", borderRadius: "inherit" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.65", overflow: "auto" },
  ".cm-content": { padding: "1.1rem 0", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0 1.25rem" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--tint)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panels input, .cm-panels button": { font: "inherit", fontSize: "0.875rem", color: "inherit" },
  ".cm-textfield": { backgroundColor: "var(--raised)", border: "1px solid var(--edge)", borderRadius: "4px", padding: "0.2rem 0.4rem" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--raised)", border: "1px solid var(--edge)", borderRadius: "4px" },
  ".cm-searchMatch": { backgroundColor: "var(--mark)" },
  ".cm-searchMatch-selected": { outline: "2px solid var(--accent)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px", boxShadow: "var(--shadow)", overflow: "hidden" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--sans)", maxHeight: "18rem" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.3rem 0.75rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { marginLeft: "0.75rem", fontStyle: "normal", opacity: "0.75" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
});

const colours = HighlightStyle.define([
  { tag: tags.heading1, fontSize: "1.3em", fontWeight: "650" },
  { tag: tags.heading2, fontSize: "1.15em", fontWeight: "650" },
  { tag: tags.heading, fontWeight: "650" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url], color: "var(--accent)" },
  { tag: tags.monospace, color: "var(--violet)" },
  { tag: tags.quote, color: "var(--soft)" },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.meta], color: "var(--soft)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
]);

export const richSurface = (text) => {
  const listeners = [];
  let timer = 0;
  let view;
  const sync = () => {
    clearTimeout(timer);
    timer = 0;
    text.value = view.state.doc.toString();
    text.dispatchEvent(new Event("input"));
    for (const listener of listeners) listener();
  };
  const flush = () => {
    if (timer) sync();
  };
  const host = document.createElement("div");
  host.className = "rich-editor";
  const root = host.attachShadow({ mode: "open" });
  text.before(host);
  text.hidden = true;

  const asCommand = (tool) => ({ state, dispatch }) => {
    if (state.selection.ranges.length > 1 || state.readOnly) return false;
    const { from, to } = state.selection.main;
    const edit = tool(state.doc.toString(), from, to);
    if (!edit) return false;
    dispatch(state.update({
      changes: { from: edit.from, to: edit.to, insert: edit.insert },
      selection: { anchor: edit.anchor, head: edit.head },
      scrollIntoView: true,
      userEvent: "input",
    }));
    return true;
  };

  view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text.value,
      extensions: [
        history(),
        highlightSpecialChars(),
        drawSelection(),
        dropCursor(),
        EditorState.allowMultipleSelections.of(true),
        EditorState.tabSize.of(4),
        indentUnit.of("    "),
        EditorView.lineWrapping,
        markdown,
        syntaxHighlighting(colours),
        search({ top: true }),
        autocompletion({ override: [completePages], icons: false }),
        looks,
        EditorView.contentAttributes.of({
          "aria-label": "Text of the page, in Markdown",
          tabindex: "0",
          spellcheck: "true",
          autocapitalize: "sentences",
          autocorrect: "on",
        }),
        EditorView.domEventHandlers({
          paste: (event) => {
            const words = event.clipboardData?.getData("text/plain");
            if (!words || event.clipboardData.files.length || !asCommand(pasteAddress(words))(view)) return false;
            event.preventDefault();
            return true;
          },
        }),
        keymap.of([
          { key: "Enter", run: asCommand(newline) },
          { key: "Tab", run: asCommand(nextCell), shift: asCommand(previousCell) },
          // Tab indents in a list only; elsewhere it moves on, as people without a mouse expect.
          { key: "Tab", run: inList(indentMore), shift: inList(indentLess) },
          ...completionKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          if (update.state.doc.length <= AT_ONCE) sync();
          else timer ||= setTimeout(sync, DELAY_MS);
        }),
      ],
    }),
  });

  // The form must be sent, and left, with what is on the screen.
  const ending = new AbortController();
  text.form.addEventListener("submit", flush, { capture: true, signal: ending.signal });
  addEventListener("beforeunload", flush, { capture: true, signal: ending.signal });
  addEventListener("pagehide", flush, { capture: true, signal: ending.signal });
  // A draft that is restored goes into the textarea.
  text.addEventListener("input", () => {
    const words = text.value;
    if (words !== view.state.doc.toString()) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: words } });
    }
  }, { signal: ending.signal });
  document.querySelector('label[for="content"]')?.addEventListener("click", () => view.focus(), { signal: ending.signal });
  if (document.activeElement === text || text.autofocus) view.focus();

  return {
    plain: false,
    dom: host,
    state: () => ({ value: view.state.doc.toString(), from: view.state.selection.main.from, to: view.state.selection.main.to }),
    apply: (edit) => asCommand(() => edit)(view),
    select: (from, to) => view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true }),
    focus: () => view.focus(),
    undo: () => undo(view),
    redo: () => redo(view),
    find: () => openSearchPanel(view),
    onChange: (listener) => listeners.push(listener),
    scroller: () => view.scrollDOM,
    close: () => {
      flush();
      ending.abort();
      view.destroy();
      host.remove();
      text.hidden = false;
    },
  };
};

const inList = (command) => (view) => {
  const line = view.state.doc.lineAt(view.state.selection.main.from).text;
  return /^\s*([-*+]|\d+[.)]) /.test(line) ? command(view) : false;
};
