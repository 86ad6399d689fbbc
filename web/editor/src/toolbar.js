// The row of tools above the text. One stop for Tab; arrow keys move along it (WAI-ARIA toolbar pattern).

import * as lines from "./lines.js";
import * as tables from "./tables.js";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

// Drawn on a grid of 24, as strokes.
const ICONS = {
  undo: "M9 7 4 12l5 5M4 12h10a6 6 0 0 1 0 12",
  redo: "m15 7 5 5-5 5M20 12H10a6 6 0 0 0 0 12",
  bold: "M7 5h6a3.5 3.5 0 0 1 0 7H7zm0 7h7a3.5 3.5 0 0 1 0 7H7z",
  italic: "M10 5h8M6 19h8M14 5l-4 14",
  strike: "M5 12h14M16 8a4 3 0 0 0-8 0M8 16a4 3 0 0 0 8 0",
  heading: "M6 5v14M18 5v14M6 12h12",
  bullets: "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01",
  numbers: "M10 6h10M10 12h10M10 18h10M4 4.5h1.5V9M4 14h3l-3 4.5h3",
  tasks: "m4 6 1.5 1.5L8 5M11 6h9M4 13l1.5 1.5L8 12M11 13h9M4.5 18.500h3v3h-3zM11 20h9",
  quote: "M5 17V9h5v5a3 3 0 0 1-3 3M14 17V9h5v5a3 3 0 0 1-3 3",
  code: "m8 8-4 4 4 4M16 8l4 4-4 4M13.500 6l-3 12",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.600-5.600l-1.200 1.200M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.600 5.600l1.200-1.200",
  wikilink: "M8 5H4v14h4M16 5h4v14h-4M9 12h6",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9h.01",
  table: "M4 5h16v14H4zM4 10h16M4 15h16M10 5v14",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  find: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zm5 12 4 4",
};

