// What a tool of the toolbar does to a text: (text, from, to) -> Edit or null. Pure, so that the
// same tools serve the rich editor and the plain textarea, and tests need no browser.
//
// An Edit replaces text[from, to) by `insert` and then selects [anchor, head).

export const edit = (from, to, insert, anchor = from + insert.length, head = anchor) =>
  ({ from, to, insert, anchor, head });

const isWord = (char) => char !== undefined && /[\p{L}\p{N}_'-]/u.test(char);

// The word around a place; the empty range when there is none.
export const wordAt = (text, at) => {
  let [from, to] = [at, at];
  while (from > 0 && isWord(text[from - 1])) from -= 1;
  while (to < text.length && isWord(text[to])) to += 1;
  return [from, to];
};

// The whole lines that a range touches, without the last line's end.
export const linesAt = (text, from, to) => {
  const end = to > from && text[to - 1] === "\n" ? to - 1 : to;
  const next = text.indexOf("\n", end);
  return [text.lastIndexOf("\n", from - 1) + 1, next < 0 ? text.length : next];
};

// Bold, italic, code and their kind: around the selection or the word, or off again.
export const wrap = (mark, placeholder) => (text, from, to) => {
  if (from === to) [from, to] = wordAt(text, from);
  while (from < to && /\s/.test(text[from])) from += 1;
  while (to > from && /\s/.test(text[to - 1])) to -= 1;
  const size = mark.length;
  const inside = text.slice(from, to);
  const isMarked = (before, after) => before === mark && after === mark;
  if (isMarked(text.slice(from - size, from), text.slice(to, to + size))) {
    return edit(from - size, to + size, inside, from - size, to - size);
  }
  if (inside.length > 2 * size && isMarked(inside.slice(0, size), inside.slice(-size))) {
    const bare = inside.slice(size, -size);
    return edit(from, to, bare, from, from + bare.length);
  }
  const words = inside || placeholder;
  return edit(from, to, mark + words + mark, from + size, from + size + words.length);
};

// Replaces each line that the selection touches.
const eachLine = (change) => (text, from, to) => {
  const [start, end] = linesAt(text, from, to);
  const old = text.slice(start, end).split("\n");
  const lines = change(old);
  const insert = lines.join("\n");
  if (old.length > 1) return edit(start, end, insert, start, start + insert.length);
  const moved = Math.max(start, from + insert.length - (end - start));
  return edit(start, end, insert, moved, Math.max(moved, to + insert.length - (end - start)));
};

// A heading of the next level; after the sixth none.
export const heading = eachLine((lines) => lines.map((line) => {
  const [, marks, rest] = /^(#{0,6})[ \t]*(.*)$/s.exec(line);
  return marks.length === 6 ? rest : `${"#".repeat(marks.length + 1)} ${rest}`;
}));

const MARKER = /^(\s*)(?:[-*+] \[[ xX]\] |[-*+] |\d+[.)] )?/;

// A list of one kind: `marker(number)` opens each line. All lines have it already: off.
const list = (marker, has) => eachLine((lines) => {
  const filled = lines.filter((line) => line.trim());
  const off = filled.length > 0 && filled.every((line) => has.test(line));
  let number = 0;
  return lines.map((line) => {
    if (!line.trim() && lines.length > 1) return line;
    number += 1;
    return line.replace(MARKER, (_, indent) => indent + (off ? "" : marker(number)));
  });
});

export const bullets = list(() => "- ", /^\s*[-*+] (?!\[[ xX]\] )/);
export const numbers = list((number) => `${number}. `, /^\s*\d+[.)] /);
export const tasks = list(() => "- [ ] ", /^\s*[-*+] \[[ xX]\] /);

const prefix = (mark, has) => eachLine((lines) => {
  const off = lines.every((line) => has.test(line));
  return lines.map((line) => (off ? line.replace(has, "") : mark + line));
});

export const quote = prefix("> ", /^> ?(?![!])/);
export const spoiler = prefix(">! ", /^>! ?/);

// A fold around the lines: its first line is what is shown while it is closed.
export const fold = (text, from, to) => {
  const [start, end] = linesAt(text, from, to);
  const words = text.slice(start, end) || "Text";
  const head = ">| # ";
  const insert = `${head}Summary\n${words.split("\n").map((line) => `>| ${line}`).join("\n")}`;
  return edit(start, end, insert, start + head.length, start + head.length + 7);
};

