// The dialog that lists the keyboard shortcuts of this page, and turns them off.

const rows = [
  ["/", "Search"],
  ["e", "Edit this page"],
  ["c", "Write a new page"],
  ["h", "History of this page"],
  ["[", "Show or hide the sidebar"],
  ["?", "Show this list"],
];

const element = (name, attributes, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

/** Opens the dialog; `can` says whether a key does something here. */
export const help = (can, isOff, turn) => {
  let dialog = document.getElementById("keys");
  if (!dialog) {
    const lines = rows.filter(([key]) => key === "?" || can(key)).map(([key, does]) => element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, does)));
    const box = element("input", { type: "checkbox", id: "keys-off" });
    box.checked = !isOff();
    box.addEventListener("change", () => turn(!box.checked));
    const close = element("button", { type: "submit", class: "button" }, "Close");
    dialog = element(
      "dialog",
      { id: "keys", class: "keys", "aria-labelledby": "keys-title" },
      element("h2", { id: "keys-title" }, "Keyboard shortcuts"),
      element("dl", {}, ...lines),
      element("p", {}, element("label", {}, box, " Use single keys as shortcuts")),
      element("form", { method: "dialog" }, close),
    );
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
};
