// Tables that the writer marked as data: sorted by a click on a column's head, filtered, shown in parts. Without this
// script they are tables like others.

const TEXT = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const DELAY_MS = 120;

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

// `1,234.5`, `12 %`, `€ 3.50`; else not a number.
const number = (text) => {
  const bare = text.replace(/^[^\d+\-.,]{0,3}\s*/, "").replace(/\s*(%|[^\d\s.,]{1,3})?$/, "").replace(/[\s\u00a0_']/g, "");
  if (!/^[+-]?(\d+(,\d{3})*(\.\d+)?|\d*\.\d+|\d+,\d+)$/.test(bare)) return NaN;
  return Number(/^[+-]?\d+,\d+$/.test(bare) && !/^[+-]?\d{1,3},\d{3}$/.test(bare) ? bare.replace(",", ".") : bare.replaceAll(",", ""));
};

const compare = (column) => {
  const values = (row) => row.cells[column]?.textContent.trim() ?? "";
  return (rows) => {
    const keyed = rows.map((row) => {
      const text = values(row);
      return { row, text, value: number(text) };
    });
    const filled = keyed.filter(({ text }) => text !== "");
    const numeric = filled.length > 0 && filled.every(({ value }) => !Number.isNaN(value));
    const order = numeric ? (a, b) => a.value - b.value : (a, b) => TEXT.compare(a.text, b.text);
    return { filled: filled.sort(order).map(({ row }) => row), empty: keyed.filter(({ text }) => text === "").map(({ row }) => row) };
  };
};

const option = (box, name) => {
  const found = [...box.classList].find((word) => word.startsWith(`${name}-`));
  return found ? found.slice(name.length + 1) : null;
};

const make = (box, table) => {
  const body = table.tBodies[0];
  const head = table.tHead?.rows[0];
  if (!body || !head || body.rows.length < 2 || table.dataset.made) return;
  table.dataset.made = "";
  const original = [...body.rows];
  const part = Number(option(box, "paged")) || original.length;
  let rows = original;
  let words = [];
  let first = 0;

  const status = element("p", { className: "table-status" });
  status.setAttribute("role", "status");
  const buttons = element("div", { className: "table-pages" });
  const step = (text, by) => {
    const button = element("button", { type: "button", className: "button", textContent: text });
    button.addEventListener("click", () => {
      first += by;
      show();
      // The button that was pressed may have nothing more to do.
      if (button.disabled) buttons.querySelector("button:not(:disabled)")?.focus();
    });
    buttons.append(button);
    return button;
  };
  const back = step("Previous", -part);
  const on = step("Next", part);

  const texts = new Map(original.map((row) => [row, row.textContent.toLowerCase()]));
  const show = () => {
    const found = words.length ? rows.filter((row) => words.every((word) => texts.get(row).includes(word))) : rows;
    first = Math.max(0, Math.min(first, Math.floor((found.length - 1) / part) * part));
    const end = Math.min(first + part, found.length);
    body.replaceChildren(...found.slice(first, end));
    back.disabled = first === 0;
    on.disabled = end >= found.length;
    buttons.hidden = found.length <= part;
    if (!found.length) status.textContent = "No row has these words.";
    else if (found.length === original.length && end - first === found.length) status.textContent = `${original.length} rows`;
    else status.textContent = `Rows ${first + 1} to ${end} of ${found.length}${found.length < original.length ? ` (${original.length} in all)` : ""}`;
  };

  const frame = table.closest(".table-scroll") ?? table;
  if (box.classList.contains("searchable")) {
    const field = element("input", { type: "search", placeholder: "Filter rows", autocomplete: "off", spellcheck: false });
    field.setAttribute("aria-label", "Filter rows");
    let timer = 0;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
        first = 0;
        show();
      }, DELAY_MS);
    });
    frame.before(element("div", { className: "table-filter" }, field));
  }

  if (box.classList.contains("sortable")) {
    for (const [column, cell] of [...head.cells].entries()) {
      const button = element("button", { type: "button", className: "sort" }, ...cell.childNodes);
      if (!button.textContent.trim()) button.ariaLabel = `Sort by column ${column + 1}`;
      cell.append(button);
      cell.setAttribute("aria-sort", "none");
      const sorted = compare(column);
      button.addEventListener("click", () => {
        // Upward, downward, as written.
        const direction = { none: "ascending", ascending: "descending", descending: "none" }[cell.getAttribute("aria-sort")];
        for (const other of head.cells) other.setAttribute("aria-sort", "none");
        cell.setAttribute("aria-sort", direction);
        if (direction === "none") {
          rows = original;
        } else {
          const { filled, empty } = sorted(original);
          if (direction === "descending") filled.reverse();
          rows = [...filled, ...empty];
        }
        first = 0;
        show();
      });
    }
  }
  frame.after(element("div", { className: "table-foot" }, status, buttons));

  // On paper every row is shown.
  let shown = null;
  addEventListener("beforeprint", () => {
    shown = [...body.rows];
    body.replaceChildren(...rows.filter((row) => words.every((word) => texts.get(row).includes(word))));
  });
  addEventListener("afterprint", () => {
    if (shown) body.replaceChildren(...shown);
    shown = null;
  });
  show();
};

/** Makes the data tables that `root` holds. */
export const enliven = (root) => {
  for (const box of root.querySelectorAll(".data-table")) {
    for (const table of box.querySelectorAll("table")) make(box, table);
  }
};

if (document.body.dataset.page !== undefined) enliven(document);