const icon = (name) => {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("tool-icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
};

const shown = (keys) => keys.replace("Mod", MAC ? "⌘" : "Ctrl").replaceAll("+", MAC ? "" : "+");

export const toolbar = (editor) => {
  const bar = document.createElement("div");
  bar.className = "toolbar";
  bar.setAttribute("role", "toolbar");
  bar.ariaLabel = "Formatting";
  const shortcuts = new Map();

  const bind = (keys, action) => {
    if (keys) shortcuts.set(keys.toLowerCase(), action);
  };

  const button = (name, label, action, keys) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "tool";
    made.title = keys ? `${label} (${shown(keys)})` : label;
    made.ariaLabel = label;
    if (keys) made.setAttribute("aria-keyshortcuts", keys.replace("Mod", MAC ? "Meta" : "Control"));
    made.append(icon(name));
    // The text keeps its selection.
    made.addEventListener("mousedown", (event) => event.preventDefault());
    made.addEventListener("click", action);
    bind(keys, action);
    return made;
  };
  const tool = (name, label, what, keys) => button(name, label, () => editor.run(what), keys);

  const group = (...items) => {
    const made = document.createElement("div");
    made.className = "tool-group";
    made.append(...items.filter(Boolean));
    bar.append(made);
  };

  const menu = (name, label, sections) => {
    const details = document.createElement("details");
    details.className = "tool-menu";
    const summary = document.createElement("summary");
    summary.className = "tool";
    summary.title = label;
    summary.ariaLabel = label;
    summary.append(icon(name));
    const list = document.createElement("div");
    list.className = "tool-list";
    for (const [title, items] of sections) {
      const part = document.createElement("div");
      const heading = document.createElement("p");
      heading.textContent = title;
      part.append(heading);
      for (const [words, action, keys] of items) {
        const made = document.createElement("button");
        made.type = "button";
        made.textContent = words;
        made.addEventListener("mousedown", (event) => event.preventDefault());
        const act = typeof action === "function" && action.length === 0 ? action : () => editor.run(action);
        made.addEventListener("click", () => {
          details.open = false;
          act();
        });
        bind(keys, act);
        part.append(made);
      }
      list.append(part);
    }
    details.append(summary, list);
    return details;
  };

  group(
    button("undo", "Undo", () => editor.surface.undo()),
    button("redo", "Redo", () => editor.surface.redo()),
  );
  group(
    tool("bold", "Bold", lines.wrap("**", "bold"), "Mod+B"),
    tool("italic", "Italic", lines.wrap("_", "italic"), "Mod+I"),
    tool("heading", "Heading", lines.heading),
  );
  group(
    tool("link", "Link", lines.link, "Mod+K"),
    tool("wikilink", "Link to a page", lines.wikilink),
    editor.uploads && button("image", "Insert files", () => editor.uploads.choose()),
  );
  group(
    tool("bullets", "List", lines.bullets),
    tool("numbers", "Numbered list", lines.numbers),
    tool("tasks", "Task list", lines.tasks),
  );
  group(
    tool("quote", "Quote", lines.quote),
    tool("code", "Code", lines.wrap("`", "code")),
    menu("table", "Table", [
      ["Table", [["New table", tables.insertTable, "Mod+J"], ["Line up columns", tables.format]]],
      ["Row", [["Add row below", tables.addRow], ["Move row up", tables.moveRowUp], ["Move row down", tables.moveRowDown], ["Delete row", tables.removeRow]]],
      ["Column", [["Add column right", tables.addColumn], ["Move column left", tables.moveColumnLeft], ["Move column right", tables.moveColumnRight], ["Delete column", tables.removeColumn]]],
      ["Align column", [["Left", tables.align("left")], ["Centre", tables.align("center")], ["Right", tables.align("right")]]],
    ]),
    menu("more", "More", [
      ["Text", [["Strike through", lines.wrap("~~", "text"), "Mod+Shift+S"], ["Highlight", lines.wrap("==", "text")], ["Formula", lines.wrap("$", "x^2")], ["Footnote", lines.footnote], ["Line across", lines.rule]]],
      ["Blocks", [["Code block", lines.block("```\n", "\n```", "code")], ["Formula block", lines.block("$$\n", "\n$$", "x^2")], ["Diagram", lines.block("```mermaid\ngraph TD\n", "\n```", "A --> B")], ["Spoiler", lines.spoiler], ["Fold", lines.fold]]],
      ["Boxes", [["Blue", lines.block("::: info\n", "\n:::", "Text")], ["Green", lines.block("::: success\n", "\n:::", "Text")], ["Yellow", lines.block("::: warning\n", "\n:::", "Text")], ["Red", lines.block("::: danger\n", "\n:::", "Text")]]],
      ["Alerts", [["Note", lines.alert("NOTE")], ["Tip", lines.alert("TIP")], ["Important", lines.alert("IMPORTANT")], ["Warning", lines.alert("WARNING")], ["Caution", lines.alert("CAUTION")]]],
    ]),
  );
  const find = button("find", "Find and replace", () => editor.surface.find?.());
  group(find);

  const views = document.createElement("div");
  views.className = "tool-views";
  views.setAttribute("role", "group");
  views.ariaLabel = "View";
  const modes = [["write", "Write"], ["split", "Both"], ["preview", "Preview"]].map(([mode, words]) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `view view-${mode}`;
    made.textContent = words;
    made.addEventListener("click", () => show(mode));
    made.dataset.mode = mode;
    return made;
  });
  const show = (mode) => {
    editor.preview.show(mode);
    for (const made of modes) made.setAttribute("aria-pressed", String(made.dataset.mode === mode));
  };
  bind("Mod+P", () => show(editor.preview.mode() === "preview" ? "write" : "preview"));
  views.append(...modes);

  const plain = document.createElement("button");
  plain.type = "button";
  plain.className = "view";
  plain.textContent = "Plain text";
  plain.title = "A plain text field instead of the editor";
  const settle = () => {
    plain.setAttribute("aria-pressed", String(editor.isPlain()));
    find.hidden = editor.isPlain();
    editor.surface.onChange(() => editor.preview.follow());
    const scroller = editor.surface.scroller();
    scroller.addEventListener("scroll", () => {
      if (editor.preview.mode() === "split") editor.preview.scroll(scroller.scrollTop / Math.max(1, scroller.scrollHeight - scroller.clientHeight));
    }, { passive: true });
  };
  plain.addEventListener("click", () => {
    editor.choose(!editor.isPlain());
    settle();
  });
  views.append(plain);
  bar.append(views);

  const stops = () => [...bar.querySelectorAll(".tool, .view")].filter((stop) => !stop.hidden);
  const focusable = (current) => {
    for (const stop of stops()) stop.tabIndex = stop === current ? 0 : -1;
  };
  bar.addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.indexOf(event.target);
    if (at < 0) return;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all.at(to % all.length);
    focusable(next);
    next.focus();
  });
  bar.addEventListener("focusin", (event) => {
    if (stops().includes(event.target)) focusable(event.target);
  });
  document.addEventListener("click", (event) => {
    for (const open of bar.querySelectorAll("details[open]")) if (!open.contains(event.target)) open.open = false;
  });
  bar.addEventListener("keydown", (event) => {
    const open = bar.querySelector("details[open]");
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.altKey || !(MAC ? event.metaKey : event.ctrlKey)) return;
    const action = shortcuts.get(`mod+${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`);
    if (!action) return;
    event.preventDefault();
    action();
  });

  editor.pane.before(bar);
  focusable(stops()[0]);
  show("write");
  settle();
};

