// What scripts add to writing: saving by key, a draft that survives a closed tab, a warning before leaving.

const form = document.getElementById("editor");
const text = document.getElementById("content");
const { path, base } = form.dataset;
const key = `draft:${path}`;
// What the server sent, not what the browser restored after a reload.
const original = text.defaultValue;
// After a conflict or a refused save, the text in the form is stored nowhere else.
const unsaved = "unsaved" in form.dataset || form.querySelector(".notice.problem") !== null;
let undecided = false;
let sending = false;
let timer = 0;

const changed = () => unsaved || text.value !== original;

const storage = {
  read() {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  },
  // A draft that is on offer is not replaced before the person has decided.
  write() {
    if (undecided) return;
    try {
      if (changed()) localStorage.setItem(key, JSON.stringify({ text: text.value, base, time: Date.now() }));
      else localStorage.removeItem(key);
    } catch {
      // Full or forbidden: the warning before leaving remains.
    }
  },
  forget() {
    try {
      localStorage.removeItem(key);
    } catch {
      // Nothing was kept.
    }
  },
};

const button = (label, action) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", action);
  return made;
};

const offer = (draft) => {
  const box = document.getElementById("draft");
  if (!box) return;
  undecided = true;
  const decide = () => {
    undecided = false;
    box.replaceChildren();
    text.focus();
  };
  const words = document.createElement("p");
  const when = new Date(draft.time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  words.textContent = draft.base === base
    ? `You have unsaved text from ${when}.`
    : `You have unsaved text from ${when}. The page has changed since; compare before you save.`;
  box.append(
    words,
    button("Restore it", () => {
      decide();
      text.setRangeText(draft.text, 0, text.value.length, "start");
      text.dispatchEvent(new Event("input"));
    }),
    button("Throw it away", () => {
      decide();
      storage.forget();
    }),
  );
};

const draft = storage.read();
if (draft && typeof draft.text === "string" && draft.text.trimEnd() !== original.trimEnd() && !unsaved) offer(draft);
else if (!unsaved) storage.forget();
else storage.write();

text.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(storage.write, 800);
});

form.addEventListener("submit", () => {
  clearTimeout(timer);
  storage.write();
  sending = true;
  if (undecided) return;
  try {
    sessionStorage.setItem("sent", JSON.stringify({ path, base }));
  } catch {
    // The draft is then offered again, which does no harm.
  }
});

// Coming back with the back button must warn again.
addEventListener("pageshow", () => {
  sending = false;
});

document.getElementById("cancel").addEventListener("click", (event) => {
  if (changed() && !confirm(undecided ? "Leave without saving?" : "Leave without saving? Your text is kept in this browser as a draft.")) {
    event.preventDefault();
    return;
  }
  storage.write();
  sending = true;
});

addEventListener("beforeunload", (event) => {
  if (sending || !changed()) return;
  storage.write();
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit();
  }
});