const ALERT = /^> \[!(\w+)\]\s*$/;

// A GitHub alert: makes one, changes its kind, or takes it away when it has that kind.
export const alert = (kind) => (text, from, to) => {
  let [start, end] = linesAt(text, from, to);
  while (start > 0) {
    const [above] = linesAt(text, start - 1, start - 1);
    if (!text.startsWith(">", start) || !text.startsWith(">", above)) break;
    start = above;
  }
  const lines = text.slice(start, end).split("\n");
  const found = ALERT.exec(lines[0]);
  if (!found) {
    const words = lines.map((line) => line.replace(/^> ?/, "")).join("\n") || "Text";
    const head = `> [!${kind}]\n`;
    const insert = head + words.split("\n").map((line) => `> ${line}`).join("\n");
    return edit(start, end, insert, start + head.length + 2, start + insert.length);
  }
  if (found[1].toUpperCase() !== kind) return edit(start, start + lines[0].length, `> [!${kind}]`);
  const bare = lines.slice(1).map((line) => line.replace(/^> ?/, "")).join("\n");
  return edit(start, end, bare, start, start + bare.length);
};

// Lines of their own, with an empty line on both sides where text is; selects `placeholder` or what was selected.
export const block = (open, close, placeholder) => (text, from, to) => {
  const words = text.slice(from, to) || placeholder;
  const before = text.slice(0, from);
  const after = text.slice(to);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const tail = after === "" ? "\n" : after.startsWith("\n") ? "" : "\n\n";
  const start = from + gap.length + open.length;
  return edit(from, to, gap + open + words + close + tail, start, start + words.length);
};

export const rule = (text, from, to) => {
  const made = block("---\n", "", "")(text, from, to);
  return { ...made, anchor: made.from + made.insert.length, head: made.from + made.insert.length };
};

const ADDRESS = /^(?:https?:\/\/|mailto:)\S+$/;

// `[text](address)`, with what is missing selected.
export const link = (text, from, to) => {
  if (from === to) [from, to] = wordAt(text, from);
  const selected = text.slice(from, to);
  if (ADDRESS.test(selected)) return edit(from, to, `[text](${selected})`, from + 1, from + 5);
  const label = selected || "text";
  const start = from + label.length + 3;
  return edit(from, to, `[${label}](https://)`, start, start + "https://".length);
};

// An address pasted over a selection makes it a link.
export const pasteAddress = (address) => (text, from, to) => {
  const label = text.slice(from, to);
  if (from === to || !ADDRESS.test(address.trim()) || ADDRESS.test(label) || label.includes("\n")) return null;
  return edit(from, to, `[${label}](${address.trim()})`);
};

export const wikilink = (text, from, to) => {
  const label = text.slice(from, to);
  return edit(from, to, `[[${label}]]`, from + 2, from + 2 + label.length);
};

export const image = (text, from, to) => {
  const label = text.slice(from, to) || "description";
  return edit(from, to, `![${label}]()`, from + label.length + 4);
};

// A reference here and its definition at the end.
export const footnote = (text, from, to) => {
  let number = 1;
  while (text.includes(`[^${number}]`)) number += 1;
  const reference = `[^${number}]`;
  const rest = text.slice(to).replace(/\s*$/, "");
  const definition = `\n\n${reference}: `;
  const insert = reference + rest + definition + "Note";
  const start = to + insert.length - 4;
  return edit(to, text.length, `${insert}\n`, start, start + 4);
};

// Enter in a list or quote goes on with it; in an empty item it ends it.
export const newline = (text, from, to) => {
  const [start] = linesAt(text, from, from);
  const line = text.slice(start, from);
  const found = /^(\s*)((?:> ?)+|(?:[-*+] \[[ xX]\] )|(?:[-*+] )|(?:(\d+)([.)]) ))/.exec(line);
  if (!found || from !== to) return null;
  const [marker, indent, mark, number, point] = found;
  const end = text.indexOf("\n", from);
  if (line === marker && text.slice(from, end < 0 ? text.length : end).trim() === "") return edit(start, from, "");
  const next = number ? `${Number(number) + 1}${point} ` : mark.replace(/\[[xX]\]/, "[ ]");
  return edit(from, to, `\n${indent}${next}`);
};
