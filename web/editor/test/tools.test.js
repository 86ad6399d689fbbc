import assert from "node:assert/strict";
import { test } from "node:test";

import * as lines from "../src/lines.js";
import * as tables from "../src/tables.js";

// `|` is the cursor, or both ends of the selection (`‹` and `›`).
const run = (tool, marked) => {
  let [from, to] = [marked.indexOf("‹"), marked.indexOf("›")];
  let text = marked;
  if (from >= 0) {
    to -= 1;
    text = marked.replace("‹", "").replace("›", "");
  } else {
    from = to = marked.indexOf("^");
    text = marked.replace("^", "");
  }
  const made = tool(text, from, to);
  if (!made) return null;
  const after = text.slice(0, made.from) + made.insert + text.slice(made.to);
  if (made.anchor === made.head) return `${after.slice(0, made.anchor)}^${after.slice(made.anchor)}`;
  return `${after.slice(0, made.anchor)}‹${after.slice(made.anchor, made.head)}›${after.slice(made.head)}`;
};

const table = (name, tool, cases) => test(name, () => {
  for (const [before, after] of cases) assert.equal(run(tool, before), after, before);
});

table("bold goes around the word or selection and off again", lines.wrap("**", "bold"), [
  ["one tw^o three", "one **‹two›** three"],
  ["one **‹two›** three", "one ‹two› three"],
  ["‹**two**›", "‹two›"],
  ["a ‹b c ›d", "a **‹b c›** d"],
  ["^", "**‹bold›**"],
]);

table("headings go through the levels", lines.heading, [
  ["On^e", "# On^e"],
  ["# On^e", "## On^e"],
  ["###### On^e", "On^e"],
]);

table("bullets", lines.bullets, [
  ["a^", "- a^"],
  ["- a^", "a^"],
  ["‹1. a\n2. b›", "‹- a\n- b›"],
  ["‹- [ ] a\n\n- [x] b›", "‹- a\n\n- b›"],
]);
table("numbers", lines.numbers, [["‹a\nb›", "‹1. a\n2. b›"], ["‹1. a\n2. b›", "‹a\nb›"]]);
table("tasks", lines.tasks, [["- a^", "- [ ] a^"], ["- [x] a^", "a^"]]);
table("quotes", lines.quote, [["‹a\nb›", "‹> a\n> b›"], ["‹> a\n> b›", "‹a\nb›"]]);
table("spoilers", lines.spoiler, [["a^", ">! a^"], [">! a^", "a^"]]);

table("spoilers", lines.spoiler, [["‹a\nb›", "‹>! a\n>! b›"], ["‹>! a\n>! b›", "‹a\nb›"]]);

table("folds have a first line to fill in", lines.fold, [
  ["o^ne", ">| # ‹Summary›\n>| one"],
  ["‹a\nb›", ">| # ‹Summary›\n>| a\n>| b"],
  ["^", ">| # ‹Summary›\n>| Text"],
]);

table("boxes and formulas stand apart", lines.block("::: info\n", "\n:::", "Text"), [
  ["^", "::: info\n‹Text›\n:::\n"],
  ["a ‹b›", "a \n\n::: info\n‹b›\n:::\n"],
]);

table("alerts", lines.alert("NOTE"), [
  ["‹a\nb›", "> [!NOTE]\n> ‹a\n> b›"],
  ["> [!TIP]\n> a^", "> [!NOTE]^\n> a"],
  ["> [!NOTE]\n> a^", "‹a›"],
]);

table("blocks stand alone", lines.block("```\n", "\n```", "code"), [
  ["^", "```\n‹code›\n```\n"],
  ["a‹b›c", "a\n\n```\n‹b›\n```\n\nc"],
]);
table("a rule", lines.rule, [["a\n^", "a\n\n---\n\n^"]]);

table("links select what is missing", lines.link, [
  ["se^e", "[see](‹https://›)"],
  ["‹https://a.example›", "[‹text›](https://a.example)"],
]);
table("an address over a selection", lines.pasteAddress("https://a.example "), [
  ["‹see›", "[see](https://a.example)^"],
  ["se^e", null],
  ["‹a\nb›", null],
]);
table("wikilinks", lines.wikilink, [["^", "[[^]]"], ["‹Home›", "[[‹Home›]]"]]);
table("footnotes take the next number", lines.footnote, [
  ["a^ b\n\n[^1]: x\n", "a[^2] b\n\n[^1]: x\n\n[^2]: ‹Note›\n"],
]);
table("enter goes on with a list", lines.newline, [
  ["- a^", "- a\n- ^"],
  ["9. a^", "9. a\n10. ^"],
  ["  - [x] a^", "  - [x] a\n  - [ ] ^"],
  ["> a^", "> a\n> ^"],
  ["- a\n- ^", "- a\n^"],
  ["a^", null],
]);

const small = "| A | B |\n|---|--:|\n| 1 | 2^ |\n";

test("a row is split at bars that are not escaped", () => {
  assert.deepEqual(tables.cellsOf("| a \\| b | `c` |"), ["a \\| b", "`c`"]);
  assert.deepEqual(tables.cellsOf("a | b"), ["a", "b"]);
});
table("columns are lined up", tables.format, [
  [small, "| A   |   B |\n| --- | --: |\n| 1   |   ^2 |\n"],
  ["no table^", null],
  ["a | b^\nc | d", null],
  ["| 日本 | a |\n|-|-|\n| x^ | y |", "| 日本 | a   |\n| ---- | --- |\n| ^x    | y   |"],
]);
table("rows are added", tables.addRow, [[small, "| A   |   B |\n| --- | --: |\n| 1   |   2 |\n| ^    |     |\n"]]);
table("rows are removed", tables.removeRow, [
  [small, "| A   |   ^B |\n| --- | --: |\n"],
  ["| A^ |\n|---|\n", null],
]);
table("columns are added", tables.addColumn, [
  ["| A^ | B |\n|---|---|\n", "| A   | ^    | B   |\n| --- | --- | --- |\n"],
]);
table("columns are removed", tables.removeColumn, [["| A^ | B |\n|---|---|\n", "| ^B   |\n| --- |\n"]]);
table("columns move", tables.moveColumnLeft, [
  [small, "|   ^B | A   |\n| --: | --- |\n|   2 | 1   |\n".replace("^", "").replace("|   2", "|   ^2")],
]);
table("alignment is set and taken away", tables.align("right"), [
  ["| A^ |\n|---|\n", "|   ^A |\n| --: |\n"],
  ["| A^ |\n|--:|\n", "| ^A   |\n| --- |\n"],
]);
table("tab goes through the cells and makes rows", tables.nextCell, [
  ["| A^ | B |\n|---|---|\n", "| A   | ‹B›   |\n| --- | --- |\n"],
  ["| A | B^ |\n|---|---|\n", "| A   | B   |\n| --- | --- |\n| ^    |     |\n"],
]);
table("a table is inserted", tables.insertTable, [
  ["a^", "a\n\n| ‹Column› | Column | Column |\n| --- | --- | --- |\n|     |     |     |\n"],
]);
