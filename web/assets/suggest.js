// Suggestions while somebody types into a search field: a combobox with a list (ARIA Authoring Practices, "Editable
// Combobox With List Autocomplete"). Without this script the field is a plain form.

const PAUSE = 120;
const KEPT = 50;
const answers = new Map();

const element = (name, attributes, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

/** The text with the words that were typed marked in it. */
const marked = (text, typed) => {
  const words = typed.trim().split(/\s+/).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!words.length) return [text];
  const parts = text.split(new RegExp(`(${words.join("|")})`, "iu"));
  return parts.map((part, at) => (at % 2 ? element("mark", {}, part) : part));
};

export const suggest = (field) => {
  if (field.getAttribute("role") === "combobox") return;
  const list = element("ul", { id: `${field.id}-list`, role: "listbox", "aria-label": "Suggestions", class: "suggestions" });
  const status = element("p", { role: "status", class: "visually-hidden" });
  list.hidden = true;
  // A field of the type "search" may not be a combobox.
  field.type = "text";
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) field.setAttribute(name, value);
  const holder = element("div", { class: "suggest-holder" });
  field.before(holder);
  holder.append(field, list, status);
  field.focus();

  let active = -1;
  let asking = null;
  let timer = 0;

  const options = () => [...list.children];
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    active = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const activate = (at) => {
    const all = options();
    active = at < -1 ? all.length - 1 : at >= all.length ? -1 : at;
    for (const [place, option] of all.entries()) option.setAttribute("aria-selected", String(place === active));
    const option = all[active];
    if (option) {
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  };

  const show = (typed, found) => {
    const whole = { title: `Search for “${typed}”`, path: "", snippet: [], href: `/-/search?q=${encodeURIComponent(typed)}` };
    list.replaceChildren(
      ...[...found, whole].map((one, at) => {
        const option = element("li", { role: "option", id: `${list.id}-${at}`, "aria-selected": "false", "data-href": one.href });
        const title = one === whole ? [one.title] : marked(one.title, typed);
        option.append(element("span", { class: "suggested" }, ...title));
        if (one.path) option.append(element("span", { class: "suggested-path" }, one.path));
        if (one.snippet.length) {
          option.append(element("span", { class: "suggested-text" }, ...one.snippet.map((part) => (part.hit ? element("mark", {}, part.text) : part.text))));
        }
        return option;
      }),
    );
    list.hidden = false;
    active = -1;
    field.setAttribute("aria-expanded", "true");
    field.removeAttribute("aria-activedescendant");
    status.textContent = found.length === 1 ? "1 suggestion" : `${found.length} suggestions`;
  };

  const ask = async () => {
    const typed = field.value.trim();
    asking?.abort();
    if (!typed) return close();
    if (answers.has(typed)) return show(typed, answers.get(typed));
    asking = new AbortController();
    try {
      const answer = await fetch(`/-/suggest?q=${encodeURIComponent(typed)}`, { signal: asking.signal });
      if (!answer.ok) return close();
      const { suggestions } = await answer.json();
      if (answers.size >= KEPT) answers.clear();
      answers.set(typed, suggestions);
      if (field.value.trim() === typed && document.activeElement === field) show(typed, suggestions);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (list.hidden) ask();
      else activate(active === -1 && step === -1 ? options().length - 1 : active + step);
    } else if (event.key === "Enter" && options()[active] && !list.hidden) {
      event.preventDefault();
      location.assign(options()[active].dataset.href);
    }
  });
  field.addEventListener("blur", close);
  // The field keeps the focus while an option is pressed.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const href = event.target.closest("[data-href]")?.dataset.href;
    if (href && (event.ctrlKey || event.metaKey)) open(href);
    else if (href) location.assign(href);
  });
  if (field.value && field === document.activeElement && !field.hasAttribute("value")) ask();
};
