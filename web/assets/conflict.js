// What scripts add to a conflict: the places where the two texts differ, each settled by a click.

const mine = document.getElementById("content");
const theirs = document.getElementById("theirs");
const section = document.getElementById("differences");
/** More pairs of lines than this are not compared one by one. */
const MOST_PAIRS = 4_000_000;

/** Where the lines of two texts differ: ranges of lines `[from, to)` in each. */
const differences = (a, b) => {
  let start = 0;
  let endA = a.length;
  let endB = b.length;
  while (start < endA && start < endB && a[start] === b[start]) start += 1;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const [rows, columns] = [endA - start, endB - start];
  if (rows === 0 && columns === 0) return [];
  if (rows * columns > MOST_PAIRS) return [{ a: [start, endA], b: [start, endB] }];
  // common[row][column]: how many lines the rests from there on have in common, in order.
  const width = columns + 1;
  const common = new Uint16Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      common[row * width + column] = a[start + row] === b[start + column]
        ? common[(row + 1) * width + column + 1] + 1
        : Math.max(common[(row + 1) * width + column], common[row * width + column + 1]);
    }
  }
  const found = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    const from = [row, column];
    while ((row < rows || column < columns) && !(row < rows && column < columns && a[start + row] === b[start + column])) {
      if (column >= columns || (row < rows && common[(row + 1) * width + column] >= common[row * width + column + 1])) row += 1;
      else column += 1;
    }
    if (row > from[0] || column > from[1]) found.push({ a: [start + from[0], start + row], b: [start + from[1], start + column] });
    row += 1;
    column += 1;
  }
  return found;
};

const element = (name, className, text = "") => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

/** Replaces lines of my text, and shows what then remains. */
const put = (lines, [from, to], replacement) => {
  const next = [...lines.slice(0, from), ...replacement, ...lines.slice(to)];
  mine.setRangeText(next.join("\n"), 0, mine.value.length, "start");
  mine.dispatchEvent(new Event("input"));
  show();
  (section.querySelector("button") ?? mine).focus();
};

const place = (a, b, difference) => {
  const [left, right] = [a.slice(...difference.a), b.slice(...difference.b)];
  const choice = element("div", "difference-choice");
  const add = (label, replacement) => {
    const button = element("button", "button", label);
    button.type = "button";
    button.addEventListener("click", () => put(a, difference.a, replacement));
    choice.append(button);
  };
  if (left.length === 0) add("Add theirs to mine", right);
  else if (right.length === 0) add("Take mine out", []);
  else {
    add("Use theirs here", right);
    add("Use both", [...left, ...right]);
  }
  const side = (className, words, lines, [from]) => {
    const part = element("div", "");
    part.append(element("h3", "", lines.length ? `${words}, line ${from + 1}` : `Not in ${words.toLowerCase()}`));
    part.append(element("pre", className, lines.join("\n")));
    return part;
  };
  const box = element("div", "difference");
  box.append(side("mine", "Your text", left, difference.a), side("theirs", "Their text", right, difference.b), choice);
  return box;
};

const show = () => {
  const [a, b] = [mine.value.split("\n"), theirs.value.split("\n")];
  const found = differences(a, b);
  const words = found.length === 0
    ? "Your text is the same as theirs"
    : found.length === 1 ? "The texts differ in 1 place" : `The texts differ in ${found.length} places`;
  const heading = element("h2", "", words);
  heading.id = "differences-heading";
  heading.tabIndex = -1;
  section.replaceChildren(heading, ...found.slice(0, 100).map((difference) => place(a, b, difference)));
  section.hidden = false;
};

if (theirs) {
  show();
  let timer = 0;
  mine.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 400);
  });
}
