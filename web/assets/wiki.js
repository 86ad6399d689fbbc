// What scripts add to reading: shortcuts, copy buttons, the place in the contents, a menu that closes.

const root = document.documentElement;
const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

// Single keys, while nobody types; an element says with `aria-keyshortcuts` which key presses it.
const off = () => {
  try {
    return localStorage.getItem("keys") === "off";
  } catch {
    return false;
  }
};
const target = (key) => {
  const found = key === "/" ? [...document.querySelectorAll("#search-field, #q")] : [...document.querySelectorAll(`[aria-keyshortcuts="${key}"]`)];
  return key === "/" ? found.find((field) => field.checkVisibility?.() ?? field.offsetParent) : found[0];
};
const keys = async () => {
  const { help } = await import(root.dataset.keys);
  help((key) => Boolean(target(key)), off, (stop) => localStorage.setItem("keys", stop ? "off" : "on"));
};

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector(".menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
  if (!["/", "e", "c", "h", "[", "?"].includes(key) || (off() && key !== "?") || document.querySelector("dialog[open]")) return;
  const pressed = target(key);
  if (key !== "?" && !pressed) return;
  event.preventDefault();
  if (key === "?") keys();
  else if (key === "/") {
    pressed.select();
    pressed.focus();
  } else if (key === "[" && pressed.offsetParent === null) document.getElementById("side").togglePopover?.();
  else pressed.click();
});

const toggle = document.getElementById("side-toggle");
toggle?.addEventListener("click", () => {
  const hidden = root.classList.toggle("side-off");
  toggle.ariaExpanded = String(!hidden);
  // The server reads it, so that the next page comes without the sidebar at once.
  document.cookie = `side=${hidden ? "hidden" : "shown"}; path=/; max-age=31536000; samesite=lax`;
});

// Suggestions come with the first look at a search field.
const wanted = (field) => field?.matches?.("#q, #search-field") && root.dataset.suggest && import(root.dataset.suggest).then((module) => module.suggest(field));
document.addEventListener("focusin", (event) => wanted(event.target));
wanted(document.activeElement);

document.addEventListener("click", (event) => {
  const menu = document.querySelector(".menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

const icon = (name) => {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.classList.add("icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(space, "use"));
  svg.firstChild.setAttribute("href", `#i-${name}`);
  return svg;
};

// Where the page is not served over https, browsers offer no clipboard.
if (navigator.clipboard) {
  for (const pre of document.querySelectorAll(".prose pre")) {
    const frame = document.createElement("div");
    const button = document.createElement("button");
    frame.className = "code";
    button.className = "copy";
    button.type = "button";
    button.ariaLabel = "Copy this code";
    button.append(icon("copy"));
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText((pre.querySelector("code") ?? pre).textContent.replace(/\n$/, ""));
      button.classList.add("copied");
      button.ariaLabel = "Copied";
      button.replaceChildren(icon("done"));
      setTimeout(() => {
        button.classList.remove("copied");
        button.ariaLabel = "Copy this code";
        button.replaceChildren(icon("copy"));
      }, 1600);
    });
    pre.replaceWith(frame);
    frame.append(pre, button);
  }
}

// A block that scrolls sideways must be reachable by keyboard.
for (const box of document.querySelectorAll(".prose pre, .prose table, .prose .table, .prose .math")) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}

const entries = new Map();
for (const link of document.querySelectorAll(".rail .contents a")) {
  const heading = document.getElementById(link.getAttribute("href").slice(1));
  if (heading) entries.set(heading, link);
}
if (entries.size) {
  const headings = [...entries.keys()];
  let queued = false;
  const show = () => {
    queued = false;
    const atEnd = scrollY > 0 && innerHeight + scrollY >= root.scrollHeight - 2;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight * 0.3);
    const current = atEnd ? headings.at(-1) : passed.at(-1);
    for (const [heading, link] of entries) {
      if (heading === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", () => {
    if (!queued) requestAnimationFrame(show);
    queued = true;
  }, { passive: true });
  show();
}

// What is listed in whole is filtered while somebody types; the form asks the server.
const index = document.querySelector(".index[data-whole]");
const filter = document.getElementById("index-filter");
if (index && filter) {
  const items = [...index.querySelectorAll(".trees > ul > li")].map((item) => [item, item.textContent.toLowerCase()]);
  const sections = [...index.children];
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const [item, text] of items) item.hidden = !words.every((word) => text.includes(word));
    for (const section of sections) section.hidden = !section.querySelector(".trees > ul > li:not([hidden])");
  });
}

// The text that was sent from this tab has arrived when the page shows another revision than it started from.
const { page, revision } = document.body.dataset;
if (page) {
  try {
    const sent = JSON.parse(sessionStorage.getItem("sent") ?? "null");
    if (sent && decodeURIComponent(page) === `/${sent.path}` && revision !== sent.base) {
      localStorage.removeItem(sent.key);
    }
    sessionStorage.removeItem("sent");
  } catch {
    // Without storage there are no drafts.
  }
}

// Whoever may write ticks tasks on the page itself; each tick is a commit.
const { csrf } = document.body.dataset;
if (csrf) {
  // Those of an included page are ticked where they stand.
  const all = document.querySelectorAll('.prose .task-list-item input[type="checkbox"]');
  const boxes = [...all].filter((box) => !box.closest(".included"));
  let sent = Promise.resolve();
  for (const [task, box] of boxes.entries()) {
    const item = box.closest("li");
    box.disabled = false;
    box.ariaLabel = item.textContent.trim().slice(0, 80) || "Task";
    box.addEventListener("change", () => {
      const done = box.checked;
      // One after the other: each needs the revision that the one before made.
      sent = sent.then(async () => {
        const body = new URLSearchParams({ task, done, base: document.body.dataset.revision, csrf });
        try {
          const answer = await fetch(`/-/task${page}`, { method: "POST", body });
          if (!answer.ok) throw new Error();
          document.body.dataset.revision = await answer.text();
        } catch {
          box.checked = !done;
          const note = document.getElementById("task-problem") ?? document.createElement("p");
          note.id = "task-problem";
          note.className = "notice problem";
          note.setAttribute("role", "alert");
          note.textContent = "The task was not saved. Load the page again; somebody may have changed it.";
          document.querySelector(".prose").before(note);
        }
      });
    });
  }
}
