// Table tools of the toolbar. A table is a GFM pipe table around the cursor; every tool also lines
// its columns up. Pure, like lines.js.

import { block, edit, linesAt } from "./lines.js";

const DELIMITER = /^:?-+:?$/;

// The cells of a row; a bar behind a backslash or inside a code span belongs to its cell.
export const cellsOf = (line) => {
  const cells = [""];
  const body = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] === "\\" && at + 1 < body.length) {
      cells[cells.length - 1] += body[at] + body[at + 1];
      at += 1;
    } else if (body[at] === "|") cells.push("");
    else cells[cells.length - 1] += body[at];
  }
  return cells.map((cell) => cell.trim());
};

const alignment = (cell) => {
  const [left, right] = [cell.startsWith(":"), cell.endsWith(":")];
  return left && right ? "center" : right ? "right" : left ? "left" : "";
};

// The table around a place, and which cell the place is in (row 0 is the head). Null when there is none.
export const tableAt = (text, at) => {
  let [start, end] = linesAt(text, at, at);
  if (!text.slice(start, end).includes("|")) return null;
  while (start > 0) {
    const [above, aboveEnd] = linesAt(text, start - 1, start - 1);
    if (!text.slice(above, aboveEnd).includes("|")) break;
    start = above;
  }
  while (end < text.length) {
    const [, below] = linesAt(text, end + 1, end + 1);
    if (!text.slice(end + 1, below).includes("|")) break;
    end = below;
  }
  const lines = text.slice(start, end).split("\n");
  const delimiters = lines.length > 1 ? cellsOf(lines[1]) : [];
  if (!delimiters.length || !delimiters.every((cell) => DELIMITER.test(cell))) return null;
  const width = Math.max(...lines.map((line) => cellsOf(line).length));
  const fill = (cells) => [...cells, ...Array(width - cells.length).fill("")];
  const rows = lines.filter((_, index) => index !== 1).map((line) => fill(cellsOf(line)));
  const aligns = fill(delimiters.map(alignment));
  const line = text.slice(start, at).split("\n").length - 1;
  const before = text.slice(linesAt(text, at, at)[0], at);
  const bars = cellsOf(`${before.trimStart().startsWith("|") ? "" : "|"}${before}\u0000`).length - 1;
  return { start, end, rows, aligns, row: line < 2 ? 0 : line - 1, column: Math.min(bars, width - 1) };
};

// Characters that fonts draw two columns wide count twice, so that columns line up.
const widthOf = (cell) => [...cell].reduce((sum, char) => sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(char) ? 2 : 1), 0);

const pad = (cell, width, align) => {
  const free = width - widthOf(cell);
  if (align === "right") return " ".repeat(free) + cell;
  const left = align === "center" ? Math.floor(free / 2) : 0;
  return " ".repeat(left) + cell + " ".repeat(free - left);
};

const delimiter = (width, align) => {
  const dashes = (count) => "-".repeat(Math.max(1, count));
  if (align === "center") return `:${dashes(width - 2)}:`;
  if (align === "right") return `${dashes(width - 1)}:`;
  return align === "left" ? `:${dashes(width - 1)}` : dashes(width);
};

// The table as text, with the place of the cell that is to have the cursor.
const written = ({ rows, aligns, row, column }) => {
  const widths = aligns.map((_, index) => Math.max(3, ...rows.map((cells) => widthOf(cells[index]))));
  const lines = rows.map((cells) => `| ${cells.map((cell, index) => pad(cell, widths[index], aligns[index])).join(" | ")} |`);
  lines.splice(1, 0, `| ${aligns.map((align, index) => delimiter(widths[index], align)).join(" | ")} |`);
  const line = row === 0 ? 0 : row + 1;
  const cells = rows[row];
  let at = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + 2;
  for (let index = 0; index < column; index += 1) at += pad(cells[index], widths[index], aligns[index]).length + 3;
  const padded = pad(cells[column], widths[column], aligns[column]);
  const lead = cells[column] ? padded.length - padded.trimStart().length : 0;
  return [lines.join("\n"), at + lead, cells[column].length];
};

// A tool that changes the table under the cursor; null outside of one, or when `change` refuses.
const tool = (change, select = false) => (text, from) => {
  const table = tableAt(text, from);
  if (!table) return null;
  const changed = change(table);
  if (!changed) return null;
  const [insert, at, length] = written({ ...table, ...changed });
  const anchor = table.start + (insert.trim() ? at : 0);
  return edit(table.start, table.end, insert, anchor, select ? anchor + length : anchor);
};

const swap = (list, a, b) => list.with(a, list[b]).with(b, list[a]);
const without = (list, index) => list.toSpliced(index, 1);

export const format = tool(() => ({}));

export const addRow = tool(({ rows, row, aligns }) =>
  ({ rows: rows.toSpliced(row + 1, 0, aligns.map(() => "")), row: row + 1, column: 0 }));

export const removeRow = tool(({ rows, row }) =>
  (row === 0 ? null : { rows: without(rows, row), row: Math.min(row, rows.length - 2) }));

const moveRow = (by) => tool(({ rows, row }) => {
  const other = row + by;
  return row === 0 || other < 1 || other >= rows.length ? null : { rows: swap(rows, row, other), row: other };
});

export const moveRowUp = moveRow(-1);
export const moveRowDown = moveRow(1);

export const addColumn = tool(({ rows, aligns, column }) => ({
  rows: rows.map((cells) => cells.toSpliced(column + 1, 0, "")),
  aligns: aligns.toSpliced(column + 1, 0, ""),
  column: column + 1,
}));

export const removeColumn = tool(({ rows, aligns, column }) => (aligns.length === 1 ? null : {
  rows: rows.map((cells) => without(cells, column)),
  aligns: without(aligns, column),
  column: Math.min(column, aligns.length - 2),
}));

const moveColumn = (by) => tool(({ rows, aligns, column }) => {
  const other = column + by;
  if (other < 0 || other >= aligns.length) return null;
  return { rows: rows.map((cells) => swap(cells, column, other)), aligns: swap(aligns, column, other), column: other };
});

export const moveColumnLeft = moveColumn(-1);
export const moveColumnRight = moveColumn(1);

// Sets the column's alignment; the one that it has already is taken away.
export const align = (side) => tool(({ aligns, column }) =>
  ({ aligns: aligns.with(column, aligns[column] === side ? "" : side) }));

// Tab: the next cell, in a new row behind the last. Shift-Tab: the one before.
export const nextCell = tool(({ rows, row, column, aligns }) => {
  if (column + 1 < aligns.length) return { column: column + 1 };
  if (row + 1 < rows.length) return { row: row + 1, column: 0 };
  return { rows: [...rows, aligns.map(() => "")], row: row + 1, column: 0 };
}, true);

export const previousCell = tool(({ row, column, aligns }) => {
  if (column > 0) return { column: column - 1 };
  return row > 0 ? { row: row - 1, column: aligns.length - 1 } : null;
}, true);

export const insertTable = (text, from, to) => {
  const made = block("", "\n| --- | --- | --- |\n|     |     |     |", "| Column | Column | Column |")(text, to, to);
  const at = made.from + made.insert.indexOf("Column");
  return { ...made, anchor: at, head: at + "Column".length };
};
